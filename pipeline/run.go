package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/silver"
)

// ErrChecksFailed says that a blocking check kept the result from being published.
var ErrChecksFailed = errors.New("blocking checks failed, nothing was published")

// Runner has everything a run needs; it is given, never looked up.
type Runner struct {
	Config      *config.Loaded
	LakeRoot    string
	Now         func() time.Time
	CodeVersion string
	Observer    Observer
	Step        func(string) error // fault injection in tests; nil otherwise
	Network     Network

	compiled *compiled // of the first run: the configuration does not change
}

// compiled is what a configuration's mappings and SQL files become.
type compiled struct {
	silver *silver.Project
	gold   *gold.Project
	parsed bool // but not bound: bronze alone runs none of it
}

// Options are what a person asks of one run.
type Options struct {
	Layer       Layer
	Tables      []string // bronze objects, silver or gold tables; empty = all
	Sources     []string // source names; empty = all
	FullRefresh bool     // rebuild silver and derived gold though nothing changed
	Reload      bool     // read files again that were loaded before
	AsOf        string   // YYYY-MM-DD; "" = configured or yesterday
	Out         string   // write the tables to this directory instead of publishing
}

// run is one run under way.
type run struct {
	*Runner
	opt      Options
	res      *Result
	id       string
	start    time.Time
	lake     *lake.Lake
	tx       *lake.Tx
	engine   engine.Engine
	head     *lake.Commit // published state when the run began; nil for an empty lake
	state    *state
	verified *verified
	marks    map[string]lake.Watermark // "source/object"
	silver   *silver.Project
	gold     *gold.Project
	models   *gold.Builder

	newRates   string // first day whose exchange rates this run changed; "" = nobody asked yet
	incomplete error  // objects that could not be extracted, where the run goes on without them

	stateTables map[string]bool // models with a set of rows per as-of
	draft       *draft          // nil but for a date of the history
}

// Run carries out one run. The result is returned with the error too: what finished
// is in it, and what failed. Nothing is half-published.
func (r *Runner) Run(ctx context.Context, opt Options) (res *Result, err error) {
	u, err := r.prepare(ctx, opt)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, u.models.Close(), u.engine.Close()) }()
	if u.lake, err = lake.Create(r.LakeRoot, lake.Options{Now: r.Now, Step: r.Step}); err != nil {
		return nil, err
	}
	lock, err := u.lake.Lock(u.id)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if u.tx, _, err = u.lake.Begin(ctx, lock, u.id); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, u.tx.Close()) }()
	if err := u.open(); err != nil {
		return nil, err
	}

	r.Observer.RunStarted(u.res)
	err = u.layers(ctx)
	err = errors.Join(err, u.incomplete)
	u.res.FinishedAt = r.Now()
	u.res.Status = Done
	if err != nil {
		u.res.Status, u.res.Error = Failed, r.Config.Redact.String(err.Error())
	}
	err = errors.Join(err, u.keepReport())
	r.Observer.RunFinished(u.res)
	return u.res, err
}

// prepare parses every mapping and SQL file before anything is touched.
func (r *Runner) prepare(ctx context.Context, opt Options) (*run, error) {
	now := r.Now()
	asOf, err := resolveAsOf(opt.AsOf, r.Config.Pipeline.AsOf, r.Config.Pipeline.TimeZone, now)
	if err != nil {
		return nil, err
	}
	if opt.Layer == "" {
		opt.Layer = All
	}
	u := &run{Runner: r, opt: opt, start: now, id: ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()).String()}
	u.res = &Result{Run: u.id, AsOf: asOf, Layer: opt.Layer, StartedAt: now, Out: opt.Out,
		ConfigHash: r.Config.Hash, CodeVersion: r.CodeVersion, Sources: len(r.Config.Pipeline.Sources)}
	u.engine, err = duckdb.Open(ctx, engine.Options{Threads: r.Config.Pipeline.Engine.Threads,
		MemoryLimit: r.Config.Pipeline.Engine.MemoryLimit, TempDirectory: filepath.Join(r.LakeRoot, "_lake", "tmp", u.id, "spill")})
	if err != nil {
		return nil, err
	}
	if alone := opt.Layer == Bronze; r.compiled == nil || r.compiled.parsed && !alone {
		c := &compiled{parsed: alone}
		if c.silver, c.gold, err = compile(ctx, u.engine, r.Config, boundBefore(r.LakeRoot), alone); err == nil {
			r.compiled = c
		}
	}
	if err == nil {
		u.silver, u.gold = r.compiled.silver, r.compiled.gold
		err = u.checkSelection()
	}
	if err != nil {
		return nil, errors.Join(err, u.engine.Close())
	}
	u.models, u.stateTables = u.gold.Builder(u.engine), stateTables(u.gold)
	return u, nil
}

// open looks at the state the run builds on.
func (u *run) open() error {
	var err error
	if u.head, err = u.lake.Head(); err != nil {
		return err
	}
	if u.head != nil {
		u.res.Previous = u.head.Release
	}
	if u.marks, err = u.lake.Watermarks(u.head); err != nil {
		return err
	}
	if u.state, err = newState(u.lake, u.head); err != nil {
		return err
	}
	u.verified = newVerified(u.lake, u.state)
	if err := u.checkSchemas(u.state.published); err != nil {
		return err
	}
	for table, by := range migrations(u.Config) {
		if m := u.state.published[table]; m != nil {
			u.state.published[table] = m.Migrated(by)
		}
	}
	return nil
}

// layers runs what was asked for, in order. Bronze is committed as soon as it is
// durable; silver, gold and ops are published together after the checks.
func (u *run) layers(ctx context.Context) error {
	if u.opt.Layer.includes(Bronze) && u.opt.Out == "" {
		if err := u.extract(ctx); err != nil && !u.goesOn(err) {
			return err
		}
	}
	if u.opt.Layer == Bronze {
		return nil
	}
	if err := u.chooseTarget(); err != nil {
		return err
	}
	if err := u.migrate(ctx); err != nil {
		return err
	}
	u.res.BronzeBytes = u.bronzeBytes()
	if u.opt.FullRefresh && len(u.opt.Tables) == 0 && !u.offHead() {
		if err := u.lake.NeedSpace("run", u.refreshBytes()); err != nil {
			return err
		}
	}
	if u.opt.Layer.includes(Silver) || u.offHead() {
		if err := u.warnOfUnloaded(); err != nil {
			return err
		}
		if err := u.buildSilver(ctx); err != nil {
			return err
		}
	}
	if u.opt.Layer.includes(Gold) {
		if err := u.fillHistory(ctx); err != nil {
			return err
		}
		if err := u.buildGold(ctx); err != nil {
			return err
		}
	}
	if err := u.mend(ctx); err != nil {
		return err
	}
	if !u.state.changed() && u.opt.Out == "" {
		return nil
	}
	if err := u.check(ctx); err != nil {
		return err
	}
	if u.opt.Out != "" {
		return u.writeOut()
	}
	return u.publish(ctx)
}

// mend puts what a full refresh built again in the place of published files that were damaged.
func (u *run) mend(ctx context.Context) error {
	if !u.opt.FullRefresh || u.offHead() {
		return nil
	}
	mended, err := u.tx.Mend(ctx)
	u.res.Mended = mended
	return err
}

// goesOn tells whether silver and gold are built although objects could not be extracted.
func (u *run) goesOn(err error) bool {
	var some *IncompleteError
	if errors.As(err, &some) && u.Config.Pipeline.OnFailure == "continue" {
		u.incomplete = err
		return true
	}
	return false
}

// offHead tells whether the run builds another state than the one that is published:
// one for an earlier as-of, or one for a directory.
func (u *run) offHead() bool { return u.res.Historical || u.opt.Out != "" }

// chooseTarget decides where the result goes: an as-of before the published one
// never replaces current (design: section 2).
func (u *run) chooseTarget() error {
	published := u.state.asOf
	u.res.Historical = u.opt.Out == "" && published != "" && u.res.AsOf < published
	if published != "" && u.res.AsOf > published && (u.opt.Layer == Gold || len(u.opt.Tables) > 0) && u.opt.Out == "" {
		return &UsageError{
			Problem: fmt.Sprintf("silver is published as of %s; building part of the tables as of %s would mix the two", published, u.res.AsOf),
			Advice:  "use --layer all (or --layer silver, then --layer gold) without --table, or --as-of " + published,
		}
	}
	if u.offHead() {
		if u.opt.Layer == Silver && u.opt.Out == "" {
			return &UsageError{
				Problem: fmt.Sprintf("as-of %s is before the published %s, and gold would be missing for it", u.res.AsOf, published),
				Advice:  "use --layer gold or all, or --out DIR",
			}
		}
		u.state.detach(u.res.AsOf)
	}
	return nil
}
