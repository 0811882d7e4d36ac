package gold

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/customer360/pipeline/pipeline/engine"
)

// spread does work for 0 … n-1 in a session per core, each of which setup prepares. All
// problems are reported, in the order of the numbers: what the engine parses and binds
// before a run is most of what a run without news costs.
func spread(ctx context.Context, eng engine.Engine, n int, setup func(engine.Session) error, work func(sess engine.Session, i int) error) error {
	workers := min(runtime.NumCPU(), n)
	problems := make([]error, n)
	failures := make([]error, workers)
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			sess, err := eng.Session(ctx)
			if err != nil {
				failures[w] = err
				return
			}
			if err = setup(sess); err == nil {
				for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
					problems[i] = work(sess, i)
				}
			}
			failures[w] = errors.Join(err, sess.Close())
		})
	}
	all.Wait()
	return errors.Join(append(failures, problems...)...)
}
