package link

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
)

// State is what a run leaves for the next one, so that only what changed is compared again.
type State struct {
	version     int
	policy      uint64 // of the policy and vocabulary it was made with
	names       int
	words       []stateWord    // frequencies of the last full run
	accounts    []stateAccount // by id
	edges       []edge         // a and b are places in accounts
	incremental int            // runs since the last full one
}

type stateWord struct {
	Text  string `parquet:"word"`
	Names int32  `parquet:"names"`
}

type stateAccount struct {
	ID   string `parquet:"account_id"`
	Mark int64  `parquet:"mark"` // hash of everything linking looks at
}

type stateEdge struct {
	A          int32   `parquet:"a"`
	B          int32   `parquet:"b"`
	LogOdds    float32 `parquet:"log_odds"`
	Confidence float32 `parquet:"confidence"`
	Method     int32   `parquet:"method"`
	Alone      bool    `parquet:"alone"`
}

type stateHead struct {
	Version     int32 `parquet:"version"`
	Policy      int64 `parquet:"policy"`
	Names       int64 `parquet:"names"`
	Incremental int32 `parquet:"incremental"`
}

// Runs says how many incremental runs were made since the last full one.
func (s *State) Runs() int { return s.incremental }

// mark hashes an account.
func mark(a *Account) int64 {
	var b strings.Builder
	for _, text := range append([]string{a.Region, a.Name, a.Email, a.Phone, a.Domain, a.Parent, a.Country}, append(slices.Clone(a.ContactEmails), a.ContactPhones...)...) {
		b.WriteString(text)
		b.WriteByte(0x1f)
	}
	return int64(xxh3.HashString(b.String()))
}

// fingerprint identifies what else a result hangs on.
func (c *corpus) fingerprint() uint64 {
	p := c.policy
	return xxh3.HashString(fmt.Sprint(NormaliserVersion, c.words.version, p.Name, p.weights, p.Calibration, p.MaxBlock, p.Neighbours, p.MaxNames, p.MaxShared, p.ReviewAt))
}

// State is what the next run needs.
func (r *Result) State() *State {
	s := &State{version: NormaliserVersion, policy: r.fingerprint(), names: r.lex.names, edges: r.edges, incremental: r.incremental}
	s.words = make([]stateWord, len(r.lex.texts))
	for i, text := range r.lex.texts {
		s.words[i] = stateWord{text, r.lex.df[i]}
	}
	s.accounts = make([]stateAccount, len(r.accounts))
	eachChunk(len(r.accounts), func(_, from, to int) {
		for i := from; i < to; i++ {
			s.accounts[i] = stateAccount{r.accounts[i].ID, mark(&r.accounts[i])}
		}
	})
	return s
}

func (s *State) frequencies() *frequencies {
	if s == nil {
		return nil
	}
	f := &frequencies{names: s.names, df: make(map[string]int32, len(s.words))}
	for _, w := range s.words {
		f.df[w.Text] = w.Names
	}
	return f
}

// Save writes the state to a directory.
func (s *State) Save(dir string) error {
	edges := make([]stateEdge, len(s.edges))
	for i, e := range s.edges {
		edges[i] = stateEdge{e.a, e.b, e.logOdds, e.confidence, int32(e.method), e.alone}
	}
	head := []stateHead{{int32(s.version), int64(s.policy), int64(s.names), int32(s.incremental)}}
	for _, err := range []error{
		writeRows(filepath.Join(dir, "words.parquet"), func(put func(...stateWord) error) error { return put(s.words...) }),
		writeRows(filepath.Join(dir, "accounts.parquet"), func(put func(...stateAccount) error) error { return put(s.accounts...) }),
		writeRows(filepath.Join(dir, "edges.parquet"), func(put func(...stateEdge) error) error { return put(edges...) }),
		writeRows(filepath.Join(dir, "state.parquet"), func(put func(...stateHead) error) error { return put(head...) }),
	} {
		if err != nil {
			return fmt.Errorf("save link state: %w", err)
		}
	}
	return nil
}

// LoadState reads what Save wrote; os.ErrNotExist if nothing did.
func LoadState(dir string) (*State, error) {
	if _, err := os.Stat(filepath.Join(dir, "state.parquet")); err != nil {
		return nil, fmt.Errorf("load link state: %w", err)
	}
	s := &State{}
	for _, err := range []error{
		readRows(filepath.Join(dir, "state.parquet"), func(rows []stateHead) {
			for _, h := range rows {
				s.version, s.policy, s.names, s.incremental = int(h.Version), uint64(h.Policy), int(h.Names), int(h.Incremental)
			}
		}),
		readRows(filepath.Join(dir, "words.parquet"), func(rows []stateWord) {
			for _, w := range rows {
				s.words = append(s.words, stateWord{strings.Clone(w.Text), w.Names})
			}
		}),
		readRows(filepath.Join(dir, "accounts.parquet"), func(rows []stateAccount) {
			for _, a := range rows {
				s.accounts = append(s.accounts, stateAccount{strings.Clone(a.ID), a.Mark})
			}
		}),
		readRows(filepath.Join(dir, "edges.parquet"), func(rows []stateEdge) {
			for _, e := range rows {
				s.edges = append(s.edges, edge{e.A, e.B, e.LogOdds, e.Confidence, Method(e.Method), e.Alone})
			}
		}),
	} {
		if err != nil {
			return nil, fmt.Errorf("load link state: %w", err)
		}
	}
	return s, nil
}

// touched marks the accounts that must be compared again: new and changed ones, and those
// whose standing they may change, because they are called alike or share an identifier.
func (s *State) touched(c *corpus) []bool {
	touched := make([]bool, len(c.accounts))
	j := 0
	brands, values := map[int32]bool{}, map[int64]bool{}
	for i := range c.accounts {
		for j < len(s.accounts) && s.accounts[j].ID < c.accounts[i].ID {
			j++
		}
		if j < len(s.accounts) && s.accounts[j].ID == c.accounts[i].ID {
			j++
			if s.accounts[j-1].Mark == mark(&c.accounts[i]) {
				continue
			}
		}
		touched[i] = true
		if n := c.nameOf[i]; n >= 0 {
			brands[c.brand[n]] = true
		}
		for _, id := range c.identifiers[i] {
			values[id.hash] = true
		}
	}
	for i := range c.accounts {
		if n := c.nameOf[i]; n >= 0 && brands[c.brand[n]] {
			touched[i] = true
		}
		for _, id := range c.identifiers[i] {
			touched[i] = touched[i] || (values[id.hash] && !c.many[id.hash])
		}
	}
	return touched
}

// kept are the earlier edges between accounts that need not be compared again.
func (s *State) kept(c *corpus, touched []bool) []edge {
	now := make([]int32, len(s.accounts))
	i := 0
	for j := range s.accounts {
		for i < len(c.accounts) && c.accounts[i].ID < s.accounts[j].ID {
			i++
		}
		now[j] = -1
		if i < len(c.accounts) && c.accounts[i].ID == s.accounts[j].ID && !touched[i] {
			now[j] = int32(i)
		}
	}
	var kept []edge
	for _, e := range s.edges {
		if a, b := now[e.a], now[e.b]; a >= 0 && b >= 0 {
			e.a, e.b = a, b
			kept = append(kept, e)
		}
	}
	return kept
}
