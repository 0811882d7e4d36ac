package demo

import (
	"strconv"
	"strings"
)

// Ways in which two accounts of one customer can be recognised.
const (
	linkNone      = "single"
	linkExact     = "exact_name"     // same name but for legal form and case
	linkParent    = "same_parent"    // one parent account
	linkManual    = "manual_link"    // only a steward knows
	linkFuzzy     = "fuzzy_name"     // similar names
	linkRenamed   = "renamed"        // one still has the former name
	linkDuplicate = "duplicate"      // entered twice in one org
	linkDecoy     = "rejected_match" // similar, but a steward said no
	linkNear      = "near_namesake"  // called almost like another customer, which it is or is not
)

// accountPlan is what is decided about an account before its life is generated.
type accountPlan struct {
	number  int // over all accounts, from 0
	ordinal int // within its org, from 0
	org     int
	kind    accountType
	country int
	name    string
	trade   trade
	site    int // of the country's cities
	parent  int // number of the parent account, or -1
	link    string
	copy    bool // a second entry of the account before it

	unconnected bool // no billing and usage system of its region is connected
}

// customerPlan is one customer with its accounts.
type customerPlan struct {
	index    int
	accounts []accountPlan
}

// planner hands out customers one after the other until there are enough accounts.
type planner struct {
	seed   uint64
	want   int
	next   int // customer
	made   int // accounts
	perOrg [orgCount]int
}

// plan returns the next customer, or false when all accounts are planned.
func (p *planner) plan() (customerPlan, bool) {
	if p.made >= p.want {
		return customerPlan{}, false
	}
	s := newStream(p.seed, purposePlan, uint64(p.next))
	c := customerPlan{index: p.next}
	p.next++
	first := p.first(s, c.index)
	c.accounts = p.related(s, c.index, first)
	if room := p.want - p.made; len(c.accounts) > room {
		c.accounts = c.accounts[:room]
	}
	for i := range c.accounts {
		a := &c.accounts[i]
		a.number, a.ordinal = p.made, p.perOrg[a.org]
		p.made++
		p.perOrg[a.org]++
		if a.parent >= 0 {
			a.parent = c.accounts[0].number
		}
	}
	if len(c.accounts) == 1 {
		c.accounts[0].link = linkNone
		p.takeOver(c.index, &c.accounts[0])
	}
	return c, true
}

// first decides on the customer's first account.
func (p *planner) first(s stream, index int) accountPlan {
	a := accountPlan{parent: -1, link: linkNone}
	a.kind, a.org, a.country = character(s)
	stem, t := nameStem(p.seed, index)
	a.trade = t
	a.name = stem + " " + pick(s, countries[a.country].suffixes)
	a.site = s.IntN(len(countries[a.country].cities))
	return a
}

// character is what sort of company a customer is, and where.
func character(s stream) (kind accountType, org, country int) {
	kind = accountType(s.weighted(6, 26, 68))
	switch kind {
	case wholesale:
		org = s.weighted(60, 20, 20)
	case enterprise:
		org = s.weighted(15, 50, 35)
	default:
		org = s.weighted(0, 60, 40)
	}
	return kind, org, countryIn(s, org)
}

func countryIn(s stream, org int) int {
	switch org {
	case orgZA:
		return southAfrica
	case orgKE:
		return kenya + s.weighted(65, 35)
	default:
		return unitedKingdom + s.weighted(35, 25, 15, 25)
	}
}

// companyStem returns the name of a customer without its legal form. No two of the
// first half million customers share one; later ones carry a number.
func companyStem(seed uint64, index int) (string, trade) {
	total := len(nameFirst) * len(nameSecond) * len(nameTrade)
	n := int((uint64(index%total)*387_417 + mix(seed)%uint64(total)) % uint64(total))
	t := nameTrade[n%len(nameTrade)]
	n /= len(nameTrade)
	stem := nameFirst[n%len(nameFirst)] + " " + nameSecond[n/len(nameFirst)] + " " + t.word
	if round := index / total; round > 0 {
		stem += " " + strconv.Itoa(round+1)
	}
	return stem, t
}

// related returns the first account and the customer's further ones.
func (p *planner) related(s stream, index int, first accountPlan) []accountPlan {
	list := []accountPlan{first}
	if first.kind == smb {
		if s.chance(18) {
			twin := first
			twin.copy, twin.link = true, linkDuplicate
			list = append(list, twin)
			list[0].link = linkDuplicate
		}
		return list
	}
	if !s.chance(350) {
		return list
	}
	link := []string{linkExact, linkParent, linkManual, linkFuzzy, linkDecoy}[s.weighted(40, 20, 18, 18, 4)]
	if link == linkFuzzy && drawn(p.seed, drawRenamed, index, renamed) {
		link = linkRenamed
	}
	list[0].link = link
	stem, _ := nameStem(p.seed, index)
	for n := range s.weighted(70, 30) + 1 {
		a := first
		a.link = link
		if link == linkParent {
			a.parent = 0
			a.site = (first.site + n + 1) % len(countries[a.country].cities)
		} else {
			a.org = (first.org + n + 1) % orgCount
			a.country = countryIn(s, a.org)
			a.site = s.IntN(len(countries[a.country].cities))
		}
		a.name = otherName(s, link, stem, formerStem(p.seed, index), index, a)
		list = append(list, a)
	}
	return list
}

// otherName is what a further account of a customer is called.
func otherName(s stream, link, stem, former string, index int, a accountPlan) string {
	c := countries[a.country]
	form := pick(s, c.suffixes)
	switch link {
	case linkExact:
		if s.chance(300) {
			return strings.ToUpper(stem + " " + form)
		}
		return stem + " " + form
	case linkParent:
		return stem + " " + c.cities[a.site].name + " Branch"
	case linkManual:
		return initials(stem) + " International " + strconv.Itoa(index+1) + " " + form
	case linkDecoy:
		return stem + " Workshop " + form
	case linkRenamed:
		return former + " " + form
	default:
		if s.chance(500) {
			return stem + " " + c.name + " " + form
		}
		return strings.Replace(stem, "a", "aa", 1) + " " + form
	}
}

func initials(name string) string {
	var b strings.Builder
	for _, w := range strings.Fields(name) {
		b.WriteByte(w[0])
	}
	return b.String()
}
