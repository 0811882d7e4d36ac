// Package report draws what the pipeline did or would do: progress, run summaries,
// plans, result tables. It knows terminals and nothing of how results came about.
package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count writes n with thousands separators: 12397 as "12,397".
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Bytes writes a size in binary units: "1.4 MiB".
func Bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	div, exp := int64(unit), 0
	for m := n / unit; m >= unit; m /= unit {
		div *= unit
		exp++
	}
	return fmt.Sprintf("%.1f %ciB", float64(n)/float64(div), "KMGTPE"[exp])
}

// Duration writes a time a person can read: "0.4s", "3.1s", "2m05s".
func Duration(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// Plural writes "1 table" or "3 tables".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(int64(n)) + " " + noun + "s"
}

// Style colours text when the output is a terminal and NO_COLOR is not set.
type Style struct{ On bool }

func (s Style) wrap(code, text string) string {
	if !s.On || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Good is green, Warn yellow, Bad red, Dim grey, Bold bold.
func (s Style) Good(t string) string { return s.wrap("32", t) }

// Warn colours a warning.
func (s Style) Warn(t string) string { return s.wrap("33", t) }

// Bad colours a failure.
func (s Style) Bad(t string) string { return s.wrap("31", t) }

// Dim fades what is secondary.
func (s Style) Dim(t string) string { return s.wrap("2", t) }

// Bold marks what is looked for first.
func (s Style) Bold(t string) string { return s.wrap("1", t) }

// Table aligns rows in columns. Columns whose index is in right are right-aligned.
func Table(rows [][]string, right map[int]bool) string {
	var width []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		line := ""
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if right[i] {
				line += pad + c + "  "
			} else {
				line += c + pad + "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
