package soql

import (
	"strings"
	"time"
)

// ParseDate reads a date literal.
func ParseDate(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

// dateTimeLayouts are the spellings Salesforce takes: fractions are optional, and
// the offset may lack its colon.
var dateTimeLayouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700"}

// ParseDateTime reads a date-time literal.
func ParseDateTime(s string) (time.Time, bool) {
	s = strings.ToUpper(s)
	for _, layout := range dateTimeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// ParseTime reads a time-of-day literal.
func ParseTime(s string) (time.Time, bool) {
	for _, layout := range []string{"15:04:05Z07:00", "15:04:05", "15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Range returns the span [from, to) that a period stands for, in UTC.
func (v Value) Range(now time.Time) (from, to time.Time) {
	y, m, d := now.UTC().Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if f := periods[v.Text]; f != nil {
		return f(today)
	}
	return countedPeriods[v.Text](today, v.N)
}

type period func(today time.Time) (from, to time.Time)

type countedPeriod func(today time.Time, n int) (from, to time.Time)

// A unit gives the start of the unit a day lies in, and the start n units later.
type unit struct {
	start func(time.Time) time.Time
	add   func(time.Time, int) time.Time
}

var (
	dayUnit  = unit{func(t time.Time) time.Time { return t }, func(t time.Time, n int) time.Time { return t.AddDate(0, 0, n) }}
	weekUnit = unit{func(t time.Time) time.Time { return t.AddDate(0, 0, -int(t.Weekday())) }, func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 7*n) }}
	monUnit  = unit{func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.Day()) }, func(t time.Time, n int) time.Time { return t.AddDate(0, n, 0) }}
	quarter  = unit{func(t time.Time) time.Time {
		return time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	}, func(t time.Time, n int) time.Time { return t.AddDate(0, 3*n, 0) }}
	yearUnit = unit{func(t time.Time) time.Time { return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC) }, func(t time.Time, n int) time.Time { return t.AddDate(n, 0, 0) }}
)

// at is the unit that lies n units from today's.
func (u unit) at(n int) period {
	return func(today time.Time) (time.Time, time.Time) {
		s := u.add(u.start(today), n)
		return s, u.add(s, 1)
	}
}

// last is the n units before today's; days count today's too.
func (u unit) last(today time.Time, n int) (time.Time, time.Time) {
	s := u.start(today)
	return u.add(s, -n), s
}

func (u unit) next(today time.Time, n int) (time.Time, time.Time) {
	s := u.add(u.start(today), 1)
	return s, u.add(s, n)
}

func lastDays(today time.Time, n int) (time.Time, time.Time) {
	return today.AddDate(0, 0, -n), today.AddDate(0, 0, 1)
}

func (u unit) ago(today time.Time, n int) (time.Time, time.Time) { return u.at(-n)(today) }

var periods = map[string]period{
	"YESTERDAY": dayUnit.at(-1), "TODAY": dayUnit.at(0), "TOMORROW": dayUnit.at(1),
	"LAST_WEEK": weekUnit.at(-1), "THIS_WEEK": weekUnit.at(0), "NEXT_WEEK": weekUnit.at(1),
	"LAST_MONTH": monUnit.at(-1), "THIS_MONTH": monUnit.at(0), "NEXT_MONTH": monUnit.at(1),
	"LAST_QUARTER": quarter.at(-1), "THIS_QUARTER": quarter.at(0), "NEXT_QUARTER": quarter.at(1),
	"LAST_YEAR": yearUnit.at(-1), "THIS_YEAR": yearUnit.at(0), "NEXT_YEAR": yearUnit.at(1),
	"LAST_90_DAYS": func(t time.Time) (time.Time, time.Time) { return lastDays(t, 90) },
	"NEXT_90_DAYS": func(t time.Time) (time.Time, time.Time) { return dayUnit.next(t, 90) },
}

var countedPeriods = map[string]countedPeriod{
	"LAST_N_DAYS": lastDays, "NEXT_N_DAYS": dayUnit.next, "N_DAYS_AGO": dayUnit.ago,
	"LAST_N_WEEKS": weekUnit.last, "NEXT_N_WEEKS": weekUnit.next, "N_WEEKS_AGO": weekUnit.ago,
	"LAST_N_MONTHS": monUnit.last, "NEXT_N_MONTHS": monUnit.next, "N_MONTHS_AGO": monUnit.ago,
	"LAST_N_QUARTERS": quarter.last, "NEXT_N_QUARTERS": quarter.next, "N_QUARTERS_AGO": quarter.ago,
	"LAST_N_YEARS": yearUnit.last, "NEXT_N_YEARS": yearUnit.next, "N_YEARS_AGO": yearUnit.ago,
}
