package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

// Plan is what a run would do now, and why.
type Plan struct {
	AsOf       string     `json:"as_of"`
	Published  int64      `json:"published_version,omitempty"`
	Historical bool       `json:"historical,omitempty"`
	Items      []PlanItem `json:"items"`
	// History is what a run would fill at earlier dates; some may turn out to lie before
	// any data.
	History *HistoryFill `json:"history,omitempty"`
}

// PlanItem is one table that would be worked on.
type PlanItem struct {
	Layer  Layer    `json:"layer"`
	Table  string   `json:"table"`
	Reason string   `json:"reason"`
	Files  []string `json:"files,omitempty"` // bronze: new files
}

// Plan says what Run would do, without a lock and without writing. Whether a rebuilt
// table really differs, and so whether what reads it is built too, is only known once
// it is built; the plan assumes that it does.
func (r *Runner) Plan(ctx context.Context, opt Options) (*Plan, error) {
	u, err := r.prepare(ctx, opt)
	if err != nil {
		return nil, err
	}
	defer u.engine.Close()
	p := &Plan{AsOf: u.res.AsOf, Items: []PlanItem{}}
	u.state = emptyState(r.LakeRoot)
	switch u.lake, err = lake.Open(r.LakeRoot, lake.Options{Now: r.Now}); {
	case errors.Is(err, lake.ErrNoLake):
	case err != nil:
		return nil, err
	default:
		if err := u.open(); err != nil {
			return nil, err
		}
	}
	if u.head != nil {
		p.Published = u.head.Release
	}
	p.Historical = u.state.asOf != "" && u.res.AsOf < u.state.asOf
	if p.Historical || opt.Out != "" {
		u.state.detach(u.res.AsOf)
	}
	return p, u.fillPlan(ctx, p)
}

func (u *run) fillPlan(ctx context.Context, p *Plan) error {
	dirty := map[string]bool{}
	var exported int64
	if u.opt.Layer.includes(Bronze) && u.opt.Out == "" {
		var err error
		if exported, err = u.planBronze(ctx, p, dirty); err != nil {
			return err
		}
	}
	if err := u.planHistory(p, exported); err != nil {
		return err
	}
	if u.opt.Layer.includes(Silver) || p.Historical || u.opt.Out != "" {
		for _, t := range u.silver.Tables() {
			if !selected(u.opt.Tables, t.Name) {
				continue
			}
			var inputs []string
			for _, in := range t.Inputs {
				inputs = append(inputs, "bronze/"+in.Source+"/"+strings.ToLower(in.Object))
			}
			for _, d := range t.DependsOn {
				inputs = append(inputs, "silver/"+d)
			}
			u.planTable(p, Silver, "silver/"+t.Name, u.silverFingerprint(t), inputs, dirty, true)
		}
	}
	if u.opt.Layer.includes(Gold) {
		cov, err := u.coverage(ctx)
		if err != nil {
			return err
		}
		dirty[coverageTable] = len(dirty) > 0 // it counts the rows of silver
		for _, m := range u.gold.Models() {
			if !selected(u.opt.Tables, m.Name) {
				continue
			}
			var inputs []string
			for _, in := range m.Inputs {
				inputs = append(inputs, strings.Replace(in, ".", "/", 1))
			}
			fp, err := u.goldFingerprint(m, cov)
			if err != nil {
				return err
			}
			u.planTable(p, Gold, m.Schema+"/"+m.Name, fp, inputs, dirty, m.Storage != lake.StorageState)
		}
	}
	return nil
}

// planHistory says what would be filled and how long that takes; exported are the bytes
// of files that are not yet loaded.
func (u *run) planHistory(p *Plan, exported int64) (err error) {
	u.res.Historical = p.Historical
	fill := u.historyFill()
	if fill == nil || len(fill.Dates) == 0 {
		return nil
	}
	objects := len(u.bronzeTables())
	for _, it := range p.Items {
		if it.Layer == Bronze && u.state.hash(it.Table) == "" {
			objects++
		}
	}
	fill.Bytes = u.bronzeBytes() + int64(bytesPerExported*float64(exported))
	if fill.Bytes == 0 {
		return nil
	}
	fill.Predicted, err = u.predict(len(fill.Dates), objects, fill.Bytes)
	p.History = fill
	return err
}

// planBronze lists the objects with new files and returns the size of these.
func (u *run) planBronze(ctx context.Context, p *Plan, dirty map[string]bool) (exported int64, err error) {
	jobs, err := bronzeJobs(u.Config, u.marks, u.opt.Sources, u.opt.Tables)
	if err != nil {
		return 0, err
	}
	var problems []error
	for _, j := range jobs {
		if j.org != nil { // only the org knows whether anything changed, and a plan asks nobody
			reason := "all records of the org"
			if mark := markOf(j.mark); mark != nil {
				reason = "records of the org that changed since " + mark.Upper.UTC().Format(time.RFC3339)
			}
			p.Items = append(p.Items, PlanItem{Layer: Bronze, Table: j.table, Reason: reason})
			dirty[j.table] = true
			continue
		}
		src := csv.New(j.source, u.Config.Pipeline.TimeZone, nil)
		found, err := src.Unseen(ctx, j.object, func(hash string) bool {
			_, seen := j.mark.Files[hash]
			return seen && !u.opt.Reload
		})
		problems = append(problems, err)
		if len(found) == 0 {
			continue
		}
		item := PlanItem{Layer: Bronze, Table: j.table, Reason: plural(len(found), "new file"), Files: found}
		p.Items = append(p.Items, item)
		dirty[j.table] = true
		for _, name := range found {
			if info, err := os.Stat(filepath.Join(j.source.Path, name)); err == nil { // else the run will say
				exported += info.Size()
			}
		}
	}
	return exported, errors.Join(problems...)
}

func (u *run) planTable(p *Plan, layer Layer, table string, fp fingerprint, inputs []string, dirty map[string]bool, refreshable bool) {
	var why []string
	if r := because(u.state.fingerprints[table], fp); r != "" {
		why = append(why, r)
	}
	var changed []string
	for _, in := range inputs {
		if dirty[in] {
			changed = append(changed, in)
		}
	}
	if len(changed) > 0 && u.state.fingerprints[table] != "" {
		why = append(why, "reads "+strings.Join(changed, ", "))
	}
	if u.opt.FullRefresh && refreshable && u.state.fingerprints[table] != "" {
		why = []string{"full refresh"}
	}
	if len(why) == 0 {
		return
	}
	dirty[table] = true
	p.Items = append(p.Items, PlanItem{Layer: layer, Table: table, Reason: strings.Join(why, "; ")})
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
