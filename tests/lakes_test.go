package tests

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
	sqlfiles "github.com/customer360/pipeline/sql"
)

// shared builds things that several tests read, each for the first who asks. If that
// fails, the test that had to build it fails, and the others find nothing.
type shared struct {
	mu    sync.Mutex
	items map[string]*sharedItem
}

type sharedItem struct {
	once  sync.Once
	value string
}

func (s *shared) get(key string, build func() string) string {
	s.mu.Lock()
	if s.items == nil {
		s.items = map[string]*sharedItem{}
	}
	item := s.items[key]
	if item == nil {
		item = &sharedItem{}
		s.items[key] = item
	}
	s.mu.Unlock()
	item.once.Do(func() { item.value = build() })
	return item.value
}

// demoAccounts is small enough for many runs and large enough for every kind of dirt.
const demoAccounts = "200"

// nights is how many nights follow the base of the demo.
const nights = 3

var (
	demos shared
	lakes shared
)

// demo gives the directory with the exports of a small demo with further nights. It is
// to be read only; tests that change files copy it.
func demo(t testing.TB) string {
	t.Helper()
	dir := demos.get("demo", func() string {
		dir := filepath.Join(filepath.Dir(binary), "demo")
		must(t, "demo", "--out", dir, "--accounts", demoAccounts, "--seed", "7", "--days", "3")
		withoutHistory(t, filepath.Join(dir, "pipeline.json"))
		return dir
	})
	if dir == "" {
		t.Fatal("there is no demo")
	}
	return dir
}

// withoutHistory makes first runs leave the past of state tables empty, which costs many
// times less. Tests of that past turn it on again.
func withoutHistory(t testing.TB, config string) {
	t.Helper()
	var cfg map[string]any
	readJSON(t, config, &cfg)
	metrics := filepath.Join(filepath.Dir(config), "gold_metrics.json")
	cfg["gold_metrics"] = writeJSON(t, metrics, map[string]any{"history": map[string]any{"month_ends": 0}})
	writeJSON(t, config, cfg)
}

func demoConfig(t testing.TB) string { return filepath.Join(demo(t), "pipeline.json") }

// dates are the export dates of the demo: that of the base and of each night.
func dates(t testing.TB) []string {
	t.Helper()
	out := exportDates(t, demo(t))
	if len(out) != nights+1 {
		t.Fatalf("export dates %v, want %d", out, nights+1)
	}
	return out
}

// atOnce is a lake into which the whole demo was loaded by one run. It is to be read
// only; tests that change it copy it.
func atOnce(t testing.TB) string {
	t.Helper()
	root := lakes.get("at once", func() string {
		root := filepath.Join(filepath.Dir(binary), "at-once")
		must(t, "run", "--config", demoConfig(t), "--lake", root)
		return root
	})
	return existing(t, root)
}

// nightly is a lake into which the demo was loaded night by night, each for its own
// day. It is to be read only.
func nightly(t testing.TB) string {
	t.Helper()
	root := lakes.get("nightly", func() string {
		root := filepath.Join(filepath.Dir(binary), "nightly")
		some := filepath.Join(filepath.Dir(binary), "some")
		for _, date := range dates(t) {
			copyTree(t, demo(t), some)
			keepUntil(t, some, date)
			must(t, "run", "--config", filepath.Join(some, "pipeline.json"), "--lake", root, "--as-of", date)
			if err := os.RemoveAll(some); err != nil {
				t.Fatal(err)
			}
		}
		return root
	})
	return existing(t, root)
}

// existing fails where the test that had to build a lake failed.
func existing(t testing.TB, root string) string {
	t.Helper()
	if root == "" {
		t.Fatal("a lake that several tests read could not be built")
	}
	return root
}

// lakeCopy copies a lake to a new place and tells it so.
func lakeCopy(t testing.TB, root string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "lake")
	copyTree(t, root, to)
	must(t, "lake", "relocate", "--lake", to)
	return to
}

// small writes a configuration that reads only some objects of some of the demo's
// sources ("sf_za", or "sf_za/Account" for one object), so that a run takes less time.
// edit may change it further.
func small(t testing.TB, keep []string, edit func(map[string]any)) string {
	t.Helper()
	var cfg map[string]any
	readJSON(t, demoConfig(t), &cfg)
	cfg["engine"] = map[string]any{"threads": 1} // the tests themselves run side by side
	wanted := map[string]bool{}
	for _, k := range keep {
		source, object, _ := strings.Cut(k, "/")
		wanted[source], wanted[source+"/"+object] = true, true
	}
	for list, isSource := range map[string]bool{"sources": true, "rates": false} {
		var kept []any
		for _, s := range cfg[list].([]any) {
			source := s.(map[string]any)
			name := source["name"].(string)
			source["path"] = filepath.Join(demo(t), source["path"].(string))
			if !wanted[name] && isSource {
				continue
			}
			if isSource && !wanted[name+"/"] {
				var objects []any
				for _, o := range source["objects"].([]any) {
					if wanted[name+"/"+o.(map[string]any)["name"].(string)] {
						objects = append(objects, o)
					}
				}
				source["objects"] = objects
			}
			kept = append(kept, source)
		}
		cfg[list] = kept
	}
	if edit != nil {
		edit(cfg)
	}
	return writeJSON(t, filepath.Join(t.TempDir(), "pipeline.json"), cfg)
}

// fewModels gives small's edit that builds only the named gold models and those they
// read, with the checks of these: what a run costs that reads little is their planning.
func fewModels(t testing.TB, models ...string) func(cfg map[string]any) {
	t.Helper()
	dir := t.TempDir()
	table := regexp.MustCompile(`\b(?:gold|past|ops)\.(\w+)`)
	has := map[string]bool{}
	read := func(name string) string {
		text, err := fs.ReadFile(sqlfiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for len(models) > 0 {
		name := models[0]
		models = models[1:]
		if has[name] {
			continue
		}
		has[name] = true
		found, err := fs.Glob(sqlfiles.FS, "[go][op]*/"+name+".sql") // of gold or ops
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 { // the run itself writes it, such as ops.source_coverage
			continue
		}
		for _, m := range table.FindAllStringSubmatch(read(found[0]), -1) {
			models = append(models, m[1])
		}
	}
	for _, pattern := range []string{"[go][op]*/*.sql", "checks/*.sql"} {
		found, err := fs.Glob(sqlfiles.FS, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if unwanted(name, read(name), has, table) {
				write(t, filepath.Join(dir, name), "") // an empty file takes the built-in one away
			}
		}
	}
	return func(cfg map[string]any) { cfg["sql"] = dir }
}

// unwanted tells of a model whether nobody asked for it, and of a check whether it reads
// such a model.
func unwanted(name, text string, has map[string]bool, table *regexp.Regexp) bool {
	if filepath.Dir(name) != "checks" {
		return !has[strings.TrimSuffix(filepath.Base(name), ".sql")]
	}
	return slices.ContainsFunc(table.FindAllStringSubmatch(text, -1), func(m []string) bool { return !has[m[1]] })
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func writeJSON(t testing.TB, path string, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(b))
	return path
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// reader asks one state of a lake by the lake's own files, without the catalogue.
type reader struct {
	s    engine.Session
	view *lake.View
}

// read opens a state: silver.*, gold.*, ops.* and bronze."<source>__<object>".
func read(t testing.TB, root, at string) *reader {
	t.Helper()
	ctx := context.Background()
	l, err := lake.Open(root, lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	view, err := l.View(at)
	if err != nil {
		t.Fatal(err)
	}
	db, err := duckdb.Open(ctx, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		_ = db.Close()
	})
	for _, table := range view.Tables() {
		files, err := view.Files(table)
		if err != nil {
			t.Fatal(err)
		}
		layer, name, _ := strings.Cut(table, "/")
		if err := s.RegisterParquet(ctx, layer, strings.ReplaceAll(name, "/", "__"), files, nil); err != nil {
			t.Fatal(err)
		}
	}
	return &reader{s, view}
}

// rows runs a query and gives every cell as text, NULL as "NULL".
func (r *reader) rows(t testing.TB, sql string) (out [][]string) {
	t.Helper()
	found, err := r.s.Query(context.Background(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells, places := make([]any, len(names)), make([]any, len(names))
	for i := range cells {
		places[i] = &cells[i]
	}
	for found.Next() {
		if err := found.Scan(places...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = cell(c)
		}
		out = append(out, row)
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

// one is the only value of a query.
func (r *reader) one(t testing.TB, sql string) string {
	t.Helper()
	rows := r.rows(t, sql)
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s: %v, want one value", sql, rows)
	}
	return rows[0][0]
}
