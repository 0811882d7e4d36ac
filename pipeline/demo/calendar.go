package demo

import "time"

// day counts days from 1970-01-01; 0 stands for no day.
type day int32

// moment counts seconds from 1970-01-01 UTC; 0 stands for no moment.
type moment int64

const secondsPerDay = 24 * 60 * 60

func dayOf(t time.Time) day {
	t = t.UTC()
	return day(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func dateOf(year, month, dom int) day {
	return day(time.Date(year, time.Month(month), dom, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func (d day) time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// at returns the moment a number of seconds into the day.
func (d day) at(seconds int) moment { return moment(int64(d)*secondsPerDay + int64(seconds)) }

// end returns the last second of the day.
func (d day) end() moment { return d.at(secondsPerDay - 1) }

func (m moment) day() day { return day(int64(m) / secondsPerDay) }

func (m moment) time() time.Time { return time.Unix(int64(m), 0).UTC() }

// firstOfMonth returns the first day of the month that is n months after d's.
func (d day) firstOfMonth(n int) day {
	t := d.time()
	return dateOf(t.Year(), int(t.Month())+n, 1)
}

// monthsTo counts the months from d's month to e's.
func (d day) monthsTo(e day) int {
	a, b := d.time(), e.time()
	return (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month())
}

// weekday returns 1 for Monday to 7 for Sunday.
func (d day) weekday() int { return int((d+3)%7) + 1 }

func (d day) isWeekend() bool { return d.weekday() >= 6 }

// workday returns d, or the Monday after if d is at a weekend.
func (d day) workday() day {
	for d.isWeekend() {
		d++
	}
	return d
}

func (d day) iso() string { return d.time().Format(time.DateOnly) }

// officeTime returns a moment in office hours of the day.
func (s stream) officeTime(d day) moment { return d.at(s.between(6*3600, 15*3600)) }
