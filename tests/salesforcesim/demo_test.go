package salesforcesim_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/demo"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

const demoNights = 4

// demoDir is a small clean demo with some nights.
func demoDir(t *testing.T) (dir string, base time.Time) {
	t.Helper()
	dir = t.TempDir()
	s, err := demo.Generate(context.Background(), demo.Options{Dir: dir, Accounts: 60, Days: demoNights, Clean: true})
	if err != nil {
		t.Fatal(err)
	}
	base, _ = time.Parse(time.DateOnly, s.AsOf)
	return dir, base
}

// Night after night the orgs hold what the exports of these nights add up to.
func TestDemoOrgsFollowTheExports(t *testing.T) {
	dir, base := demoDir(t)
	w, err := salesforcesim.LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Now(); !got.Equal(base.AddDate(0, 0, 1).Add(30 * time.Minute)) {
		t.Errorf("the clock stands at %s", got)
	}
	for _, org := range w.Orgs() {
		if n := org.Count("RecordType") + org.Count("UserRole") + org.Count("SlaProcess") + org.Count("MilestoneType"); n < 8 {
			t.Errorf("%s has %d rows that dotted columns speak of", org.Options().Name, n)
		}
		if org.Count("Organization") != 1 || org.Count("CurrencyType") != 5 || org.Count("DatedConversionRate") < 1000 || org.Count("PricebookEntry") == 0 {
			t.Errorf("%s lacks reference objects", org.Options().Name)
		}
	}
	for n := range demoNights + 1 {
		w.MoveTo(base.AddDate(0, 0, n+1).Add(30 * time.Minute))
		for _, org := range w.Orgs() {
			compareNight(t, org, filepath.Join(dir, "exports", org.Options().Name), base, n)
		}
	}
}

// compareNight holds an org against the files up to a night, as a reader of its own
// reads them.
func compareNight(t *testing.T, org *salesforcesim.Org, dir string, base time.Time, night int) {
	t.Helper()
	for _, object := range []string{"Account", "Contact", "Opportunity", "OrderItem", "OrderHistory", "CaseHistory", "User", "Task", "CaseMilestone"} {
		want := map[string]map[string]string{}
		for n := range night + 1 {
			rows := readExport(t, filepath.Join(dir, object+"_"+base.AddDate(0, 0, n).Format(time.DateOnly)+".csv"))
			if object == "User" {
				want = map[string]map[string]string{}
			}
			for _, r := range rows {
				want[r["id"]] = r
			}
		}
		if got := org.Count(object); got != len(want) || got == 0 {
			t.Errorf("night %d: %s has %d rows of %s, the exports %d", night, org.Options().Name, got, object, len(want))
		}
		for _, r := range org.Records(object) {
			for name, v := range r {
				exported, there := want[r["Id"]][strings.ToLower(name)]
				if there && !sameValue(v, exported) {
					t.Errorf("night %d: %s %s %s: %s is %q, exported %q", night, org.Options().Name, object, r["Id"], name, v, exported)
					return
				}
			}
		}
		compareParents(t, org, object, want)
	}
}

// compareParents holds dotted columns against what the org's own references lead to.
func compareParents(t *testing.T, org *salesforcesim.Org, object string, want map[string]map[string]string) {
	t.Helper()
	paths := map[string]string{"Opportunity": "RecordType.Name", "OrderItem": "Order.AccountId,Product2.Family", "OrderHistory": "Order.AccountId,Order.Region__c", "User": "UserRole.Name", "CaseMilestone": "MilestoneType.Name"}[object]
	if paths == "" {
		return
	}
	srv := httptest.NewServer(org)
	defer srv.Close()
	s := &site{t: t, org: org, base: srv.URL, token: org.NewSession()}
	for p := s.query("SELECT Id, " + paths + " FROM " + object); ; p = s.get(p.NextRecordsURL).page(t) {
		for _, r := range p.Records {
			for _, path := range strings.Split(paths, ",") {
				relation, field, _ := strings.Cut(path, ".")
				got := ""
				if parent, ok := r[relation].(map[string]any); ok {
					got = fmt.Sprint(parent[field])
				}
				if exported := want[r["Id"].(string)][strings.ToLower(path)]; got != exported {
					t.Errorf("%s %s: %s is %q, exported %q", object, r["Id"], path, got, exported)
					return
				}
			}
		}
		if p.Done {
			return
		}
	}
}

// sameValue compares a value of the org with one of an export, whatever its dialect.
func sameValue(value, exported string) bool {
	if value == exported {
		return true
	}
	switch exported {
	case "1", "TRUE", "true":
		return value == "true"
	case "0", "FALSE", "false":
		return value == "false"
	}
	for _, layout := range []string{"02/01/2006", "02/01/2006 15:04:05", "2006-01-02T15:04:05.000-0700"} {
		at, err := time.Parse(layout, exported)
		if err != nil {
			continue
		}
		if strings.Contains(layout, "/") && len(layout) > 10 {
			at = at.Add(-3 * time.Hour) // exports of Kenya are in local time
		}
		return value == at.UTC().Format("2006-01-02") && len(layout) == 10 || value == at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return false
}

func readFile(t *testing.T, path string) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return answer{body: strings.TrimPrefix(string(b), "\uFEFF")}.rows(t)
}

func readExport(t *testing.T, path string) []map[string]string {
	t.Helper()
	files, err := filepath.Glob(path)
	if err != nil || len(files) == 0 {
		return nil
	}
	rows := readFile(t, path)
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[strings.ToLower(rows[0][i])] = v
		}
		out = append(out, m)
	}
	return out
}

// Whatever changes without a stamp must be a value that the describe calls derived:
// nothing else would ever be read again.
func TestDemoChangesCarryStamps(t *testing.T) {
	dir, base := demoDir(t)
	w, err := salesforcesim.LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	derived := map[string]bool{}
	for _, o := range salesforcesim.Standard() {
		for _, f := range o.Fields {
			derived[o.Name+"."+f.Name] = f.Derived || f.Calculated
		}
	}
	silent := map[string]int{}
	before := map[string]salesforcesim.Record{}
	for n := range demoNights + 1 {
		w.MoveTo(base.AddDate(0, 0, n+1).Add(30 * time.Minute))
		for _, org := range w.Orgs() {
			for _, object := range org.Objects() {
				for _, r := range org.Records(object) {
					old := before[r["Id"]]
					before[r["Id"]] = r
					stamp := "SystemModstamp"
					if _, some := r[stamp]; !some {
						stamp = "CreatedDate"
					}
					if old == nil || old[stamp] != r[stamp] {
						if n > 0 && r[stamp] < base.AddDate(0, 0, n).Format("2006-01-02T15:04:05.000Z") && object != "DatedConversionRate" {
							silent[object+": comes with an old "+stamp]++
						}
						continue
					}
					for name, v := range r {
						if old[name] != v && !derived[object+"."+name] {
							silent[object+"."+name]++
						}
					}
				}
			}
		}
	}
	var list []string
	for k, n := range silent {
		list = append(list, fmt.Sprintf("%s: %d", k, n))
	}
	sort.Strings(list)
	if len(list) > 0 {
		t.Errorf("changes without a stamp:\n%s", strings.Join(list, "\n"))
	}
}
