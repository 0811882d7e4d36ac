package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// orderedJobs makes n jobs that note when they begin and end; the later a job, the
// faster it works.
func orderedJobs(n int, log *[]int, busy, peak *atomic.Int64, fail int) []job {
	jobs := make([]job, n)
	for i := range jobs {
		jobs[i] = job{
			begin: func() (func(context.Context) error, error) {
				if i%4 == 3 {
					return nil, nil
				}
				return func(context.Context) error {
					now := busy.Add(1)
					defer busy.Add(-1)
					for was := peak.Load(); now > was && !peak.CompareAndSwap(was, now); was = peak.Load() {
					}
					time.Sleep(time.Duration(n-i) * 100 * time.Microsecond)
					if i == fail {
						return errors.New("boom")
					}
					return nil
				}, nil
			},
			end: func(err error) error { *log = append(*log, i); return err },
		}
	}
	return jobs
}

func TestInOrder(t *testing.T) {
	var want []int
	for i := range 20 {
		want = append(want, i)
	}
	for _, limit := range []int{1, 3} {
		var log []int
		var busy, peak atomic.Int64
		if err := inOrder(context.Background(), limit, orderedJobs(20, &log, &busy, &peak, -1)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(log, want) {
			t.Errorf("limit %d: ended in the order %v", limit, log)
		}
		if peak.Load() != int64(limit) {
			t.Errorf("limit %d: %d at a time", limit, peak.Load())
		}
	}
}

func TestInOrderWaitsForNeeds(t *testing.T) {
	var log []int
	var busy, peak atomic.Int64
	jobs := orderedJobs(6, &log, &busy, &peak, -1)
	begin := jobs[5].begin
	jobs[5].needs = []int{0, 4}
	jobs[5].begin = func() (func(context.Context) error, error) {
		if !slices.Equal(log, []int{0, 1, 2, 3, 4}) {
			t.Errorf("began after %v had ended", log)
		}
		return begin()
	}
	if err := inOrder(context.Background(), 4, jobs); err != nil {
		t.Fatal(err)
	}
}

func TestInOrderStopsAtAnError(t *testing.T) {
	var log []int
	var busy, peak atomic.Int64
	err := inOrder(context.Background(), 3, orderedJobs(20, &log, &busy, &peak, 6))
	if err == nil || err.Error() != "boom" {
		t.Fatalf("error is %v", err)
	}
	if !slices.Equal(log, []int{0, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("ended %v", log)
	}
	if busy.Load() != 0 {
		t.Errorf("%d jobs still at work", busy.Load())
	}
}
