package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/silver"
	sqlfiles "github.com/customer360/pipeline/sql"
)

// sampleAccounts is the size of the demo from which statements are recorded: they are
// the same for any number of rows, so a small one tells what the bare side has to run.
const sampleAccounts = 500

// recording is a small lake, fully built, and the engine that builds it once more.
type recording struct {
	bench
	cfg    *config.Loaded
	db     *duckdb.DB
	snap   *lake.Snapshot
	work   string // directory of what the recorded builds write
	script script
	table  string // under way
	tables int
}

func (b bench) record(ctx context.Context) (*recording, error) {
	if _, err := b.demo(ctx, "sample", sampleAccounts); err != nil {
		return nil, err
	}
	if _, err := measure(exec.CommandContext(ctx, b.pipeline, "run", "-q", "--config", filepath.Join(b.path("sample"), "pipeline.json"), "--lake", b.path("sample-lake"))); err != nil {
		return nil, err
	}
	r := &recording{bench: b, work: b.path("recorded")}
	if err := errors.Join(os.RemoveAll(r.work), os.MkdirAll(r.work, 0o755)); err != nil {
		return nil, err
	}
	var err error
	if r.cfg, err = config.Load(filepath.Join(b.path("sample"), "pipeline.json"), os.LookupEnv); err != nil {
		return nil, err
	}
	l, err := lake.Open(b.path("sample-lake"), lake.Options{Now: time.Now})
	if err != nil {
		return nil, err
	}
	head, err := l.Head()
	if err != nil {
		return nil, err
	}
	if r.snap, err = l.Snapshot(head); err != nil {
		return nil, err
	}
	r.db, err = duckdb.Open(ctx, engine.Options{TempDirectory: filepath.Join(r.work, "spill")})
	return r, err
}

// begin gives the statements of a table a catalog of their own, as the pipeline does.
func (r *recording) begin(table string) {
	r.table = table
	r.tables++
	r.script.add(fmt.Sprintf("ATTACH ':memory:' AS t%d", r.tables))
	r.script.add(fmt.Sprintf("USE t%d", r.tables))
}

func (r *recording) end() {
	r.script.add("USE memory")
	r.script.add(fmt.Sprintf("DETACH t%d", r.tables))
}

func (r *recording) part(name string) string { return filepath.Join(r.work, name+".part") }

// monthSuffix is what the name of a part of a partitioned table ends with; the bare side
// writes all of them into one file.
var monthSuffix = regexp.MustCompile(`-(\d{4}(-\d{2})?|all|unknown)$`)

// place says where the bare side finds a file that the recorded build read.
func (r *recording) place(file string) string {
	if dir, name := filepath.Split(file); filepath.Clean(dir) == r.work {
		return outPlace + "/" + monthSuffix.ReplaceAllString(strings.TrimSuffix(name, ".part"), "") + ".parquet"
	}
	rel, err := filepath.Rel(r.path("sample-lake"), file)
	if err != nil {
		return file
	}
	layer, rest, _ := strings.Cut(filepath.ToSlash(rel), "/")
	switch layer {
	case "bronze":
		return r.path("lake") + "/bronze/" + filepath.ToSlash(filepath.Dir(rest)) + "/*.parquet"
	case "silver":
		table := r.path("lake") + "/current/silver/" + filepath.ToSlash(filepath.Dir(rest))
		if info, err := os.Stat(table); err == nil && info.IsDir() {
			return table + "/*.parquet"
		}
		return table + ".parquet"
	}
	return file // ops: the same for any number of rows
}

// Session records what a layer does in a session.
func (r *recording) Session(ctx context.Context) (engine.Session, error) {
	s, err := r.db.Session(ctx)
	return &recorder{Session: s, script: &r.script, place: r.place, skip: func(schema, table string) bool {
		return schema == "result" || schema == "silver" && table == r.table // a look at what was written
	}}, err
}

func (r *recording) Close() error { return r.db.Close() }

// recordSilver notes the compiled statements of every silver table. Telephone numbers
// are parsed outside SQL; the bare side joins with those of the small demo.
func (b bench) recordSilver(ctx context.Context) (*script, error) {
	r, err := b.record(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	project, err := silver.Compile(r.cfg.Pipeline, r.cfg.Mappings, r.cfg.Contracts)
	if err != nil {
		return nil, err
	}
	for _, t := range project.Tables() {
		in := silver.BuildInput{AsOf: r.cfg.Pipeline.AsOf, Bronze: map[string][]string{}, Silver: map[string][]string{}, Part: r.part}
		for _, i := range t.Inputs {
			name := i.Source + "/" + strings.ToLower(i.Object)
			if in.Bronze[name], err = r.snap.Files("bronze/" + name); err != nil {
				return nil, err
			}
		}
		for _, d := range t.DependsOn {
			in.Silver[d] = []string{r.part(d)}
		}
		r.begin(t.Name)
		sess, err := r.Session(ctx)
		if err != nil {
			return nil, err
		}
		_, err = project.Build(ctx, sess, t.Name, in)
		if err = errors.Join(err, sess.Close()); err != nil {
			return nil, err
		}
		r.end()
	}
	return &r.script, nil
}

// recordGold notes the models in their order.
func (b bench) recordGold(ctx context.Context) (*script, error) {
	r, err := b.record(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	opt := gold.Options{SQL: sqlfiles.FS, Metrics: r.cfg.Metrics}
	if opt.Fits, err = pipeline.Fits(r.cfg); err != nil {
		return nil, err
	}
	if opt.Definitions, err = r.cfg.DefinitionsJSON(); err != nil {
		return nil, err
	}
	for _, c := range r.cfg.Contracts {
		opt.Contracts = append(opt.Contracts, c)
	}
	project, err := gold.Load(ctx, r.db, opt)
	if err != nil {
		return nil, err
	}
	asOf, err := time.Parse(time.DateOnly, r.cfg.Pipeline.AsOf)
	if err != nil {
		return nil, err
	}
	built := map[string][]string{}
	builder := project.Builder(r)
	r.begin("")
	for _, m := range project.Models() {
		in := gold.BuildInput{AsOf: asOf, TimeZone: r.cfg.Pipeline.TimeZone, Part: r.part, Inputs: map[string][]string{}}
		for _, name := range m.Inputs {
			files, ok := built[name]
			if !ok {
				if files, err = r.snap.Files(strings.Replace(name, ".", "/", 1)); err != nil {
					return nil, err
				}
			}
			in.Inputs[name] = files
		}
		before := len(r.script.Statements)
		out, err := builder.Build(ctx, m.Table(), in)
		if err != nil {
			return nil, err
		}
		for _, p := range out.Parts {
			built[m.Table()] = append(built[m.Table()], p.Path)
		}
		switch {
		case m.Storage == lake.StoragePartitioned:
			r.instead(before, sorted(m), m, "scratch.staged")
		case m.Fit != "":
			r.instead(before, "SELECT * FROM read_parquet("+engine.Literal(filepath.Join(r.path("lake"), "current", m.Schema, m.Name+".parquet"))+")", m, "read_json", filepath.Join(r.work, "link-"))
		}
	}
	err = builder.Close()
	r.end()
	return &r.script, err
}

// sorted is what a partitioned table holds, as one sorted file.
func sorted(m gold.Model) string {
	columns := make([]string, len(m.Contract.Columns))
	for i, c := range m.Contract.Columns {
		columns[i] = fmt.Sprintf("CAST(%[1]s AS %[2]s) AS %[1]s", engine.Ident(c.Name), c.Type)
	}
	return fmt.Sprintf("SELECT %s FROM (%s\n) ORDER BY %s", strings.Join(columns, ", "), strings.TrimRight(m.SQL, "; \n"), strings.Join(m.Key, ", "))
}

// instead gives the bare side another statement for a model than the recorded one: a
// partitioned table is written as one sorted file, without the scratch files and months of
// the small demo, and where rows go through a Go function it writes those of the measured lake.
// The first statement with one of the marks is where that begins; what follows is the
// dropping of the model's tables.
func (r *recording) instead(from int, query string, m gold.Model, marks ...string) {
	all := r.script.Statements
	first := slices.IndexFunc(all[from:], func(s statement) bool {
		return slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(s.SQL, mark) })
	})
	if first < 0 {
		return
	}
	drop := all[len(all)-1]
	r.script.Statements = all[:from+first]
	r.script.add(copyTo(query, m.Schema+"-"+m.Name))
	r.script.add(drop.SQL)
}
