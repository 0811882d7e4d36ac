package gold_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
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

// TestOlderGold: where silver alone is built, gold may still have the columns of an older
// definition. Checks that read it do not run then, and whatever must read it says what to do.
func TestOlderGold(t *testing.T) {
	eng := openEngine(t, 2)
	p := load(t, eng, options(t))
	sess, err := eng.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	old := filepath.Join(t.TempDir(), "old.part")
	if _, err := sess.WriteParquet(t.Context(), "SELECT 'A1' AS account_id", old, nil); err != nil {
		t.Fatal(err)
	}
	in := gold.CheckInput{AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC), NoGold: true, Inputs: map[string][]string{}}
	for _, m := range p.Models() {
		in.Inputs[m.Table()] = []string{old}
	}
	results, err := p.RunChecks(t.Context(), eng, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if strings.Contains(r.SQL, "gold.") || strings.Contains(r.SQL, "ops.") {
			t.Errorf("%s reads what was not built and ran", r.ID)
		}
	}
	in.NoGold = false
	if _, err = p.RunChecks(t.Context(), eng, in); err == nil || !strings.Contains(err.Error(), "pipeline run --layer gold") {
		t.Errorf("got %v", err)
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
