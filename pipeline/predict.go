package pipeline

import (
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/lake"
)

// What filling one date costs in processor time where nothing was measured in this lake
// yet: for every table that is built, and for every object and byte of bronze that is read.
// Measured with one account, and on demos of 500 and 100,000.
const (
	costPerTable  = 40 * time.Millisecond
	costPerObject = 100 * time.Millisecond
	costPerByte   = 400 * time.Nanosecond
)

// busyCores is how many cores one date can keep busy.
const busyCores = 4

// bytesPerExported is about how many bytes of bronze come of one byte of an export.
const bytesPerExported = 0.37

// predict says how long filling a number of dates will take, from how long it took
// before: a date of the last filling, else the last run that built every table, else
// stated constants. What it took grows with the bytes of bronze.
func (u *run) predict(dates, objects int, bytes int64) (time.Duration, error) {
	tables := len(u.silver.Tables()) + len(u.gold.Models())
	cores := time.Duration(min(u.cores(), busyCores))
	fixed := (time.Duration(tables)*costPerTable + time.Duration(objects)*costPerObject) / cores
	one := fixed + time.Duration(bytes)*costPerByte/cores
	if u.lake == nil {
		return time.Duration(dates) * one, nil
	}
	all, err := Reports(u.lake)
	if err != nil {
		return 0, err
	}
	slices.Reverse(all)
	for _, r := range all {
		took, read := r.measured(tables)
		if took == 0 || read == 0 {
			continue
		}
		fixed = min(fixed, took)
		one = fixed + time.Duration(float64(took-fixed)*float64(bytes)/float64(read))
		break
	}
	return time.Duration(dates) * one, nil
}

// measured is how long one as-of took in a run, and how many bytes of bronze it read;
// zero if the run has nothing to say about it.
func (r *Result) measured(tables int) (took time.Duration, bytes int64) {
	if h := r.History; h != nil && h.Elapsed > 0 && len(h.Dates) > h.Kept {
		return h.Elapsed / time.Duration(len(h.Dates)-h.Kept), h.Bytes
	}
	var first, last time.Time
	built := 0
	for _, s := range r.Steps {
		if s.Status != Done || s.Layer != Silver && s.Layer != Gold {
			continue
		}
		built++
		if first.IsZero() || s.StartedAt.Before(first) {
			first = s.StartedAt
		}
		if end := s.StartedAt.Add(s.Elapsed); end.After(last) {
			last = end
		}
	}
	if built < tables*9/10 {
		return 0, 0
	}
	return last.Sub(first), r.BronzeBytes
}

// bronzeTables are the tables of bronze that silver reads.
func (u *run) bronzeTables() []string {
	return slices.DeleteFunc(u.state.tables("bronze/"), func(t string) bool { return strings.HasSuffix(t, "__malformed") })
}

// bronzeBytes is their size.
func (u *run) bronzeBytes() (n int64) {
	for _, table := range u.bronzeTables() {
		n += bytesOf(u.state.setsOf(table, ""))
	}
	return n
}

// refreshBytes is what a full refresh writes before it publishes: of the tables that it
// builds whole, about what they have now.
func (u *run) refreshBytes() (n int64) {
	for table, m := range u.state.manifests {
		silver, gold := strings.HasPrefix(table, "silver/"), strings.HasPrefix(table, "gold/")
		if (silver && u.opt.Layer.includes(Silver) || gold && u.opt.Layer.includes(Gold)) && m.Storage != lake.StorageState {
			n += bytesOf(m.Files)
		}
	}
	return n
}
