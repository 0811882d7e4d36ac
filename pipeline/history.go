package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/customer360/pipeline/pipeline/lake"
)

// HistoryFill is the filling of state tables at earlier as-of dates, which happens once:
// when a lake is first built, and when a later version brings a new state table (G12).
//
// It computes silver and the models that state tables need as they were at each date,
// oldest first, since a date reads the ones before it; only the state tables' sets of rows
// are kept. They are published with the rest of the run or not at all. It happens in runs
// that build the whole of gold for the published state. A run with --table leaves it to the
// next one, and one for --out or for an earlier as-of shows the past that the lake holds.
//
// Each finished date is kept in _lake/resume, with the hash of all that it was made from:
// a run that dies in the fill, or that a check keeps from publishing, costs the date it was
// at and no more. A commit per date was the other way. It would have shown readers of the
// log versions of a few tables without silver beside them, and had to be told apart from
// history that somebody asked for; these files belong to nobody until they are published.
type HistoryFill struct {
	Tables    []string      `json:"tables"`            // state tables that are filled
	Dates     []string      `json:"dates"`             // oldest first
	Skipped   []string      `json:"skipped,omitempty"` // dates before any data
	Kept      int           `json:"kept,omitempty"`    // dates that an earlier run had finished
	Bytes     int64         `json:"bytes"`             // of bronze, read for every date
	Predicted time.Duration `json:"predicted_ns"`
	Elapsed   time.Duration `json:"elapsed_ns,omitempty"`

	wanted map[string][]string // date → state tables without rows for it
}

// historyWork names what is kept of a fill between runs.
const historyWork = "history"

// filledMark is the key of the fingerprint that says a state table's past was filled.
func filledMark(table string) string { return "history/" + table }

// historyFill says what is to be filled; nil if nothing is. For a table that was never
// filled these are the dates of a first run (history.month_ends before the as-of, and
// history.days_before it) and those that other state tables hold since the first of them.
func (u *run) historyFill() *HistoryFill {
	dates := u.firstDates()
	if len(dates) == 0 || u.offHead() || len(u.opt.Tables) > 0 || !u.opt.Layer.includes(Gold) {
		return nil
	}
	held := map[string]bool{}
	for t := range u.stateTables {
		for _, f := range u.state.setsBefore(t, u.res.AsOf) {
			if f.Partition >= dates[0] {
				held[f.Partition] = true
			}
		}
	}
	for _, d := range dates {
		held[d] = true
	}
	fill := &HistoryFill{wanted: map[string][]string{}}
	for t := range u.stateTables {
		if u.state.fingerprints[filledMark(t)] != "" {
			continue
		}
		fill.Tables = append(fill.Tables, t)
		for d := range held {
			if len(u.state.setsOf(t, d)) == 0 {
				fill.wanted[d] = append(fill.wanted[d], t)
			}
		}
	}
	for d, tables := range fill.wanted {
		slices.Sort(tables)
		fill.Dates = append(fill.Dates, d)
	}
	slices.Sort(fill.Dates)
	slices.Sort(fill.Tables)
	if len(fill.Tables) == 0 {
		return nil
	}
	return fill
}

// firstDates are the dates that a first run fills, oldest first.
func (u *run) firstDates() (dates []string) {
	months, _ := u.Config.Metrics["history.month_ends"].(float64)
	if months <= 0 {
		return nil
	}
	day := u.asOfDate()
	end := time.Date(day.Year(), day.Month(), 0, 0, 0, 0, 0, time.UTC) // of the month before
	for range int(months) {
		dates = append(dates, end.Format(dateLayout))
		end = end.AddDate(0, 0, -end.Day())
	}
	days, _ := u.Config.Metrics["history.days_before"].([]float64)
	for _, n := range days {
		if n >= 1 {
			dates = append(dates, day.AddDate(0, 0, -int(n)).Format(dateLayout))
		}
	}
	slices.Sort(dates)
	return slices.Compact(dates)
}

// fillHistory fills what is missing and makes it part of the state.
func (u *run) fillHistory(ctx context.Context) error {
	fill := u.historyFill()
	if fill == nil || u.bronzeBytes() == 0 {
		return nil
	}
	fill.Bytes = u.bronzeBytes()
	if len(fill.Dates) > 0 {
		var err error
		if fill.Predicted, err = u.predict(len(fill.Dates), len(u.bronzeTables()), fill.Bytes); err != nil {
			return err
		}
		u.res.History = fill
		u.Observer.HistoryStarted(fill)
	}
	started := u.Now()
	todo := fill.Dates
	fill.Dates = nil
	for len(todo) > 0 {
		filled, err := u.fillDate(ctx, fill, todo[0])
		if err != nil {
			return err
		}
		if filled {
			fill.Dates, todo = append(fill.Dates, todo[0]), todo[1:]
			continue
		}
		n, err := u.emptyDates(ctx, todo[1:])
		if err != nil {
			return err
		}
		fill.Skipped, todo = append(fill.Skipped, todo[:n+1]...), todo[n+1:]
	}
	fill.Elapsed = u.Now().Sub(started)
	for _, t := range fill.Tables {
		u.state.fingerprints[filledMark(t)] = u.res.AsOf
		u.state.learned = true
	}
	return nil
}

// emptyDates counts the first of the dates at which nothing was known yet. What is known
// only grows from date to date, so the end of these is found by halving.
func (u *run) emptyDates(ctx context.Context, dates []string) (n int, err error) {
	n = sort.Search(len(dates), func(i int) bool {
		if err != nil {
			return true
		}
		past := u.at(dates[i], nil)
		err = past.buildSilver(ctx)
		known := past.anyFact()
		err = errors.Join(err, past.draft.drop(nil))
		return known
	})
	return n, err
}

// fillDate computes the wanted state tables at one date and drops all else it built.
// It tells whether there was anything to compute.
func (u *run) fillDate(ctx context.Context, fill *HistoryFill, date string) (filled bool, err error) {
	step := Step{Layer: History, Table: "history/" + date, AsOf: date, StartedAt: u.Now(), Reason: "no set of rows yet"}
	u.Observer.StepStarted(History, step.Table)
	files, kept, err := u.keptOrBuilt(ctx, fill.wanted[date], date)
	for _, f := range files {
		table := path.Dir(f.Path)
		u.state.paths[f.Path] = f.Part
		u.state.set(u.manifest(table, append(u.otherSets(table, []lake.File{f.File}), f.File)), "")
		step.RowsOut += f.Rows
		step.BytesOut += f.Bytes
		step.Files++
	}
	if kept && len(files) > 0 {
		fill.Kept++
		step.Reason = keptReason
	}
	if err != nil {
		err = fmt.Errorf("history at %s: %w", date, err)
	} else if len(files) == 0 {
		step.Status, step.Reason = Skipped, "no account and no fact was known yet"
	}
	u.finishWith(step, err)
	return len(files) > 0, err
}

// keptOrBuilt gives the wanted sets of rows of a date: those that an earlier run kept, if
// they were made from what there is now, else it builds and keeps them.
func (u *run) keptOrBuilt(ctx context.Context, wanted []string, date string) (files []lake.StagedFile, kept bool, err error) {
	key, err := u.fillKey(wanted, date)
	if err != nil {
		return nil, false, err
	}
	if files, kept, err = u.tx.TakeUp(historyWork, date, key); kept || err != nil {
		return files, kept, err
	}
	past := u.at(date, wanted)
	files, err = past.states(ctx)
	if err = errors.Join(err, past.draft.drop(files)); err != nil {
		return files, false, err
	}
	return files, false, u.tx.Keep(historyWork, date, key, files)
}

// fillKey is a hash of all that the sets of rows of a date are made from: program,
// configuration, definitions, what bronze holds and says of its sources, and the sets of
// the dates before.
func (u *run) fillKey(wanted []string, date string) (string, error) {
	feeds, err := json.Marshal(u.feeds())
	if err != nil {
		return "", err
	}
	parts := map[string]string{"code": u.CodeVersion, "config": u.Config.Hash, "gold": u.gold.Digest(), "feeds": string(feeds), "wanted": strings.Join(wanted, " "), "date": date}
	for _, t := range u.silver.Tables() {
		parts["silver "+t.Name] = t.Fingerprint
	}
	for _, t := range u.state.tables("bronze/") {
		parts[t] = u.state.hash(t)
	}
	for t := range u.stateTables {
		parts[t] = setsHash(append(u.state.setsBefore(t, date), u.state.setsOf(t, date)...))
	}
	return digest(parts), nil
}

// draft is what a run for an earlier date builds only to compute its state tables. Its
// files stay in staging, not made durable, until the date is done.
type draft struct {
	models map[string]bool // models to build, by table: gold/x
	wanted []string        // those whose rows are kept

	mu    sync.Mutex
	parts []string
}

// at is a run that builds the state tables of an earlier date from the same bronze. It
// sees the sets that are held of earlier dates, and of the date itself those that are
// held already.
func (u *run) at(date string, wanted []string) *run {
	quiet := *u.Runner
	quiet.Observer = silent{}
	past := *u
	past.Runner, past.opt = &quiet, Options{Layer: All}
	past.res = &Result{Run: u.id, AsOf: date}
	past.state = u.state.before(date, u.stateTables)
	past.draft = &draft{wanted: wanted, models: map[string]bool{}}
	need := slices.Clone(wanted)
	for len(need) > 0 {
		table := need[0]
		need = need[1:]
		m, err := u.gold.Model(strings.Replace(table, "/", ".", 1))
		held := u.isState(table) && len(past.state.setsOf(table, date)) > 0
		if err != nil || held || past.draft.models[table] { // silver, coverage, or there already
			continue
		}
		past.draft.models[table] = true
		for _, in := range m.Inputs {
			need = append(need, strings.Replace(in, ".", "/", 1))
		}
	}
	return &past
}

// states builds the wanted tables; none if nothing had happened yet.
func (u *run) states(ctx context.Context) (files []lake.StagedFile, err error) {
	if err := u.buildSilver(ctx); err != nil {
		return nil, err
	}
	if !u.anyFact() {
		return nil, nil
	}
	if err := u.buildGold(ctx); err != nil {
		return nil, err
	}
	for _, table := range u.draft.wanted {
		for _, f := range u.state.setsOf(table, u.res.AsOf) {
			files = append(files, lake.StagedFile{File: f, Part: u.state.path(f)})
		}
	}
	return files, nil
}

// anyFact tells whether any account, or anything of an account, was known.
func (u *run) anyFact() bool {
	return slices.ContainsFunc(u.state.tables("silver/"), func(table string) bool {
		return u.state.rows(table) > 0 && hasColumn(u.Config.Contracts[table], "account_id")
	})
}

// part is the path of a new staging file.
func (u *run) part(name string) string {
	file := u.tx.Part(name)
	if d := u.draft; d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.parts = append(d.parts, file)
	}
	return file
}

// add makes a staged file durable under its final name; a draft's only if it is kept.
func (u *run) add(table, part string, rows int64, o lake.FileOptions) (lake.File, error) {
	if u.draft != nil && !slices.Contains(u.draft.wanted, table) {
		return lake.File{Path: part, Partition: o.Partition, Rows: rows}, nil
	}
	return u.tx.Add(table, part, o)
}

// drop removes the files of a draft but for those that are kept.
func (d *draft) drop(kept []lake.StagedFile) error {
	for _, file := range d.parts {
		if slices.ContainsFunc(kept, func(f lake.StagedFile) bool { return f.Part == file }) {
			continue
		}
		if err := os.RemoveAll(file); err != nil {
			return err
		}
	}
	return nil
}

// silent is the observer of what a run does within one of its own steps.
type silent struct{}

func (silent) RunStarted(*Result)          {}
func (silent) HistoryStarted(*HistoryFill) {}
func (silent) StepStarted(Layer, string)   {}
func (silent) StepFinished(Step)           {}
func (silent) RunFinished(*Result)         {}
