package demo

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func within(t *testing.T, what string, got, lo, hi float64) {
	t.Helper()
	if got < lo || got > hi {
		t.Errorf("%s is %.3f, want %.3f to %.3f", what, got, lo, hi)
	}
}

// Deals: about 63 % are won, half of the won ones within 57 days.
func TestDealsAreBelievable(t *testing.T) {
	var won, closed, recentWon, recentClosed float64
	var cycles []int
	since := baseDay(t) - 730
	for i := range salesforceSystems {
		s := &salesforceSystems[i]
		tb := load(t, sample(t).Dir, s, objOpportunity, baseDay(t))
		for _, row := range tb.rows {
			if tb.get(row, "IsClosed") != s.dialect.yes {
				continue
			}
			at := dayOf(parsed(t, &s.dialect, tb.get(row, "LastModifiedDate")))
			isWon := tb.get(row, "IsWon") == s.dialect.yes
			closed++
			if at > since {
				recentClosed++
			}
			if isWon {
				won++
				if at > since {
					recentWon++
				}
				cycles = append(cycles, int(at-dayOf(parsed(t, &s.dialect, tb.get(row, "CreatedDate")))))
			}
		}
	}
	within(t, "win rate", won/closed, 0.60, 0.66)
	within(t, "win rate of 24 months", recentWon/recentClosed, 0.60, 0.66)
	slices.Sort(cycles)
	within(t, "median won cycle in days", float64(cycles[len(cycles)/2]), 53, 61)
}

// Every rung of the ladder of recurring revenue is used, and a quarter of the
// accounts buy by repeat order without a contract.
func TestShares(t *testing.T) {
	accounts := 0
	in := map[string]map[string]bool{}
	note := func(what, account string) {
		if in[what] == nil {
			in[what] = map[string]bool{}
		}
		in[what][account] = true
	}
	assetOwner, won := map[string]string{}, map[string]string{}
	for i := range salesforceSystems {
		s, d := &salesforceSystems[i], baseDay(t)
		at := func(o *object, visit func(tb *table, row []string)) {
			tb := load(t, sample(t).Dir, s, o, d)
			for _, row := range tb.rows {
				if len(row) == len(o.columns) {
					visit(tb, row)
				}
			}
		}
		at(objAccount, func(*table, []string) { accounts++ })
		at(objAsset, func(tb *table, row []string) {
			assetOwner[tb.get(row, "Id")] = tb.get(row, "AccountId")
			note("asset", tb.get(row, "AccountId"))
		})
		at(objAssetState, func(tb *table, row []string) { note("state", assetOwner[tb.get(row, "AssetId")]) })
		at(objContract, func(tb *table, row []string) { note("contract", tb.get(row, "AccountId")) })
		at(objOrder, func(tb *table, row []string) {
			if tb.get(row, "Type") == "Repeat" {
				note("repeat", tb.get(row, "AccountId"))
			}
		})
		at(objOpportunity, func(tb *table, row []string) {
			if tb.get(row, "ContractId") != "" {
				won[tb.get(row, "Id")] = tb.get(row, "AccountId")
			}
		})
		at(objOppLine, func(tb *table, row []string) {
			if a := won[tb.get(row, "OpportunityId")]; a != "" && tb.get(row, "Is_Recurring__c") == s.dialect.yes {
				note("contract line", a)
			}
		})
	}
	for i := range billingSystems {
		s := &billingSystems[i]
		tb := load(t, sample(t).Dir, s, objSubscription, baseDay(t))
		for _, row := range tb.rows {
			note("subscription", tb.get(row, "account_id"))
		}
		owner := map[string]string{}
		tb = load(t, sample(t).Dir, s, objInvoice, baseDay(t))
		for _, row := range tb.rows {
			owner[tb.get(row, "invoice_id")] = tb.get(row, "account_id")
		}
		tb = load(t, sample(t).Dir, s, objInvoiceLine, baseDay(t))
		for _, row := range tb.rows {
			if len(row) == len(objInvoiceLine.columns) && tb.get(row, "charge_type") == "Recurring" {
				note("invoice line", owner[tb.get(row, "invoice_id")])
			}
		}
	}
	share := func(what string, but ...string) float64 {
		n := 0
		for a := range in[what] {
			if !slices.ContainsFunc(but, func(b string) bool { return in[b][a] }) {
				n++
			}
		}
		return float64(n) / float64(accounts)
	}
	within(t, "share with asset states", share("state"), 0.50, 0.60)
	within(t, "share with assets only", share("asset", "state"), 0.10, 0.16)
	within(t, "share with contract lines only", share("contract line", "state", "asset", "subscription"), 0.10, 0.16)
	within(t, "share with invoice lines only", share("invoice line", "state", "asset", "subscription", "contract line"), 0.10, 0.16)
	within(t, "share with subscriptions", share("subscription"), 0.02, 0.06)
	within(t, "share buying by repeat order without contract", share("repeat", "contract"), 0.22, 0.28)
}

// Terms are 30 days; of the invoices due in the last year about 36 % were not paid
// in full by then.
func TestInvoicesAreBelievable(t *testing.T) {
	var due, late float64
	for i := range billingSystems {
		s := &billingSystems[i]
		read := func(o *object) *table { return load(t, sample(t).Dir, s, o, baseDay(t)) }
		amount := func(v string) int64 { return cents(t, &s.dialect, v) }
		on := func(v string) day {
			at, err := time.Parse(s.dialect.dateLayout, v)
			if err != nil {
				at, err = time.Parse(s.dialect.otherDate, v)
			}
			if err != nil {
				return 0
			}
			return dayOf(at)
		}
		deadline, paid := map[string]day{}, map[string]int64{}
		inv := read(objInvoice)
		for _, row := range inv.rows {
			deadline[inv.get(row, "invoice_id")] = on(inv.get(row, "due_date"))
			if terms := on(inv.get(row, "due_date")) - on(inv.get(row, "invoice_date")); terms != 30 {
				t.Fatalf("%s: terms of %d days", s.name, terms)
			}
		}
		for o, value := range map[*object]string{objPayment: "applied_amount", objCreditMemo: "amount"} {
			tb := read(o)
			for _, row := range tb.rows {
				if id := tb.get(row, "invoice_id"); len(row) == len(o.columns) && deadline[id] != 0 {
					if when := on(tb.get(row, "applied_on")); when != 0 && when <= deadline[id] {
						paid[id] += amount(tb.get(row, value))
					}
				}
			}
		}
		for _, row := range inv.rows {
			id := inv.get(row, "invoice_id")
			if d := deadline[id]; inv.get(row, "status") == "Issued" && d < baseDay(t) && d >= baseDay(t)-365 {
				due++
				if paid[id] < amount(inv.get(row, "total_amount"))-1 {
					late++
				}
			}
		}
	}
	within(t, "share of late invoices", late/due, 0.33, 0.39)
}

// cents reads an amount.
func cents(t *testing.T, d *dialect, v string) int64 {
	t.Helper()
	v = strings.ReplaceAll(v, d.csv.Thousands, "")
	n, err := strconv.ParseInt(strings.NewReplacer(",", "", ".", "").Replace(v), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Customers who leave decline first: their usage falls, and their cases escalate
// more often than those of the others.
func TestDeclineComesBeforeLeaving(t *testing.T) {
	g := &settings{seed: 7, accounts: 4000, meteredPer1000: meteredShare(4000), asOf: baseDay(t)}
	g.start, g.horizon = g.asOf-historyDays, g.asOf+MaxDays
	var cases, escalated [2]float64
	var used [2][2]int64 // before and at the end; leaving or not
	p := planner{seed: g.seed, want: g.accounts}
	for c, more := p.plan(); more; c, more = p.plan() {
		for _, plan := range c.accounts {
			a := g.live(c, plan)
			end, leaving := g.asOf, 0
			if a.fate == declining || a.fate == churned {
				leaving = 1
			}
			if a.leaves != 0 {
				end = a.leaves
			}
			for i := range a.cases {
				if d := a.cases[i].created().day(); d > end-90 && d <= end {
					cases[leaving]++
					if a.cases[i].escalated != 0 {
						escalated[leaving]++
					}
				}
			}
			for i := range a.services {
				if s := &a.services[i]; s.product.usageType != "" && s.start < end-400 {
					for d := end - 30; d <= end; d++ {
						if now, then := s.on(d), s.on(d-300); now != nil && then != nil {
							used[leaving][1] += a.used(s, now, d, mix(uint64(d)), true)
							used[leaving][0] += a.used(s, then, d-300, mix(uint64(d-300)), true)
						}
					}
				}
			}
		}
	}
	if staying, leaving := escalated[0]/cases[0], escalated[1]/cases[1]; leaving < 4*staying {
		t.Errorf("%.2f of the cases of those who leave escalate, %.2f of the others", leaving, staying)
	}
	if fall := float64(used[1][1]) / float64(used[1][0]); fall > 0.6 {
		t.Errorf("usage of those who leave fell to %.2f only", fall)
	}
	if rest := float64(used[0][1]) / float64(used[0][0]); rest < 0.9 {
		t.Errorf("usage of the others fell to %.2f", rest)
	}
}
