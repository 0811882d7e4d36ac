package link_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/link/truth"
)

func fixedClock() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// dump is a result as text, to compare results byte for byte.
func dump(t failer, r *link.Result) string {
	var b strings.Builder
	for l := range r.Links() {
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatalf("%v", err)
		}
		b.Write(append(text, '\n'))
	}
	ids, events := r.AssignIDs(nil, nil)
	text, err := json.Marshal([]any{ids, events})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b.String() + string(text)
}

// masters is the crosswalk of a first run.
func masters(r *link.Result) map[string]string {
	ids, _ := r.AssignIDs(nil, nil)
	m := map[string]string{}
	for _, a := range ids {
		m[a.AccountID] = a.MasterAccountID
	}
	return m
}

func run(t *testing.T, accounts []link.Account, decisions ...link.Decision) *link.Result {
	t.Helper()
	r, err := newLinker(t, "entity").Run(context.Background(), accounts, decisions)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestShuffled: the order of the input changes nothing.
func TestShuffled(t *testing.T) {
	data := truth.Generate(truth.Options{Seed: 5, Accounts: 3000})
	want := dump(t, run(t, data.Accounts))
	mixed := slices.Clone(data.Accounts)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	if dump(t, run(t, mixed)) != want {
		t.Error("shuffled input gives another result")
	}
}

// TestParts: the parts of every score sum to it, and the confidence is its probability.
func TestParts(t *testing.T) {
	data := truth.Generate(truth.Options{Seed: 6, Accounts: 2000})
	n := 0
	for l := range run(t, data.Accounts).Links() {
		n++
		sum := 0.0
		for _, p := range l.Parts {
			sum += p.LogOdds
		}
		if math.Abs(sum-l.LogOdds) > 1e-6 {
			t.Fatalf("%s %s: parts sum to %v, not %v", l.AccountID, l.MatchedAccountID, sum, l.LogOdds)
		}
		if l.Confidence < 0 || l.Confidence > 100 || l.AccountID >= l.MatchedAccountID {
			t.Fatalf("odd link %+v", l)
		}
	}
	if n < 500 {
		t.Fatalf("only %d links", n)
	}
}

// TestGuards: no customer holds two parent companies or two accounts a steward keeps apart;
// what a steward joined is one, and an identifier of many joins nobody.
func TestGuards(t *testing.T) {
	data := truth.Generate(truth.Options{Seed: 7, Accounts: 3000})
	accounts := data.Accounts
	rnd := rand.New(rand.NewPCG(3, 4))
	first := masters(run(t, accounts))
	var decisions []link.Decision
	byMaster := map[string][]string{}
	for id, m := range first {
		byMaster[m] = append(byMaster[m], id)
	}
	for _, m := range sortedKeys(byMaster) {
		if ids := sorted(byMaster[m]); len(ids) > 1 && rnd.IntN(4) == 0 {
			decisions = append(decisions, link.Decision{A: ids[len(ids)-1], B: ids[0], Same: false, By: "x"})
		}
	}
	decisions = append(decisions, link.Decision{A: accounts[0].ID, B: accounts[1].ID, Same: true, By: "x"})
	got := masters(run(t, accounts, decisions...))
	for _, d := range decisions {
		if (got[d.A] == got[d.B]) != d.Same {
			t.Errorf("decision %+v does not hold", d)
		}
	}
	parent := map[string]string{}
	for _, a := range accounts {
		if a.Parent == "" {
			continue
		}
		if p, ok := parent[got[a.ID]]; ok && p != a.Parent {
			t.Errorf("customer %s has parents %s and %s", got[a.ID], p, a.Parent)
		}
		parent[got[a.ID]] = a.Parent
	}
}

func sortedKeys(m map[string][]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	return sorted(keys)
}

// TestSharedByMany: a mailbox and a phone on accounts of many names link none of them.
func TestSharedByMany(t *testing.T) {
	var accounts []link.Account
	for i, name := range []string{"Amberlock Foods", "Birchmere Steel", "Corvanta Travel", "Drumsole Energy", "Elmspire Media", "Fennimore Hotels", "Gorselake Water", "Hexbourne Farms"} {
		accounts = append(accounts, link.Account{ID: string(rune('a' + i)), Region: "R", Name: name, Email: "desk@bigagency.example.io", Phone: "+27 11 204 7719"})
	}
	seen := map[string]bool{}
	for _, m := range masters(run(t, accounts)) {
		seen[m] = true
	}
	if len(seen) != len(accounts) {
		t.Errorf("%d customers, want %d", len(seen), len(accounts))
	}
}

// TestUpdate: comparing only what changed gives what a full run gives.
func TestUpdate(t *testing.T) {
	data := truth.Generate(truth.Options{Seed: 8, Accounts: 6000})
	for i := 5800; i < len(data.Accounts); i++ {
		data.Accounts[i].Recent = true
	}
	ctx := context.Background()
	l := newLinker(t, "entity")
	before, err := l.Run(ctx, data.Accounts[:5800], nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := before.State().Save(dir); err != nil {
		t.Fatal(err)
	}
	state, err := link.LoadState(dir)
	if err != nil {
		t.Fatal(err)
	}
	same, err := l.Update(ctx, data.Accounts[:5800], nil, state)
	if err != nil {
		t.Fatal(err)
	}
	if dump(t, same) != dump(t, before) {
		t.Error("an update without change changes the result")
	}
	after, err := l.Update(ctx, data.Accounts, nil, state)
	if err != nil {
		t.Fatal(err)
	}
	full, err := l.Run(ctx, data.Accounts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if dump(t, after) != dump(t, full) {
		t.Error("the result is not that of a full run")
	}
	if after.Compared*4 > full.Compared {
		t.Errorf("%d pairs compared, a full run compares %d", after.Compared, full.Compared)
	}
}

func alike(a, b map[string]string) float64 {
	n := 0
	for id := range a {
		if a[id] == b[id] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

// TestIDs: ids last when accounts come, are merged and are split, and old ones are found.
func TestIDs(t *testing.T) {
	data := truth.Generate(truth.Options{Seed: 9, Accounts: 5500})
	l, ctx := newLinker(t, "entity"), context.Background()
	first, err := l.Run(ctx, data.Accounts[:5000], nil)
	if err != nil {
		t.Fatal(err)
	}
	ids, events := first.AssignIDs(nil, nil)
	for _, e := range events {
		if e.Kind != link.Minted {
			t.Fatalf("a first run has %+v", e)
		}
	}
	second, err := l.Update(ctx, data.Accounts, nil, first.State())
	if err != nil {
		t.Fatal(err)
	}
	later, _ := second.AssignIDs(ids, nil)
	now := map[string]string{}
	for _, a := range later {
		now[a.AccountID] = a.MasterAccountID
	}
	kept := 0
	for _, a := range ids {
		if now[a.AccountID] == a.MasterAccountID {
			kept++
		}
	}
	if share := float64(kept) / float64(len(ids)); share < 0.998 {
		t.Errorf("%.2f %% of accounts keep their id", 100*share)
	}
}

func TestMergeAndSplit(t *testing.T) {
	accounts := []link.Account{{ID: "1", Name: "Amberlock Foods"}, {ID: "2", Name: "Birchmere Steel"}, {ID: "3", Name: "Corvanta Travel"}}
	apart, _ := run(t, accounts).AssignIDs(nil, nil)
	same := link.Decision{A: "1", B: "2", Same: true}
	merged, events := run(t, accounts, same).AssignIDs(apart, nil)
	if merged[0].MasterAccountID != merged[1].MasterAccountID || len(events) != 1 || events[0].Kind != link.Merged {
		t.Fatalf("merged: %v, events %+v", merged, events)
	}
	if got := link.Resolve(events[0].MasterAccountID, events); got != merged[0].MasterAccountID {
		t.Errorf("the old id leads to %s, want %s", got, merged[0].MasterAccountID)
	}
	split, events := run(t, accounts).AssignIDs(merged, []string{apart[0].MasterAccountID, apart[1].MasterAccountID})
	if len(events) != 1 || events[0].Kind != link.Split || split[0].MasterAccountID == split[1].MasterAccountID {
		t.Fatalf("split: %v, events %+v", split, events)
	}
	gone, events := run(t, accounts[:2]).AssignIDs(apart, nil)
	if len(gone) != 2 || !reflect.DeepEqual(events, []link.Event{{Kind: link.Retired, MasterAccountID: apart[2].MasterAccountID, Accounts: 1}}) {
		t.Errorf("gone: %+v", events)
	}
}

// TestMadeUp: what the built-in policy reaches on made-up accounts of a seed it was not
// fitted on.
func TestMadeUp(t *testing.T) {
	data := truth.Generate(truth.Options{Seed: 77, Accounts: 10_000})
	e, err := newLinker(t, "entity").Evaluate(context.Background(), data, 5, fixedClock)
	if err != nil {
		t.Fatal(err)
	}
	if e.PairPrecision < .985 || e.PairRecall < .86 || e.B3F1 < .965 {
		t.Errorf("pair precision %.4f, recall %.4f, B³ F1 %.4f", e.PairPrecision, e.PairRecall, e.B3F1)
	}
}
