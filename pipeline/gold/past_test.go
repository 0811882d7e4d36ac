package gold_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
)

// smallProject is a project of a few models over silver.thing (id, amount).
func smallProject(t *testing.T, eng engine.Engine, sql map[string]string, fits map[string]gold.Fit, contracts ...config.Contract) (*gold.Project, error) {
	t.Helper()
	files := fstest.MapFS{"prelude/duckdb.sql": {Data: read(t, filepath.Join(root, "sql/prelude/duckdb.sql"))}}
	for name, text := range sql {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	thing := config.Contract{Layer: "silver", Table: "thing", Key: []string{"id"}, Storage: "single",
		Columns: []config.ContractColumn{{Name: "id", Type: "VARCHAR"}, {Name: "amount", Type: "DECIMAL(18,2)", Nullable: true}}}
	return gold.Load(context.Background(), eng, gold.Options{SQL: files, Fits: fits, Contracts: append(contracts, thing),
		Metrics: config.Metrics{"a.limit": 5.0, "a.names": []string{"x"}, "b.other": 1.0}})
}

// built reads what a model gives, as text in key order.
func built(t *testing.T, eng engine.Engine, p *gold.Project, model string, asOf string, inputs map[string][]string) (tableData, []string) {
	t.Helper()
	day, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Build(context.Background(), eng, model, gold.BuildInput{AsOf: day, Inputs: inputs, Part: partNames(t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, part := range res.Parts {
		files = append(files, part.Path)
	}
	sess, err := eng.Session(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	if err := sess.RegisterParquet(context.Background(), "result", "t", files, nil); err != nil {
		t.Fatal(err)
	}
	return query(t, sess, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM result.t ORDER BY ALL"), files
}

func stateContract(columns ...config.ContractColumn) config.Contract {
	return config.Contract{Layer: "gold", Table: "score", Key: []string{"as_of_date"}, Storage: "state",
		Columns: append([]config.ContractColumn{{Name: "as_of_date", Type: "DATE"}}, columns...)}
}

// TestPast: a state table reads its own earlier sets of rows, those of an older version of
// its contract included, and nothing where there is none.
func TestPast(t *testing.T) {
	eng := openEngine(t, 2)
	head := "-- grain: g\n-- key: as_of_date\n-- storage: state\n-- about: a\n"
	old, err := smallProject(t, eng, map[string]string{"gold/score.sql": head + "SELECT as_of() AS as_of_date, count(*) AS runs, 'x' AS gone FROM past.score"},
		nil, stateContract(config.ContractColumn{Name: "runs", Type: "INTEGER"}, config.ContractColumn{Name: "gone", Type: "VARCHAR"}))
	if err != nil {
		t.Fatal(err)
	}
	m, err := old.Model("gold.score")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"past.score"}, m.Past); d != "" || len(m.Inputs) != 0 {
		t.Errorf("past %v, inputs %v", m.Past, m.Inputs)
	}
	first, files := built(t, eng, old, "gold.score", "2026-01-31", nil)
	if d := cmp.Diff("as_of_date | runs | gone\n2026-01-31 | 0    | x\n", first.format()); d != "" {
		t.Error(d)
	}
	now, err := smallProject(t, eng, map[string]string{"gold/score.sql": head +
		"SELECT as_of() AS as_of_date, count(*) + coalesce(max(runs), 0) + count(added) AS runs, max(as_of_date)::VARCHAR AS added FROM past.score"},
		nil, stateContract(config.ContractColumn{Name: "runs", Type: "BIGINT"}, config.ContractColumn{Name: "added", Type: "VARCHAR", Nullable: true}))
	if err != nil {
		t.Fatal(err)
	}
	second, more := built(t, eng, now, "gold.score", "2026-02-28", map[string][]string{"past.score": files})
	if d := cmp.Diff("as_of_date | runs | added\n2026-02-28 | 1    | 2026-01-31\n", second.format()); d != "" {
		t.Error(d)
	}
	third, _ := built(t, eng, now, "gold.score", "2026-03-31", map[string][]string{"past.score": append(files, more...)})
	if d := cmp.Diff("as_of_date | runs | added\n2026-03-31 | 4    | 2026-02-28\n", third.format()); d != "" {
		t.Error(d)
	}
}
