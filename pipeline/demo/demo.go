package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zeebo/xxh3"
)

// Defaults and bounds of Options.
const (
	DefaultAccounts = 2000
	DefaultSeed     = 1
	DefaultAsOf     = "2026-10-31"
	MaxDays         = 90 // the stories end that many days after as-of
	historyDays     = 1280
)

// Errors that callers tell apart.
var (
	ErrOptions = errors.New("demo option")
	ErrExists  = errors.New("directory already holds a demo")
)

// Options says what to write.
type Options struct {
	Dir      string    // where to write; made if absent
	Accounts int       // Salesforce accounts in all; default DefaultAccounts
	Seed     uint64    // another seed, another group
	Metered  int       // of 1,000 accounts, how many of those with services have daily usage; default by size, see meteredShare
	AsOf     time.Time // the day the base files were exported; default DefaultAsOf
	Days     int       // nights of increments after it
	Lake     string    // for pipeline.json; default "lake", beside it
	Clean    bool      // plant no dirt; the data is the same otherwise
	Replace  bool      // remove an earlier demo's exports from Dir first
	Progress func(done, accounts int)
}

// Summary says what was written.
type Summary struct {
	Dir       string         `json:"dir"`
	Config    string         `json:"config"`
	AsOf      string         `json:"as_of"`      // of the base files
	LastNight string         `json:"last_night"` // of the last increment, and as_of in pipeline.json
	Accounts  int            `json:"accounts"`
	Customers int            `json:"customers"`
	Files     int            `json:"files"`
	Rows      int64          `json:"rows"`     // records in all files, planted ones included
	Bytes     int64          `json:"bytes"`    // on disk
	Planted   map[string]int `json:"planted"`  // by kind
	Outcomes  map[string]int `json:"outcomes"` // by what must become of them
}

// Generate writes the exports, planted.json, linking_truth.csv and pipeline.json.
func Generate(ctx context.Context, o Options) (Summary, error) {
	if err := o.fill(); err != nil {
		return Summary{}, err
	}
	g := &settings{seed: o.Seed, accounts: o.Accounts, meteredPer1000: o.Metered, asOf: dayOf(o.AsOf)}
	g.start, g.horizon = g.asOf-historyDays, g.asOf+MaxDays
	w := &writer{settings: g, options: o, exports: filepath.Join(o.Dir, "exports")}
	if err := w.prepare(); err != nil {
		return Summary{}, err
	}
	if err := w.base(ctx); err != nil {
		return Summary{}, err
	}
	for n := 1; n <= o.Days; n++ {
		if err := w.night(ctx, g.asOf+day(n)); err != nil {
			return Summary{}, err
		}
	}
	last := g.asOf + day(o.Days)
	path := filepath.Join(o.Dir, "pipeline.json")
	if err := writeConfiguration(path, configuration(o.Lake, last, w.hasBase)); err != nil {
		return Summary{}, err
	}
	s := w.summary
	s.Dir, s.Config, s.AsOf, s.LastNight = o.Dir, path, g.asOf.iso(), last.iso()
	return s, nil
}

// fill checks the options and fills in defaults.
func (o *Options) fill() error {
	if o.Accounts == 0 {
		o.Accounts = DefaultAccounts
	}
	if o.Metered == 0 {
		o.Metered = meteredShare(o.Accounts)
	}
	if o.Seed == 0 {
		o.Seed = DefaultSeed
	}
	if o.Lake == "" {
		o.Lake = "lake"
	}
	if o.AsOf.IsZero() {
		o.AsOf, _ = time.Parse(time.DateOnly, DefaultAsOf)
	}
	switch {
	case o.Dir == "":
		return fmt.Errorf("%w: no directory given", ErrOptions)
	case o.Accounts < 0 || o.Accounts > 10_000_000:
		return fmt.Errorf("%w: accounts must be between 1 and 10,000,000, not %d", ErrOptions, o.Accounts)
	case o.Metered < 0 || o.Metered > 1000:
		return fmt.Errorf("%w: metered must be between 1 and 1,000 accounts of 1,000, not %d", ErrOptions, o.Metered)
	case o.Days < 0 || o.Days > MaxDays:
		return fmt.Errorf("%w: days must be between 0 and %d, not %d", ErrOptions, MaxDays, o.Days)
	case o.AsOf.Year() < 2000 || o.AsOf.Year() > 2100:
		return fmt.Errorf("%w: as-of must lie between 2000 and 2100, not %s", ErrOptions, o.AsOf.Format(time.DateOnly))
	}
	return nil
}

// writer writes one demo.
type writer struct {
	*settings
	options Options
	exports string
	files   map[fileKey]*file // of the pass under way
	order   []*file
	bases   map[fileKey]bool
	on      day
	plants  *planter // nil but in the base pass
	err     error
	summary Summary
}

type fileKey struct {
	system *system
	object *object
}

func (w *writer) hasBase(s *system, o *object) bool { return w.bases[fileKey{s, o}] }

// prepare makes the folders.
func (w *writer) prepare() error {
	entries, err := os.ReadDir(w.exports)
	if err == nil && len(entries) > 0 {
		if !w.options.Replace {
			return fmt.Errorf("%w: %s", ErrExists, w.exports)
		}
		if err := os.RemoveAll(w.exports); err != nil {
			return fmt.Errorf("remove earlier demo: %w", err)
		}
	}
	for _, s := range append(systems(), &rateSystem) {
		if err := os.MkdirAll(filepath.Join(w.exports, s.name), 0o755); err != nil {
			return fmt.Errorf("create exports: %w", err)
		}
	}
	w.bases = map[fileKey]bool{}
	w.summary.Planted, w.summary.Outcomes = map[string]int{}, map[string]int{}
	return nil
}

// begin starts the files of a day; each is made when its first record comes.
func (w *writer) begin(on day) {
	w.files, w.order, w.on = map[fileKey]*file{}, nil, on
}

// put writes a record to its file.
func (w *writer) put(s *system, r *record) {
	if w.err != nil {
		return
	}
	k := fileKey{s, r.object}
	f := w.files[k]
	if f == nil {
		if f, w.err = createFile(filepath.Join(w.exports, s.name), s, r.object, w.on); w.err != nil {
			return
		}
		w.files[k] = f
		w.order = append(w.order, f)
		if w.plants != nil {
			w.plants.watch(f)
		}
	}
	if w.plants != nil {
		w.plants.put(f, r)
	} else {
		f.put(r)
	}
}

// finish closes the files of a day and counts them.
func (w *writer) finish() error {
	errs := []error{w.err}
	for _, f := range w.order {
		errs = append(errs, f.close())
		w.summary.Files++
		w.summary.Rows += f.rows
		if info, err := os.Stat(f.disk.Name()); err == nil {
			w.summary.Bytes += info.Size()
		}
	}
	return errors.Join(errs...)
}

// base writes the files as of the as-of date, with the dirt.
func (w *writer) base(ctx context.Context) (err error) {
	if w.plants, err = newPlanter(filepath.Join(w.options.Dir, "planted.json"), w.options.Clean); err != nil {
		return err
	}
	truth, err := os.Create(filepath.Join(w.options.Dir, "linking_truth.csv"))
	if err != nil {
		return errors.Join(fmt.Errorf("create linking truth: %w", err), w.plants.close())
	}
	lines := bufio.NewWriter(truth)
	fmt.Fprintln(lines, "account_id,customer,basis") // a failed write shows when it is flushed
	w.begin(w.asOf)
	e := &emitter{at: w.asOf.end(), out: w.put}
	w.constants(e, 0)
	walked := w.walk(ctx, func(c customerPlan) {
		w.summary.Customers++
		for _, p := range c.accounts {
			a := w.live(c, p)
			e.account(a)
			e.usage(a, w.asOf-usageHistory, w.asOf)
			fmt.Fprintf(lines, "%s,%s,%s\n", a.id, customerName(w.seed, c, p), w.basis(c, p))
			if p.copy {
				w.plants.note(w.copied(c, p))
			}
		}
		e.decisions(w.settings, c)
	})
	err = errors.Join(walked, w.finish(), w.plants.close(), lines.Flush(), truth.Close())
	for k := range w.files {
		w.bases[k] = true
	}
	for kind, by := range w.plants.counts {
		for outcome, n := range by {
			w.summary.Planted[kind] += n
			w.summary.Outcomes[outcome] += n
		}
	}
	w.plants = nil
	return err
}

// copied describes an account that was entered twice.
func (w *writer) copied(c customerPlan, p accountPlan) Planted {
	first := c.accounts[0]
	s := &salesforceSystems[p.org]
	f := w.files[fileKey{s, objAccount}]
	return Planted{Kind: "duplicate_account", Source: s.name, Object: objAccount.name, File: s.name + "/" + f.name, Row: f.rows, Key: accountID(p.org, p.number), Column: "Name",
		Clean: accountID(first.org, first.number), Planted: p.name, Outcome: linked}
}

// customerName names the true customer of an account. A decoy is one of its own, and a
// near-namesake may be the customer it is nearly called after.
func customerName(seed uint64, c customerPlan, p accountPlan) string {
	if other, is := nearNamesake(seed, c.index); is && nearlySame(seed, c.index) {
		return fmt.Sprintf("C%07d", other+1)
	}
	if p.link == linkDecoy && p.number != c.accounts[0].number {
		return fmt.Sprintf("C%07d-%d", c.index+1, p.number)
	}
	return fmt.Sprintf("C%07d", c.index+1)
}

// basis says by what an account's customer is recognised.
func (w *writer) basis(c customerPlan, p accountPlan) string {
	if _, is := nearNamesake(w.seed, c.index); is && len(c.accounts) == 1 {
		return linkNear
	}
	return p.link
}

// constants shows what belongs to no account: reference data and rates after a day.
func (w *writer) constants(e *emitter, after day) {
	for org := range orgCount {
		e.reference(w.settings, org)
	}
	e.rates(w.settings, after, e.at.day())
}

// walk visits the customers in order.
func (w *writer) walk(ctx context.Context, visit func(customerPlan)) error {
	p := planner{seed: w.seed, want: w.accounts}
	for {
		c, more := p.plan()
		if !more {
			w.summary.Accounts = p.made
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if w.err != nil {
			return w.err
		}
		visit(c)
		if w.options.Progress != nil {
			w.options.Progress(p.made, w.accounts)
		}
	}
}

// night writes what changed on one day: rows that differ from the day before. The
// users come as a whole.
func (w *writer) night(ctx context.Context, on day) error {
	w.begin(on)
	held := map[uint64]struct{}{}
	var line []byte
	before := &emitter{at: (on - 1).end(), out: func(_ *system, r *record) {
		line = r.appendLine(line[:0])
		held[xxh3.HashSeed(line, uint64(len(r.object.columns)))] = struct{}{}
	}}
	now := &emitter{at: on.end(), out: func(s *system, r *record) {
		line = r.appendLine(line[:0])
		if _, same := held[xxh3.HashSeed(line, uint64(len(r.object.columns)))]; !same || r.object == objUser {
			w.put(s, r)
		}
	}}
	w.constants(before, on-1)
	w.constants(now, on-1)
	walked := w.walk(ctx, func(c customerPlan) {
		for _, p := range c.accounts {
			a := w.live(c, p)
			clear(held)
			before.account(a)
			now.account(a)
			now.usage(a, on-1, on)
		}
	})
	return errors.Join(walked, w.finish())
}
