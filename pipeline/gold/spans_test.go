package gold_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
)

// spanProject is one partitioned table, in slices, of one silver table.
func spanProject(t *testing.T, eng engine.Engine) (*gold.Project, config.Contract) {
	t.Helper()
	columns := []config.ContractColumn{{Name: "id", Type: "INTEGER"}, {Name: "kind", Type: "VARCHAR", Nullable: true},
		{Name: "happened_at", Type: "TIMESTAMPTZ", Nullable: true}, {Name: "amount", Type: "DOUBLE", Nullable: true}}
	table := func(layer, name, storage, by string) config.Contract {
		return config.Contract{Layer: layer, Table: name, Key: []string{"id"}, Storage: storage, PartitionBy: by, Columns: columns}
	}
	event := table("silver", "event", "single", "")
	return load(t, eng, gold.Options{Contracts: []config.Contract{event, table("gold", "events", "partitioned", "happened_at")},
		SQL: fstest.MapFS{
			"prelude/duckdb.sql": {Data: read(t, filepath.Join(root, "sql/prelude/duckdb.sql"))},
			"gold/events.sql": {Data: []byte("-- grain: event\n-- key: id\n-- storage: partitioned\n-- slices: kind = CALL, BILL\n--\n-- Events.\n\n" +
				"SELECT id, kind, happened_at, amount FROM silver.event")},
		}}), event
}

// TestHeldSpans changes rows night after night: what is built over the parts of the night
// before has the same files, byte for byte, as what is built from nothing, and a part with
// the same rows is not written again. Nor does it show whether the rows were staged in memory
// or in files.
func TestHeldSpans(t *testing.T) {
	eng := openEngine(t, 1)
	project, contract := spanProject(t, eng)
	kept := 0
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 3))
		dir := t.TempDir()
		rows := map[int][]*string{}
		in := gold.BuildInput{AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), Part: partNames(dir), SpanRows: 20}
		for night := range 5 {
			changeEvents(random, rows, []int{0, 120, 3, 1, 0}[night])
			file := filepath.Join(dir, fmt.Sprintf("event%d.parquet", night))
			writeTable(t, eng, contract, eventRows(rows), file)
			in.Inputs = map[string][]string{"silver.event": {file}}
			built := buildEvents(t, project, eng, in)
			whole := in
			whole.Held, whole.SmallInputs = nil, 1 // by way of scratch files
			if diff := cmp.Diff(contents(t, buildEvents(t, project, eng, whole)), contents(t, built)); diff != "" {
				t.Fatalf("seed %d, night %d, from nothing (-) and over the night before (+):\n%s", seed, night, diff)
			}
			held := contents(t, in.Held)
			for _, p := range built {
				before, had := held[p.Partition]
				if same := had && before == contents(t, []gold.Part{p})[p.Partition]; same != p.Kept {
					t.Errorf("seed %d, night %d: %s kept %t, the same rows as before %t", seed, night, p.Partition, p.Kept, same)
				}
				if p.Kept {
					kept++
				}
			}
			in.Held = built
			for i := range in.Held {
				in.Held[i].Kept = false
			}
		}
	}
	if kept < 30 {
		t.Errorf("%d parts were kept, so the test shows little", kept)
	}
}

// changeEvents writes n random events again, or new, or removes them.
func changeEvents(random *rand.Rand, rows map[int][]*string, n int) {
	for range n {
		id := random.IntN(150)
		if random.IntN(8) == 0 {
			delete(rows, id)
			continue
		}
		text := func(s string) *string { return &s }
		row := []*string{text(fmt.Sprint(id)), nil, nil, text(fmt.Sprint(random.IntN(3)))}
		if k := random.IntN(4); k < 3 {
			row[1] = text([]string{"CALL", "BILL", "NEWS"}[k])
		}
		if random.IntN(10) > 0 {
			row[2] = text(fmt.Sprintf("%d-%02d-%02d 23:59:59.999+00", 2023+random.IntN(3), 1+random.IntN(12), 1+random.IntN(28)))
		}
		rows[id] = row
	}
}

func eventRows(rows map[int][]*string) tableData {
	d := tableData{columns: []string{"id", "kind", "happened_at", "amount"}}
	for _, row := range rows { // in any order: the files must not show it
		d.rows = append(d.rows, row)
	}
	return d
}

func buildEvents(t *testing.T, p *gold.Project, eng engine.Engine, in gold.BuildInput) []gold.Part {
	t.Helper()
	res, err := p.Build(t.Context(), eng, "gold.events", in)
	if err != nil {
		t.Fatal(err)
	}
	return res.Parts
}

// contents are the parts' bytes by partition.
func contents(t *testing.T, parts []gold.Part) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range parts {
		raw, err := os.ReadFile(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := out[p.Partition]; twice || !bytes.HasPrefix(raw, []byte("PAR1")) {
			t.Errorf("%s: twice, or no Parquet", p.Partition)
		}
		out[p.Partition] = string(raw)
	}
	return out
}
