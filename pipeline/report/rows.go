package report

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Format is how Rows writes a result.
type Format string

// The formats of `query --format` that are written row by row.
const (
	FormatTable    Format = "table"
	FormatCSV      Format = "csv"
	FormatJSON     Format = "json"
	FormatMarkdown Format = "markdown"
)

// maxTableRows bounds what a person gets to see as a table; other formats are whole.
const maxTableRows = 1000

// Rows writes a query result and returns how many rows it had.
func Rows(w io.Writer, rows *sql.Rows, format Format) (int64, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return 0, err
	}
	r := &rowReader{rows: rows, types: types}
	switch format {
	case FormatCSV:
		return r.csv(w)
	case FormatJSON:
		return r.json(w)
	case FormatMarkdown:
		return r.aligned(w, true)
	case FormatTable:
		return r.aligned(w, false)
	}
	return 0, fmt.Errorf("unknown format %q: use table, csv, json, markdown or parquet", format)
}

type rowReader struct {
	rows  *sql.Rows
	types []*sql.ColumnType
}

func (r *rowReader) names() []string {
	out := make([]string, len(r.types))
	for i, t := range r.types {
		out[i] = t.Name()
	}
	return out
}

func (r *rowReader) next() ([]any, error) {
	values := make([]any, len(r.types))
	ptrs := make([]any, len(values))
	for i := range values {
		ptrs[i] = &values[i]
	}
	return values, r.rows.Scan(ptrs...)
}

func (r *rowReader) csv(w io.Writer) (n int64, err error) {
	c := csv.NewWriter(w)
	if err := c.Write(r.names()); err != nil {
		return 0, err
	}
	for r.rows.Next() {
		values, err := r.next()
		if err != nil {
			return n, err
		}
		line := make([]string, len(values))
		for i, v := range values {
			if v != nil {
				line[i] = text(v, r.types[i].DatabaseTypeName())
			}
		}
		if err := c.Write(line); err != nil {
			return n, err
		}
		n++
	}
	c.Flush()
	return n, firstError(r.rows.Err(), c.Error())
}

func (r *rowReader) json(w io.Writer) (n int64, err error) {
	names := r.names()
	if _, err := io.WriteString(w, "["); err != nil {
		return 0, err
	}
	for r.rows.Next() {
		values, err := r.next()
		if err != nil {
			return n, err
		}
		var b strings.Builder
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  {")
		for i, v := range values {
			if i > 0 {
				b.WriteString(", ")
			}
			key, err := plainJSON(names[i])
			if err != nil {
				return n, err
			}
			val, err := plainJSON(jsonValue(v, r.types[i].DatabaseTypeName()))
			if err != nil {
				return n, err
			}
			b.Write(key)
			b.WriteString(": ")
			b.Write(val)
		}
		b.WriteByte('}')
		if _, err := io.WriteString(w, b.String()); err != nil {
			return n, err
		}
		n++
	}
	_, err = io.WriteString(w, "\n]\n")
	return n, firstError(r.rows.Err(), err)
}

// plainJSON leaves & and < as they are: the result is not for a web page.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

func (r *rowReader) aligned(w io.Writer, markdown bool) (n int64, err error) {
	grid := [][]string{r.names()}
	right := map[int]bool{}
	for i, t := range r.types {
		right[i] = isNumber(t.DatabaseTypeName())
	}
	for r.rows.Next() {
		values, err := r.next()
		if err != nil {
			return n, err
		}
		if n++; !markdown && n > maxTableRows {
			continue
		}
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = "NULL"
			if v != nil {
				line[i] = strings.NewReplacer("\r", " ", "\n", " ", "\t", " ").Replace(text(v, r.types[i].DatabaseTypeName()))
			}
			if markdown {
				line[i] = strings.ReplaceAll(line[i], "|", `\|`)
			}
		}
		grid = append(grid, line)
	}
	if err := r.rows.Err(); err != nil {
		return n, err
	}
	if markdown {
		_, err = io.WriteString(w, markdownTable(grid, right))
		return n, err
	}
	out := ruled(grid, right)
	if n > maxTableRows {
		out += fmt.Sprintf("(%s rows; the first %s are shown, use --format csv for all)\n", Count(n), Count(maxTableRows))
	} else {
		out += fmt.Sprintf("(%s)\n", Plural(int(n), "row"))
	}
	_, err = io.WriteString(w, out)
	return n, err
}

func ruled(grid [][]string, right map[int]bool) string {
	width := make([]int, len(grid[0]))
	for _, r := range grid {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	rule := make([]string, len(width))
	for i, w := range width {
		rule[i] = strings.Repeat("─", w)
	}
	return Table(append([][]string{grid[0], rule}, grid[1:]...), right)
}

func markdownTable(grid [][]string, right map[int]bool) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(grid[0], " | ") + " |\n|")
	for i := range grid[0] {
		if right[i] {
			b.WriteString("---:|")
		} else {
			b.WriteString("---|")
		}
	}
	b.WriteByte('\n')
	for _, r := range grid[1:] {
		b.WriteString("| " + strings.Join(r, " | ") + " |\n")
	}
	return b.String()
}

func isNumber(t string) bool {
	switch t {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE":
		return true
	}
	return strings.HasPrefix(t, "DECIMAL")
}

// text writes a value the way DuckDB's own shell does.
func text(v any, typ string) string {
	switch x := v.(type) {
	case nil:
		return "NULL"
	case string:
		return x
	case []byte:
		return fmt.Sprintf("%x", x)
	case time.Time:
		return timeText(x, typ)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(x), 'g', -1, 32)
	case fmt.Stringer:
		return withScale(x.String(), typ)
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = text(e, "")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// withScale gives a decimal the digits of its type back: the driver writes 12.50 as 12.5.
func withScale(number, typ string) string {
	var precision, scale int
	if _, err := fmt.Sscanf(typ, "DECIMAL(%d,%d)", &precision, &scale); err != nil || scale == 0 {
		return number
	}
	whole, fraction, _ := strings.Cut(number, ".")
	if len(fraction) >= scale {
		return number
	}
	return whole + "." + fraction + strings.Repeat("0", scale-len(fraction))
}

func timeText(t time.Time, typ string) string {
	switch typ {
	case "DATE":
		return t.Format("2006-01-02")
	case "TIMESTAMPTZ":
		return t.UTC().Format("2006-01-02 15:04:05.999999Z07:00")
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999")
}

// jsonValue keeps numbers as numbers (decimals exactly) and instants as ISO 8601.
func jsonValue(v any, typ string) any {
	switch x := v.(type) {
	case time.Time:
		if typ == "DATE" {
			return x.Format("2006-01-02")
		}
		return x.UTC().Format(time.RFC3339Nano)
	case []byte:
		return fmt.Sprintf("%x", x)
	case *big.Int:
		return json.Number(x.String())
	case fmt.Stringer:
		if strings.HasPrefix(typ, "DECIMAL") {
			return json.Number(withScale(x.String(), typ))
		}
		return x.String()
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = jsonValue(e, "")
		}
		return out
	}
	return v
}

func firstError(errs ...error) error {
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return nil
}
