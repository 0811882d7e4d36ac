package salesforce_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/source/salesforce"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

// TestSalesforceOverlap is the negative control of the campaign: without overlap, what
// commits late is lost, and the campaign's comparison sees it.
func TestSalesforceOverlap(t *testing.T) {
	for _, c := range []struct {
		overlap string
		lost    bool
	}{{"10m", false}, {"0s", true}} {
		b := newBench(t, salesforcesim.OrgOptions{}, "Account")
		b.config["overlap"], b.config["reconcile_every"] = c.overlap, "365d"
		b.org.Insert("Account", salesforcesim.Record{"Name": "first"})
		b.world.Advance(time.Hour)
		b.must()
		late := b.org.InsertLate("Account", salesforcesim.Record{"Name": "late"}, 10*time.Minute)
		b.world.Advance(10*time.Minute - time.Second)
		b.must()
		b.world.Advance(time.Hour)
		b.must()
		records, _ := b.lakeState().latest("bronze/sf/account")
		if _, held := records[late]; held == c.lost {
			t.Errorf("overlap %s: the record that was committed late is held: %v", c.overlap, held)
		}
	}
}

// TestSalesforceResume ends a run in the middle of a Bulk download: the next one reads no
// finished page again.
func TestSalesforceResume(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account")
	b.config["transport"], b.bulk = "bulk", 5
	for i := range 48 {
		b.org.Insert("Account", salesforcesim.Record{"Name": fmt.Sprint(i)})
	}
	b.world.Advance(time.Hour)
	pages := 0
	b.kept = func(string) error {
		if pages++; pages == 5 { // the job, then four pages
			return errCrash
		}
		return nil
	}
	if _, err := b.run(); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	b.kept = nil
	b.org.ResetCalls()
	s := step(t, b.must(), "bronze/sf/account")
	if s.RowsOut != 48 || s.PagesResumed != 4 {
		t.Errorf("%d rows, %d pages of the run before", s.RowsOut, s.PagesResumed)
	}
	calls := b.org.Calls()
	if calls[salesforcesim.JobCreate] != 0 || calls[salesforcesim.JobResults] != 6 {
		t.Errorf("%d jobs and %d pages were asked for, want none and the 6 that were missing", calls[salesforcesim.JobCreate], calls[salesforcesim.JobResults])
	}
	if n := b.org.JobsOpen(); n != 0 {
		t.Errorf("%d jobs were left behind", n)
	}
	if left, _ := filepath.Glob(filepath.Join(b.dir, "lake", "_lake", "resume", "*", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestSalesforceFailsAlone has one object that cannot be read: it is named, and the other
// is committed.
func TestSalesforceFailsAlone(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account", "Contact", "Missing__c")
	b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	b.org.Insert("Contact", salesforcesim.Record{"LastName": "c"})
	b.org.Script(salesforcesim.Fault{On: salesforcesim.Query, Object: "Contact", Times: -1, Do: salesforcesim.Status500})
	b.world.Advance(time.Hour)
	res, err := b.run()
	var some *pipeline.IncompleteError
	if !errors.As(err, &some) || len(some.Errs) != 2 || some.OverBudget() || !strings.Contains(err.Error(), "Contact") || !strings.Contains(err.Error(), "Missing__c") {
		t.Fatalf("%v", err)
	}
	if res.Bronze == 0 || res.Status != pipeline.Failed || step(t, res, "bronze/sf/account").RowsOut != 1 || step(t, res, "bronze/sf/contact").Status != pipeline.Failed {
		t.Errorf("%+v", res)
	}
}

// TestSalesforceOtherOrg refuses to mix the records of two orgs.
func TestSalesforceOtherOrg(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account")
	b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	b.world.Advance(time.Hour)
	b.must()
	other := newBench(t, salesforcesim.OrgOptions{ID: "00D9Z0000000009UAA"}, "Account")
	b.config["login_url"], b.held = other.server.URL, nil
	var changed *salesforce.OrgChangedError
	if _, err := b.run(); !errors.As(err, &changed) {
		t.Errorf("%v", err)
	}
}

// TestSalesforceBudget stops at the bound, keeps what it has, and goes on later.
func TestSalesforceBudget(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{DailyCalls: 100, PageRows: 2}, "Account")
	b.config["transport"] = "rest"
	for i := range 60 {
		b.org.Insert("Account", salesforcesim.Record{"Name": fmt.Sprint(i)})
	}
	b.world.Advance(time.Hour)
	_, err := b.run()
	var some *pipeline.IncompleteError
	if !errors.As(err, &some) || !some.OverBudget() {
		t.Fatal(err)
	}
	for i := 0; err != nil && i < 3; i++ {
		b.world.Advance(25 * time.Hour)
		_, err = b.run()
	}
	if err != nil {
		t.Fatal(err)
	}
	records, _ := b.lakeState().latest("bronze/sf/account")
	if len(records) != 60 {
		t.Errorf("%d records", len(records))
	}
}

// TestSalesforceSecrets looks for planted secrets, and for tokens, everywhere a run
// leaves something: after one that fails and one that does not.
func TestSalesforceSecrets(t *testing.T) {
	const planted = `planted"secret&1`
	b := newBench(t, salesforcesim.OrgOptions{ClientSecret: planted}, "Account")
	b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	b.world.Advance(time.Hour)
	var said strings.Builder
	look := func(res *pipeline.Result, err error) {
		fmt.Fprintf(&said, "%+v %v", res, err)
	}
	b.env["SF_SECRET"] = planted + "wrong"
	look(b.run())
	b.held = nil
	b.env["SF_SECRET"] = planted
	b.org.Script(salesforcesim.Fault{On: salesforcesim.Query, Object: "Account", Times: -1, Do: salesforcesim.Status500})
	look(b.run())
	b.org.Calm()
	b.held = nil
	look(b.run())
	err := filepath.WalkDir(b.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			raw, readErr := os.ReadFile(path)
			said.Write(raw)
			return readErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	session := b.org.NewSession()
	for _, secret := range []string{planted, `planted\"secret`, "planted%22secret", session[:15] + "!"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%q was left somewhere", secret)
		}
	}
	if !strings.Contains(said.String(), "SF_SECRET") { // the configuration was read, so the search is no empty one
		t.Error("nothing was looked at")
	}
}

// TestSalesforceTransport chooses by size, by width and by what the org can do, and says
// why.
func TestSalesforceTransport(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account", "Contact", "Small__c", "Wide__c", "Odd__c")
	b.config["bulk_above"] = 5
	wide := salesforcesim.Object{Name: "Wide__c", KeyPrefix: "a02"}
	for i := range 400 {
		wide.Fields = append(wide.Fields, salesforcesim.Field{Name: fmt.Sprintf("A_field_with_a_name_as_long_as_names_get_%03d__c", i), Type: "string"})
	}
	b.org.Define(wide)
	b.org.Define(salesforcesim.Object{Name: "Odd__c", KeyPrefix: "a03", NoBulk: true, Fields: []salesforcesim.Field{{Name: "Name", Type: "string"}}})
	b.org.Define(salesforcesim.Object{Name: "Small__c", KeyPrefix: "a04", NoSystemModstamp: true, NoLastModified: true, Fields: []salesforcesim.Field{{Name: "Name", Type: "string"}}})
	for range 6 {
		b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
		b.org.Insert("Odd__c", salesforcesim.Record{"Name": "o"})
	}
	b.org.Insert("Small__c", salesforcesim.Record{"Name": "s"})
	b.org.Insert("Wide__c", salesforcesim.Record{"A_field_with_a_name_as_long_as_names_get_007__c": "w"})
	b.world.Advance(time.Hour)
	res := b.must()
	for _, c := range []struct {
		table, transport, why string
		rows                  int64
	}{
		{"account", "bulk", "more than 5", 6},
		{"contact", "rest", "at most 5 go by REST", 0},
		{"small__c", "rest", "at most 5 go by REST", 1},
		{"wide__c", "bulk", "does not fit a URL", 1},
		{"odd__c", "rest", "Bulk does not support", 6},
	} {
		s := step(t, res, "bronze/sf/"+c.table)
		if s.Transport != c.transport || !strings.Contains(s.TransportWhy, c.why) || s.RowsOut != c.rows || s.Calls == 0 {
			t.Errorf("%s: %d rows by %s in %d calls, %s", c.table, s.RowsOut, s.Transport, s.Calls, s.TransportWhy)
		}
	}
}
