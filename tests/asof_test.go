package tests

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dealObjects are what a test about opportunities needs.
var dealObjects = []string{"sf_za/User", "sf_za/Account", "sf_za/Opportunity", "sf_za/OpportunityHistory", "sf_za/OpportunityStage",
	"sf_za/OpportunityLineItem", "sf_za/Product2", "sf_ke/Account", "sf_ke/Opportunity", "sf_ke/OpportunityHistory", "sf_ke/OpportunityStage"}

// deal is what an opportunity looked like at the end of a day.
type deal struct {
	stage, amount, closeDate string
	status                   string // open, won or lost
}

// dealsAt reads the exports, no silver and no gold, and says what each opportunity
// looked like at the end of a day: its newest history record until then. An
// opportunity that was created later is not there.
func dealsAt(t *testing.T, day string) map[string]deal {
	t.Helper()
	end := date(t, day).AddDate(0, 0, 1)
	type record struct {
		at time.Time
		id string
		deal
	}
	last := map[string]record{}
	out := map[string]deal{}
	for _, src := range loadConfig(t, demoConfig(t)).Pipeline.Sources {
		if src.Name != "sf_za" && src.Name != "sf_ke" {
			continue
		}
		created := map[string]time.Time{}
		for _, obj := range src.Objects {
			for _, f := range exportsOf(t, src, obj) {
				for _, r := range f.records {
					switch obj.Name {
					case "Opportunity":
						created[f.get(r, "Id")] = stamp(t, src.Name, f.get(r, "CreatedDate"))
					case "OpportunityHistory":
						at, id, of := stamp(t, src.Name, f.get(r, "CreatedDate")), f.get(r, "Id"), f.get(r, "OpportunityId")
						if old := last[of]; !at.Before(end) || at.Before(old.at) || at.Equal(old.at) && id < old.id {
							continue
						}
						d := deal{stage: f.get(r, "StageName"), amount: f.get(r, "Amount"), closeDate: closeDay(src.Name, f.get(r, "CloseDate"))}
						switch {
						case d.stage == "Closed Won":
							d.status = "won"
						case strings.HasPrefix(d.stage, "Closed"):
							d.status = "lost"
						default:
							d.status = "open"
						}
						last[of] = record{at, id, d}
					}
				}
			}
		}
		for id, at := range created {
			if at.Before(end) {
				out[id] = last[id].deal
			}
		}
	}
	return out
}

func date(t testing.TB, day string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// stamp reads an instant as the org writes it: with an offset, or in Nairobi's time.
func stamp(t testing.TB, source, v string) time.Time {
	t.Helper()
	layout, zone := "2006-01-02T15:04:05.000-0700", time.UTC
	if source == "sf_ke" {
		layout, zone = "02/01/2006 15:04:05", time.FixedZone("Nairobi", 3*60*60)
	}
	at, err := time.ParseInLocation(layout, v, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func closeDay(source, v string) string {
	if d, err := time.Parse("02/01/2006", v); err == nil && source == "sf_ke" {
		return d.Format(time.DateOnly)
	}
	return v
}

// sameDeals compares gold.opportunities with the history files.
func sameDeals(t *testing.T, r *reader, day string) {
	t.Helper()
	want := dealsAt(t, day)
	got := r.rows(t, `SELECT opportunity_id, stage_name, CAST(amount AS VARCHAR), CAST(close_date AS VARCHAR), status, CAST(as_of.d AS VARCHAR)
		FROM gold.opportunities, (SELECT max(snapshot_date) AS d FROM gold.pipeline_daily) as_of`)
	open := 0
	for _, row := range got {
		w, ok := want[row[0]]
		if !ok {
			t.Errorf("%s: opportunity %s was not there yet", day, row[0])
			continue
		}
		delete(want, row[0])
		g := deal{row[1], row[2], row[3], row[4]}
		if g.stage != w.stage || !sameNumber(g.amount, w.amount) || g.closeDate != w.closeDate || g.status != w.status {
			t.Errorf("%s: opportunity %s is %v, its history says %v", day, row[0], g, w)
		}
		if w.status == "open" {
			open++
		}
		if row[5] != day {
			t.Fatalf("as of %s, want %s", row[5], day)
		}
	}
	for id := range want {
		t.Errorf("%s: opportunity %s is missing", day, id)
	}
	t.Logf("as of %s: %d opportunities, %d of them open", day, len(got), open)
	if open == 0 {
		t.Errorf("%s: none is open, so little was tested", day)
	}
}

func sameNumber(a, b string) bool {
	if a == "NULL" || b == "" {
		return a == "NULL" && b == ""
	}
	x, ok1 := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok1 && ok2 && x.Cmp(y) == 0
}

// TestAsOfInThePast: each opportunity is shown in the state it had then; current is
// not touched; the result is read by --at, or written to --out.
func TestAsOfInThePast(t *testing.T) {
	t.Parallel()
	config := small(t, dealObjects, fewModels(t, "pipeline_daily", "timeline_events"))
	root := filepath.Join(t.TempDir(), "lake")
	must(t, "run", "--config", config, "--lake", root)
	sameDeals(t, read(t, root, ""), dates(t)[nights])
	current := tables(t, root, "silver", "gold", "ops")
	link, err := os.Readlink(filepath.Join(root, "current"))
	if err != nil {
		t.Fatal(err)
	}

	versions := map[string]int64{}
	newest := date(t, dates(t)[0])
	backs := []int{400, 90, 10}
	if testing.Short() {
		backs = backs[:2]
	}
	for _, back := range backs {
		day := newest.AddDate(0, 0, -back).Format(time.DateOnly)
		r := runJSON(t, "--config", config, "--lake", root, "--as-of", day)
		if !r.Historical || r.Published == 0 {
			t.Fatalf("as of %s: historical %v, version %d", day, r.Historical, r.Published)
		}
		versions[day] = r.Published
		at := fmt.Sprint(r.Published)
		sameDeals(t, read(t, root, at), day)
		if n := strings.TrimSpace(must(t, "query", "--lake", root, "--at", at, "--format", "csv", "SELECT max(snapshot_date) FROM gold.pipeline_daily")); !strings.HasSuffix(n, day) {
			t.Errorf("query --at %s is as of %s, want %s", at, n, day)
		}
	}
	same(t, "current after runs for the past", current, tables(t, root, "silver", "gold", "ops"))
	if now, _ := os.Readlink(filepath.Join(root, "current")); now != link {
		t.Errorf("current pointed at %s and points at %s", link, now)
	}
	out := must(t, "run", "--config", config, "--lake", root)
	if !strings.Contains(out, "Nothing new") {
		t.Errorf("a run for today does something after runs for the past:\n%s", out)
	}

	// The same to a directory: nothing is published, and the tables are the same bytes.
	day := newest.AddDate(0, 0, -90).Format(time.DateOnly)
	before := commits(t, root)
	dir := filepath.Join(t.TempDir(), "out")
	must(t, "run", "--config", config, "--lake", root, "--as-of", day, "--out", dir)
	if commits(t, root) != before {
		t.Error("--out published something")
	}
	l := read(t, root, fmt.Sprint(versions[day]))
	files, err := l.view.Files("gold/opportunities")
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	a, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "gold", "opportunities.parquet"))
	if err != nil || string(a) != string(b) {
		t.Errorf("--out differs from the published table (%v)", err)
	}
	for _, table := range []string{"silver/account.parquet", "gold/opportunities.parquet", "gold/timeline_events"} {
		if _, err := os.Stat(filepath.Join(dir, table)); err != nil {
			t.Error(err)
		}
	}
	if r := pipeline(t, "run", "--config", config, "--lake", root, "--as-of", day, "--out", dir); r.code != 2 {
		t.Errorf("--out into a full directory: exit %d, want 2", r.code)
	}
	if s := strays(t, root); len(s) > 0 {
		t.Errorf("stray files: %v", s)
	}
	must(t, "lake", "verify", "--lake", root)
}

// TestAsOfIsADate: a wrong date is a usage error.
func TestAsOfIsADate(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"yesterday", "2026-02-30", "31.12.2025"} {
		if r := pipeline(t, "run", "--config", demoConfig(t), "--lake", filepath.Join(t.TempDir(), "lake"), "--as-of", v); r.code != 2 {
			t.Errorf("--as-of %s: exit %d, want 2", v, r.code)
		}
	}
}
