package link_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/link"
)

// sharedByMany is an address on more accounts of different names than an address may be on.
const sharedByMany = "desk@every-agency.example.io"

// randomAccounts draws accounts whose names are of several scripts, some alike, some of one
// name, with parents, identifiers of their own, and one mailbox that most of them have.
func randomAccounts(t *rapid.T) []link.Account {
	rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	word := func() string {
		table := scripts[rnd.IntN(len(scripts))]
		letters := lettersOf(table)
		w := make([]rune, 3+rnd.IntN(6))
		for i := range w {
			w[i] = letters[rnd.IntN(len(letters))]
		}
		return string(w)
	}
	forms := []string{"", "", " Ltd", " GmbH", " (Pty) Ltd", " ООО", " 有限公司", " Group", " (Kenya)", " & Sons"}
	var accounts []link.Account
	for c := range rapid.IntRange(12, 40).Draw(t, "companies") {
		name := word() + " " + word()
		for i := range 1 + rnd.IntN(4) {
			a := link.Account{ID: fmt.Sprintf("%03d-%d", rnd.IntN(1000), len(accounts)), Region: string(rune('A' + rnd.IntN(4))), Name: name + forms[rnd.IntN(len(forms))]}
			if rnd.IntN(3) == 0 {
				a.Parent = fmt.Sprint("P", c%9) // several companies have one parent
			}
			if rnd.IntN(3) == 0 {
				a.Domain = fmt.Sprintf("company%d.example.io", c+i%2)
			}
			if rnd.IntN(4) > 0 {
				a.Email = sharedByMany
			}
			accounts = append(accounts, a)
		}
	}
	return accounts
}

// lettersOf are some letters of a script.
func lettersOf(table *unicode.RangeTable) []rune {
	var letters []rune
	for _, r := range table.R16 {
		for c := rune(r.Lo); c <= rune(r.Hi) && len(letters) < 60; c += rune(r.Stride) {
			if unicode.IsLetter(c) {
				letters = append(letters, c)
			}
		}
	}
	return letters
}

// TestRandom: whatever the accounts are, the promises hold.
func TestRandom(t *testing.T) {
	l := newLinker(t, "entity")
	rapid.Check(t, func(rt *rapid.T) {
		accounts := randomAccounts(rt)
		var decisions []link.Decision
		for range rapid.IntRange(0, 6).Draw(rt, "decisions") {
			a, b := rapid.IntRange(0, len(accounts)-1).Draw(rt, "a"), rapid.IntRange(0, len(accounts)-1).Draw(rt, "b")
			if a != b {
				decisions = append(decisions, link.Decision{A: accounts[a].ID, B: accounts[b].ID, Same: rapid.Bool().Draw(rt, "same"), By: "x"})
			}
		}
		first := mustRun(rt, l, accounts, decisions)
		master := masters(first)
		checkGuards(rt, accounts, decisions, master)
		checkEvidence(rt, first)

		mixed := slices.Clone(accounts)
		rand.New(rand.NewPCG(uint64(len(accounts)), 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if dump(rt, mustRun(rt, l, mixed, decisions)) != dump(rt, first) {
			rt.Fatalf("shuffled input gives another result")
		}
		checkOldIDs(rt, l, accounts, first)
	})
}

func mustRun(t *rapid.T, l *link.Linker, accounts []link.Account, decisions []link.Decision) *link.Result {
	r, err := l.Run(context.Background(), accounts, decisions)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return r
}

// checkGuards: every account has a customer; no customer has two parents or accounts that a
// steward keeps apart.
func checkGuards(t *rapid.T, accounts []link.Account, decisions []link.Decision, master map[string]string) {
	parents := map[string]string{}
	for _, a := range accounts {
		m := master[a.ID]
		if m == "" {
			t.Fatalf("account %s has no customer", a.ID)
		}
		if a.Parent == "" {
			continue
		}
		if p, ok := parents[m]; ok && p != a.Parent {
			t.Fatalf("customer %s has the parents %s and %s", m, p, a.Parent)
		}
		parents[m] = a.Parent
	}
	// All decisions are of one time: the careful one counts.
	for _, d := range decisions {
		if !d.Same && master[d.A] == master[d.B] {
			t.Fatalf("%s and %s are one customer although a steward keeps them apart", d.A, d.B)
		}
	}
}

// checkEvidence: what many share is nobody's evidence.
func checkEvidence(t *rapid.T, r *link.Result) {
	for l := range r.Links() {
		if strings.Contains(l.Evidence, sharedByMany) {
			t.Fatalf("%s and %s are linked by %s", l.AccountID, l.MatchedAccountID, l.Evidence)
		}
	}
}

// checkOldIDs: after accounts come and go, every id that was given out leads to a customer
// that holds one of its accounts, if any of them is left.
func checkOldIDs(t *rapid.T, l *link.Linker, accounts []link.Account, first *link.Result) {
	before, _ := first.AssignIDs(nil, nil)
	later := slices.Clone(accounts[len(accounts)/8:])
	later = append(later, link.Account{ID: "z1", Region: "A", Name: accounts[len(accounts)-1].Name, Domain: accounts[len(accounts)-1].Domain})
	join := []link.Decision{{A: later[0].ID, B: later[len(later)/2].ID, Same: true, By: "x"}}
	now, events := mustRun(t, l, later, join).AssignIDs(before, nil)
	holder, members := map[string]string{}, map[string]map[string]bool{}
	for _, a := range now {
		holder[a.AccountID] = a.MasterAccountID
	}
	for _, a := range before {
		if members[a.MasterAccountID] == nil {
			members[a.MasterAccountID] = map[string]bool{}
		}
		if m, ok := holder[a.AccountID]; ok {
			members[a.MasterAccountID][m] = true
		}
	}
	for id, became := range members {
		if len(became) > 0 && !became[link.Resolve(id, events)] {
			t.Fatalf("the old id %s leads to %s, its accounts are in %v", id, link.Resolve(id, events), became)
		}
	}
}

// TestHeldByMany: an address, phone or domain of many names links nobody, however many have
// it; names that happen to be alike may still be linked for that.
func TestHeldByMany(t *testing.T) {
	l := newLinker(t, "entity")
	rapid.Check(t, func(rt *rapid.T) {
		accounts := randomAccounts(rt)
		for i := range accounts {
			accounts[i].Name = fmt.Sprint(accounts[i].Name, " ", strings.Repeat(string(rune('a'+i%26)), 5+i/26))
			accounts[i].Email, accounts[i].Phone, accounts[i].Domain, accounts[i].Parent = sharedByMany, "+27 11 204 7719", "every-agency.example.io", ""
		}
		for link := range mustRun(rt, l, accounts, nil).Links() {
			if link.Method.String() == "contact" || strings.Contains(link.Evidence, "every-agency") || strings.Contains(link.Evidence, "7719") {
				rt.Fatalf("%s and %s: %s, %s", link.AccountID, link.MatchedAccountID, link.Method, link.Evidence)
			}
		}
	})
}
