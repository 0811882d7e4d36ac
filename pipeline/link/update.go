package link

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// update makes a result of an earlier one and what changed since.
func (l *Linker) update(ctx context.Context, accounts []Account, decisions []Decision, earlier *State, ch *change) (*Result, error) {
	c := restore(l.Vocabulary, l.Policy, accounts, earlier, ch)
	if int64(c.lex.names) != earlier.names[0] || c.allCount != (earlier.allCount[0] == 1) {
		return l.Run(ctx, accounts, decisions) // every word weighs otherwise
	}
	r := &Result{corpus: c, counted: l.Counted, decisions: latestDecisions(c.accounts, decisions), incremental: earlier.Runs() + 1}
	dir, err := os.MkdirTemp(l.Dir, "link-")
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	defer os.RemoveAll(dir)
	b := blocker{l.Session, dir}
	flipped, err := b.restoreMany(ctx, c, earlier, ch)
	if err != nil {
		return nil, err
	}
	c.findUnsure()
	t := earlier.touched(c, ch, flipped)
	if !l.patient && t.share() > mostChanged {
		return l.Run(ctx, accounts, decisions)
	}
	made, err := l.compareTouched(ctx, b, r, t)
	if err != nil {
		return nil, err
	}
	r.edges = mergeEdges(earlier.kept(c, ch, t), made)
	r.clusterTouched(earlier, ch, t)
	return r, nil
}

// restoreMany finds the identifiers shared by many: those of the state, and anew those that a
// changed account has or had. flipped are the ones that turned out otherwise than before.
func (b blocker) restoreMany(ctx context.Context, c *corpus, earlier *State, ch *change) (flipped map[int64]bool, err error) {
	values := earlier.valuesOf(c, ch)
	now, err := b.identifiers(ctx, c, values)
	if err != nil {
		return nil, err
	}
	flipped, c.many = map[int64]bool{}, make(map[int64]bool, len(earlier.many)+len(now))
	for _, value := range earlier.many {
		switch {
		case !values[value]:
			c.many[value] = true
		case !now[value]:
			flipped[value] = true
		}
	}
	was := make(map[int64]bool, len(earlier.many))
	for _, value := range earlier.many {
		was[value] = true
	}
	for value := range now {
		c.many[value] = true
		if !was[value] {
			flipped[value] = true
		}
	}
	return flipped, nil
}

// compareTouched makes the edges of touched accounts and names.
func (l *Linker) compareTouched(ctx context.Context, b blocker, r *Result, t *touch) ([]edge, error) {
	c := r.corpus
	values := map[int64]bool{}
	for i, is := range t.accounts {
		if is {
			for _, id := range c.identifiers[i] {
				values[id.hash] = true
			}
		}
	}
	if _, err := b.identifiers(ctx, c, values); err != nil {
		return nil, err
	}
	accountPairs, err := b.accountPairs(ctx, c, t.accounts)
	if err != nil {
		return nil, err
	}
	namePairs, err := b.namePairs(ctx, c, t.names)
	if err != nil {
		return nil, err
	}
	namePairs = append(namePairs, t.pairs...)
	slices.Sort(namePairs)
	namePairs = slices.Compact(namePairs)
	r.Compared = len(namePairs) + len(accountPairs)
	return newScorer(c, nil).edges(namePairs, accountPairs, t)
}

// clusterTouched makes the clusters of what hangs together with anything touched, and takes
// all others from the state.
func (r *Result) clusterTouched(earlier *State, ch *change, t *touch) {
	touched := r.connected(earlier, ch, t)
	k := newClusters(r.corpus)
	for i, old := range ch.old {
		if touched[i] {
			continue
		}
		if label := ch.now[earlier.accounts.label[old]]; label != int32(i) {
			k.parent[i] = label
		}
	}
	k.join(r.decisions, r.edges, touched)
	r.labels = k.labels()
}

// connected marks every account that links, parents or decisions connect with one that is
// touched, over whatever others: only they can come out otherwise than before.
func (r *Result) connected(earlier *State, ch *change, t *touch) []bool {
	k := newClusters(r.corpus) // used as a mere union-find
	union := func(a, b int32) {
		if x, y := k.find(a), k.find(b); x != y {
			k.parent[max(x, y)] = min(x, y)
		}
	}
	for _, e := range r.edges {
		if r.policy.sure(e) {
			union(e.a, e.b)
		}
	}
	for a, b := range r.ofOneParent() {
		union(a, b)
	}
	for _, d := range r.decisions {
		if d.Same {
			union(d.a, d.b)
		}
	}
	marked := make([]bool, len(r.accounts))
	mark := func(a int32) {
		if a >= 0 {
			marked[k.find(a)] = true
		}
	}
	for i, is := range t.accounts {
		if n := r.nameOf[i]; is || (n >= 0 && t.brands[n]) {
			mark(int32(i))
		}
	}
	for _, d := range r.decisions {
		mark(d.a)
		mark(d.b)
	}
	for _, old := range earlier.decided {
		mark(ch.now[old])
	}
	earlier.bereaved(r.corpus, ch, t, mark)
	touched := make([]bool, len(marked))
	for i := range touched {
		touched[i] = marked[k.find(int32(i))]
	}
	return touched
}

// bereaved visits, by their places now, the accounts that had a link to one that is touched or
// gone, or were in a cluster with it.
func (s *State) bereaved(c *corpus, ch *change, t *touch, visit func(int32)) {
	stays := make([]bool, len(ch.now))
	lost := map[int32]bool{} // labels of clusters of accounts that do not
	for old, now := range ch.now {
		if stays[old] = now >= 0 && !t.accounts[now]; !stays[old] {
			lost[s.accounts.label[old]] = true
		}
	}
	for old, label := range s.accounts.label {
		if lost[label] {
			visit(ch.now[old])
		}
	}
	for i, a := range s.edges.a {
		if b := s.edges.b[i]; !stays[a] || !stays[b] || t.pair(c, ch.now[a], ch.now[b], false) {
			visit(ch.now[a])
			visit(ch.now[b])
		}
	}
}
