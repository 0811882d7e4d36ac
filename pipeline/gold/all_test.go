package gold_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
)

// buildAll builds every model in order from the given silver files, in sessions that are
// used again, as a run does.
func buildAll(t *testing.T, eng engine.Engine, p *gold.Project, asOf time.Time, inputs map[string][]string) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	for k, v := range inputs {
		files[k] = v
	}
	part := partNames(t.TempDir())
	b := p.Builder(eng)
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, m := range p.Models() {
		start := time.Now()
		res, err := b.Build(context.Background(), m.Table(), gold.BuildInput{AsOf: asOf, Inputs: files, Part: part})
		t.Logf("%-32s %6d rows %5d ms", m.Table(), res.Rows, time.Since(start).Milliseconds())
		if err != nil {
			t.Error(err)
			continue
		}
		for _, x := range res.Parts {
			files[m.Table()] = append(files[m.Table()], x.Path)
		}
	}
	return files
}

// TestEmpty builds everything from nothing: a new lake has tables, not errors.
func TestEmpty(t *testing.T) {
	eng := openEngine(t, 2)
	p := load(t, eng, options(t))
	files := buildAll(t, eng, p, time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), nil)
	if _, err := p.RunChecks(context.Background(), eng, gold.CheckInput{AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), Inputs: files}); err != nil {
		t.Fatal(err)
	}
}

func sameBytes(t *testing.T, table string, a, b []string) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%s: %d parts on one thread, %d on eight", table, len(a), len(b))
		return
	}
	for i := range a {
		x, err := os.ReadFile(a[i])
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(b[i])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y) {
			t.Errorf("%s: bytes differ between 1 and 8 threads", table)
		}
	}
}
