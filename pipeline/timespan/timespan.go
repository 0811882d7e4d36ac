// Package timespan cuts a table of events into stretches of time that are stored one file
// each, so that a run writes only those again in which something changed.
//
// It knows rows per month, digests of rows by which one tells that nothing changed, and SQL
// conditions, and nothing of tables, layers or files.
package timespan

import (
	"fmt"
	"maps"
	"slices"
)

// Rows is how many rows stay together in one file. A night writes the spans that changed
// again, so they should be small; but a thousand files of a few rows would cost more than
// they save.
const Rows = 100_000

// Span is a stretch of whole months whose rows stand in one file: all of them, a year, or
// a month. Rows without a date, or with one outside the years 1 to 9999, have month 0.
type Span struct {
	Label    string // all, 2024, 2024-05, unknown
	From, To int    // months as year * 100 + month
}

// All is the span of every row.
var All = Span{Label: "all", To: 9999_12}

// Cut cuts a table by the rows of its months: a table of at most limit rows (0 = Rows)
// stays whole, a year of as few rows too. It depends on nothing else, so that a table that
// grew night by night is cut as one that was built at once. No rows give All.
func Cut(rows map[int]int64, limit int64) []Span {
	if limit == 0 {
		limit = Rows
	}
	years, total := map[int]int64{}, int64(0)
	for month, n := range rows {
		years[month/100] += n
		total += n
	}
	if total <= limit {
		return []Span{All}
	}
	var out []Span
	for _, month := range slices.Sorted(maps.Keys(rows)) {
		year := month / 100
		switch {
		case rows[month] == 0:
		case month == 0:
			out = append(out, Span{Label: "unknown"})
		case years[year] > limit:
			out = append(out, Span{Label: fmt.Sprintf("%04d-%02d", year, month%100), From: month, To: month})
		case len(out) == 0 || out[len(out)-1].From != year*100+1:
			out = append(out, Span{Label: fmt.Sprintf("%04d", year), From: year*100 + 1, To: year*100 + 12})
		}
	}
	return out
}

// Holds tells whether a month is in the span.
func (s Span) Holds(month int) bool { return s.From <= month && month <= s.To }

// MonthSQL is the month of a date or timestamp (in UTC) as a number.
func MonthSQL(column string) string {
	return fmt.Sprintf("CASE WHEN year(%[1]s) BETWEEN 1 AND 9999 THEN CAST(year(%[1]s) * 100 + month(%[1]s) AS INTEGER) ELSE 0 END", column)
}

// Condition is true for the rows of the span, by its column of a SQL type. It compares with
// days, not with months, so that blocks of rows are passed over by their bounds.
func (s Span) Condition(column, sqlType string) string {
	if s == All {
		return "true"
	}
	if s.From == 0 {
		return fmt.Sprintf("(year(%s) BETWEEN 1 AND 9999) IS NOT TRUE", column)
	}
	day := func(month int) string {
		text := fmt.Sprintf("%04d-%02d-01", month/100, month%100)
		if sqlType == "DATE" {
			return "DATE '" + text + "'"
		}
		return "TIMESTAMPTZ '" + text + " 00:00:00+00'"
	}
	after := s.To + 1
	if s.To%100 == 12 {
		after = (s.To/100+1)*100 + 1
	}
	return fmt.Sprintf("%[1]s >= %[2]s AND %[1]s < %[3]s", column, day(s.From), day(after))
}
