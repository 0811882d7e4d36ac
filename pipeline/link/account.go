package link

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Account is what linking knows of an account. Only the id is needed; what is missing is no
// evidence, neither for nor against.
type Account struct {
	ID, Region, Name     string
	Email, Phone, Domain string
	Parent               string // id of the parent account, or whatever names the parent company
	Country              string // code or English name
	ContactEmails        []string
	ContactPhones        []string

	// Recent accounts are linked like all others, but the frequencies of words and the sizes of
	// blocks are counted without them: what is known of two accounts hangs on few others then,
	// and a day's accounts need not be compared with a changed measure. See Linker.Counted.
	Recent bool
}

// Decision is a steward's word on two accounts. The latest on a pair counts.
type Decision struct {
	A, B   string
	Same   bool
	By     string
	Reason string
	At     time.Time
}

// sortAccounts orders accounts by id, so that nothing hangs on the order of the input, and
// refuses ids that are empty or occur twice.
func sortAccounts(accounts []Account) ([]Account, error) {
	if !slices.IsSortedFunc(accounts, byID) {
		accounts = sortedByID(accounts)
	}
	for i := range accounts {
		if accounts[i].ID == "" {
			return nil, fmt.Errorf("link: account named %q has no id", accounts[i].Name)
		}
		if i > 0 && accounts[i].ID == accounts[i-1].ID {
			return nil, fmt.Errorf("link: account id %q occurs twice", accounts[i].ID)
		}
	}
	return accounts, nil
}

// sortedByID sorts a copy. It compares eight bytes behind what all ids begin with, and whole
// ids only where these are the same.
func sortedByID(accounts []Account) []Account {
	common := len(accounts[0].ID)
	for i := range accounts {
		id := accounts[i].ID
		common = min(common, len(id))
		for id[:common] != accounts[0].ID[:common] {
			common--
		}
	}
	order := make([]prefixed, len(accounts))
	for i := range accounts {
		order[i] = prefixed{prefix(accounts[i].ID[common:]), int32(i)}
	}
	slices.SortFunc(order, func(x, y prefixed) int {
		if x.prefix != y.prefix {
			return cmp.Compare(x.prefix, y.prefix)
		}
		return strings.Compare(accounts[x.at].ID, accounts[y.at].ID)
	})
	sorted := make([]Account, len(accounts))
	for i, o := range order {
		sorted[i] = accounts[o.at]
	}
	return sorted
}

func byID(a, b Account) int { return cmp.Compare(a.ID, b.ID) }

// position finds an account by id; accounts are sorted.
func position(accounts []Account, id string) (int32, bool) {
	i, found := slices.BinarySearchFunc(accounts, id, func(a Account, id string) int { return strings.Compare(a.ID, id) })
	return int32(i), found
}

// latestDecisions keeps the last decision of each pair of known accounts, ordered by pair.
func latestDecisions(accounts []Account, decisions []Decision) []placedDecision {
	var placed []placedDecision
	for i := range decisions {
		d := &decisions[i]
		a, okA := position(accounts, d.A)
		b, okB := position(accounts, d.B)
		if okA && okB && a != b {
			placed = append(placed, placedDecision{min(a, b), max(a, b), d})
		}
	}
	slices.SortStableFunc(placed, func(x, y placedDecision) int {
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b), y.At.Compare(x.At),
			compareBool(x.Same, y.Same), cmp.Compare(x.By, y.By), cmp.Compare(x.Reason, y.Reason))
	})
	return slices.CompactFunc(placed, func(x, y placedDecision) bool { return x.a == y.a && x.b == y.b })
}

type placedDecision struct {
	a, b int32
	*Decision
}

// compareBool puts false, the careful decision, first.
func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// roots gives each account's ultimate parent: up the chain until an account without a parent,
// or a name that is no account's id. -1 = has no parent and is nobody's. A circle of parents
// is stood for by its smallest member. keys are the parents' ids.
func roots(accounts []Account, null map[string]bool) (root []int32, keys []string) {
	parent := func(i int32) string {
		p := strings.TrimSpace(accounts[i].Parent)
		if p == accounts[i].ID || null[strings.ToLower(p)] {
			return ""
		}
		return p
	}
	numbers := map[string]int32{}
	number := func(key string) int32 {
		n, ok := numbers[key]
		if !ok {
			n = int32(len(keys))
			numbers[key], keys = n, append(keys, key)
		}
		return n
	}
	root = make([]int32, len(accounts))
	for i := range root {
		root[i] = -1
	}
	for i := range accounts {
		key := parent(int32(i))
		if key == "" {
			continue
		}
		least := key
		for range 40 {
			next, known := position(accounts, key)
			if !known || parent(next) == "" {
				break
			}
			key = parent(next)
			if key == accounts[i].ID { // a circle
				key = min(least, key)
				break
			}
			least = min(least, key)
		}
		root[i] = number(key)
	}
	for key, n := range numbers {
		if i, known := position(accounts, key); known {
			root[i] = n
		}
	}
	return root, keys
}
