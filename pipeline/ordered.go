package pipeline

import "context"

// job is one table's work: what must be done before, and what is done about it.
type job struct {
	needs []int // jobs that must have ended before this one begins; all come earlier
	// begin decides whether there is something to do; nil = there is not.
	begin func() (work func(context.Context) error, err error)
	// end takes the outcome into the run. It is called in the order of the jobs.
	end func(err error) error
}

// inOrder does jobs, as many at a time as the limit allows. Only their work runs
// concurrently: begin and end are called one at a time, and ends in the order of the
// jobs, so that a run reports and decides the same whatever finishes first. The first
// error stops it; jobs that were under way then are given up and do not end.
func inOrder(ctx context.Context, limit int, jobs []job) error {
	ctx, cancel := context.WithCancel(ctx)
	type outcome struct {
		i   int
		err error
	}
	results := make(chan outcome)
	running, next, ended := 0, 0, 0
	failed := false
	defer func() {
		cancel()
		for ; running > 0; running-- {
			<-results
		}
	}()
	ready := func(j job) bool {
		for _, n := range j.needs {
			if n >= ended {
				return false
			}
		}
		return true
	}
	finished := make([]bool, len(jobs))
	failures := make([]error, len(jobs))
	for ended < len(jobs) {
		for !failed && next < len(jobs) && running < limit && ready(jobs[next]) {
			i := next
			next++
			work, err := jobs[i].begin()
			if err != nil || work == nil {
				finished[i], failures[i], failed = true, err, err != nil
				break // it may be its turn to end, and others may wait for that
			}
			running++
			go func() { results <- outcome{i, work(ctx)} }()
		}
		if !finished[ended] {
			done := <-results
			running--
			finished[done.i], failures[done.i], failed = true, done.err, done.err != nil
		}
		for ended < next && finished[ended] {
			if err := jobs[ended].end(failures[ended]); err != nil {
				return err
			}
			ended++
		}
	}
	return nil
}
