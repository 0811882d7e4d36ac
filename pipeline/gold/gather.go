package gold

import (
	"context"
	"database/sql"
	"errors"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Gather runs a model's SELECT and passes on its rows, in the order of their columns: what a
// fit is given, for those who want to look at its input.
func (p *Project) Gather(ctx context.Context, eng engine.Engine, model string, in BuildInput, read func(*sql.Rows) error) (err error) {
	m, err := p.Model(model)
	if err != nil {
		return err
	}
	sess, err := eng.Session(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	if err := p.begin(ctx, sess, in.AsOf, in.TimeZone); err != nil {
		return err
	}
	for _, name := range m.Inputs {
		if err := p.register(ctx, sess, name, in.Inputs[name]); err != nil {
			return err
		}
	}
	rows, err := sess.Query(ctx, "SELECT * FROM "+m.selected()+" ORDER BY ALL NULLS LAST") //nolint:rowserrcheck // the reader asks
	if err != nil {
		return locate(m.Path, m.SQL, err)
	}
	defer rows.Close()
	return read(rows)
}
