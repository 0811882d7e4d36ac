package gold_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
)

var update = flag.Bool("update", false, "rewrite the expected rows of the golden cases")

// goldenCase is one file of testdata/golden: input rows per table, and the rows that the
// model must give for the columns named in the header of "expect".
type goldenCase struct {
	model, check string
	asOf         time.Time
	zone         string
	upstream     bool // gold inputs without rows are built, else they are empty
	params       map[string]string
	tables       map[string]tableData
	expect       tableData
	archive      *txtar.Archive
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	eng := openEngine(t, 2)
	base := options(t)
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "testdata/golden/"), ".txtar")
		t.Run(name, func(t *testing.T) {
			c := parseCase(t, file)
			opt := withParams(t, base, c.params)
			opt.SQL = closure(t, base.SQL, c.file())
			got := c.run(t, eng, load(t, eng, opt))
			if *update {
				c.rewrite(t, file, got)
				return
			}
			if diff := cmp.Diff(c.expect.format(), got.format()); diff != "" {
				t.Errorf("rows differ (-want +got):\n%s", diff)
			}
		})
	}
}

func parseCase(t *testing.T, file string) goldenCase {
	t.Helper()
	c := goldenCase{params: map[string]string{}, tables: map[string]tableData{}}
	var err error
	if c.archive, err = txtar.ParseFile(file); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.archive.Files {
		switch f.Name {
		case "case":
			err = c.settings(string(f.Data))
		case "expect":
			c.expect, err = parseTable(string(f.Data))
		default:
			c.tables[f.Name], err = parseTable(string(f.Data))
		}
		if err != nil {
			t.Fatalf("%s: section %s: %v", file, f.Name, err)
		}
	}
	if (c.model == "") == (c.check == "") || c.asOf.IsZero() || len(c.expect.columns) == 0 {
		t.Fatalf("%s: needs model or check, as_of and the columns of expect", file)
	}
	return c
}

func (c *goldenCase) settings(text string) error {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("want name: value, got %q", line)
		}
		value = strings.TrimSpace(value)
		var err error
		switch {
		case name == "model":
			c.model = value
		case name == "check":
			c.check = value
		case name == "as_of":
			c.asOf, err = time.Parse(time.DateOnly, value)
		case name == "time_zone":
			c.zone = value
		case name == "upstream":
			c.upstream, err = strconv.ParseBool(value)
		case strings.HasPrefix(name, "param "):
			c.params[strings.TrimPrefix(name, "param ")] = value
		default:
			err = errors.New("unknown setting " + name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file is the SQL file the case is about.
func (c goldenCase) file() string {
	if c.check != "" {
		return "checks/" + c.check + ".sql"
	}
	return strings.ReplaceAll(c.model, ".", "/") + ".sql"
}

var modelName = regexp.MustCompile(`\b(gold|ops)\.([a-z_0-9]+)`)

// closure is a file, the prelude and every model that the file needs: a case fails only
// for what it is about.
func closure(t *testing.T, files fs.FS, file string) fs.FS {
	t.Helper()
	small := fstest.MapFS{}
	var add func(name string)
	add = func(name string) {
		data, err := fs.ReadFile(files, name)
		if _, done := small[name]; done || err != nil {
			return
		}
		small[name] = &fstest.MapFile{Data: data}
		for _, m := range modelName.FindAllStringSubmatch(string(data), -1) {
			add(m[1] + "/" + m[2] + ".sql")
		}
	}
	add("prelude/duckdb.sql")
	add(file)
	return small
}

// withParams overrides parameters, keeping the kind of each.
func withParams(t *testing.T, opt gold.Options, params map[string]string) gold.Options {
	t.Helper()
	changed := config.Metrics{}
	for k, v := range opt.Metrics {
		changed[k] = v
	}
	for k, v := range params {
		switch changed[k].(type) {
		case float64:
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			changed[k] = f
		case bool:
			changed[k] = v == "true"
		case []string:
			items := []string{}
			for _, item := range strings.Split(v, ",") {
				items = append(items, strings.TrimSpace(item))
			}
			changed[k] = items
		case string:
			changed[k] = v
		default:
			t.Fatalf("unknown parameter %s", k)
		}
	}
	opt.Metrics = changed
	return opt
}

func (c goldenCase) run(t *testing.T, eng engine.Engine, p *gold.Project) tableData {
	t.Helper()
	dir := t.TempDir()
	inputs := map[string][]string{}
	byTable := map[string]config.Contract{}
	for _, k := range contracts(t) {
		byTable[k.Layer+"."+k.Table] = k
		if k.Layer == "gold" && k.Storage == "state" {
			byTable["past."+k.Table] = k
		}
	}
	for table, data := range c.tables {
		k, ok := byTable[table]
		if !ok {
			t.Fatalf("table %s has no contract", table)
		}
		path := filepath.Join(dir, table+".parquet")
		writeTable(t, eng, k, data, path)
		inputs[table] = []string{path}
	}
	part := partNames(dir)
	if c.check != "" {
		return c.runCheck(t, eng, p, inputs)
	}
	target, err := p.Model(c.model)
	if err != nil {
		t.Fatal(err)
	}
	if c.upstream {
		c.buildUpstream(t, eng, p, target, inputs, part, map[string]bool{})
	}
	return c.read(t, eng, target, c.build(t, eng, p, target, inputs, part))
}

func (c goldenCase) build(t *testing.T, eng engine.Engine, p *gold.Project, m gold.Model, inputs map[string][]string, part func(string) string) []string {
	t.Helper()
	res, err := p.Build(context.Background(), eng, m.Table(), gold.BuildInput{AsOf: c.asOf, TimeZone: c.zone, Inputs: inputs, Part: part})
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, x := range res.Parts {
		files = append(files, x.Path)
	}
	return files
}

// buildUpstream builds every gold table that m needs and that the case gives no rows for.
func (c goldenCase) buildUpstream(t *testing.T, eng engine.Engine, p *gold.Project, m gold.Model, inputs map[string][]string, part func(string) string, done map[string]bool) {
	t.Helper()
	for _, name := range m.Inputs {
		if _, given := c.tables[name]; given || done[name] || strings.HasPrefix(name, "silver.") || name == "ops.source_coverage" {
			continue
		}
		done[name] = true
		up, err := p.Model(name)
		if err != nil {
			t.Fatal(err)
		}
		c.buildUpstream(t, eng, p, up, inputs, part, done)
		inputs[name] = c.build(t, eng, p, up, inputs, part)
	}
}

// read gives the expected columns of what was built, as text, in key order.
func (c goldenCase) read(t *testing.T, eng engine.Engine, m gold.Model, files []string) tableData {
	t.Helper()
	if len(files) == 0 {
		return tableData{columns: c.expect.columns}
	}
	sess, err := eng.Session(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	if err := sess.RegisterParquet(context.Background(), "result", "t", files, nil); err != nil {
		t.Fatal(err)
	}
	var list, keys []string
	for _, col := range c.expect.columns {
		list = append(list, "CAST("+engine.Ident(col)+" AS VARCHAR) AS "+engine.Ident(col))
	}
	for _, k := range m.Key {
		keys = append(keys, "t."+engine.Ident(k))
	}
	return query(t, sess, "SELECT "+strings.Join(list, ", ")+" FROM result.t AS t ORDER BY "+strings.Join(keys, ", "))
}

// runCheck gives a check's result as the columns failing, total, samples.
func (c goldenCase) runCheck(t *testing.T, eng engine.Engine, p *gold.Project, inputs map[string][]string) tableData {
	t.Helper()
	res, err := p.RunChecks(context.Background(), eng, gold.CheckInput{AsOf: c.asOf, TimeZone: c.zone, Inputs: inputs, Only: []string{c.check}})
	if err != nil {
		t.Fatal(err)
	}
	if len(res) != 1 {
		t.Fatalf("no check %s", c.check)
	}
	values := map[string]string{"failing": strconv.FormatInt(res[0].Failing, 10), "total": strconv.FormatInt(res[0].Total, 10),
		"samples": strings.Join(res[0].Samples, ", "), "severity": res[0].Severity}
	d := tableData{columns: c.expect.columns}
	row := make([]*string, len(d.columns))
	for i, name := range d.columns {
		v, ok := values[name]
		if !ok {
			t.Fatalf("a check has failing, total, samples and severity, not %s", name)
		}
		row[i] = &v
	}
	d.rows = [][]*string{row}
	return d
}

func (c goldenCase) rewrite(t *testing.T, file string, got tableData) {
	t.Helper()
	for i, f := range c.archive.Files {
		switch f.Name {
		case "case":
		case "expect":
			c.archive.Files[i].Data = []byte(got.format())
		default:
			if !bytes.Contains(f.Data, []byte("#")) {
				c.archive.Files[i].Data = []byte(c.tables[f.Name].format())
			}
		}
	}
	if err := os.WriteFile(file, txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
