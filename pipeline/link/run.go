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
}

// Result is what a run found.
type Result struct {
	*corpus
	edges     []edge
	refused   []refusal
	decisions []placedDecision
	labels    []int32 // the smallest account of each account's cluster

	// Compared is how many pairs of names and of accounts were compared.
	Compared int
}

// Run links all accounts.
func (l *Linker) Run(ctx context.Context, accounts []Account, decisions []Decision) (*Result, error) {
	return l.run(ctx, accounts, decisions, nil)
}

func (l *Linker) run(ctx context.Context, accounts []Account, decisions []Decision, observe observer) (*Result, error) {
	c, err := prepare(l.Vocabulary, l.Policy, accounts, nil)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(l.Dir, "link-")
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	defer os.RemoveAll(dir)
	b := blocker{l.Session, dir}
	accountPairs, many, err := b.accountPairs(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	c.many = many
	namePairs, err := b.namePairs(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	r := &Result{corpus: c, decisions: latestDecisions(c.accounts, decisions), Compared: len(namePairs) + len(accountPairs)}
	if r.edges, err = newScorer(c, observe).edges(namePairs, accountPairs, nil); err != nil {
		return nil, err
	}
	k := newClusters(c)
	r.refused = k.join(r.decisions, r.edges)
	r.labels = k.labels()
	return r, nil
}
