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

	incremental int // runs since the last full one

	// Compared is how many pairs of names and of accounts were compared.
	Compared int
}

// Run links all accounts.
func (l *Linker) Run(ctx context.Context, accounts []Account, decisions []Decision) (*Result, error) {
	return l.run(ctx, accounts, decisions, nil, nil)
}

// Update links all accounts like Run, but compares only those that changed since an earlier
// run, and those whose standing that may change. A state of another policy, vocabulary or
// normaliser is of no use: then it is a full run. Words keep the frequencies of the last full
// run, which is why one should be made from time to time.
func (l *Linker) Update(ctx context.Context, accounts []Account, decisions []Decision, earlier *State) (*Result, error) {
	return l.run(ctx, accounts, decisions, earlier, nil)
}

// Prepare reads all accounts as Run does, but links none: the result is for Explain alone.
func (l *Linker) Prepare(ctx context.Context, accounts []Account) (*Result, error) {
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
	if c.many, err = b.identifiers(ctx, c); err != nil {
		return nil, err
	}
	c.findUnsure()
	return &Result{corpus: c, labels: newClusters(c).labels()}, nil
}

func (l *Linker) run(ctx context.Context, accounts []Account, decisions []Decision, earlier *State, observe *observer) (*Result, error) {
	if earlier != nil && (earlier.version != NormaliserVersion || earlier.policy != (&corpus{policy: l.Policy, words: l.Vocabulary}).fingerprint()) {
		earlier = nil
	}
	c, err := prepare(l.Vocabulary, l.Policy, accounts, earlier.frequencies())
	if err != nil {
		return nil, err
	}
	r := &Result{corpus: c, decisions: latestDecisions(c.accounts, decisions)}
	if err := l.compareAll(ctx, r, earlier, observe); err != nil {
		return nil, err
	}
	k := newClusters(c)
	r.refused = k.join(r.decisions, r.edges)
	r.labels = k.labels()
	return r, nil
}

// compareAll finds the edges.
func (l *Linker) compareAll(ctx context.Context, r *Result, earlier *State, observe *observer) error {
	dir, err := os.MkdirTemp(l.Dir, "link-")
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	defer os.RemoveAll(dir)
	b, c := blocker{l.Session, dir}, r.corpus
	var fresh, freshNames []bool
	if c.many, err = b.identifiers(ctx, c); err != nil {
		return err
	}
	c.findUnsure()
	if earlier != nil {
		r.incremental = earlier.incremental + 1
		fresh, freshNames = earlier.touched(c), make([]bool, len(c.names))
		for i, n := range c.nameOf {
			if n >= 0 && fresh[i] {
				freshNames[n] = true
			}
		}
	}
	accountPairs, err := b.accountPairs(ctx, c, fresh)
	if err != nil {
		return err
	}
	namePairs, err := b.namePairs(ctx, c, freshNames)
	if err != nil {
		return err
	}
	r.Compared = len(namePairs) + len(accountPairs)
	if r.edges, err = newScorer(c, observe).edges(namePairs, accountPairs, fresh); err != nil {
		return err
	}
	if earlier != nil {
		r.edges = append(r.edges, earlier.kept(c, fresh)...)
		sortEdges(r.edges)
	}
	return nil
}
