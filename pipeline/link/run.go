package link

import (
	"context"
	"fmt"
	"os"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Linker finds out which accounts are the same customer.
type Linker struct {
	Vocabulary *Vocabulary
	Policy     *Policy
	Session    engine.Session // for blocking
	Dir        string         // for files that a run leaves and removes; "" = the system's

	// Counted names the day from which on accounts are recent. A state of another day is of no use.
	Counted string

	patient bool // an update goes on, however much it has to do
}

// Result is what a run found.
type Result struct {
	*corpus
	edges     []edge
	decisions []placedDecision
	labels    []int32 // the smallest account of each account's cluster

	incremental int // runs since the last full one
	counted     string

	// Compared is how many pairs of names and of accounts were compared.
	Compared int
}

// Run links all accounts.
func (l *Linker) Run(ctx context.Context, accounts []Account, decisions []Decision) (*Result, error) {
	return l.run(ctx, accounts, decisions, nil)
}

// Update links all accounts like Run, but reads, compares and clusters only those that changed
// since an earlier run, and those whose standing that may change. A state of another policy,
// vocabulary, normaliser or day of counting, or of other accounts for the most part, is of no
// use: then it is a full run. The result is the same in either case.
func (l *Linker) Update(ctx context.Context, accounts []Account, decisions []Decision, earlier *State) (*Result, error) {
	if !earlier.fits(l) {
		return l.Run(ctx, accounts, decisions)
	}
	accounts, err := sortAccounts(accounts)
	if err != nil {
		return nil, err
	}
	ch := earlier.changes(accounts)
	if ch.many {
		return l.Run(ctx, accounts, decisions)
	}
	return l.update(ctx, accounts, decisions, earlier, ch)
}

// Prepare reads all accounts as Run does, but links none: the result is for Explain alone.
func (l *Linker) Prepare(ctx context.Context, accounts []Account) (*Result, error) {
	c, err := prepare(l.Vocabulary, l.Policy, accounts)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(l.Dir, "link-")
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	defer os.RemoveAll(dir)
	b := blocker{l.Session, dir}
	if c.many, err = b.identifiers(ctx, c, nil); err != nil {
		return nil, err
	}
	c.findUnsure()
	return &Result{corpus: c, labels: newClusters(c).labels()}, nil
}

// run links all accounts.
func (l *Linker) run(ctx context.Context, accounts []Account, decisions []Decision, observe *observer) (*Result, error) {
	c, err := prepare(l.Vocabulary, l.Policy, accounts)
	if err != nil {
		return nil, err
	}
	r := &Result{corpus: c, decisions: latestDecisions(c.accounts, decisions), counted: l.Counted}
	if err := l.compareAll(ctx, r, observe); err != nil {
		return nil, err
	}
	k := newClusters(c)
	k.join(r.decisions, r.edges, nil)
	r.labels = k.labels()
	return r, nil
}

// compareAll finds the edges.
func (l *Linker) compareAll(ctx context.Context, r *Result, observe *observer) error {
	dir, err := os.MkdirTemp(l.Dir, "link-")
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	defer os.RemoveAll(dir)
	b, c := blocker{l.Session, dir}, r.corpus
	if c.many, err = b.identifiers(ctx, c, nil); err != nil {
		return err
	}
	c.findUnsure()
	accountPairs, err := b.accountPairs(ctx, c, nil)
	if err != nil {
		return err
	}
	namePairs, err := b.namePairs(ctx, c, nil)
	if err != nil {
		return err
	}
	r.Compared = len(namePairs) + len(accountPairs)
	r.edges, err = newScorer(c, observe).edges(namePairs, accountPairs, nil)
	return err
}
