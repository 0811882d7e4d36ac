package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// human writes a value as people read it: what is missing as –, money without cents,
// thousands apart, shares in percent where kind says so.
func human(v any, typ, column, kind string) string {
	switch x := v.(type) {
	case nil:
		return "–"
	case bool:
		if x {
			return "yes"
		}
		return "no"
	case time.Time:
		return humanTime(x, typ, kind)
	case string:
		return strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(x)
	case []any:
		if len(x) == 0 {
			return "none"
		}
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = human(e, "", "", "")
		}
		return strings.Join(parts, ", ")
	}
	plain := text(v, typ)
	if !isNumber(typ) {
		return plain
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return plain
	}
	return humanNumber(f, plain, typ, column, kind)
}

func humanNumber(f float64, plain, typ, column, kind string) string {
	switch kind {
	case "percent":
		return percentage(100*f) + " %"
	case "amount":
		return fixed(f, 2)
	case "points":
		return fixed(f, 1)
	case "score", "rank":
		return fixed(f, 0)
	}
	switch {
	case strings.HasSuffix(column, "_usd"):
		return fixed(f, 0)
	case typ == "DOUBLE" || typ == "FLOAT" || strings.HasPrefix(typ, "DECIMAL"):
		if f != 0 && math.Abs(f) < 0.1 {
			return strconv.FormatFloat(f, 'g', 2, 64)
		}
		return trimmed(fixed(f, 2))
	}
	if n, err := strconv.ParseInt(plain, 10, 64); err == nil {
		return Count(n)
	}
	return plain
}

// percentage has one digit after the point; below 1 two that count, or four in all, so
// that a small share is not shown as none.
func percentage(p float64) string {
	size := math.Abs(p)
	if size >= 1 || size < 0.00005 {
		return fixed(p, 1)
	}
	return fixed(p, min(1-int(math.Floor(math.Log10(size))), 4))
}

// fixed rounds to some digits and sets thousands apart.
func fixed(f float64, digits int) string {
	s := strconv.FormatFloat(math.Abs(f), 'f', digits, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		whole = Count(n)
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if f < 0 && strings.Trim(s, "0.") != "" {
		return "-" + whole
	}
	return whole
}

// trimmed drops a fraction that says nothing: 12.50 is 12.5, 12.00 is 12.
func trimmed(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func humanTime(t time.Time, typ, kind string) string {
	switch {
	case kind == "month":
		return t.UTC().Format("2006-01")
	case typ == "DATE":
		return t.Format(time.DateOnly)
	}
	return fmt.Sprint(t.UTC().Format("2006-01-02 15:04"))
}
