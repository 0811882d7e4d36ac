package pipeline

import (
	"fmt"
	"time"
)

const dateLayout = "2006-01-02"

// resolveAsOf gives the as-of date of a run: the flag, else the configuration,
// else yesterday in the configured time zone. Stale sources do not move it.
func resolveAsOf(flag, configured, zone string, now time.Time) (string, error) {
	for _, v := range []string{flag, configured} {
		if v == "" {
			continue
		}
		d, err := time.Parse(dateLayout, v)
		if err != nil {
			return "", &UsageError{Problem: fmt.Sprintf("as-of %q is not a date", v), Advice: "write it as YYYY-MM-DD"}
		}
		return d.Format(dateLayout), nil
	}
	loc := time.UTC
	if zone != "" {
		l, err := time.LoadLocation(zone)
		if err != nil {
			return "", fmt.Errorf("time zone %q: %w", zone, err)
		}
		loc = l
	}
	return now.In(loc).AddDate(0, 0, -1).Format(dateLayout), nil
}

// asOfDate is the run's as-of as midnight UTC of that day.
func (u *run) asOfDate() time.Time {
	d, err := time.Parse(dateLayout, u.res.AsOf)
	if err != nil {
		panic(err) // resolveAsOf let only dates through
	}
	return d
}

// EndOfAsOf is the instant at which the as-of of a run ends that would start now:
// configured is that of the configuration, "" for yesterday.
func EndOfAsOf(configured, zone string, now time.Time) (time.Time, error) {
	asOf, err := resolveAsOf("", configured, zone, now)
	if err != nil {
		return time.Time{}, err
	}
	loc := time.UTC
	if zone != "" {
		if loc, err = time.LoadLocation(zone); err != nil {
			return time.Time{}, fmt.Errorf("time zone %q: %w", zone, err)
		}
	}
	day, err := time.ParseInLocation(dateLayout, asOf, loc)
	if err != nil {
		return time.Time{}, err
	}
	return day.AddDate(0, 0, 1), nil
}
