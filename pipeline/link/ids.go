package link

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// Assignment is a line of the crosswalk: the customer an account belongs to.
type Assignment struct {
	AccountID       string `json:"account_id"`
	MasterAccountID string `json:"master_account_id"`
}

// EventKind is what happened to a master account id.
type EventKind string

// Events of ids. Merged and split lead from the old id to what it became.
const (
	Minted  EventKind = "minted"  // a new customer
	Merged  EventKind = "merged"  // into another: the old id is an alias from now on
	Split   EventKind = "split"   // part of the old id's accounts are a customer of their own now
	Retired EventKind = "retired" // no account of it is left
)

// Event is a line of the history of ids.
type Event struct {
	Kind            EventKind `json:"kind"`
	MasterAccountID string    `json:"master_account_id"`
	// Other is the id it was merged into (the alias's target) or split from; "" otherwise.
	Other    string `json:"other,omitempty"`
	Accounts int    `json:"accounts"` // how many it concerns
}

// mint makes the id of a customer from its smallest account id.
func mint(account string, taken map[string]bool) string {
	for n := 0; ; n++ {
		seed := account
		if n > 0 { // the id was minted once, for other accounts
			seed = fmt.Sprintf("%s|%d", account, n)
		}
		sum := sha256.Sum256([]byte(seed))
		if id := "M-" + hex.EncodeToString(sum[:])[:12]; !taken[id] {
			taken[id] = true
			return id
		}
	}
}

// AssignIDs gives each customer of a result its id, as the function of that name does; a new
// id is made of the smallest account.
func (r *Result) AssignIDs(earlier []Assignment, used []string) ([]Assignment, []Event) {
	accounts := make([]string, len(r.accounts))
	for i := range r.accounts {
		accounts[i] = r.accounts[i].ID
	}
	return AssignIDs(Customers{accounts, r.labels, r.labels}, earlier, used)
}

// Customers says which accounts are one customer.
type Customers struct {
	Accounts []string // ids, sorted
	Label    []int32  // of each account: equal for the accounts of one customer
	Founder  []int32  // of each account: the place of the account of its customer of whose id a new id is made
}

// AssignIDs gives each customer its id: that of the earlier crosswalk with most of its
// accounts, else a new one. used are further ids that were ever given out and must not be
// minted again, for example of retired customers. The assignments are ordered by account.
func AssignIDs(c Customers, earlier []Assignment, used []string) ([]Assignment, []Event) {
	before := make(map[string]string, len(earlier))
	taken := make(map[string]bool, len(earlier)+len(used))
	for _, id := range used {
		taken[id] = true
	}
	for _, a := range earlier {
		before[a.AccountID], taken[a.MasterAccountID] = a.MasterAccountID, true
	}
	of, shared := c.overlaps(before)
	master := carryOver(shared)
	var events []Event
	out := make([]Assignment, len(c.Accounts))
	for i, label := range c.Label {
		if master[label] == "" {
			master[label] = mint(c.Accounts[c.Founder[i]], taken)
			events = append(events, birth(master[label], of[label]))
		}
		out[i] = Assignment{c.Accounts[i], master[label]}
	}
	events = append(events, endings(shared, master)...)
	events = append(events, retirements(earlier, out)...)
	slices.SortFunc(events, func(x, y Event) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.MasterAccountID, y.MasterAccountID), cmp.Compare(x.Other, y.Other))
	})
	return out, events
}

// overlap is how many accounts a customer has of an earlier id.
type overlap struct {
	label    int32
	id       string
	accounts int
	first    int32 // the smallest of them
}

// overlaps counts, per customer and earlier id, the accounts they share. of is the earlier
// ids of each customer, the one with most accounts first.
func (c Customers) overlaps(before map[string]string) (of map[int32][]overlap, all []overlap) {
	type key struct {
		label int32
		id    string
	}
	at := map[key]int{}
	for i, account := range c.Accounts {
		id, ok := before[account]
		if !ok {
			continue
		}
		k := key{c.Label[i], id}
		n, ok := at[k]
		if !ok {
			n = len(all)
			at[k], all = n, append(all, overlap{label: k.label, id: id, first: int32(i)})
		}
		all[n].accounts++
	}
	slices.SortFunc(all, func(x, y overlap) int {
		return cmp.Or(cmp.Compare(y.accounts, x.accounts), cmp.Compare(x.id, y.id), cmp.Compare(x.first, y.first))
	})
	of = map[int32][]overlap{}
	for _, o := range all {
		of[o.label] = append(of[o.label], o)
	}
	return of, all
}

// carryOver gives earlier ids to customers, those with most accounts in common first.
func carryOver(shared []overlap) map[int32]string {
	master, given := map[int32]string{}, map[string]bool{}
	for _, o := range shared {
		if master[o.label] == "" && !given[o.id] {
			master[o.label], given[o.id] = o.id, true
		}
	}
	return master
}

// birth is the event of a new id: minted, or split from the id that most of it had.
func birth(id string, of []overlap) Event {
	if len(of) == 0 {
		return Event{Kind: Minted, MasterAccountID: id}
	}
	return Event{Kind: Split, MasterAccountID: id, Other: of[0].id, Accounts: of[0].accounts}
}

// endings are the ids whose accounts went to customers with another id. An id that goes on
// elsewhere is no alias; one that does not becomes one of the customer with most of it.
func endings(shared []overlap, master map[int32]string) []Event {
	alive := map[string]bool{}
	for _, id := range master {
		alive[id] = true
	}
	var events []Event
	for _, o := range shared {
		if !alive[o.id] {
			alive[o.id] = true
			events = append(events, Event{Kind: Merged, MasterAccountID: o.id, Other: master[o.label], Accounts: o.accounts})
		}
	}
	return events
}

// retirements are ids of accounts that are all gone.
func retirements(earlier, now []Assignment) []Event {
	known := make(map[string]bool, len(now))
	for _, a := range now {
		known[a.AccountID] = true
	}
	left, gone := map[string]bool{}, map[string]int{}
	for _, a := range earlier {
		if known[a.AccountID] {
			left[a.MasterAccountID] = true
		} else {
			gone[a.MasterAccountID]++
		}
	}
	var events []Event
	for id, n := range gone {
		if !left[id] {
			events = append(events, Event{Kind: Retired, MasterAccountID: id, Accounts: n})
		}
	}
	return events
}

// Resolve follows aliases from an id that was given out once to the one in use. Events may be
// those of several runs, the oldest first.
func Resolve(id string, events []Event) string {
	for _, e := range events {
		if e.Kind == Merged && e.MasterAccountID == id {
			id = e.Other
		}
	}
	return id
}
