package lake

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestFaultRaces: vacuum and compaction beside readers that take their time and a writer.
// Nobody who opened a kept version may find a file missing within the grace. The long form
// begins with a new lake time and again, so that there is always something to compact.
func TestFaultRaces(t *testing.T) {
	const nights = 250
	rounds := max(60, times(100, 2000)) // fewer would be over within the grace
	fixtures := makeParquet(t, nightQueries(min(rounds, nights)))
	var r races
	for done := 0; done < rounds; done += nights {
		r.run(t, fixtures, min(rounds-done, nights))
	}
	t.Logf("%d rounds, %d reads, %d with files missing, %d slower than the grace, %d compactions, %d files and manifests deleted meanwhile",
		rounds, r.reads.Load(), r.missing.Load(), r.late.Load(), r.compacted, r.deleted)
	if r.reads.Load() < int64(rounds)/4 || r.deleted < rounds || r.compacted < rounds/10 {
		t.Error("too little went on for the races to mean anything")
	}
}

// races counts what went on at once.
type races struct {
	reads, late, missing atomic.Int64
	compacted, deleted   int
}

// grace is how long vacuum spares what it took off.
const grace = time.Second

// run makes a lake and changes it as many times as there are rounds, while it is read.
func (r *races) run(t *testing.T, fixtures string, rounds int) {
	root := filepath.Join(quickDir(t), "lake")
	l, err := Create(root, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	l.keep = 1 // so that releases keep little from vacuum
	write := func(i int) error {
		run := fmt.Sprintf("W%d", i)
		return l.changeAny(t.Context(), run, func(tx *Tx, head *Commit) error {
			if i < rounds { // the last content comes again
				if err := publishBronze(t.Context(), l, tx, head, fixtures, i+1); err != nil {
					return err
				}
			}
			return publishRest(t.Context(), l, tx, fixtures, 1+i%rounds)
		})
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() { r.read(t, root, stop) })
	}
	eng := openEngine(t)
	for i := 1; i <= rounds; i++ {
		if err := write(i); err != nil {
			t.Fatal(err)
		}
		c, err := l.Compact(t.Context(), eng, CompactOptions{Run: fmt.Sprintf("C%d", i), MinFiles: 4})
		if err != nil {
			t.Fatal(err)
		}
		r.compacted += len(c.Tables)
		v, err := l.Vacuum(t.Context(), VacuumOptions{Run: fmt.Sprintf("V%d", i), KeepCommits: 1, Grace: grace, Apply: true})
		var locked *LockedError
		if err != nil && !errors.As(err, &locked) {
			t.Fatal(err)
		}
		r.deleted += v.Delete.Files + v.Delete.Documents
	}
	close(stop)
	group.Wait()
	wantClean(t, l)
}

// read opens the head and looks at all of it a little later, until told to stop.
func (r *races) read(t *testing.T, root string, stop chan struct{}) {
	reader, err := Open(root, Options{})
	for err == nil {
		select {
		case <-stop:
			return
		default:
		}
		var view *View
		opened := time.Now()
		if view, err = reader.View(""); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
		gone := checkAll(view)
		switch {
		case gone == nil:
			r.reads.Add(1)
		case time.Since(opened) > grace: // nothing is promised to a reader that slow
			r.late.Add(1)
		default:
			r.missing.Add(1)
			t.Errorf("version %d: %v", view.Commit().Version, gone)
		}
	}
	t.Error(err)
}

// checkAll reads every table of a view.
func checkAll(view *View) error {
	for _, table := range view.Tables() {
		if err := view.Check(table); err != nil {
			return err
		}
	}
	return nil
}

// TestFaultClock: whatever the clock says, versions follow each other, are found by their
// time, and vacuum expires nothing that is the newest.
func TestFaultClock(t *testing.T) {
	fixtures := makeParquet(t, nightQueries(5))
	day := 24 * time.Hour
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	cases := map[string][]time.Time{
		"1970": {time.Unix(0, 0), time.Unix(1, 0), time.Unix(2, 0)}, "before 1970": {time.Unix(-day.Milliseconds(), 0), time.Unix(-1, 0), time.Unix(1, 0)},
		"2038": {at("2038-01-19T03:14:06Z"), at("2038-01-19T03:14:07Z"), at("2038-01-19T03:14:08Z")}, "2106": {at("2106-02-07T06:28:15Z"), at("2106-02-07T06:28:16Z"), at("2106-02-07T06:28:17Z")},
		"leap day": {at("2028-02-28T23:59:59Z"), at("2028-02-29T00:00:00Z"), at("2028-03-01T00:00:00Z")}, "no leap day": {at("2100-02-28T23:59:59Z"), at("2100-03-01T00:00:00Z"), at("2100-03-01T00:00:01Z")},
		"summer begins": {at("2026-03-29T00:59:59Z"), at("2026-03-29T03:00:00+02:00"), at("2026-03-29T03:00:01+02:00")}, "summer ends": {at("2026-10-25T02:30:00+02:00"), at("2026-10-25T02:30:00+01:00"), at("2026-10-25T02:30:01+01:00")},
		"summer ends, back": {at("2026-10-25T02:30:00+01:00"), at("2026-10-25T02:30:00+02:00"), at("2026-10-25T02:31:00+02:00")}, "year's end": {at("2026-12-31T23:59:59Z"), at("2027-01-01T00:00:00Z"), at("2027-01-01T00:00:00+14:00")},
		"stands still": {at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")}, "a second back": {at("2026-01-01T00:00:01Z"), at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:02Z")},
		"an hour back": {at("2026-01-01T01:00:00Z"), at("2026-01-01T00:00:00Z"), at("2026-01-01T00:30:00Z")}, "ten years back": {at("2036-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01Z")},
		"ten years ahead": {at("2026-01-01T00:00:00Z"), at("2036-01-01T00:00:00Z"), at("2036-01-01T00:00:01Z")}, "ahead and back": {at("2026-01-01T00:00:00Z"), at("2036-01-01T00:00:00Z"), at("2026-01-01T00:00:01Z")},
		"year 9999": {at("9999-12-31T23:59:57Z"), at("9999-12-31T23:59:58Z"), at("9999-12-31T23:59:59Z")}, "nanoseconds": {at("2026-01-01T00:00:00.000000001Z"), at("2026-01-01T00:00:00.000000002Z"), at("2026-01-01T00:00:00.000000003Z")},
		"leap second": {at("2016-12-31T23:59:59Z"), at("2016-12-31T23:59:59.999Z"), at("2017-01-01T00:00:00Z")}, "other zone": {at("2026-01-01T12:00:00+14:00"), at("2025-12-31T12:00:00-12:00"), at("2026-01-02T00:00:00Z")},
	}
	for name, moments := range cases {
		now := moments[0]
		l, err := Create(filepath.Join(quickDir(t), "lake"), Options{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		s := &simulation{t: t, lake: l, fixtures: fixtures}
		for i, moment := range moments {
			now = moment
			if err := s.publish(fmt.Sprintf("R%d", i), map[string]string{"gold/accounts": fmt.Sprintf("account.%d", i+1)}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		var last time.Time
		for v := int64(1); v <= 3; v++ {
			c, err := l.Resolve(fmt.Sprint(v))
			if err != nil || c.CreatedAt.Before(last) {
				t.Fatalf("%s: version %d of %v after %v: %v", name, v, c.CreatedAt, last, err)
			}
			last = c.CreatedAt
			found, err := l.Resolve(last.Format(time.RFC3339Nano))
			if err != nil || found.Version < v {
				t.Errorf("%s: at %v is version %+v, %v; want %d or a later one of that moment", name, last, found, err, v)
			}
		}
		if _, err := l.Vacuum(t.Context(), VacuumOptions{Run: "V", Keep: DefaultKeepAge, KeepCommits: 1, Grace: time.Hour, Apply: true}); err != nil {
			t.Errorf("%s: vacuum: %v", name, err)
		}
		view, err := l.View("")
		if err != nil {
			t.Fatal(err)
		}
		files, err := view.Files("gold/accounts")
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %v %v", name, files, err)
		}
		if _, err := os.Stat(files[0]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantClean(t, l)
	}
	t.Logf("%d clocks", len(cases))
}
