package tests

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestConservationInBronze counts the records of every export by the standard library
// and finds each of them again: stored, unchanged or malformed. It does so for every
// night on its own and for the whole.
func TestConservationInBronze(t *testing.T) {
	t.Parallel()
	root := nightly(t)
	cfg := loadConfig(t, demoConfig(t))
	runs := reports(t, root)
	last := read(t, root, "")
	objects := 0
	for _, src := range cfg.Pipeline.Sources {
		for _, obj := range src.Objects {
			objects++
			table := "bronze/" + src.Name + "/" + strings.ToLower(obj.Name)
			perNight := map[string]int64{}
			var records int64
			for _, f := range exportsOf(t, src, obj) {
				perNight[f.date] += int64(len(f.records))
				records += int64(len(f.records))
			}
			var sum stepRow
			for i, date := range dates(t) {
				s := runs[i].step(table)
				if s == nil {
					t.Errorf("%s: not in the report of night %d", table, i)
					continue
				}
				if s.In != perNight[date] || s.In != s.Out+s.Unchanged+s.Malformed {
					t.Errorf("%s, %s: the files have %d records; reported: %d = %d stored + %d unchanged + %d malformed",
						table, date, perNight[date], s.In, s.Out, s.Unchanged, s.Malformed)
				}
				sum.Out += s.Out
				sum.Unchanged += s.Unchanged
				sum.Malformed += s.Malformed
				sum.Deleted += s.Deleted
			}
			held := count(t, last, bronzeTable(src.Name, obj.Name))
			if held != sum.Out+sum.Deleted {
				t.Errorf("%s holds %d rows, %d stored and %d tombstones were reported", table, held, sum.Out, sum.Deleted)
			}
			var malformed int64
			if last.has(table + "__malformed") {
				malformed = count(t, last, bronzeTable(src.Name, obj.Name+"__malformed"))
			}
			if malformed != sum.Malformed || records != held-sum.Deleted+sum.Unchanged+malformed {
				t.Errorf("%s: %d records, %d rows, %d tombstones, %d unchanged, %d malformed", table, records, held, sum.Deleted, sum.Unchanged, malformed)
			}
		}
	}
	if objects < 80 {
		t.Errorf("only %d objects were counted", objects)
	}
}

func (r *reader) has(table string) bool {
	for _, name := range r.view.Tables() {
		if name == table {
			return true
		}
	}
	return false
}

func count(t testing.TB, r *reader, table string) int64 {
	t.Helper()
	return number(t, r, "SELECT count(*) FROM "+table)
}

func number(t testing.TB, r *reader, sql string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(r.one(t, sql), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestConservationInSilver accounts for the bronze rows of every object by SQL of its
// own: every row of silver is one of bronze by its hash and comes from one object only,
// no key is there twice, and the program's equation starts from as many rows as there are.
func TestConservationInSilver(t *testing.T) {
	t.Parallel()
	root := atOnce(t)
	cfg := loadConfig(t, demoConfig(t))
	r := read(t, root, "")
	report := reports(t, root)[0]
	tables := 0
	traced := map[string]int64{} // "table of source": rows that are found in bronze
	for _, src := range cfg.Pipeline.Sources {
		for _, m := range cfg.Mappings {
			contract := cfg.Contracts["silver/"+m.TargetTable]
			if m.Set != src.Mapping || m.Mode == "history" || !hasColumn(contract, "record_hash") || !hasColumn(contract, "source_system") {
				continue
			}
			for _, obj := range src.Objects {
				if !strings.EqualFold(obj.Name, m.SourceObject) {
					continue
				}
				tables++
				bronze := bronzeTable(src.Name, obj.Name)
				key, err := cfg.ObjectKey(src, obj)
				if err != nil {
					t.Fatal(err)
				}
				rows := count(t, r, bronze)
				keys := number(t, r, fmt.Sprintf(`SELECT count(*) FROM (SELECT DISTINCT %s FROM %s)`, keyText(key), bronze))
				silver := number(t, r, fmt.Sprintf(`SELECT count(*) FROM silver."%s" s WHERE source_system = '%s' AND record_hash IN (SELECT lower(hex(_row_hash)) FROM %s)`, m.TargetTable, src.Name, bronze))
				refused := number(t, r, fmt.Sprintf(`SELECT count(*) FROM silver.rejected_row WHERE table_name = '%s' AND source_name = '%s' AND lower(source_object) = '%s'`, m.TargetTable, src.Name, strings.ToLower(obj.Name)))
				traced[m.TargetTable+"' AND source_system = '"+src.Name] += silver
				if silver > keys || silver+refused > rows {
					t.Errorf("%s: %d rows of %d keys, but %d in silver.%s and %d refused", bronze, rows, keys, silver, m.TargetTable, refused)
				}
				id := "conservation." + m.TargetTable + "." + src.Name + "." + strings.ToLower(obj.Name)
				if c := report.check(id); c == nil {
					t.Errorf("there is no check %s", id)
				} else if c.Total > rows || m.Filter == "" && c.Total != rows {
					t.Errorf("%s is about %d rows, bronze has %d", id, c.Total, rows)
				}
			}
		}
	}
	for pair, found := range traced {
		table, source, _ := strings.Cut(pair, "' AND source_system = '")
		if n := number(t, r, fmt.Sprintf(`SELECT count(*) FROM silver."%s" WHERE source_system = '%s'`, table, source)); n != found {
			t.Errorf("silver.%s of %s has %d rows, %d are found in bronze", table, source, n, found)
		}
	}
	if tables < 80 {
		t.Errorf("only %d pairs of table and object were counted", tables)
	}
	conservation := 0
	for _, c := range report.Checks {
		if strings.HasPrefix(c.ID, "conservation.") {
			conservation++
			if !c.Passed || c.Failing != 0 {
				t.Errorf("%s fails by %d of %d", c.ID, c.Failing, c.Total)
			}
		}
	}
	if conservation < tables {
		t.Errorf("%d conservation checks for %d pairs of table and object", conservation, tables)
	}
	for _, s := range report.Steps {
		if s.Layer == "silver" && s.In != s.Out+s.Superseded+s.NotYetKnown+s.Deleted+s.Rejected {
			t.Errorf("%s: %d rows in = %d out + %d superseded + %d not yet known + %d deleted + %d rejected", s.Table, s.In, s.Out, s.Superseded, s.NotYetKnown, s.Deleted, s.Rejected)
		}
		if s.Layer == "silver" {
			if n := count(t, r, `silver."`+strings.TrimPrefix(s.Table, "silver/")+`"`); n != s.Out {
				t.Errorf("%s has %d rows, %d were reported", s.Table, n, s.Out)
			}
		}
	}
}

func keyText(key []string) string {
	parts := make([]string, len(key))
	for i, k := range key {
		parts[i] = `coalesce(lower("` + k + `"), '')`
	}
	return strings.Join(parts, ", ")
}
