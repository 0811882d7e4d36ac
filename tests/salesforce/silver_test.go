package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

// silver builds silver as of a day and returns what a query finds in one of its tables.
func (b *bench) silver(asOf, table, query string) [][]string {
	b.t.Helper()
	if _, err := b.runner().Run(context.Background(), pipeline.Options{Layer: pipeline.Silver, AsOf: asOf}); err != nil {
		b.t.Fatal(err)
	}
	h := b.lakeState()
	_, rows := h.rows(fmt.Sprintf(query, h.files("silver/"+table)))
	return rows
}

// TestSalesforceOverlays follows accounts into silver: one that is deleted for good, one
// that vanishes, one that comes back, one that is merged into another, and one whose
// derived field changes.
func TestSalesforceOverlays(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{}, "Account", "Contact")
	id := map[string]string{}
	for _, name := range []string{"stays", "deleted", "vanished", "back", "stale", "merged"} {
		id[name] = b.org.Insert("Account", salesforcesim.Record{"Name": name})
	}
	b.org.Insert("Contact", salesforcesim.Record{"LastName": "moves", "AccountId": id["merged"]})
	b.org.SetSilently("Account", id["stale"], salesforcesim.Record{"LastActivityDate": "2026-10-01"})
	b.world.Advance(time.Hour)
	b.must()
	b.world.Advance(24 * time.Hour)
	b.org.HardDelete("Account", id["deleted"])
	b.org.Vanish("Account", id["vanished"])
	b.org.Delete("Account", id["back"])
	b.org.Merge("Account", id["stays"], id["merged"])
	b.org.SetSilently("Account", id["stale"], salesforcesim.Record{"LastActivityDate": "2026-10-31"})
	b.must()
	b.world.Advance(time.Hour)
	b.org.Undelete("Account", id["back"])
	b.world.Advance(8 * 24 * time.Hour)
	b.must()
	const query = `SELECT account_name, coalesce(last_activity_date::VARCHAR, '') FROM %s ORDER BY 1`
	want := [][]string{{"back", ""}, {"deleted", ""}, {"merged", ""}, {"stale", "2026-10-01"}, {"stays", ""}, {"vanished", ""}}
	if diff := cmp.Diff(want, b.silver("2026-11-01", "account", query)); diff != "" {
		t.Errorf("on the first day (-want +got):\n%s", diff)
	}
	want = [][]string{{"back", ""}, {"stale", "2026-10-31"}, {"stays", ""}, {"vanished", ""}}
	if diff := cmp.Diff(want, b.silver("2026-11-02", "account", query)); diff != "" {
		t.Errorf("on the second day (-want +got):\n%s", diff)
	}
	want = [][]string{{"back", ""}, {"stale", "2026-10-31"}, {"stays", ""}}
	if diff := cmp.Diff(want, b.silver("2026-11-10", "account", query)); diff != "" {
		t.Errorf("after the ids were compared (-want +got):\n%s", diff)
	}
	h := b.lakeState()
	_, log := h.rows(fmt.Sprintf(`SELECT "Id", "MasterRecordId" FROM %s WHERE how = 'merge'`, h.files("bronze/sf/account__deleted")))
	if diff := cmp.Diff([][]string{{id["merged"], id["stays"]}}, log); diff != "" {
		t.Errorf("who took the place of whom (-want +got):\n%s", diff)
	}
	_, contacts := h.rows("SELECT last_name, account_id FROM " + h.files("silver/end_user"))
	if diff := cmp.Diff([][]string{{"moves", id["stays"]}}, contacts); diff != "" {
		t.Errorf("children of the merged (-want +got):\n%s", diff)
	}
}

// TestSalesforceCurrencies feeds the rates of an org with several currencies to silver.
func TestSalesforceCurrencies(t *testing.T) {
	b := newBench(t, salesforcesim.OrgOptions{MultiCurrency: true, Currency: "ZAR"}, "Account")
	b.config["reference_objects"] = true
	b.org.Define(salesforcesim.Object{Name: "CurrencyType", KeyPrefix: "01L", NoIsDeleted: true, Fields: []salesforcesim.Field{ // as if it could be asked for deletions
		{Name: "IsoCode", Type: "picklist"}, {Name: "ConversionRate", Type: "double", Precision: 18, Scale: 6}, {Name: "IsCorporate", Type: "boolean"}, {Name: "IsActive", Type: "boolean"}}})
	b.org.Insert("CurrencyType", salesforcesim.Record{"IsoCode": "ZAR", "ConversionRate": "1", "IsCorporate": "true", "IsActive": "true"})
	b.org.Insert("CurrencyType", salesforcesim.Record{"IsoCode": "USD", "ConversionRate": "0.05", "IsCorporate": "false", "IsActive": "true"})
	b.org.Insert("DatedConversionRate", salesforcesim.Record{"IsoCode": "USD", "ConversionRate": "0.04", "StartDate": "2026-10-01"})
	for range 2 {
		b.world.Advance(time.Hour)
		b.must()
	}
	asked := map[string]bool{}
	for _, r := range b.org.Log() {
		asked[r.Object] = asked[r.Object] || r.Call == salesforcesim.Deleted
	}
	if !asked["Account"] || asked["CurrencyType"] {
		t.Errorf("deletions were asked for: %v", asked)
	}
	got := b.silver("2026-11-01", "exchange_rate", `SELECT currency_iso_code, rate_kind, round(units_per_usd, 6)::VARCHAR FROM %s WHERE currency_iso_code = 'ZAR' ORDER BY 2`)
	if diff := cmp.Diff([][]string{{"ZAR", "static", "20.0"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSalesforceGoesOn builds silver from what there is, where the configuration says so,
// and fails all the same.
func TestSalesforceGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds all of gold")
	}
	b := newBench(t, salesforcesim.OrgOptions{}, "Account", "Missing__c")
	b.top["on_failure"] = "continue"
	b.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	b.world.Advance(25 * time.Hour)
	res, err := b.runner().Run(context.Background(), pipeline.Options{Layer: pipeline.All})
	var some *pipeline.IncompleteError
	if !errors.As(err, &some) || res.Published == 0 || res.Status != pipeline.Failed {
		t.Errorf("published %d, %s: %v", res.Published, res.Status, err)
	}
}
