package bronze

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// Rows stand in the order of _seq, however many threads wrote them and whether or not
// some were left out.
func TestOrder(t *testing.T) {
	tab := newTable(t, session(t), t.TempDir(), config.Object{LoadMode: "snapshot", MissingIsDeleted: true}, "Id")
	night := func(from, to int, name string) string {
		var b strings.Builder
		b.WriteString("Id,Name\n")
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "%d,%s\n", i, name)
			if i%1000 == 0 {
				fmt.Fprintf(&b, "%d,%s\n", i, name)
			}
		}
		return b.String()
	}
	if _, err := tab.run(night(0, 300_000, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.run(night(0, 250_000, "b"), night(1000, 300_000, "b")); err != nil {
		t.Fatal(err)
	}
	for _, f := range tab.files {
		got := values(t, tab.sess, "SELECT count(*) > 0, bool_and(_seq > before) FROM (SELECT _seq, lag(_seq, 1, 0) OVER (ORDER BY file_row_number) AS before FROM read_parquet("+
			engine.Literal(f)+", file_row_number = true))")
		if diff := cmp.Diff([][]string{{"true", "true"}}, got); diff != "" {
			t.Errorf("%s: %s", f, diff)
		}
	}
}

// Whatever the nights are, loading them at once gives what loading one at a time
// gives, to the sequence number, and both give what the rules say.
func TestNightsAtOnceAsOneAtATime(t *testing.T) {
	sess := session(t)
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		deleting := rapid.Bool().Draw(rt, "deleting")
		row := rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"1", "2", "3", "4", ""}).Draw(t, "id") + "," + rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "name")
		})
		nights := rapid.SliceOfN(rapid.SliceOfN(row, 0, 6), 1, 5).Draw(rt, "nights")
		object := config.Object{LoadMode: "snapshot", MissingIsDeleted: deleting}
		// Never a path twice: the engine caches what it read.
		var dirs [2]string
		for i := range dirs {
			var err error
			if dirs[i], err = os.MkdirTemp(dir, ""); err != nil {
				rt.Fatal(err)
			}
		}
		atOnce, single := newTable(t, sess, dirs[0], object, "Id"), newTable(t, sess, dirs[1], object, "Id")
		atOnce.partBytes = rapid.SampledFrom([]int64{0, 1}).Draw(rt, "part bytes")
		var texts []string
		for _, rows := range nights {
			texts = append(texts, strings.Join(append([]string{"Id,Name"}, rows...), "\n")+"\n")
		}
		if _, err := atOnce.run(texts...); err != nil {
			rt.Fatal(err)
		}
		for _, text := range texts {
			if _, err := single.run(text); err != nil {
				rt.Fatal(err)
			}
		}
		const all = version + ", hex(_row_hash), _source_file"
		got, want := atOnce.rows(rt, all), single.rows(rt, all)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("at once (+) differs from one at a time (-):\n%s", diff)
		}
		if diff := cmp.Diff(byTheRules(nights, deleting), atOnce.rows(rt, version)); diff != "" {
			rt.Fatalf("stored (+) differs from the rules (-):\n%s", diff)
		}
		for _, f := range slices.Concat(atOnce.files, single.files) {
			if err := os.Remove(f); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// byTheRules says in plain words what is stored.
func byTheRules(nights [][]string, deleting bool) []string {
	type held struct {
		row     string
		deleted bool
		seq     string
		order   int
	}
	var out []string
	show := func(at, row, state string) {
		id, name, _ := strings.Cut(row, ",")
		for _, v := range []*string{&id, &name} {
			if *v == "" {
				*v = "-"
			}
		}
		out = append(out, strings.Join([]string{at, id, name, state}, " "))
	}
	latest := map[string]held{}
	for n, rows := range nights {
		seen := map[string]bool{}
		for i, row := range rows {
			key, _, _ := strings.Cut(row, ",")
			if key == "" {
				key = "row " + row
			}
			seen[key] = true
			if l, ok := latest[key]; ok && l.row == row && !l.deleted {
				continue
			}
			at := fmt.Sprintf("%d:%d", n+1, i+1)
			latest[key] = held{row: row, seq: at, order: len(out)}
			show(at, row, "stored")
		}
		if !deleting {
			continue
		}
		var gone []string
		for key, l := range latest {
			if !seen[key] && !l.deleted {
				gone = append(gone, key)
			}
		}
		slices.SortFunc(gone, func(a, b string) int { return latest[a].order - latest[b].order })
		for i, key := range gone {
			l := latest[key]
			show(fmt.Sprintf("%d:%d", n+1, len(rows)+i+1), l.row, "deleted")
			l.deleted, l.order = true, len(out)-1
			latest[key] = l
		}
	}
	return out
}
