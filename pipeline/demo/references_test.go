package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// points says to which object the ids of a column belong.
var points = map[string]*object{
	"AccountId": objAccount, "account_id": objAccount, "Order.AccountId": objAccount, "Parent.AccountId": objAccount, "Account__c": objAccount,
	"ConvertedAccountId": objAccount, "matched_account_id": objAccount, "Account.ParentId": objAccount,
	"ContactId": objContact, "contact_id": objContact, "ConvertedContactId": objContact, "ReportsToId": objContact, "Contact__c": objContact, "WhoId": objContact,
	"OpportunityId": objOpportunity, "ConvertedOpportunityId": objOpportunity, "WhatId": objOpportunity,
	"OwnerId": objUser, "ManagerId": objUser, "CreatedById": objUser, "UserId": objUser, "agent_user_id": objUser,
	"Product2Id": objProduct, "ProductId": objProduct, "product_id": objProduct,
	"ContractId": objContract, "Contract__c": objContract, "Renewal_Of__c": objContract,
	"AssetId": objAsset, "asset_id": objAsset, "OrderId": objOrder, "Order_Item__c": objOrderItem, "LeadId": objLead,
	"EntitlementId": objEntitlement, "CaseId": objCase, "case_id": objCase, "BusinessHoursId": objBusinessHours,
	"CaseComment.ParentId": objCase, "EmailMessage.ParentId": objCase, "ReplyToEmailMessageId": objEmail,
	"invoice_id": objInvoice, "rebilled_by_invoice_id": objInvoice, "billing_account_id": objBillingAccount,
}

// Every reference of a clean record leads to a record of the same org or billing
// system; the planted strangers lead nowhere.
func TestReferencesResolve(t *testing.T) {
	known := map[*object]map[string]bool{}
	each(t, func(s *system, tb *table) {
		ids := known[tb.object]
		if ids == nil {
			ids = map[string]bool{}
			known[tb.object] = ids
		}
		for _, row := range tb.rows {
			if len(row) == len(tb.object.columns) {
				ids[scope(s, tb.object)+tb.get(row, tb.object.key[0])] = true
			}
		}
	})
	dirty := map[spot]string{}
	for _, p := range plantedOf(t) {
		dirty[spot{p.Source, p.Object, p.Row}] = p.Kind
	}
	strangers := 0
	each(t, func(s *system, tb *table) {
		for n, row := range tb.rows {
			kind := dirty[spot{s.name, tb.object.name, int64(n + 1)}]
			if kind == "ragged" || kind == "id15" || kind == "duplicate_id15" {
				continue
			}
			for i, c := range tb.object.columns {
				to := points[c.name]
				if q := points[tb.object.name+"."+c.name]; q != nil {
					to = q
				}
				if to == nil || row[i] == "" || known[to][scope(s, to)+row[i]] {
					continue
				}
				if kind != "orphan" {
					t.Fatalf("%s %s row %d: %s %q leads nowhere", s.name, tb.object.name, n+1, c.name, row[i])
				}
				strangers++
			}
		}
	})
	if want := sample(t).Planted["orphan"]; strangers != want {
		t.Errorf("%d references lead nowhere, %d were planted", strangers, want)
	}
}

// scope keeps apart the ids of the billing systems, which are the same in two of them.
func scope(s *system, to *object) string {
	for _, o := range billingObjects {
		if o == to {
			return s.name + ":"
		}
	}
	return ""
}

// Two billing systems use the same invoice ids for different customers.
func TestInvoiceIDsAreSharedBySystems(t *testing.T) {
	ids := map[string]bool{}
	za := load(t, sample(t).Dir, &billingSystems[orgZA], objInvoice, baseDay(t))
	ke := load(t, sample(t).Dir, &billingSystems[orgKE], objInvoice, baseDay(t))
	for _, row := range za.rows {
		ids[za.get(row, "invoice_id")] = true
	}
	shared := 0
	for _, row := range ke.rows {
		if ids[ke.get(row, "invoice_id")] {
			shared++
		}
	}
	if shared < len(ke.rows)/3 {
		t.Errorf("only %d of %d Kenyan invoice ids are South African ones too", shared, len(ke.rows))
	}
}

// moments parses the instants of a dialect; the zero time stands for blank.
func parsed(t *testing.T, d *dialect, v string) time.Time {
	t.Helper()
	if v == "" {
		return time.Time{}
	}
	at, err := time.Parse(d.timeLayout, v)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(-time.Duration(d.zoneHours) * time.Hour)
}

// No stamp lies after the export, and none before the record's creation.
func TestStampsAreInOrder(t *testing.T) {
	end := baseDay(t).end().time()
	dirty := map[spot]bool{}
	for _, p := range plantedOf(t) {
		dirty[spot{p.Source, p.Object, p.Row}] = true
	}
	for i := range salesforceSystems {
		s := &salesforceSystems[i]
		for _, o := range salesforceObjects {
			tb := load(t, sample(t).Dir, s, o, baseDay(t))
			for n, row := range tb.rows {
				if o.index("CreatedDate") < 0 || dirty[spot{s.name, o.name, int64(n + 1)}] {
					continue
				}
				created := parsed(t, &s.dialect, tb.get(row, "CreatedDate"))
				stamp, modified := created, created
				if o.index("SystemModstamp") >= 0 {
					stamp = parsed(t, &s.dialect, tb.get(row, "SystemModstamp"))
				}
				if o.index("LastModifiedDate") >= 0 {
					modified = parsed(t, &s.dialect, tb.get(row, "LastModifiedDate"))
				}
				if created.IsZero() || modified.Before(created) || stamp.Before(modified) || stamp.After(end) {
					t.Fatalf("%s %s row %d: created %s, modified %s, stamp %s", s.name, o.name, n+1, created, modified, stamp)
				}
			}
		}
	}
}

// The last history row of a deal and of a case says what the record says.
func TestHistoriesAgree(t *testing.T) {
	last := map[string][]string{}
	for _, tb := range whole(t, salesforceSystems[:], objOppHistory) {
		for _, row := range tb.rows { // written in order of time
			last[tb.get(row, "OpportunityId")] = []string{tb.get(row, "StageName"), tb.get(row, "Amount"), tb.get(row, "Probability")}
		}
	}
	for _, tb := range whole(t, salesforceSystems[:], objOpportunity) {
		for _, row := range tb.rows {
			want := strings.Join([]string{strings.Join(strings.Fields(tb.get(row, "StageName")), " "), tb.get(row, "Amount"), tb.get(row, "Probability")}, "|")
			if got := strings.Join(last[tb.get(row, "Id")], "|"); got != want {
				t.Fatalf("opportunity %s is %s, its history says %s", tb.get(row, "Id"), want, got)
			}
		}
	}
	status := map[string]string{}
	for _, tb := range whole(t, salesforceSystems[:], objCaseHistory) {
		for _, row := range tb.rows {
			if tb.get(row, "Field") == "Status" && tb.get(row, "Id") != "" {
				status[tb.get(row, "CaseId")] = tb.get(row, "NewValue")
			}
		}
	}
	for _, tb := range whole(t, salesforceSystems[:], objCase) {
		for _, row := range tb.rows {
			if got := status[tb.get(row, "Id")]; got != "" && got != tb.get(row, "Status") {
				t.Fatalf("case %s is %s, its history says %s", tb.get(row, "Id"), tb.get(row, "Status"), got)
			}
		}
	}
}

// Phone numbers are possible in the country they are written for, so that only
// planted values are refused.
func TestPhoneNumbersAreValid(t *testing.T) {
	for i := range countries {
		c := &countries[i]
		for _, pattern := range []string{c.landline, c.mobile} {
			for n := range uint64(500) {
				for _, prefix := range []string{c.international, c.dial} {
					number, err := phonenumbers.Parse(prefix+filled(pattern, mix(n)), c.iso)
					if err != nil || !phonenumbers.IsValidNumber(number) {
						t.Fatalf("%s: %s%s is no number: %v", c.name, prefix, filled(pattern, mix(n)), err)
					}
				}
			}
		}
	}
}
