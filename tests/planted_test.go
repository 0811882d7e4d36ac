package tests

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/lake"
)

// planted is an entry of the demo's planted.json: a defect, where it is, and what must
// become of it.
type planted struct {
	Kind, Source, Object, File, Key, Column string
	Clean, Planted, Outcome                 string
	Line, Row                               int64
}

// base is the state in which the demo's first exports are loaded and nothing else: the
// first night of the nightly lake.
type base struct {
	*reader
	report  runReport
	cfg     *config.Loaded
	planted []planted
	fileNo  map[string]int64 // "source/file name"
}

func openBase(t *testing.T) *base {
	t.Helper()
	root := nightly(t)
	b := &base{report: reports(t, root)[0], cfg: loadConfig(t, demoConfig(t)), fileNo: map[string]int64{}}
	b.reader = read(t, root, fmt.Sprint(b.report.Published))
	readJSON(t, filepath.Join(demo(t), "planted.json"), &b.planted)
	l, err := lake.Open(root, lake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	marks, err := l.Watermarks(b.view.Commit())
	if err != nil {
		t.Fatal(err)
	}
	for id, m := range marks {
		source, _, _ := strings.Cut(id, "/")
		for _, f := range m.Files {
			b.fileNo[source+"/"+f.Name] = f.FileNo
		}
	}
	if b.report.AsOf != dates(t)[0] {
		t.Fatalf("the first run is as of %s", b.report.AsOf)
	}
	return b
}

// with selects entries by outcome and kind; "" = any.
func (b *base) with(outcome, kind string) (out []planted) {
	for _, p := range b.planted {
		if (outcome == "" || p.Outcome == outcome) && (kind == "" || p.Kind == kind) {
			out = append(out, p)
		}
	}
	return out
}

// seq is the _seq that the record of an entry has in bronze: the number of the file and
// that of the record among the well-formed ones.
func (b *base) seq(t *testing.T, p planted) int64 {
	t.Helper()
	no, ok := b.fileNo[p.File]
	if !ok {
		t.Fatalf("no file %s was loaded", p.File)
	}
	row := p.Row
	for _, other := range b.with("malformed", "") {
		if other.File == p.File && other.Row < p.Row {
			row--
		}
	}
	return no<<32 + row
}

func bronzeTable(source, object string) string {
	return `bronze."` + source + "__" + strings.ToLower(object) + `"`
}

// mappings are those that read an object, and the targets of one of its columns.
func (b *base) mappings(source, object string) (out []config.LoadedMapping) {
	for _, s := range b.cfg.Pipeline.Sources {
		for _, m := range b.cfg.Mappings {
			if s.Name == source && m.Set == s.Mapping && strings.EqualFold(m.SourceObject, object) {
				out = append(out, m)
			}
		}
	}
	return out
}

// sameSet compares two lists as sets and names what is missing and what is too much.
func sameSet(t *testing.T, what string, want, got []string) {
	t.Helper()
	count := map[string]int{}
	for _, w := range want {
		count[w]++
	}
	for _, g := range got {
		count[g]--
	}
	for _, k := range slices.Sorted(maps.Keys(count)) {
		switch n := count[k]; {
		case n > 0:
			t.Errorf("%s: missing %s", what, k)
		case n < 0:
			t.Errorf("%s: not planted: %s", what, k)
		}
	}
	if len(want) == 0 {
		t.Errorf("%s: none was planted, so nothing was tested", what)
	}
}

// TestPlantedMalformed: the malformed records are the planted ones, with their lines.
func TestPlantedMalformed(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	var want, got []string
	for _, p := range b.with("malformed", "") {
		want = append(want, fmt.Sprintf("%s/%s %s:%d %s", p.Source, strings.ToLower(p.Object), filepath.Base(p.File), p.Line, p.Planted))
	}
	for _, table := range b.view.Tables() {
		name, ok := strings.CutSuffix(table, "__malformed")
		if !ok {
			continue
		}
		name = strings.TrimPrefix(name, "bronze/")
		for _, r := range b.rows(t, `SELECT source_file, line, rtrim(raw, chr(13)||chr(10)) FROM bronze."`+strings.Replace(name, "/", "__", 1)+`__malformed"`) {
			got = append(got, fmt.Sprintf("%s %s:%s %s", name, filepath.Base(r[0]), r[1], r[2]))
		}
	}
	sameSet(t, "malformed records", want, got)
}

// TestPlantedDuplicates: what bronze did not store again are the planted repetitions.
func TestPlantedDuplicates(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	want := map[string]int64{}
	for _, p := range b.with("duplicate-unchanged", "") {
		want["bronze/"+p.Source+"/"+strings.ToLower(p.Object)]++
	}
	for _, s := range b.report.Steps {
		if s.Layer == "bronze" && s.Unchanged != want[s.Table] {
			t.Errorf("%s: %d unchanged, %d were planted", s.Table, s.Unchanged, want[s.Table])
		}
	}
	for _, p := range b.with("duplicate-unchanged", "") {
		if n := b.one(t, fmt.Sprintf("SELECT count(*) FROM %s WHERE _seq = %d", bronzeTable(p.Source, p.Object), b.seq(t, p))); n != "0" {
			t.Errorf("%s row %d was stored again", p.File, p.Row)
		}
	}
}

// TestPlantedRejects: rejected rows and rejected values are the planted ones, by
// record, column and text.
func TestPlantedRejects(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	var want, got []string
	for _, p := range b.with("rejected_row", "") {
		want = append(want, fmt.Sprint(b.seq(t, p)))
	}
	for _, r := range b.rows(t, "SELECT seq FROM silver.rejected_row") {
		got = append(got, r[0])
	}
	sameSet(t, "rejected rows", want, got)
	for _, p := range b.with("rejected_row", "") {
		defects := b.one(t, fmt.Sprintf("SELECT defects FROM silver.rejected_row WHERE seq = %d", b.seq(t, p)))
		if p.Planted != "" && !strings.Contains(defects, `"raw":"`+p.Planted+`"`) {
			t.Errorf("%s row %d: defects %s do not name %q", p.File, p.Row, defects, p.Planted)
		}
	}

	want, got = nil, nil
	for _, p := range b.with("rejected_value", "") {
		want = append(want, fmt.Sprintf("%d %s", b.seq(t, p), p.Planted))
	}
	for _, r := range b.rows(t, "SELECT seq, raw_value FROM silver.rejected_value") {
		got = append(got, r[0]+" "+r[1])
	}
	sameSet(t, "rejected values", want, got)
	for _, p := range b.with("rejected_value", "") {
		for target, v := range b.silver(t, p, p.Column) {
			if v != "NULL" {
				t.Errorf("%s row %d: %s is %s, not NULL", p.File, p.Row, target, v)
			}
		}
	}
}

// silver finds the record of an entry in the silver tables it feeds, by the hash of its
// bronze row, and gives what became of a source column by "table.column".
func (b *base) silver(t *testing.T, p planted, column string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range b.mappings(p.Source, p.Object) {
		if m.Mode == "history" || !hasColumn(b.cfg.Contracts["silver/"+m.TargetTable], "record_hash") {
			continue
		}
		for _, c := range m.Columns {
			// A helper column _x feeds the column x of the table.
			target := strings.TrimPrefix(c.TargetColumn, "_")
			if !hasColumn(b.cfg.Contracts["silver/"+m.TargetTable], target) || strings.HasSuffix(target, "name_normalized") || target == "company_normalized" ||
				!slices.ContainsFunc([]string(c.SourceColumn), func(s string) bool { return strings.EqualFold(s, column) }) {
				continue
			}
			rows := b.rows(t, fmt.Sprintf(`SELECT s.%s FROM silver."%s" s JOIN %s b ON s.record_hash = lower(hex(b._row_hash)) AND s.source_system = '%s' WHERE b._seq = %d`,
				target, m.TargetTable, bronzeTable(p.Source, p.Object), p.Source, b.seq(t, p)))
			if len(rows) == 0 && m.Filter != "" {
				continue // another mapping's record
			}
			if len(rows) != 1 {
				t.Errorf("%s row %d: %d rows in silver.%s", p.File, p.Row, len(rows), m.TargetTable)
				continue
			}
			out[m.TargetTable+"."+target] = rows[0][0]
		}
	}
	if len(out) == 0 {
		t.Errorf("%s row %d: %s of %s reaches no column of silver", p.File, p.Row, column, p.Object)
	}
	return out
}

func hasColumn(c config.Contract, name string) bool {
	return slices.ContainsFunc(c.Columns, func(col config.ContractColumn) bool { return col.Name == name })
}

// TestPlantedRepairs: silver holds the clean value of every defect that mappings put right.
func TestPlantedRepairs(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	kinds := map[string]int{}
	for _, p := range b.with("repaired", "") {
		want := p.Clean
		switch p.Kind {
		case "null_token", "blank_account":
			want = "NULL"
		case "mixed_date":
			want = b.isoDate(t, p)
		}
		for target, got := range b.silver(t, p, p.Column) {
			if code := countries[want]; strings.HasSuffix(target, "country_code") {
				want = code
			}
			if got != want {
				t.Errorf("%s row %d (%s): %s is %q, want %q", p.File, p.Row, p.Kind, target, got, want)
			}
			kinds[p.Kind]++
		}
	}
	for _, k := range []string{"whitespace", "wrong_case", "null_token", "mixed_date", "id15", "blank_account"} {
		if kinds[k] == 0 {
			t.Errorf("no %s was tested", k)
		}
	}
}

var countries = map[string]string{"Kenya": "KE", "Namibia": "NA", "Nigeria": "NG", "South Africa": "ZA"}

// isoDate writes the clean date of an entry as ISO: it stands in the first of the
// source's date formats.
func (b *base) isoDate(t *testing.T, p planted) string {
	t.Helper()
	layouts := map[string]string{"%Y-%m-%d": "2006-01-02", "%d/%m/%Y": "02/01/2006", "%Y/%m/%d": "2006/01/02", "%d-%b-%Y": "02-Jan-2006", "%Y%m%d": "20060102"}
	for _, s := range b.cfg.Pipeline.Sources {
		if s.Name == p.Source {
			d, err := time.Parse(layouts[s.CSV.DateFormats[0]], p.Clean)
			if err != nil {
				t.Fatal(err)
			}
			return d.Format(time.DateOnly)
		}
	}
	t.Fatalf("no source %s", p.Source)
	return ""
}

// TestPlantedSuperseded: the planted older versions are in bronze, and the other
// version of their key is in silver.
func TestPlantedSuperseded(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	list := b.with("superseded", "")
	if len(list) == 0 {
		t.Fatal("none was planted")
	}
	for _, p := range list {
		bronze := bronzeTable(p.Source, p.Object)
		if n := b.one(t, fmt.Sprintf("SELECT count(*) FROM %s WHERE _seq = %d", bronze, b.seq(t, p))); n != "1" {
			t.Errorf("%s row %d: %s times in bronze", p.File, p.Row, n)
		}
		m := b.mappings(p.Source, p.Object)[0]
		got := b.rows(t, fmt.Sprintf(`SELECT record_hash = (SELECT lower(hex(_row_hash)) FROM %s WHERE _seq = %d) FROM silver."%s" WHERE %s = '%s'`,
			bronze, b.seq(t, p), m.TargetTable, m.Key[0], soundKey(p)))
		// The record under its 15-character id is the same version once more, and comes
		// later: it is the version that counts. An older version never counts.
		if len(got) != 1 || (p.Kind == "stale_duplicate" && got[0][0] != "false") {
			t.Errorf("%s row %d (%s): silver.%s has %v", p.File, p.Row, p.Kind, m.TargetTable, got)
		}
	}
}

// soundKey is the key of an entry's record as silver has it.
func soundKey(p planted) string {
	if p.Kind == "duplicate_id15" {
		return p.Clean
	}
	return p.Key
}

// TestPlantedWarnings: checks count exactly what was planted for them.
func TestPlantedWarnings(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	warned := map[string]int64{}
	for _, p := range b.with("check warning", "") {
		m := b.mappings(p.Source, p.Object)[0]
		switch p.Kind {
		case "orphan":
			warned["silver."+m.TargetTable+".account_id_in_account"]++
			for target, v := range b.silver(t, p, p.Column) {
				if v != p.Planted {
					t.Errorf("%s row %d: %s is %s: the orphan's id is not kept", p.File, p.Row, target, v)
				}
			}
		case "negative_quantity":
			warned["silver."+m.TargetTable+"."+m.TargetTable+"_negative_quantity"]++
		case "unknown_currency":
			for target, v := range b.silver(t, p, p.Column) {
				table, _, _ := strings.Cut(target, ".")
				usd := b.one(t, fmt.Sprintf(`SELECT count(*) FROM silver."%s" WHERE currency_iso_code = '%s' AND fx_status = 'missing' AND COLUMNS('^(amount|total_amount)_usd$') IS NULL`, table, v))
				if v != p.Planted || usd == "0" {
					t.Errorf("%s row %d: %s is %s, %s rows without rate", p.File, p.Row, target, v, usd)
				}
			}
		default:
			t.Errorf("this test does not know %s", p.Kind)
		}
	}
	results := map[string]string{}
	for _, r := range b.rows(t, "SELECT check_id, failing_rows FROM ops.dq_results WHERE run_id = '"+b.report.Run+"'") {
		results[r[0]] = r[1]
	}
	for id, n := range warned {
		if results[id] != fmt.Sprint(n) {
			t.Errorf("check %s counts %s, %d were planted", id, results[id], n)
		}
	}
	for id, n := range results {
		if (strings.HasSuffix(id, ".account_id_in_account") || strings.HasSuffix(id, "_negative_quantity")) && n != "0" && warned[id] == 0 {
			t.Errorf("check %s counts %s, none was planted", id, n)
		}
	}
	missing := b.one(t, `SELECT (SELECT count(*) FROM silver.opportunity WHERE fx_status = 'missing') + (SELECT count(*) FROM silver.invoice WHERE fx_status = 'missing')`)
	if want := fmt.Sprint(len(b.with("", "unknown_currency"))); missing != want {
		t.Errorf("%s opportunities and invoices are without rate, %s were planted", missing, want)
	}
}

// TestPlantedLinks: planted second accounts are kept, and are one customer with the first.
func TestPlantedLinks(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	list := b.with("linked", "")
	if len(list) == 0 {
		t.Fatal("none was planted")
	}
	for _, p := range list {
		got := b.rows(t, fmt.Sprintf("SELECT account_id, master_account_id FROM gold.accounts WHERE account_id IN ('%s', '%s')", p.Key, p.Clean))
		if len(got) != 2 || got[0][1] != got[1][1] {
			t.Errorf("%s and %s: %v", p.Clean, p.Key, got)
		}
	}
}

// TestPlantedIsAll: every outcome of planted.json is one that a test above looks at.
func TestPlantedIsAll(t *testing.T) {
	t.Parallel()
	known := []string{"malformed", "duplicate-unchanged", "rejected_row", "rejected_value", "repaired", "superseded", "check warning", "linked"}
	count := map[string]int{}
	for _, p := range openBase(t).planted {
		count[p.Outcome]++
		if !slices.Contains(known, p.Outcome) {
			t.Errorf("no test looks at outcome %q (%s)", p.Outcome, p.Kind)
		}
	}
	t.Logf("planted: %v", count)
}
