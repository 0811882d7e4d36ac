package bronze

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// TestSpills: a file that is larger than the memory there is can be loaded after others,
// when its rows are compared with theirs and some of them are left out.
func TestSpills(t *testing.T) {
	if testing.Short() {
		t.Skip("writes three million rows; make test-all runs it")
	}
	sess := sessionOf(t, engine.Options{Threads: 2, MemoryLimit: "300MB"})
	const rows = 3_000_000
	line := func(i int) string {
		return fmt.Sprintf("%d,001Ke0000002XhYIAU,2026-%02d-01,data,%d.47,GB\n", i, 1+i%12, i%997)
	}
	var b strings.Builder
	b.WriteString("Id,Account,Day,Kind,Quantity,Unit\n")
	first := b.String() + line(7) + line(rows-1)
	for i := range rows {
		b.WriteString(line(i))
	}
	tab := newTable(t, sess, t.TempDir(), config.Object{LoadMode: "increment"}, "Id")
	res, err := tab.run(first, b.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range res.Parts {
		if strings.Contains(p.Path, "sorted") {
			t.Errorf("the engine lost the order of %s", p.Path)
		}
	}
	if got, want := sums(res), "3000000 stored, 2 unchanged, 0 malformed, 0 tombstones"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestSortsWhatLostItsOrder: rows that the engine gave in another order are stored in theirs.
func TestSortsWhatLostItsOrder(t *testing.T) {
	dir := t.TempDir()
	l := &load{sess: session(t), schema: &schema{fields: []engine.Column{{Name: "Id", Type: "VARCHAR", FieldID: 1}}, meta: []engine.Column{{Name: "_seq", Type: "BIGINT", FieldID: 2}}}}
	l.Part = func(name string) string { return filepath.Join(dir, name) }
	path, err := l.writeOrdered(context.Background(), `SELECT 'a' || i AS "Id", 1000 - i AS _seq FROM range(1000) t(i)`, 1000)
	if err != nil {
		t.Fatal(err)
	}
	got := values(t, l.sess, "SELECT count(*), bool_and(_seq = file_row_number + 1), min_by(Id, _seq) FROM read_parquet("+engine.Literal(path)+", file_row_number = true)")
	if diff := cmp.Diff([][]string{{"1000", "true", "a999"}}, got); diff != "" {
		t.Error(diff)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files are left of one, %v", len(files), err)
	}
}
