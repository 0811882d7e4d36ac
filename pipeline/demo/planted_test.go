package demo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func plantedOf(t *testing.T) []Planted {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(sample(t).Dir, "planted.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []Planted
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// spot names a record of a base file.
type spot struct {
	source, object string
	row            int64
}

// Every entry of planted.json is where it says, and looks as it says.
func TestPlantedIsWhereItSays(t *testing.T) {
	tables := map[string]*table{}
	each(t, func(s *system, tb *table) { tables[s.name+"/"+tb.object.name] = tb })
	systemsByName := map[string]*system{}
	for _, s := range systems() {
		systemsByName[s.name] = s
	}
	kinds := map[string]int{}
	for _, p := range plantedOf(t) {
		kinds[p.Kind]++
		tb := tables[p.Source+"/"+p.Object]
		if tb == nil || p.Row < 1 || p.Row > int64(len(tb.rows)) {
			t.Fatalf("no such record: %+v", p)
		}
		row := tb.rows[p.Row-1]
		if p.Line != 0 && int64(tb.lines[p.Row-1]) != p.Line {
			t.Errorf("%s row %d starts at line %d, not %d", p.File, p.Row, tb.lines[p.Row-1], p.Line)
		}
		switch {
		case p.Outcome == malformed:
			if len(row) == len(tb.object.columns) {
				t.Errorf("%s row %d is not ragged", p.File, p.Row)
			}
		case p.Kind == "duplicate_row":
			if strings.Join(row, "|") != strings.Join(tb.rows[p.Row-2], "|") {
				t.Errorf("%s row %d is not the same as the one before", p.File, p.Row)
			}
		case tb.get(row, p.Column) != p.Planted:
			t.Errorf("%s row %d: %s is %q, not %q", p.File, p.Row, p.Column, tb.get(row, p.Column), p.Planted)
		case p.Planted == p.Clean && p.Outcome != linked:
			t.Errorf("%s row %d: nothing was spoilt", p.File, p.Row)
		}
	}
	for _, d := range defects {
		if kinds[d.kind] == 0 {
			t.Errorf("no %s was planted", d.kind)
		}
	}
}

// Every defect names a column that exists, and every one was planted.
func TestEveryDefectIsPlanted(t *testing.T) {
	type place struct{ source, object, kind string }
	seen := map[place]int{}
	for _, p := range plantedOf(t) {
		seen[place{p.Source, p.Object, p.Kind}]++
	}
	first := map[string]bool{}
	for _, d := range defects {
		if seen[place{d.source, d.object, d.kind}] == 0 {
			t.Errorf("%s %s %s (%s) was never planted", d.source, d.object, d.column, d.kind)
		}
		key := d.source + d.object + string(rune(d.first))
		if first[key] {
			t.Errorf("two defects of %s %s start at record %d", d.source, d.object, d.first)
		}
		first[key] = true
	}
}

func TestSummaryCountsWhatIsPlanted(t *testing.T) {
	kinds, outcomes := map[string]int{}, map[string]int{}
	for _, p := range plantedOf(t) {
		kinds[p.Kind]++
		outcomes[p.Outcome]++
	}
	s := sample(t)
	for k, n := range kinds {
		if s.Planted[k] != n {
			t.Errorf("%s: %d in planted.json, %d in the summary", k, n, s.Planted[k])
		}
	}
	for k, n := range outcomes {
		if s.Outcomes[k] != n {
			t.Errorf("%s: %d in planted.json, %d in the summary", k, n, s.Outcomes[k])
		}
	}
}

var plainNumber = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// sound says whether a value is written as its column's kind wants it.
func sound(d *dialect, k kind, v string) bool {
	switch {
	case v == "":
		return true
	case k == id:
		suffix := idSuffix([]byte(v + strings.Repeat(" ", 15))[:15])
		return len(v) == 18 && v[15:] == string(suffix[:])
	case k == date:
		_, err := time.Parse(d.dateLayout, v)
		return err == nil
	case k == instant:
		_, err := time.Parse(d.timeLayout, v)
		return err == nil
	case k == flag:
		return v == d.yes || v == d.no
	case k == number:
		v = strings.ReplaceAll(v, d.csv.Thousands, "")
		if d.csv.Decimal == "," {
			v = strings.ReplaceAll(v, ",", ".")
		}
		return plainNumber.MatchString(v) && !strings.HasPrefix(v, "-") || strings.HasPrefix(v, "-") && plainNumber.MatchString(v)
	}
	return v == strings.TrimSpace(v) && !strings.Contains(v, "  ")
}

// All values but the planted ones are sound, and no key comes twice but where it
// was planted: so counts can be tested exactly.
func TestTheRestIsClean(t *testing.T) {
	dirty := map[spot]bool{}
	for _, p := range plantedOf(t) {
		if p.Outcome != linked {
			dirty[spot{p.Source, p.Object, p.Row}] = true
		}
	}
	each(t, func(s *system, tb *table) {
		keys := map[string]bool{}
		for n, row := range tb.rows {
			if dirty[spot{s.name, tb.object.name, int64(n + 1)}] {
				continue
			}
			if len(row) != len(tb.object.columns) {
				t.Fatalf("%s %s row %d has %d fields", s.name, tb.object.name, n+1, len(row))
			}
			for i, c := range tb.object.columns {
				if !sound(&s.dialect, c.kind, row[i]) {
					t.Fatalf("%s %s row %d: %s is %q", s.name, tb.object.name, n+1, c.name, row[i])
				}
			}
			key := ""
			for _, k := range tb.object.key {
				key += tb.get(row, k) + "|"
			}
			if keys[key] || key == "|" {
				t.Fatalf("%s %s row %d: key %q is blank or comes twice", s.name, tb.object.name, n+1, key)
			}
			keys[key] = true
		}
	})
}
