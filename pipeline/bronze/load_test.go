package bronze

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/source"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

// table is a bronze table that grows run by run, as the lake would keep it.
type table struct {
	sess      engine.Session
	dir       string
	object    config.Object
	key       []string
	partBytes int64
	files     []string
	malformed []string
	columns   []engine.Column
	fileNo    int64
	parts     int
}

func newTable(tb interface{ Helper() }, sess engine.Session, dir string, object config.Object, key ...string) *table {
	tb.Helper()
	object.Name = "Account"
	return &table{sess: sess, dir: dir, object: object, key: key}
}

var testClock = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// scan reads texts as the files of one run.
func (t *table) scan(texts ...string) ([]Numbered, error) {
	dir, err := os.MkdirTemp(t.dir, "run")
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("night%02d.csv", int(t.fileNo)+i+1)), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	object := t.object
	object.Files = []string{"*.csv"}
	// The number in the name is made a time, so that equal files of two nights count.
	object.CSV = &config.CSV{ExportedAt: &config.ExportedAt{Pattern: `night(\d+)\.csv`, Layout: "%d"}}
	src := csv.New(config.Source{Name: "sf_ke", Path: dir}, "UTC", t.part)
	found, err := src.Scan(context.Background(), object, func(string) bool { return false })
	if err != nil {
		return nil, err
	}
	var batches []Numbered
	for _, b := range found {
		t.fileNo++
		batches = append(batches, Numbered{Batch: b, FileNo: t.fileNo})
	}
	return batches, nil
}

func (t *table) part(name string) string {
	t.parts++
	return filepath.Join(t.dir, fmt.Sprintf("%s-%d.part", name, t.parts))
}

// run loads texts as one run.
func (t *table) run(texts ...string) (Result, error) {
	batches, err := t.scan(texts...)
	if err != nil {
		return Result{}, err
	}
	return t.load(batches)
}

func (t *table) load(batches []Numbered) (Result, error) {
	ctx := context.Background()
	res, err := Load(ctx, t.sess, Request{
		Source: config.Source{Name: "sf_ke", Region: "Kenya"}, Object: t.object, Key: t.key, Batches: batches,
		Held: t.files, HeldColumns: t.columns, RunID: "01J", ExtractedAt: testClock, Part: t.part, PartBytes: t.partBytes,
	})
	// A new session's catalog is empty; here the session is used again.
	if clean := t.clean(ctx); clean != nil {
		return res, errors.Join(err, clean)
	}
	if err != nil {
		return res, err
	}
	for _, p := range res.Parts {
		t.files = append(t.files, p.Path)
	}
	for _, p := range res.MalformedParts {
		t.malformed = append(t.malformed, p.Path)
	}
	t.columns = res.Columns
	return res, nil
}

func (t *table) clean(ctx context.Context) error {
	rows, err := t.sess.Query(ctx, "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main'")
	if err != nil {
		return err
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return err
		}
		names = append(names, n)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, n := range names {
		if err := t.sess.Exec(ctx, "DROP TABLE "+n); err != nil {
			return err
		}
	}
	return t.sess.Exec(ctx, "DROP SCHEMA IF EXISTS held CASCADE")
}

// rows gives columns of all stored rows in the order of the files, one line each.
func (t *table) rows(tb rapid.TB, columns string) []string {
	if len(t.files) == 0 {
		return nil
	}
	quoted := make([]string, len(t.files))
	for i, f := range t.files {
		quoted[i] = engine.Literal(f)
	}
	var out []string
	for _, r := range values(tb, t.sess, "SELECT "+columns+" FROM read_parquet(["+strings.Join(quoted, ", ")+"], union_by_name = true)") {
		out = append(out, strings.ReplaceAll(strings.Join(r, " "), "\x00", "-"))
	}
	return out
}

// version shows a row as file:row, with the mark of a tombstone.
const version = "(_seq >> 32) || ':' || (_seq & 4294967295), Id, Name, if(_is_deleted, 'deleted', 'stored')"

func sums(res Result) string {
	var stored, unchanged, malformed, dead int64
	for _, b := range res.Batches {
		stored, unchanged, malformed, dead = stored+b.Stored, unchanged+b.Unchanged, malformed+b.Malformed, dead+b.Tombstones
	}
	return fmt.Sprintf("%d stored, %d unchanged, %d malformed, %d tombstones", stored, unchanged, malformed, dead)
}

func TestLoad(t *testing.T) {
	sess := session(t)
	increment := config.Object{LoadMode: "increment"}
	snapshot := config.Object{LoadMode: "snapshot"}
	deleting := config.Object{LoadMode: "snapshot", MissingIsDeleted: true}
	cases := []struct {
		name   string
		object config.Object
		key    []string
		runs   [][]string // files of each run
		sums   []string   // of each run
		rows   []string
	}{
		{"a back to a stores three", increment, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n2,x\n"}, {"Id,Name\n1,b\n2,x\n"}, {"Id,Name\n1,a\n2,x\n"}},
			[]string{"2 stored, 0 unchanged, 0 malformed, 0 tombstones", "1 stored, 1 unchanged, 0 malformed, 0 tombstones", "1 stored, 1 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "1:2 2 x stored", "2:1 1 b stored", "3:1 1 a stored"}},
		{"a back to a within one file", increment, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n2,x\n1,a\n1,b\n2,x\n1,b\n1,a\n"}},
			[]string{"4 stored, 3 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "1:2 2 x stored", "1:4 1 b stored", "1:7 1 a stored"}},
		{"same key twice against a held version", increment, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n"}, {"Id,Name\n1,a\n1,b\n1,b\n1,a\n"}},
			[]string{"1 stored, 0 unchanged, 0 malformed, 0 tombstones", "2 stored, 2 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "2:2 1 b stored", "2:4 1 a stored"}},
		{"deleted and back", deleting, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n2,b\n"}, {"Id,Name\n2,b\n"}, {"Id,Name\n2,b\n"}, {"Id,Name\n1,a\n2,b\n"}},
			[]string{"2 stored, 0 unchanged, 0 malformed, 0 tombstones", "0 stored, 1 unchanged, 0 malformed, 1 tombstones",
				"0 stored, 1 unchanged, 0 malformed, 0 tombstones", "1 stored, 1 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "1:2 2 b stored", "2:2 1 a deleted", "4:1 1 a stored"}},
		{"a snapshot without deletion keeps what is missing", snapshot, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n2,b\n"}, {"Id,Name\n2,b\n"}},
			[]string{"2 stored, 0 unchanged, 0 malformed, 0 tombstones", "0 stored, 1 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "1:2 2 b stored"}},
		{"an empty snapshot deletes all", deleting, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n2,b\n"}, {"Id,Name\n"}},
			[]string{"2 stored, 0 unchanged, 0 malformed, 0 tombstones", "0 stored, 0 unchanged, 0 malformed, 2 tombstones"},
			[]string{"1:1 1 a stored", "1:2 2 b stored", "2:1 1 a deleted", "2:2 2 b deleted"}},
		{"several nights at once", deleting, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n2,b\n", "Id,Name\n2,b\n3,c\n", "Id,Name\n1,a\n2,c\n"}},
			[]string{"5 stored, 1 unchanged, 0 malformed, 2 tombstones"},
			[]string{"1:1 1 a stored", "1:2 2 b stored", "2:2 3 c stored", "2:3 1 a deleted", "3:1 1 a stored", "3:2 2 c stored", "3:3 3 c deleted"}},
		{"no key in the row: the row is its own key", increment, []string{"Id"},
			[][]string{{"Id,Name\n,a\n,b\n,a\n"}, {"Id,Name\n,b\n,c\n"}},
			[]string{"2 stored, 1 unchanged, 0 malformed, 0 tombstones", "1 stored, 1 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 - a stored", "1:2 - b stored", "2:2 - c stored"}},
		{"no key at all", increment, nil,
			[][]string{{"Id,Name\n1,a\n1,b\n1,a\n"}, {"Id,Name\n1,b\n2,b\n"}},
			[]string{"2 stored, 1 unchanged, 0 malformed, 0 tombstones", "1 stored, 1 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "1:2 1 b stored", "2:2 2 b stored"}},
		{"a key of two columns, in other case", increment, []string{"name", "ID"},
			[][]string{{"Id,Name\n1,a\n2,a\n"}, {"NAME,id\na,1\nb,1\n"}},
			[]string{"2 stored, 0 unchanged, 0 malformed, 0 tombstones", "1 stored, 1 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "1:2 2 a stored", "2:2 1 b stored"}},
		{"an empty field is NULL, quoted or not", increment, []string{"Id"},
			[][]string{{"Id,Name\n1,\"\"\n2,NULL\n"}, {"Id,Name\n1,\n2,NULL\n"}},
			[]string{"2 stored, 0 unchanged, 0 malformed, 0 tombstones", "0 stored, 2 unchanged, 0 malformed, 0 tombstones"},
			[]string{"1:1 1 - stored", "1:2 2 NULL stored"}},
		{"malformed records are beside the others", increment, []string{"Id"},
			[][]string{{"Id,Name\n1,a\n2\n3,c\n4,\"d\"e\n"}},
			[]string{"2 stored, 0 unchanged, 2 malformed, 0 tombstones"},
			[]string{"1:1 1 a stored", "1:2 3 c stored"}},
	}
	for _, c := range cases {
		for _, partBytes := range []int64{0, 1} { // one part for all, one part each
			t.Run(fmt.Sprintf("%s/%d", c.name, partBytes), func(t *testing.T) {
				tab := newTable(t, sess, t.TempDir(), c.object, c.key...)
				tab.partBytes = partBytes
				for i, texts := range c.runs {
					res, err := tab.run(texts...)
					if err != nil {
						t.Fatal(err)
					}
					if got := sums(res); got != c.sums[i] {
						t.Errorf("run %d: %s, want %s", i+1, got, c.sums[i])
					}
				}
				if diff := cmp.Diff(c.rows, tab.rows(t, version)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestMetadata(t *testing.T) {
	sess := session(t)
	tab := newTable(t, sess, t.TempDir(), config.Object{}, "Id")
	batches, err := tab.scan("Name,Id,Empty\nZoë,1,\n")
	if err != nil {
		t.Fatal(err)
	}
	batches[0].ExportedAt = time.Date(2026, 11, 20, 23, 59, 59, 999999000, time.UTC)
	res, err := tab.load(batches)
	if err != nil {
		t.Fatal(err)
	}
	got := tab.rows(t, "_source_system, _source_region, _source_object, _source_file, epoch_us(_extracted_at), epoch_us(_watermark), _batch_id, _seq, "+
		"hex(_row_hash) = upper(md5('id' || chr(31) || '1' || chr(30) || 'name' || chr(31) || 'Zoë' || chr(30))), octet_length(_row_hash), _is_deleted")
	want := []string{fmt.Sprintf("sf_ke Kenya Account night01.csv %d %d 01J %d true 16 false", testClock.UnixMicro(), batches[0].ExportedAt.UnixMicro(), SeqPerFile+1)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var columns []string
	for _, c := range res.Columns {
		columns = append(columns, fmt.Sprintf("%d %s %s", c.FieldID, c.Name, c.Type))
	}
	wantColumns := []string{"1 Name VARCHAR", "2 Id VARCHAR", "3 Empty VARCHAR", "4 _source_system VARCHAR", "5 _source_region VARCHAR", "6 _source_object VARCHAR",
		"7 _source_file VARCHAR", "8 _extracted_at TIMESTAMP WITH TIME ZONE", "9 _watermark TIMESTAMP WITH TIME ZONE", "10 _batch_id VARCHAR",
		"11 _seq BIGINT", "12 _row_hash BLOB", "13 _is_deleted BOOLEAN"}
	if diff := cmp.Diff(wantColumns, columns); diff != "" {
		t.Error(diff)
	}
	described, err := sess.Describe(context.Background(), "SELECT * FROM read_parquet("+engine.Literal(tab.files[0])+")")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range described {
		if c.Name != res.Columns[i].Name || c.Type != res.Columns[i].Type {
			t.Errorf("column %d is %v, want %v", i, c, res.Columns[i])
		}
	}
}

func TestDrift(t *testing.T) {
	tab := newTable(t, session(t), t.TempDir(), config.Object{LoadMode: "snapshot", MissingIsDeleted: true}, "Id")
	for i, run := range []struct {
		text         string
		fresh, stale []string
	}{
		{"Id,Name\n1,a\n2,b\n", nil, nil},
		{"ID,name,Fax\n1,a,\n2,b,5\n", []string{"Fax"}, nil}, // an empty new field changes nothing
		{"Id,Fax,Web\n2,5,w\n", []string{"Web"}, []string{"Name"}},
	} {
		res, err := tab.run(run.text)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(res.Drift.New, run.fresh) || !slices.Equal(res.Drift.Missing, run.stale) {
			t.Errorf("run %d: drift %+v", i+1, res.Drift)
		}
	}
	want := []string{"1 a - - false", "2 b - - false", "2 b 5 - false", "2 - 5 w false", "1 a - - true"}
	if diff := cmp.Diff(want, tab.rows(t, "Id, Name, Fax, Web, _is_deleted")); diff != "" {
		t.Error(diff)
	}
	ids := map[int]string{}
	for _, c := range tab.columns {
		if other, twice := ids[c.FieldID]; twice || c.FieldID == 0 {
			t.Errorf("%s and %s have field id %d", c.Name, other, c.FieldID)
		}
		ids[c.FieldID] = c.Name
	}
	if ids[2] != "Name" || ids[13] != "Fax" || ids[14] != "Web" {
		t.Errorf("ids moved: %v", ids)
	}
}

func TestMalformedTable(t *testing.T) {
	tab := newTable(t, session(t), t.TempDir(), config.Object{}, "Id")
	if _, err := tab.run("Id,Name\n1,a\n2\n3,c,d\n", "Id,Name\n4\n"); err != nil {
		t.Fatal(err)
	}
	got := values(t, tab.sess, "SELECT source_file, line, byte_offset, reason, raw, _seq - (_seq >> 32 << 32), _batch_id, epoch_us(_extracted_at) FROM read_parquet("+engine.Literal(tab.malformed[0])+")")
	at := fmt.Sprint(testClock.UnixMicro())
	want := [][]string{
		{"night01.csv", "3", "12", "has 1 field, the header has 2", "2", "1", "01J", at},
		{"night01.csv", "4", "14", "has 3 fields, the header has 2", "3,c,d", "2", "01J", at},
		{"night02.csv", "2", "8", "has 1 field, the header has 2", "4", "1", "01J", at},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefused(t *testing.T) {
	sess := session(t)
	for _, c := range []struct {
		name, text string
		change     func(b *source.Batch) error
		want       error
	}{
		{"key column missing", "Name\na\n", nil, ErrKey},
		{"column named like metadata", "Id,_SEQ\n1,2\n", nil, ErrReserved},
		{"column that begins like metadata", "Id,_row_hash_2\n1,2\n", nil, ErrReserved},
		{"fewer rows than counted", "Id\n1\n", func(b *source.Batch) error { b.Records, b.Clean.Rows = 2, 2; return nil }, ErrConservation},
		{"other values than counted", "Id\n1\n", func(b *source.Batch) error { b.Clean.ValueBytes++; return nil }, ErrConservation},
		{"account that does not add up", "Id\n1\n", func(b *source.Batch) error { b.Records++; return nil }, ErrConservation},
		{"file grown", "Id\n1\n", func(b *source.Batch) error { return os.WriteFile(b.Clean.Path, []byte("Id\n1\n2\n"), 0o600) }, ErrChanged},
		{"file written again", "Id\n1\n", func(b *source.Batch) error {
			return os.Chtimes(b.Clean.Path, time.Time{}, b.Clean.ModTime.Add(time.Second))
		}, ErrChanged},
		{"file gone", "Id\n1\n", func(b *source.Batch) error { return os.Remove(b.Clean.Path) }, os.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := newTable(t, sess, t.TempDir(), config.Object{}, "Id")
			batches, err := tab.scan(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				if err := c.change(&batches[0].Batch); err != nil {
					t.Fatal(err)
				}
			}
			_, err = tab.load(batches)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), "night01.csv") {
				t.Errorf("does not name the file: %v", err)
			}
		})
	}
}

// Scratch copies go as they are read.
func TestTemporaryFilesAreRemoved(t *testing.T) {
	tab := newTable(t, session(t), t.TempDir(), config.Object{}, "Id")
	batches, err := tab.scan("Id,Name\r1,a\r2,b\r")
	if err != nil {
		t.Fatal(err)
	}
	if !batches[0].Clean.Temporary {
		t.Fatal("not a scratch copy")
	}
	if _, err := tab.load(batches); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(batches[0].Clean.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	if diff := cmp.Diff([]string{"1:1 1 a stored", "1:2 2 b stored"}, tab.rows(t, version)); diff != "" {
		t.Error(diff)
	}
}

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
