package gold

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Builder builds models of a project one after another or beside each other, at any
// as-of. Declaring the prelude costs more than many a model, so sessions are used again:
// between two models everything but the prelude is dropped, and a model still sees its
// declared inputs only.
type Builder struct {
	project *Project
	engine  engine.Engine

	mu   sync.Mutex
	idle []*bench
}

// bench is a session with the prelude, ready for a model.
type bench struct {
	engine.Session
	asOf time.Time
	zone string
}

// Builder makes a builder; the caller closes it before the engine.
func (p *Project) Builder(eng engine.Engine) *Builder { return &Builder{project: p, engine: eng} }

// Build makes one model. It is safe for concurrent use.
func (b *Builder) Build(ctx context.Context, model string, in BuildInput) (BuildResult, error) {
	m, err := b.project.Model(model)
	if err != nil {
		return BuildResult{}, err
	}
	s, err := b.take(ctx, in)
	if err != nil {
		return BuildResult{}, err
	}
	res, err := b.project.build(ctx, b.engine, s, m, in)
	if err == nil {
		err = s.clear(ctx, m)
	}
	if err != nil { // whatever is left in the session, no other model shall see it
		return BuildResult{}, fmt.Errorf("build %s: %w", m.Table(), errors.Join(err, s.Close()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = append(b.idle, s)
	return res, nil
}

// take gives an idle session, or a new one, at the as-of that is asked for.
func (b *Builder) take(ctx context.Context, in BuildInput) (*bench, error) {
	b.mu.Lock()
	var s *bench
	for i, idle := range b.idle {
		if idle.zone == in.TimeZone {
			s, b.idle = idle, slices.Delete(b.idle, i, i+1)
			break
		}
	}
	b.mu.Unlock()
	if s == nil {
		sess, err := b.engine.Session(ctx)
		if err != nil {
			return nil, err
		}
		s = &bench{Session: sess, asOf: in.AsOf, zone: in.TimeZone}
		if err := b.project.begin(ctx, sess, in.AsOf, in.TimeZone); err != nil {
			return nil, errors.Join(err, sess.Close())
		}
	}
	if !s.asOf.Equal(in.AsOf) {
		if err := s.Exec(ctx, setAsOf(in.AsOf)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.asOf = in.AsOf
	}
	return s, nil
}

// clear drops what the build of a model left.
func (s *bench) clear(ctx context.Context, m Model) error {
	schemas := []string{"result", scratchSchema}
	for _, name := range m.Inputs {
		schema, _, _ := strings.Cut(name, ".")
		schemas = append(schemas, schema)
	}
	if len(m.Past) > 0 {
		schemas = append(schemas, pastSchema, pastFiles)
	}
	slices.Sort(schemas)
	var drop strings.Builder
	for _, schema := range slices.Compact(schemas) {
		fmt.Fprintf(&drop, "DROP SCHEMA IF EXISTS %s CASCADE;", engine.Ident(schema))
	}
	return s.Exec(ctx, drop.String())
}

// Close ends the sessions.
func (b *Builder) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var problems []error
	for _, s := range b.idle {
		problems = append(problems, s.Close())
	}
	b.idle = nil
	return errors.Join(problems...)
}
