package soql_test

import (
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim/soql"
)

// The span of each period, seen from Sunday 1 November 2026.
func TestPeriods(t *testing.T) {
	now := time.Date(2026, 11, 1, 13, 30, 0, 0, time.UTC)
	for literal, want := range map[string]string{
		"TODAY": "2026-11-01 2026-11-02", "YESTERDAY": "2026-10-31 2026-11-01", "TOMORROW": "2026-11-02 2026-11-03",
		"LAST_WEEK": "2026-10-25 2026-11-01", "THIS_WEEK": "2026-11-01 2026-11-08", "NEXT_WEEK": "2026-11-08 2026-11-15",
		"LAST_MONTH": "2026-10-01 2026-11-01", "THIS_QUARTER": "2026-10-01 2027-01-01", "LAST_QUARTER": "2026-07-01 2026-10-01", "NEXT_YEAR": "2027-01-01 2028-01-01",
		"LAST_90_DAYS": "2026-08-03 2026-11-02", "NEXT_90_DAYS": "2026-11-02 2027-01-31",
		"LAST_N_DAYS:7": "2026-10-25 2026-11-02", "N_DAYS_AGO:2": "2026-10-30 2026-10-31", "NEXT_N_DAYS:2": "2026-11-02 2026-11-04",
		"LAST_N_WEEKS:2": "2026-10-18 2026-11-01", "LAST_N_MONTHS:3": "2026-08-01 2026-11-01", "NEXT_N_MONTHS:1": "2026-12-01 2027-01-01",
		"LAST_N_QUARTERS:1": "2026-07-01 2026-10-01", "LAST_N_YEARS:2": "2024-01-01 2026-01-01", "N_YEARS_AGO:1": "2025-01-01 2026-01-01",
	} {
		q, err := soql.Parse("SELECT Id FROM X WHERE D = " + literal)
		if err != nil {
			t.Errorf("%s: %v", literal, err)
			continue
		}
		from, to := q.Where.(*soql.Compare).Values[0].Range(now)
		if got := from.Format(time.DateOnly) + " " + to.Format(time.DateOnly); got != want {
			t.Errorf("%s is %s, want %s", literal, got, want)
		}
	}
}

// Whatever stands in the query, parsing ends, and what it takes for a value stays one.
func FuzzParse(f *testing.F) {
	for _, q := range []string{"SELECT Id FROM X", "SELECT Id, Name FROM X WHERE A = 'it\\'s' AND (B > 3 OR C IN (1, 2)) ORDER BY D DESC NULLS LAST LIMIT 5 OFFSET 2", "SELECT COUNT() FROM X WHERE D = LAST_N_DAYS:3",
		"SELECT (SELECT Id FROM Ys), TYPEOF W WHEN A THEN B END FROM X", "SELECT Id FROM X WHERE A LIKE '\\%\\u00e9", "((((", "SELECT Id FROM X WHERE A = 1e", "SELECT Id FROM X WHERE A=-"} {
		f.Add(q)
	}
	f.Fuzz(func(_ *testing.T, query string) {
		if _, err := soql.Parse(query); err != nil {
			_ = err.Error()
		}
	})
}
