package demo

import "testing"

// A few customers are of the company that was taken over: they are in the CRM, deals won
// included, and no system bills or meters them.
func TestTakenOver(t *testing.T) {
	dir, d := sample(t).Dir, baseDay(t)
	crm, billing, usage := &salesforceSystems[orgZA], &billingSystems[orgZA], &usageSystems[orgZA]
	taken, won := map[string]bool{}, map[string]bool{}
	accounts := load(t, dir, crm, objAccount, d)
	for _, row := range accounts.rows {
		if accounts.get(row, "Region__c") == "Namibia" {
			taken[accounts.get(row, "Id")] = true
		}
	}
	within(t, "share of South Africa's accounts that are Namibian", float64(len(taken))/float64(len(accounts.rows)), 0.01, 0.04)
	deals := load(t, dir, crm, objOpportunity, d)
	for _, row := range deals.rows {
		if deals.get(row, "IsWon") == crm.dialect.yes && taken[deals.get(row, "AccountId")] {
			won[deals.get(row, "AccountId")] = true
		}
	}
	if len(won) < len(taken)/2 {
		t.Errorf("%d of %d have won deals", len(won), len(taken))
	}
	for _, of := range []struct {
		s *system
		o *object
	}{{billing, objBillingAccount}, {billing, objInvoice}, {usage, objUsage}} {
		tb := load(t, dir, of.s, of.o, d)
		for _, row := range tb.rows {
			if len(row) == len(of.o.columns) && taken[tb.get(row, "account_id")] {
				t.Fatalf("%s knows %s", of.s.name, tb.get(row, "account_id"))
			}
		}
	}
}
