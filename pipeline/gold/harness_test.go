package gold_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/gold/fit"
	"github.com/customer360/pipeline/pipeline/gold/linking"
)

const root = "../.."

// options are the built-in SQL, contracts and parameters, read from the working tree.
func options(t *testing.T) gold.Options {
	t.Helper()
	return gold.Options{
		SQL: os.DirFS(filepath.Join(root, "sql")), Contracts: contracts(t), Metrics: metrics(t),
		Definitions: definitions(t),
		Fits:        fits(t),
	}
}

// fits are the functions of all models.
func fits(t *testing.T) map[string]gold.Fit {
	t.Helper()
	all, err := linking.Fits(os.DirFS(filepath.Join(root, "configs/linking")))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(all, gold.Numerics(fit.Functions()))
	return all
}

// definitions are what ops.metric_definitions is made of.
func definitions(t *testing.T) json.RawMessage {
	t.Helper()
	loaded, err := config.Loader{Configs: os.DirFS(filepath.Join(root, "configs")), Schemas: os.DirFS(filepath.Join(root, "schemas"))}.LoadBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := loaded.DefinitionsJSON()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func contracts(t *testing.T) []config.Contract {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "schemas/tables/*/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no contracts: %v", err)
	}
	var all []config.Contract
	for _, f := range files {
		var c config.Contract
		if err := json.Unmarshal(read(t, f), &c); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, c)
	}
	return all
}

func metrics(t *testing.T) config.Metrics {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(read(t, filepath.Join(root, "configs/silver_to_gold/gold_metrics.json")), &doc); err != nil {
		t.Fatal(err)
	}
	m := config.Metrics{}
	flatten("", doc, m)
	return m
}

func flatten(path string, v any, into config.Metrics) {
	switch v := v.(type) {
	case map[string]any:
		for k, child := range v {
			if k == "$schema" || k == "description" {
				continue
			}
			flatten(strings.TrimPrefix(path+"."+k, "."), child, into)
		}
	case []any:
		texts, numbers := []string{}, []float64{}
		for _, item := range v {
			if f, ok := item.(float64); ok {
				numbers = append(numbers, f)
			} else {
				texts = append(texts, fmt.Sprint(item))
			}
		}
		if into[path] = texts; len(numbers) > 0 {
			into[path] = numbers
		}
	default:
		into[path] = v
	}
}

func openEngine(t *testing.T, threads int) engine.Engine {
	t.Helper()
	eng, err := duckdb.Open(context.Background(), engine.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := eng.Close(); err != nil {
			t.Error(err)
		}
	})
	return eng
}

func load(t *testing.T, eng engine.Engine, opt gold.Options) *gold.Project {
	t.Helper()
	p, err := gold.Load(context.Background(), eng, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tableData are rows as text; a missing column is NULL.
type tableData struct {
	columns []string
	rows    [][]*string
}

// parseTable reads "a | b" lines: empty is NULL, ” is the empty text.
func parseTable(text string) (tableData, error) {
	var d tableData
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
		for j := range cells {
			cells[j] = strings.ReplaceAll(strings.TrimSpace(cells[j]), "\x00", "|")
		}
		if d.columns == nil {
			d.columns = cells
			continue
		}
		if len(cells) != len(d.columns) {
			return d, fmt.Errorf("line %d has %d cells, the header %d", i+1, len(cells), len(d.columns))
		}
		row := make([]*string, len(cells))
		for j, c := range cells {
			switch c {
			case "":
			case "''":
				row[j] = new(string)
			default:
				row[j] = &cells[j]
			}
		}
		d.rows = append(d.rows, row)
	}
	return d, nil
}

// format writes a table with aligned columns, as parseTable reads it.
func (d tableData) format() string {
	lines := [][]string{d.columns}
	for _, r := range d.rows {
		line := make([]string, len(r))
		for i, c := range r {
			switch {
			case c == nil:
			case *c == "":
				line[i] = "''"
			default:
				line[i] = strings.ReplaceAll(*c, "|", `\|`)
			}
		}
		lines = append(lines, line)
	}
	widths := make([]int, len(d.columns))
	for _, l := range lines {
		for i, c := range l {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, l := range lines {
		for i, c := range l {
			if i > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(c)
			if i < len(l)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-len([]rune(c))))
			}
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// writeTable stores rows as the Parquet file of a table, with all its contract's columns.
func writeTable(t *testing.T, eng engine.Engine, c config.Contract, d tableData, path string) {
	t.Helper()
	ctx := context.Background()
	sess, err := eng.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	var declared, list, typed []string
	for _, col := range c.Columns {
		declared = append(declared, col.Name)
		list = append(list, engine.Ident(col.Name)+" VARCHAR")
		typed = append(typed, fmt.Sprintf("CAST(%s AS %s) AS %s", engine.Ident(col.Name), col.Type, engine.Ident(col.Name)))
	}
	for _, name := range d.columns {
		if !slices.Contains(declared, name) {
			t.Fatalf("%s.%s has no column %s", c.Layer, c.Table, name)
		}
	}
	if err := sess.Exec(ctx, "CREATE TABLE rows ("+strings.Join(list, ", ")+")"); err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(d.columns))
	for i, n := range d.columns {
		names[i] = engine.Ident(n)
	}
	var tuples []string
	for _, r := range d.rows {
		values := make([]string, len(r))
		for i, v := range r {
			values[i] = "NULL"
			if v != nil {
				values[i] = engine.Literal(*v)
			}
		}
		tuples = append(tuples, "("+strings.Join(values, ", ")+")")
	}
	if len(tuples) > 0 {
		insert := fmt.Sprintf("INSERT INTO rows (%s) VALUES %s", strings.Join(names, ", "), strings.Join(tuples, ", "))
		if err := sess.Exec(ctx, insert); err != nil {
			t.Fatalf("%s.%s: %v", c.Layer, c.Table, err)
		}
	}
	if _, err := sess.WriteParquet(ctx, "SELECT "+strings.Join(typed, ", ")+" FROM rows", path, nil); err != nil {
		t.Fatalf("%s.%s: %v", c.Layer, c.Table, err)
	}
}

// partNames gives each part a file of its own below dir.
func partNames(dir string) func(string) string {
	var mu sync.Mutex
	n := 0
	return func(name string) string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return filepath.Join(dir, fmt.Sprintf("%04d-%s.part", n, name))
	}
}

// query reads rows as text.
func query(t *testing.T, sess engine.Session, sql string) tableData {
	t.Helper()
	rows, err := sess.Query(context.Background(), sql)
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	defer rows.Close()
	var d tableData
	if d.columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row := make([]*string, len(d.columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		d.rows = append(d.rows, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return d
}
