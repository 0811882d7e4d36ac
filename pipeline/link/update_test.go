package link_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/link/truth"
)

// history is accounts and decisions that change at random from one run to the next.
type history struct {
	*rand.Rand
	accounts, coming []link.Account
	decisions        []link.Decision
}

// pass changes about one account of a hundred in each way an account may change.
func (n *history) pass() {
	few := max(1, len(n.accounts)/100)
	any := func() *link.Account { return &n.accounts[n.IntN(len(n.accounts))] }
	n.accounts = slices.Clone(n.accounts)
	for _, a := range n.coming[:few] {
		a.Recent = n.IntN(4) > 0
		n.accounts = append(n.accounts, a)
	}
	n.coming = n.coming[few:]
	for range few {
		i := n.IntN(len(n.accounts))
		n.accounts = slices.Delete(n.accounts, i, i+1)
		any().Name = any().Name
		any().Name += " " + []string{"Kenya", "Holdings", "Ltd", "(BCWB)"}[n.IntN(4)]
		any().Name = fmt.Sprint("Blue Crane Water Board ", []string{"", "(BCWB)", "BCWB", "Nairobi"}[n.IntN(4)])
		any().Domain, any().Email, any().Phone = any().Domain, any().Email, any().Phone
		any().Phone = "+27 11 204 7719" // many will have it
		any().Region = any().Region
		if a, b := any(), any(); a.ID != b.ID {
			a.Parent = []string{b.ID, b.Parent, ""}[n.IntN(3)]
		}
	}
	for range few {
		if a, b := any().ID, any().ID; a != b {
			n.decisions = append(n.decisions, link.Decision{A: a, B: b, Same: n.IntN(2) == 0, By: "x"})
		}
	}
	if len(n.decisions) > 2*few {
		n.decisions = slices.Clone(n.decisions[few:]) // taken back
	}
}

// TestUpdateIsFullRun: whatever changed, an update comes to the very result of a full run,
// night after night. UPDATE_SEEDS sets how many histories
// are tried, UPDATE_ACCOUNTS their size.
func TestUpdateIsFullRun(t *testing.T) {
	size := number("UPDATE_ACCOUNTS", 700)
	ctx, l, dir := context.Background(), newLinker(t, "entity"), t.TempDir()
	l.Patient()
	nights, updates := 0, 0
	for seed := range number("UPDATE_SEEDS", 2) {
		made := truth.Generate(truth.Options{Seed: uint64(100 + seed), Accounts: size + size/5})
		if l.Policy.MaxBlock, l.Policy.Neighbours = 40, 8; seed%2 == 1 {
			l.Policy.MaxBlock, l.Policy.Neighbours = 5, 2 // many blocks are large, or become so
		}
		n := history{Rand: rand.New(rand.NewPCG(uint64(seed), 9)), accounts: made.Accounts[:size], coming: made.Accounts[size:]}
		result, err := l.Run(ctx, n.accounts, nil)
		if err != nil {
			t.Fatal(err)
		}
		for night := range 4 {
			if err := result.State().Save(dir); err != nil {
				t.Fatal(err)
			}
			state, err := link.LoadState(dir)
			if err != nil {
				t.Fatal(err)
			}
			n.pass()
			if result, err = l.Update(ctx, n.accounts, n.decisions, state); err != nil {
				t.Fatal(err)
			}
			if nights++; result.State().Runs() > 0 {
				updates++
			}
			full, err := l.Run(ctx, n.accounts, n.decisions)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := dump(t, result), dump(t, full); got != want {
				t.Fatalf("seed %d, night %d: the update differs from the full run\n%s", seed, night, firstDifference(got, want))
			}
		}
	}
	if t.Logf("%d of %d nights were updates", updates, nights); 3*updates < nights {
		t.Errorf("%d of %d nights were updates", updates, nights)
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// firstDifference shows where two texts part.
func firstDifference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-400)
	return "update:   " + a[from:min(len(a), i+300)] + "\nfull run: " + b[from:min(len(b), i+300)]
}

// TestDamagedState: a state that is not what was written is refused, and one that was never
// written is told apart from that.
func TestDamagedState(t *testing.T) {
	dir := t.TempDir()
	if _, err := link.LoadState(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no state: %v", err)
	}
	if err := run(t, []link.Account{{ID: "1", Name: "Amberlock Foods"}, {ID: "2", Name: "Amberlock Foods Ltd"}}).State().Save(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "link.state")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := range text {
		damaged := slices.Clone(text)
		damaged[at] ^= 0x10
		for _, d := range [][]byte{damaged, text[:at]} {
			if err := os.WriteFile(file, d, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := link.LoadState(dir); !errors.Is(err, link.ErrDamaged) {
				t.Fatalf("byte %d: %v", at, err)
			}
		}
	}
}
