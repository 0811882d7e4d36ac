package link

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"
)

// corpus is all accounts, prepared for comparing.
type corpus struct {
	comparer
	policy   *Policy
	words    *Vocabulary
	accounts []Account // by id

	names   []*profile // distinct, by their letters
	nameOf  []int32    // of each account; -1 = nothing that can be compared
	recent  []bool     // of each name: all its accounts are, and others are not
	keys    []uint64   // hashes of what makes them these names
	oldName []int32    // their numbers in the state a run began with, -1 = none
	brand   []int32    // of each name: names that differ in places and trades share it
	crowd   []float32  // of each brand: 0 = few accounts, 1 = many
	breadth []float32  // of each brand: 0 = one or two names, 1 = many
	unsure  []bool     // names held by accounts known to be different companies

	identifiers [][]identifier
	country     []int32 // -1 = unknown
	region      []int32
	ownPlace    []bool  // the name has a word of the account's country
	root        []int32 // ultimate parent, -1 = none
	rootKeys    []string
	allCount    bool           // no account is taken as recent
	many        map[int64]bool // identifiers shared by many
	manyRoot    []bool         // parents of so many names that they say nothing
}

// prepare normalises names and identifiers.
func prepare(v *Vocabulary, p *Policy, accounts []Account) (*corpus, error) {
	accounts, err := sortAccounts(accounts)
	if err != nil {
		return nil, err
	}
	c := &corpus{policy: p, words: v, accounts: accounts, comparer: comparer{lex: newLexicon()}}
	c.country, c.region = c.places()
	c.prepareNames()
	c.ownPlace = make([]bool, len(accounts))
	c.findOwnPlaces(upTo(len(accounts)))
	c.prepareIdentifiers()
	c.root, c.rootKeys = roots(accounts, v.nullValues)
	c.commonRoots()
	return c, nil
}

// places numbers countries and regions.
func (c *corpus) places() (country, region []int32) {
	country, region = make([]int32, len(c.accounts)), make([]int32, len(c.accounts))
	codes, regions := map[string]int32{"": -1}, map[string]int32{}
	written := map[string]int32{}
	for i := range c.accounts {
		a := &c.accounts[i]
		n, ok := written[a.Country]
		if !ok {
			code := CountryCode(a.Country)
			if n, ok = codes[code]; !ok {
				n = int32(len(codes))
				codes[code] = n
			}
			written[a.Country] = n
		}
		r, ok := regions[a.Region]
		if !ok {
			r = int32(len(regions))
			regions[a.Region] = r
		}
		country[i], region[i] = n, r
	}
	return country, region
}

// prepareNames makes the distinct names.
func (c *corpus) prepareNames() {
	distinct, spellingOf := c.normalised()
	names := make([]spelt, 0, len(distinct))
	place := make(map[uint64]int32, len(distinct))
	nameAt := make([]int32, len(distinct))
	for i := range distinct {
		nameAt[i] = -1
		if n := &distinct[i]; len(n.Words) > 0 {
			key := hashKey(n)
			at, ok := place[key]
			if !ok {
				at = int32(len(names))
				place[key], names = at, append(names, spelt{profile: profileName(c.lex, *n), key: key, old: -1})
			}
			nameAt[i] = at
		}
	}
	numbers := c.number(names)
	c.nameOf = make([]int32, len(c.accounts))
	for i := range c.accounts {
		c.nameOf[i] = -1
		if at := nameAt[spellingOf[i]]; at >= 0 {
			c.nameOf[i] = numbers[at]
		}
	}
	c.finishNames()
}

func hashKey(n *Name) uint64 { return xxh3.HashString(n.key) }

// spelt is a distinct name before it has its number.
type spelt struct {
	*profile
	key uint64 // hash of what makes it this name
	old int32  // its number in an earlier run, -1 = it has none
}

// number numbers the names in the order of their letters; numbers gives that of each.
func (c *corpus) number(names []spelt) (numbers []int32) {
	order := make([]prefixed, len(names))
	for i := range names {
		order[i] = prefixed{prefix(names[i].compact), int32(i)}
	}
	slices.SortFunc(order, func(x, y prefixed) int {
		if x.prefix != y.prefix {
			return cmp.Compare(x.prefix, y.prefix)
		}
		a, b := &names[x.at], &names[y.at]
		return cmp.Or(strings.Compare(a.compact, b.compact), cmp.Compare(a.key, b.key))
	})
	numbers = make([]int32, len(names))
	c.names, c.keys, c.oldName = make([]*profile, len(names)), make([]uint64, len(names)), make([]int32, len(names))
	for i, o := range order {
		n := &names[o.at]
		c.names[i], c.keys[i], c.oldName[i], numbers[o.at] = n.profile, n.key, n.old, int32(i)
	}
	return numbers
}

// prefixed is an element to sort by text, with the first eight letters at hand.
type prefixed struct {
	prefix uint64
	at     int32
}

func prefix(text string) uint64 {
	var first [8]byte
	copy(first[:], text)
	return binary.BigEndian.Uint64(first[:])
}

// newLetters says whether a name is the first of those with the same letters.
func (c *corpus) newLetters(i int) bool {
	return i == 0 || c.names[i].compact != c.names[i-1].compact
}

// finishNames sets what hangs on all names and accounts together.
func (c *corpus) finishNames() {
	brands := map[string]int32{}
	c.brand = make([]int32, len(c.names))
	for i, p := range c.names {
		b, ok := brands[p.core]
		if !ok {
			b = int32(len(brands))
			brands[p.core] = b
		}
		c.brand[i] = b
	}
	c.findRecent()
	c.countWords()
	c.lex.weigh()
	regions := map[string]uint64{}
	for i := range c.accounts {
		if n := c.nameOf[i]; n >= 0 {
			region := c.accounts[i].Region
			bit, ok := regions[region]
			if !ok {
				bit = 1 << (xxh3.HashString(region) & 63)
				regions[region] = bit
			}
			c.names[n].accounts++
			c.names[n].regions |= bit
		}
	}
	c.chooseAliases()
	forms := learnShortForms(c.lex, c.names)
	eachChunk(len(c.names), func(_, from, to int) {
		for _, p := range c.names[from:to] {
			forms.writeOut(c.lex, p)
			p.finish(c.lex)
		}
	})
	c.countCrowds(len(brands))
}

// mostRecent is the share of recent accounts from which on none is taken as recent: there is too
// little else to count.
const mostRecent = 0.5

// findRecent marks the names that only recent accounts have.
func (c *corpus) findRecent() {
	c.recent = make([]bool, len(c.names))
	if c.allCount = countRecent(c.accounts) > mostRecent; c.allCount {
		return
	}
	for i := range c.recent {
		c.recent[i] = true
	}
	for i := range c.accounts {
		if n := c.nameOf[i]; n >= 0 && !c.accounts[i].Recent {
			c.recent[n] = false
		}
	}
}

// countRecent is the share of accounts that are recent.
func countRecent(accounts []Account) float64 {
	n := 0
	for i := range accounts {
		if accounts[i].Recent {
			n++
		}
	}
	return float64(n) / float64(max(len(accounts), 1))
}

// commonAlias is how many differing names may have one alias before it is no name: a place, a
// trade, a remark.
const commonAlias = 5

// chooseAliases takes the names given with each, but for what is in parentheses behind many
// differing names.
func (c *corpus) chooseAliases() {
	brands := map[string]map[int32]bool{}
	for i, p := range c.names {
		for _, a := range p.given {
			if brands[a.compact] == nil {
				brands[a.compact] = map[int32]bool{}
			}
			brands[a.compact][c.brand[i]] = true
		}
	}
	for _, p := range c.names {
		for _, a := range p.given {
			if len(brands[a.compact]) <= commonAlias {
				p.aliases = append(p.aliases, a)
			}
		}
	}
}

// countCrowds measures how many accounts have a brand: from four on it is a crowd.
func (c *corpus) countCrowds(brands int) {
	accounts, names := make([]int32, brands), make([]int32, brands)
	for i, p := range c.names {
		accounts[c.brand[i]] += p.accounts
		if c.newLetters(i) {
			names[c.brand[i]]++
		}
	}
	c.breadth = make([]float32, brands)
	for i, n := range names {
		c.breadth[i] = float32(min(max(math.Log(float64(n)/2)/2, 0), 1))
	}
	c.crowd = make([]float32, brands)
	for i, n := range accounts {
		c.crowd[i] = float32(min(max(math.Log(float64(n)/4)/2.5, 0), 1))
	}
}

// normalised normalises each spelling once, on all cores.
func (c *corpus) normalised() (names []Name, spellingOf []int32) {
	type spelling struct {
		name    string
		country int32
	}
	numbers := make(map[spelling]int32, len(c.accounts))
	var spellings []int32 // an account that has it
	spellingOf = make([]int32, len(c.accounts))
	for i := range c.accounts {
		s := spelling{strings.TrimSpace(c.accounts[i].Name), c.country[i]}
		n, ok := numbers[s]
		if !ok {
			n = int32(len(spellings))
			numbers[s], spellings = n, append(spellings, int32(i))
		}
		spellingOf[i] = n
	}
	names = make([]Name, len(spellings))
	eachChunk(len(spellings), func(_, from, to int) {
		for i := from; i < to; i++ {
			names[i] = c.words.nameOf(&c.accounts[spellings[i]])
		}
	})
	return names, spellingOf
}

// nameOf normalises the name of an account; what stands for none has no words.
func (v *Vocabulary) nameOf(a *Account) Name {
	country := ""
	if a.Country != "" {
		country = CountryCode(a.Country)
	}
	if v.nullValues[strings.ToLower(strings.TrimSpace(a.Name))] {
		return Name{}
	}
	return v.Normalise(a.Name, country)
}

// chunkSize is how much one core takes at a time.
const chunkSize = 4096

// findOwnPlaces marks accounts whose name repeats their country.
func (c *corpus) findOwnPlaces(which iter.Seq[int]) {
	words := map[string]map[int32]bool{}
	for i := range which {
		country, n := c.accounts[i].Country, c.nameOf[i]
		if country == "" || n < 0 {
			continue
		}
		w, ok := words[country]
		if !ok {
			w = map[int32]bool{}
			folded, _ := c.words.fold(CountryName(country))
			for _, word := range c.words.split(folded) {
				if id, known := c.lex.ids[word]; known && c.lex.class[id] == Geographic {
					w[id] = true
				}
			}
			words[country] = w
		}
		for _, id := range c.names[n].words {
			c.ownPlace[i] = c.ownPlace[i] || w[id]
		}
	}
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// eachChunk runs f over parts of 0..n on all cores; part says which, so that results can be
// put together in order.
func eachChunk(n int, f func(part, from, to int)) {
	parts := (n + chunkSize - 1) / chunkSize
	next := make(chan int, parts)
	for i := range parts {
		next <- i
	}
	close(next)
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), max(parts, 1)) {
		wait.Go(func() {
			for part := range next {
				f(part, part*chunkSize, min(n, (part+1)*chunkSize))
			}
		})
	}
	wait.Wait()
}

func (c *corpus) prepareIdentifiers() {
	c.identifiers = make([][]identifier, len(c.accounts))
	eachChunk(len(c.accounts), func(_, from, to int) {
		for i := from; i < to; i++ {
			c.identifiers[i] = c.words.hashed(&c.accounts[i])
		}
	})
}

// commonRoots marks parents of more different names than may be one customer.
func (c *corpus) commonRoots() {
	brands := make([]map[int32]bool, len(c.rootKeys))
	for i, r := range c.root {
		if r < 0 || c.nameOf[i] < 0 {
			continue
		}
		if brands[r] == nil {
			brands[r] = map[int32]bool{}
		}
		brands[r][c.brand[c.nameOf[i]]] = true
	}
	c.manyRoot = make([]bool, len(c.rootKeys))
	for r, b := range brands {
		c.manyRoot[r] = len(b) > c.policy.MaxNames["parent"]
	}
}

// findUnsure, once it is known which identifiers are shared by many, marks names whose accounts have parents or company domains that contradict each
// other: such a name alone says nothing.
func (c *corpus) findUnsure() {
	c.unsure = make([]bool, len(c.names))
	label, root := make([]int64, len(c.names)), make([]int32, len(c.names))
	for i := range root {
		root[i] = -1
	}
	for i := range c.accounts {
		n := c.nameOf[i]
		if n < 0 {
			continue
		}
		if r := c.root[i]; r >= 0 {
			c.unsure[n] = c.unsure[n] || (root[n] >= 0 && root[n] != r)
			root[n] = r
		}
		for _, id := range c.identifiers[i] {
			if id.kind == labelIdentifier && !c.many[id.hash] {
				c.unsure[n] = c.unsure[n] || (label[n] != 0 && label[n] != id.hash)
				label[n] = id.hash
			}
		}
	}
}
