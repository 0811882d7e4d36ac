package silver

import (
	"fmt"
	"maps"
	"slices"

	"github.com/customer360/pipeline/pipeline/config"
)

// spanRows is how many rows of a partitioned table stay together in one file. A night
// writes the spans that changed again, so they should be small; but a thousand files
// of a few rows would cost more than they save.
const spanRows = 250_000

// span is a stretch of whole months whose rows stand in one file: all of them, a year, or
// a month.
type span struct {
	label    string // all, 2024, 2024-05, unknown
	from, to int    // months as year * 100 + month; 0 = no date
}

// spans cuts a table by the rows of its months: a table of few rows stays whole, a year of
// few rows too. It depends on nothing else, so that a table that grew night by night is cut
// as one that was built at once.
func spans(rows map[int]int64, limit int64) []span {
	years, total := map[int]int64{}, int64(0)
	for month, n := range rows {
		years[month/100] += n
		total += n
	}
	if total <= limit {
		return []span{{label: "all", to: 9999_12}}
	}
	var out []span
	for _, month := range slices.Sorted(maps.Keys(rows)) {
		year := month / 100
		switch {
		case rows[month] == 0:
		case month == 0:
			out = append(out, span{label: "unknown"})
		case years[year] > limit:
			out = append(out, span{label: fmt.Sprintf("%04d-%02d", year, month%100), from: month, to: month})
		case len(out) == 0 || out[len(out)-1].from != year*100+1:
			out = append(out, span{label: fmt.Sprintf("%04d", year), from: year*100 + 1, to: year*100 + 12})
		}
	}
	return out
}

func (s span) holds(month int) bool { return s.from <= month && month <= s.to }

// monthSQL is the month of a column as a number, 0 without a date.
func monthSQL(column string) string {
	return fmt.Sprintf("CASE WHEN year(%[1]s) BETWEEN 1 AND 9999 THEN CAST(year(%[1]s) * 100 + month(%[1]s) AS INTEGER) ELSE 0 END", column)
}

// condition is true for the rows of the span, by its column. It compares with days, not
// with months, so that blocks of rows are passed over by their bounds.
func (s span) condition(column, sqlType string) string {
	if s.from == 0 && s.to > 0 {
		return "true"
	}
	if s.from == 0 {
		return fmt.Sprintf("(year(%s) BETWEEN 1 AND 9999) IS NOT TRUE", column)
	}
	day := func(month int) string {
		text := fmt.Sprintf("%04d-%02d-01", month/100, month%100)
		if sqlType == "DATE" {
			return "DATE '" + text + "'"
		}
		return "TIMESTAMPTZ '" + text + " 00:00:00+00'"
	}
	after := s.to + 1
	if s.to%100 == 12 {
		after = (s.to/100+1)*100 + 1
	}
	return fmt.Sprintf("%[1]s >= %[2]s AND %[1]s < %[3]s", column, day(s.from), day(after))
}

// partitioned tells whether the table is stored by spans of its event date.
func (t *Table) partitioned() bool { return t.Contract.Storage == "partitioned" }

func columnType(c config.Contract, name string) string {
	for _, col := range c.Columns {
		if col.Name == name {
			return col.Type
		}
	}
	return ""
}
