package gold_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/gold/linking"
)

// TestProblems loads, and where that succeeds builds, small projects with one mistake
// each. A case is a txtar file: the SQL files, and in "want" the pieces that the message
// must contain, one a line.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sql, want := fstest.MapFS{"prelude/duckdb.sql": {Data: read(t, filepath.Join(root, "sql/prelude/duckdb.sql"))}}, ""
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				sql[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			message := firstProblem(t, sql)
			for _, piece := range strings.Split(strings.TrimSpace(want), "\n") {
				if !strings.Contains(message, piece) {
					t.Errorf("the message lacks %q:\n%s", piece, message)
				}
			}
		})
	}
}

func firstProblem(t *testing.T, sql fstest.MapFS) string {
	t.Helper()
	eng := openEngine(t, 1)
	col := func(name, kind string, nullable bool) config.ContractColumn {
		return config.ContractColumn{Name: name, Type: kind, Nullable: nullable}
	}
	table := func(layer, name string) config.Contract {
		return config.Contract{Layer: layer, Table: name, Key: []string{"id"}, Storage: "single",
			Columns: []config.ContractColumn{col("id", "VARCHAR", false), col("amount", "DECIMAL(18,2)", true)}}
	}
	opt := gold.Options{SQL: sql, Metrics: config.Metrics{"a.limit": 5.0, "a.names": []string{"x"}},
		Contracts: []config.Contract{table("silver", "thing"), table("gold", "one"), table("gold", "two"), table("gold", "three")}}
	p, err := gold.Load(context.Background(), eng, opt)
	if err != nil {
		return err.Error()
	}
	part := partNames(t.TempDir())
	for _, m := range p.Models() {
		if _, err := p.Build(context.Background(), eng, m.Table(), gold.BuildInput{AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), Part: part}); err != nil {
			return err.Error()
		}
	}
	return ""
}

// TestCycle says which files need each other, as a typed error.
func TestCycle(t *testing.T) {
	eng := openEngine(t, 1)
	head := "-- grain: g\n-- key: id\n-- storage: single\n-- about: a\n"
	c := func(name string) config.Contract {
		return config.Contract{Layer: "gold", Table: name, Key: []string{"id"}, Storage: "single", Columns: []config.ContractColumn{{Name: "id", Type: "VARCHAR"}}}
	}
	_, err := gold.Load(context.Background(), eng, gold.Options{Contracts: []config.Contract{c("a"), c("b")}, SQL: fstest.MapFS{
		"prelude/duckdb.sql": {Data: []byte("SELECT 1;")},
		"gold/a.sql":         {Data: []byte(head + "SELECT id FROM gold.b")},
		"gold/b.sql":         {Data: []byte(head + "SELECT id FROM gold.a")},
	}})
	var cycle *gold.CycleError
	if !errors.As(err, &cycle) || len(cycle.Paths) != 2 {
		t.Fatalf("got %v", err)
	}
}

// TestFingerprint changes with what a table is made of, and only with that.
func TestFingerprint(t *testing.T) {
	eng := openEngine(t, 1)
	opt := options(t)
	p := load(t, eng, opt)
	parents, err := p.Model("gold.account_parents")
	if err != nil {
		t.Fatal(err)
	}
	print := func(p *gold.Project, m gold.Model, asOf string) string {
		f, err := p.Fingerprint(m, asOf)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if parents.UsesAsOf {
		t.Error("account_parents does not depend on the as-of")
	}
	if print(p, parents, "2026-01-01") != print(p, parents, "2026-01-02") {
		t.Error("a table that does not use the as-of changes with it")
	}
	deals, err := p.Model("opportunities")
	if err != nil {
		t.Fatal(err)
	}
	if print(p, deals, "2026-01-01") == print(p, deals, "2026-01-02") {
		t.Error("a table that uses the as-of does not change with it")
	}
	changed := load(t, eng, withParams(t, opt, map[string]string{"opportunities.stage_rate_min_n": "31"}))
	after, err := changed.Model("opportunities")
	if err != nil {
		t.Fatal(err)
	}
	if print(p, deals, "2026-01-01") == print(changed, after, "2026-01-01") {
		t.Error("a parameter the table uses changed, its fingerprint did not")
	}
	same, err := changed.Model("account_parents")
	if err != nil {
		t.Fatal(err)
	}
	if print(p, parents, "") != print(changed, same, "") {
		t.Error("a parameter the table does not use changed its fingerprint")
	}
	// Another policy file, and another policy.
	pairs, err := p.Model("gold.link_pairs")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for name, change := range map[string]string{"entity.json": " ", "family.json": "", "vocabulary.json": "", "legal_forms.json": "", "transliteration.json": ""} {
		files[name] = &fstest.MapFile{Data: append(read(t, filepath.Join(root, "configs/linking", name)), change...)}
	}
	fits, err := linking.Fits(files)
	if err != nil {
		t.Fatal(err)
	}
	other := opt
	other.Fits = maps.Clone(opt.Fits)
	maps.Copy(other.Fits, fits)
	if print(p, pairs, "2026-01-01") == print(load(t, eng, other), pairs, "2026-01-01") {
		t.Error("a data file of linking changed, its fingerprint did not")
	}
	if print(p, pairs, "2026-01-01") == print(load(t, eng, withParams(t, opt, map[string]string{"linking.policy": "family"})), pairs, "2026-01-01") {
		t.Error("the policy of linking changed, its fingerprint did not")
	}
}
