package link

import (
	"cmp"
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
	keys    []string   // of names
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
	many        map[int64]bool // identifiers shared by many
	manyRoot    []bool         // parents of so many names that they say nothing
}

// prepare normalises names and identifiers. Frequencies of words are those of these accounts,
// or those of an earlier full run if it is given.
func prepare(v *Vocabulary, p *Policy, accounts []Account, earlier *frequencies) (*corpus, error) {
	accounts, err := sortAccounts(accounts)
	if err != nil {
		return nil, err
	}
	c := &corpus{policy: p, words: v, accounts: accounts, comparer: comparer{lex: newLexicon()}}
	c.country, c.region = c.places()
	c.prepareNames(earlier)
	c.findOwnPlaces()
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

// prepareNames makes the distinct names. They are numbered in the order of their letters.
func (c *corpus) prepareNames(earlier *frequencies) {
	distinct, spellingOf := c.normalised()
	order := make([]*Name, 0, len(distinct))
	seen := make(map[string]bool, len(distinct))
	for i := range distinct {
		if n := &distinct[i]; len(n.Words) > 0 && !seen[n.key] {
			seen[n.key] = true
			order = append(order, n)
		}
	}
	letters := make(map[*Name]string, len(order))
	for _, n := range order {
		letters[n] = n.Compact()
	}
	slices.SortFunc(order, func(a, b *Name) int { return cmp.Or(cmp.Compare(letters[a], letters[b]), cmp.Compare(a.key, b.key)) })
	numbers := make(map[string]int32, len(order))
	brands := map[string]int32{}
	c.names, c.keys, c.brand = make([]*profile, len(order)), make([]string, len(order)), make([]int32, len(order))
	for i, n := range order {
		p := profileName(c.lex, *n)
		if i == 0 || letters[n] != letters[order[i-1]] {
			c.lex.count(p.words)
		}
		c.names[i], c.keys[i], numbers[n.key] = p, n.key, int32(i)
		b, ok := brands[p.core]
		if !ok {
			b = int32(len(brands))
			brands[p.core] = b
		}
		c.brand[i] = b
	}
	if earlier != nil {
		earlier.apply(c.lex)
	}
	c.lex.weigh()
	c.nameOf = make([]int32, len(c.accounts))
	for i := range c.accounts {
		c.nameOf[i] = -1
		if n := &distinct[spellingOf[i]]; len(n.Words) > 0 {
			k := numbers[n.key]
			c.nameOf[i] = k
			c.names[k].accounts++
			c.names[k].regions |= 1 << (xxh3.HashString(c.accounts[i].Region) & 63)
		}
	}
	forms := learnShortForms(c.lex, c.names)
	c.dropCommonAliases()
	for _, p := range c.names {
		forms.writeOut(c.lex, p)
	}
	for _, p := range c.names {
		p.finish(c.lex)
	}
	c.countCrowds(len(brands))
}

// commonAlias is how many differing names may have one alias before it is no name: a place, a
// trade, a remark.
const commonAlias = 5

// dropCommonAliases forgets what is in parentheses behind many differing names.
func (c *corpus) dropCommonAliases() {
	brands := map[string]map[int32]bool{}
	for i, p := range c.names {
		for _, a := range p.aliases {
			if brands[a.compact] == nil {
				brands[a.compact] = map[int32]bool{}
			}
			brands[a.compact][c.brand[i]] = true
		}
	}
	for _, p := range c.names {
		p.aliases = slices.DeleteFunc(p.aliases, func(a *profile) bool { return len(brands[a.compact]) > commonAlias })
	}
}

// countCrowds measures how many accounts have a brand: from four on it is a crowd.
func (c *corpus) countCrowds(brands int) {
	accounts, names := make([]int32, brands), make([]int32, brands)
	for i, p := range c.names {
		accounts[c.brand[i]] += p.accounts
		if i == 0 || p.compact != c.names[i-1].compact {
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
			a := &c.accounts[spellings[i]]
			country := ""
			if a.Country != "" {
				country = CountryCode(a.Country)
			}
			if !c.words.nullValues[strings.ToLower(strings.TrimSpace(a.Name))] {
				names[i] = c.words.Normalise(a.Name, country)
			}
		}
	})
	return names, spellingOf
}

// chunkSize is how much one core takes at a time.
const chunkSize = 4096

// findOwnPlaces marks accounts whose name repeats their country.
func (c *corpus) findOwnPlaces() {
	c.ownPlace = make([]bool, len(c.accounts))
	words := map[string]map[int32]bool{}
	for i := range c.accounts {
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
			var ids []identifier
			c.words.identifiers(&c.accounts[i], func(kind identifierKind, text string) { ids = append(ids, hashIdentifier(kind, text)) })
			c.identifiers[i] = ids
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
