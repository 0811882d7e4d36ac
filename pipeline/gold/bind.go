package gold

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Bind asks the engine to bind every model and check against empty tables of the
// contracts' columns, so that an unknown column or function is found before anything
// runs, not after an hour of extraction. All problems are reported at once.
func (p *Project) Bind(ctx context.Context, eng engine.Engine) error {
	sess, err := eng.Session(ctx)
	if err != nil {
		return err
	}
	defer sess.Close()
	if err := p.begin(ctx, sess, time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC), ""); err != nil {
		return err
	}
	for name, c := range p.contracts {
		if err := p.register(ctx, sess, name, nil); err != nil {
			return err
		}
		if keepsPast(c) {
			if err := p.register(ctx, sess, pastSchema+"."+c.Table, nil); err != nil {
				return err
			}
		}
	}
	var problems []error
	for _, m := range p.models {
		problems = append(problems, m.checkColumns(ctx, sess))
	}
	for _, c := range p.checks {
		if _, err := sess.Describe(ctx, c.SQL); err != nil {
			problems = append(problems, fmt.Errorf("check %s: %w", c.ID, locate(c.Path, c.SQL, err)))
		}
	}
	err = errors.Join(problems...)
	p.bound = err == nil
	return err
}
