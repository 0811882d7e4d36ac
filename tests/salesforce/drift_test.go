package salesforce_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/bronze"
	"github.com/customer360/pipeline/pipeline/source/salesforce"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

// TestSalesforceDrift changes the fields of an object in every way: each is told, all
// records are read again for what is new, and nothing that was held is lost.
func TestSalesforceDrift(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Thing__c")
	text := func(name string) salesforcesim.Field {
		return salesforcesim.Field{Name: name, Type: "string", Length: 80}
	}
	b.org.Define(salesforcesim.Object{Name: "Thing__c", KeyPrefix: "a00", Fields: []salesforcesim.Field{text("Name"), text("Gone__c"), text("Hidden__c"), text("Typed__c")}})
	id := b.org.Insert("Thing__c", salesforcesim.Record{"Name": "n", "Gone__c": "g", "Hidden__c": "h", "Typed__c": "t"})
	b.world.Advance(time.Hour)
	b.must()
	b.org.RemoveField("Thing__c", "Gone__c")
	b.org.HideField("Thing__c", "Hidden__c")
	b.org.Retype("Thing__c", "Typed__c", "picklist")
	b.org.AddField("Thing__c", text("New__c"))
	b.org.SetSilently("Thing__c", id, salesforcesim.Record{"New__c": "new"})
	b.world.Advance(time.Hour)
	said := strings.Join(b.must().Warnings, "\n")
	for _, want := range []string{"new field New__c (string)", "field Gone__c is gone or hidden", "field Hidden__c is gone or hidden", "field Typed__c was string and is picklist now"} {
		if !strings.Contains(said, want) {
			t.Errorf("no warning says %q:\n%s", want, said)
		}
	}
	h := b.lakeState()
	records, _ := h.latest("bronze/sf/thing__c")
	if records[id]["New__c"] != "new" {
		t.Errorf("a record that did not change lacks the new field: %v", records[id])
	}
	if _, rows := h.rows(fmt.Sprintf(`SELECT count(*)::VARCHAR FROM %s WHERE "Gone__c" = 'g' AND "Hidden__c" = 'h'`, h.files("bronze/sf/thing__c"))); rows[0][0] != "1" {
		t.Errorf("%s versions hold what is gone", rows[0][0])
	}
	b.object[0].(map[string]any)["salesforce"] = map[string]any{"expected": []string{"Hidden__c"}, "strict": true}
	b.held = nil
	var missing *salesforce.MissingFieldsError
	if _, err := b.run(); !errors.As(err, &missing) {
		t.Errorf("a strict object without a field it must have: %v", err)
	}
}

// TestSalesforceWatermark moves on though nothing came, and goes by the org's clock.
func TestSalesforceWatermark(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account")
	b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	for want := int64(1); want >= 0; want-- {
		b.world.Advance(time.Hour)
		b.held = nil
		b.runner().Now = func() time.Time { return b.world.Now().Add(7 * time.Hour) } // a clock that is wrong
		s := step(t, b.must(), "bronze/sf/account")
		if s.RowsOut != want || s.WatermarkTo == nil || !s.WatermarkTo.Equal(b.world.Now().Add(-time.Minute)) {
			t.Errorf("%d rows, watermark %v, at %v", s.RowsOut, s.WatermarkTo, b.world.Now())
		}
	}
}

// TestSalesforceGuard does not believe that most records are gone, until told that they
// may be.
func TestSalesforceGuard(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account")
	var ids []string
	for i := range 60 {
		ids = append(ids, b.org.Insert("Account", salesforcesim.Record{"Name": fmt.Sprint(i)}))
	}
	b.world.Advance(time.Hour)
	b.must()
	var hidden []salesforcesim.Record
	for _, id := range ids[:20] {
		r, _ := b.org.Record("Account", id)
		hidden = append(hidden, r)
		b.org.Vanish("Account", id)
	}
	b.world.Advance(8 * 24 * time.Hour)
	var much *bronze.VanishedError
	if _, err := b.run(); !errors.As(err, &much) {
		t.Fatalf("a third of the records is gone: %v", err)
	}
	if _, gone := b.lakeState().latest("bronze/sf/account"); len(gone) != 0 {
		t.Errorf("%d count as deleted", len(gone))
	}
	b.org.Load("Account", hidden) // a permission that was lost is given back
	b.must()
	if _, gone := b.lakeState().latest("bronze/sf/account"); len(gone) != 0 {
		t.Errorf("%d count as deleted, though they are back", len(gone))
	}
	for _, id := range ids[:20] {
		b.org.Vanish("Account", id)
	}
	b.world.Advance(8 * 24 * time.Hour)
	b.config["reconcile_limit"], b.held = 50, nil
	b.must()
	if _, gone := b.lakeState().latest("bronze/sf/account"); len(gone) != 20 {
		t.Errorf("%d count as deleted", len(gone))
	}
}
