package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/source/salesforce"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

// things fills an org with an object of its own.
func (b *bench) things(n int) (ids []string) {
	b.org.Define(salesforcesim.Object{Name: "Thing__c", KeyPrefix: "a00", Fields: []salesforcesim.Field{{Name: "Name", Type: "string"}, {Name: "Gone__c", Type: "string"}}})
	for i := range n {
		ids = append(ids, b.org.Insert("Thing__c", salesforcesim.Record{"Name": fmt.Sprint(i)}))
		b.world.Advance(time.Hour)
	}
	return ids
}

// TestSalesforceGetsOn meets what stops a query half-way: each time all is read in the
// end, and no more is asked for again than has to be.
func TestSalesforceGetsOn(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault salesforcesim.Fault
		by    string
		note  string
		calls map[salesforcesim.Call]int // of queries, the one that says which org it is among them
	}{
		{"windows that take too long are halved", salesforcesim.Fault{On: salesforcesim.Query, Object: "Thing__c", Times: 3, Do: salesforcesim.QueryTimeout}, "rest", "is halved", nil},
		{"jobs that fail are halved", salesforcesim.Fault{On: salesforcesim.JobGet, Times: 2, Do: salesforcesim.JobFailedSilently}, "bulk", "is halved", nil},
		{"a URL that is too long for a proxy goes by Bulk", salesforcesim.Fault{On: salesforcesim.Query, Object: "Thing__c", Do: salesforcesim.HTML414}, "auto", "", map[salesforcesim.Call]int{salesforcesim.JobCreate: 1}},
		{"behind a session that ended the query goes on from the last Id", salesforcesim.Fault{On: salesforcesim.QueryMore, Skip: 2, Do: salesforcesim.SessionExpired}, "rest", "",
			map[salesforcesim.Call]int{salesforcesim.Query: 3, salesforcesim.QueryMore: 4}}, // 5+5+5, the refusal, 5+1: with a second query
		{"a field that goes after it was described is left out", salesforcesim.Fault{On: salesforcesim.Query, Object: "Thing__c", Do: salesforcesim.FieldRemoved, Field: "Gone__c"}, "rest", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, salesforcesim.OrgOptions{PageRows: 5}, "Thing__c")
			b.config["transport"] = c.by
			b.things(21)
			b.org.Script(c.fault)
			s := step(t, b.must(), "bronze/sf/thing__c")
			if s.RowsOut != 21 || !strings.Contains(strings.Join(s.Notes, "\n"), c.note) || b.org.Faulted()[c.fault.Do] == 0 {
				t.Errorf("%d rows, %q, %v", s.RowsOut, s.Notes, b.org.Faulted())
			}
			for _, call := range slices.Sorted(maps.Keys(c.calls)) {
				if got := b.org.Calls()[call]; got != c.calls[call] {
					t.Errorf("%d calls %s, want %d", got, call, c.calls[call])
				}
			}
		})
	}
}

// TestSalesforceGivesUp halves a window that always takes too long only so often, and
// then says which it is.
func TestSalesforceGivesUp(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Thing__c")
	b.config["transport"] = "rest"
	b.things(3)
	b.org.Script(salesforcesim.Fault{On: salesforcesim.Query, Object: "Thing__c", Times: -1, Do: salesforcesim.QueryTimeout})
	var window *salesforce.WindowError
	if _, err := b.run(); !errors.As(err, &window) || !strings.Contains(err.Error(), "Thing__c") {
		t.Errorf("%v", err)
	}
	if n := b.org.Calls()[salesforcesim.Query]; n > 20 {
		t.Errorf("%d queries", n)
	}
}

// TestSalesforceSnapshot reads an object that says of no record when it changed: as a
// whole, every time.
func TestSalesforceSnapshot(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Plain__c")
	b.org.Define(salesforcesim.Object{Name: "Plain__c", KeyPrefix: "a05", Bare: true, Fields: []salesforcesim.Field{{Name: "Name", Type: "string"}}})
	stays, goes := b.org.Insert("Plain__c", salesforcesim.Record{"Name": "stays"}), b.org.Insert("Plain__c", salesforcesim.Record{"Name": "goes"})
	for _, c := range []struct {
		change func()
		rows   int64
		gone   bool
	}{
		{func() {}, 2, false},
		{func() {
			b.org.SetSilently("Plain__c", stays, salesforcesim.Record{"Name": "changed"})
			b.org.Vanish("Plain__c", goes)
		}, 1, true},
		{func() {}, 0, true},
	} {
		c.change()
		b.world.Advance(time.Hour)
		if s := step(t, b.must(), "bronze/sf/plain__c"); s.RowsOut != c.rows {
			t.Errorf("%d new versions, want %d", s.RowsOut, c.rows)
		}
		if _, gone := b.lakeState().latest("bronze/sf/plain__c"); gone[goes] != c.gone {
			t.Errorf("the record that went counts as deleted: %v, want %v", gone[goes], c.gone)
		}
	}
	if diff := b.differs([]string{"Plain__c"}, nil); diff != "" {
		t.Error(diff)
	}
}

// TestSalesforceFields reads the fields that are asked for, and archived records too. A
// personal field makes no new version.
func TestSalesforceFields(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Task", "Account")
	b.object[0].(map[string]any)["salesforce"] = map[string]any{"include": []string{"Subject"}}
	b.object[1].(map[string]any)["salesforce"] = map[string]any{"exclude": []string{"Industry"}}
	b.org.Insert("Task", salesforcesim.Record{"Subject": "old", "IsArchived": "true"})
	id := b.org.Insert("Account", salesforcesim.Record{"Name": "a", "Industry": "Banking"})
	b.world.Advance(time.Hour)
	b.must()
	h := b.lakeState()
	columns, rows := h.rows("SELECT COLUMNS(c -> NOT starts_with(c, '_')) FROM " + h.files("bronze/sf/task"))
	slices.Sort(columns)
	if diff := cmp.Diff([]string{"CreatedDate", "Id", "IsArchived", "IsDeleted", "LastModifiedDate", "Subject", "SystemModstamp"}, columns); diff != "" || len(rows) != 1 {
		t.Errorf("%d archived records (-want +got):\n%s", len(rows), diff)
	}
	columns, _ = h.rows("SELECT * FROM " + h.files("bronze/sf/account"))
	if slices.Contains(columns, "Industry") || !slices.Contains(columns, "LastViewedDate") {
		t.Errorf("columns %s", columns)
	}
	b.org.Touch("Account", id, salesforcesim.Record{"LastViewedDate": "2026-11-01T01:30:00.000Z"})
	b.world.Advance(time.Hour)
	if s := step(t, b.must(), "bronze/sf/account"); s.RowsOut != 1 { // the stamp moved
		t.Errorf("%d versions after the record was stamped", s.RowsOut)
	}
	b.org.SetSilently("Account", id, salesforcesim.Record{"LastViewedDate": "2026-11-01T02:30:00.000Z"})
	if s := step(t, b.must(), "bronze/sf/account"); s.RowsOut != 0 { // the overlap read it again
		t.Errorf("%d versions after the record was looked at", s.RowsOut)
	}
}

// TestSalesforceOrgFailsAlone has two orgs, of which one lets nobody in: what the other
// gave is committed.
func TestSalesforceOrgFailsAlone(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account")
	b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	b.world.Advance(time.Hour)
	source := func(name, secret string) map[string]any {
		return map[string]any{"name": name, "type": "salesforce", "region": "Kenya", "mapping": "salesforce", "objects": b.object, "salesforce": map[string]any{"login_url": b.server.URL,
			"reference_objects": false, "auth": map[string]any{"client_id": b.org.Options().ClientID, "client_secret": secret}}}
	}
	b.env["SF_WRONG"] = "mistaken"
	b.top["sources"] = []any{source("sf_bad", "${SF_WRONG}"), source("sf_good", "${SF_SECRET}")}
	res, err := b.runner().Run(context.Background(), pipeline.Options{Layer: pipeline.Bronze})
	var some *pipeline.IncompleteError
	if !errors.As(err, &some) || !strings.Contains(err.Error(), "sf_bad") || strings.Contains(err.Error(), "sf_good") {
		t.Errorf("%v", err)
	}
	if res.Bronze == 0 || step(t, res, "bronze/sf_good/account").RowsOut != 1 {
		t.Errorf("%+v", res)
	}
}
