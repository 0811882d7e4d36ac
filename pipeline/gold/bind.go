package gold

import (
	"context"
	"fmt"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Bind asks the engine to bind every model and check against empty tables of the
// contracts' columns, so that an unknown column or function is found before anything
// runs, not after an hour of extraction. All problems are reported at once.
func (p *Project) Bind(ctx context.Context, eng engine.Engine) error {
	setup := func(sess engine.Session) error {
		if err := p.begin(ctx, sess, time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC), ""); err != nil {
			return err
		}
		return p.registerEmpty(ctx, sess)
	}
	err := spread(ctx, eng, len(p.models)+len(p.checks), setup, func(sess engine.Session, i int) error {
		if i < len(p.models) {
			return p.models[i].checkColumns(ctx, sess)
		}
		c := p.checks[i-len(p.models)]
		if _, err := sess.Describe(ctx, c.SQL); err != nil {
			return fmt.Errorf("check %s: %w", c.ID, locate(c.Path, c.SQL, err))
		}
		return nil
	})
	p.bound = err == nil
	return err
}

// AssumeBound takes the word of an earlier Bind of the same Digest.
func (p *Project) AssumeBound() { p.bound = true }

// registerEmpty makes every table of the contracts, without rows.
func (p *Project) registerEmpty(ctx context.Context, sess engine.Session) error {
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
	return nil
}
