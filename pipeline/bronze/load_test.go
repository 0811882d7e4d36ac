package bronze

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

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
