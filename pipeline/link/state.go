package link

import (
	"fmt"
	"path/filepath"

	"github.com/zeebo/xxh3"
)

// State is what a run leaves for the next one, so that only what changed is read, compared
// and clustered again. It holds what linking made of accounts, not the accounts.
type State struct {
	version, policy, names, runs []int64 // one of each
	counted, allCount            []int64 // one of each: the day of counting, hashed, and whether no account is recent
	words                        stateWords
	accounts                     stateAccounts
	named                        stateNames
	many                         []int64 // identifiers of many
	manyRoots                    []int64 // parents of many, hashed
	decided                      []int32 // accounts on which a steward decided
	edges                        stateEdges
}

// stateWords is the lexicon, with the frequencies of words.
type stateWords struct {
	text  []string
	class []Class
	names []int32
}

// stateAccounts are the accounts by id.
type stateAccounts struct {
	id       []string
	mark     []int64 // hash of everything linking looks at
	name     []int32 // -1 = none
	root     []int64 // ultimate parent, hashed; 0 = none
	label    []int32
	ownPlace []bool
	end      []int32 // of its identifiers
	kind     []identifierKind
	hash     []int64
}

// stateNames are the distinct names in the order of their numbers, and what is known of each
// by all accounts together.
type stateNames struct {
	key             []uint64
	legal, registry []string
	end, word       []int32   // ends of their words, and these
	aliases         []int32   // how many other names each has
	aliasEnd        []int32   // ends of the words of these
	aliasWord       []int32   //
	otherNames      []uint64  // hash of the other names they are compared by
	regions         []uint64  //
	accounts        []int32   //
	crowd, breadth  []float32 // of the brand
	unsure          []bool
	recent          []bool
	others          []int32 // how many other names each is compared by
	otherEnd        []int32 // ends of the words of these
	otherWord       []int32 //
	otherAt         []int32 // where those of each begin; not kept
}

// stateEdges are the pairs above the review line, by places of accounts.
type stateEdges struct {
	a, b                []int32
	logOdds, confidence []float32
	method              []Method
	alone               []bool
	refused             []refusal
}

// visit names the arrays for writing and for reading.
func (s *State) visit(c *columns) {
	for _, one := range []*[]int64{&s.version, &s.policy, &s.names, &s.runs, &s.counted, &s.allCount, &s.many, &s.manyRoots} {
		column(c, one)
	}
	w, a, n, e := &s.words, &s.accounts, &s.named, &s.edges
	c.texts(&w.text)
	kinds(c, &w.class)
	c.texts(&a.id)
	column(c, &a.mark)
	column(c, &a.root)
	column(c, &a.ownPlace)
	kinds(c, &a.kind)
	column(c, &a.hash)
	column(c, &n.key)
	c.texts(&n.legal)
	c.texts(&n.registry)
	column(c, &n.otherNames)
	column(c, &n.regions)
	column(c, &n.unsure)
	column(c, &n.recent)
	for _, list := range []*[]int32{&w.names, &a.name, &a.label, &a.end, &n.end, &n.word, &n.aliases, &n.aliasEnd, &n.aliasWord, &n.others, &n.otherEnd, &n.otherWord, &n.accounts, &s.decided, &e.a, &e.b} {
		column(c, list)
	}
	for _, list := range []*[]float32{&n.crowd, &n.breadth, &e.logOdds, &e.confidence} {
		column(c, list)
	}
	kinds(c, &e.method)
	column(c, &e.alone)
	kinds(c, &e.refused)
}

// Runs says how many updates were made since the last full run.
func (s *State) Runs() int { return int(s.runs[0]) }

// fits says whether a state is of use to a run.
func (s *State) fits(l *Linker) bool {
	return s != nil && s.version[0] == NormaliserVersion && s.counted[0] == hashRoot(l.Counted) && s.policy[0] == (&corpus{policy: l.Policy, words: l.Vocabulary}).fingerprint()
}

// fingerprint identifies what else a result hangs on.
func (c *corpus) fingerprint() int64 {
	p := c.policy
	return int64(xxh3.HashString(fmt.Sprint(NormaliserVersion, c.words.version, p.Name, p.weights, p.Calibration, p.MaxBlock, p.Neighbours, p.MaxNames, p.MaxShared, p.ReviewAt, p.LinkAt, p.NameAloneAt, p.Guard)))
}

// stateFile is the name of the file in the directory of a state.
const stateFile = "link.state"

// Save writes the state to a directory, whole or not at all.
func (s *State) Save(dir string) error {
	if err := writeColumns(filepath.Join(dir, stateFile), s.visit); err != nil {
		return fmt.Errorf("save link state: %w", err)
	}
	return nil
}

// LoadState reads what Save wrote; os.ErrNotExist if nothing did, ErrDamaged if it is not
// what was written.
func LoadState(dir string) (*State, error) {
	s := &State{}
	if err := readColumns(filepath.Join(dir, stateFile), s.visit); err != nil {
		return nil, fmt.Errorf("load link state: %w", err)
	}
	if len(s.version) != 1 || len(s.policy) != 1 || len(s.names) != 1 || len(s.runs) != 1 || len(s.counted) != 1 || len(s.allCount) != 1 {
		return nil, fmt.Errorf("load link state: %w", ErrDamaged)
	}
	return s, nil
}

// State is what the next run needs.
func (r *Result) State() *State {
	s := &State{version: []int64{NormaliserVersion}, policy: []int64{r.fingerprint()}, names: []int64{int64(r.lex.names)}, runs: []int64{int64(r.incremental)}}
	s.counted, s.allCount = []int64{hashRoot(r.counted)}, []int64{0}
	if r.allCount {
		s.allCount[0] = 1
	}
	s.words = stateWords{r.lex.texts, r.lex.class, r.lex.df}
	r.keepAccounts(&s.accounts)
	r.keepNames(&s.named)
	for value := range r.many {
		s.many = append(s.many, value)
	}
	for root, many := range r.manyRoot {
		if many {
			s.manyRoots = append(s.manyRoots, hashRoot(r.rootKeys[root]))
		}
	}
	for _, d := range r.decisions {
		s.decided = append(s.decided, d.a, d.b)
	}
	e := &s.edges
	for _, x := range r.edges {
		e.a, e.b = append(e.a, x.a), append(e.b, x.b)
		e.logOdds, e.confidence = append(e.logOdds, x.logOdds), append(e.confidence, x.confidence)
		e.method, e.alone, e.refused = append(e.method, x.method), append(e.alone, x.alone), append(e.refused, x.refused)
	}
	return s
}

func (r *Result) keepAccounts(s *stateAccounts) {
	s.mark, s.name, s.label, s.ownPlace = marks(r.accounts), r.nameOf, r.labels, r.ownPlace
	for i := range r.accounts {
		s.id = append(s.id, r.accounts[i].ID)
		root := int64(0)
		if n := r.root[i]; n >= 0 {
			root = hashRoot(r.rootKeys[n])
		}
		s.root = append(s.root, root)
		for _, id := range r.identifiers[i] {
			s.kind, s.hash = append(s.kind, id.kind), append(s.hash, id.hash)
		}
		s.end = append(s.end, int32(len(s.hash)))
	}
}

func (r *Result) keepNames(s *stateNames) {
	s.key, s.unsure, s.recent = r.keys, r.unsure, r.recent
	for i, p := range r.names {
		s.legal, s.registry = append(s.legal, p.legal), append(s.registry, p.registry)
		s.word = append(s.word, p.words...)
		s.end = append(s.end, int32(len(s.word)))
		s.aliases = append(s.aliases, int32(len(p.given)))
		for _, a := range p.given {
			s.aliasWord = append(s.aliasWord, a.words...)
			s.aliasEnd = append(s.aliasEnd, int32(len(s.aliasWord)))
		}
		s.others = append(s.others, int32(len(p.aliases)))
		for _, a := range p.aliases {
			s.otherWord = append(s.otherWord, a.words...)
			s.otherEnd = append(s.otherEnd, int32(len(s.otherWord)))
		}
		s.otherNames, s.regions, s.accounts = append(s.otherNames, p.otherNames(r.lex)), append(s.regions, p.regions), append(s.accounts, p.accounts)
		b := r.brand[i]
		s.crowd, s.breadth = append(s.crowd, r.crowd[b]), append(s.breadth, r.breadth[b])
	}
}

// marks hashes everything linking looks at of each account, but its id.
func marks(accounts []Account) []int64 {
	out := make([]int64, len(accounts))
	eachChunk(len(accounts), func(_, from, to int) {
		var text []byte
		put := func(s string) { text = append(append(text, s...), 0x1f) }
		for i := from; i < to; i++ {
			a := &accounts[i]
			text = text[:0]
			for _, s := range [...]string{a.Region, a.Name, a.Email, a.Phone, a.Domain, a.Parent, a.Country} {
				put(s)
			}
			for _, s := range a.ContactEmails {
				put(s)
			}
			text = append(text, 0x1e)
			for _, s := range a.ContactPhones {
				put(s)
			}
			if a.Recent {
				text = append(text, 0x1d)
			}
			out[i] = int64(xxh3.Hash(text))
		}
	})
	return out
}

// hashRoot hashes the id of a parent; it is never 0.
func hashRoot(key string) int64 { return int64(xxh3.HashString(key) | 1) }
