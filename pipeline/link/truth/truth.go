package truth

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/customer360/pipeline/pipeline/link"
)

// Options say what to make.
type Options struct {
	Seed     uint64
	Accounts int
}

// generator holds what customers share.
type generator struct {
	*rand.Rand
	agencies, resellers []intermediary
	past                []string        // names already given, for homonyms
	taken               map[string]bool // labels of domains
	out                 *link.Labelled
}

// intermediary is a firm whose own mailbox, domain and phone stand on the accounts of others.
type intermediary struct{ email, domain, phone string }

// customer is a company with the accounts it has.
type customer struct {
	name, former   string // former: what it was called before, "" = always so
	label          string // of its domain, "" = has none
	regional       bool   // has a domain in each country
	form           string // legal form it uses everywhere, "" = the country's
	phone          string // of its head office
	home           int    // country
	parent         string // id of its first account, if it keeps a hierarchy
	reseller       int    // -1 = buys itself
	agency         int
	contact        string
	number, placed int
}

// Generate makes accounts with their customers. The account ids are in no order of customers.
func Generate(o Options) *link.Labelled {
	g := &generator{Rand: rand.New(rand.NewPCG(o.Seed, 0x7c1)), out: &link.Labelled{}, taken: map[string]bool{}}
	for range max(3, o.Accounts/1500) {
		g.agencies = append(g.agencies, g.intermediary("agency"))
		g.resellers = append(g.resellers, g.intermediary("cloud"))
	}
	ids := g.Perm(o.Accounts)
	for n := 0; len(g.out.Accounts) < o.Accounts; n++ {
		g.customer(n, ids)
	}
	g.Shuffle(len(g.out.Accounts), func(i, j int) {
		a, c := g.out.Accounts, g.out.Cluster
		a[i], a[j], c[i], c[j] = a[j], a[i], c[j], c[i]
	})
	return g.out
}

func (g *generator) chance(permille int) bool { return g.IntN(1000) < permille }

// skewed picks early ones more often.
func skewed[T any](g *generator, list []T) T {
	x := g.Float64()
	return list[int(x*x*float64(len(list)))]
}

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

func (g *generator) intermediary(kind string) intermediary {
	domain := strings.ToLower(g.coined(2+g.IntN(2))) + kind + ".com"
	return intermediary{pick(g, roles) + "@" + domain, domain, g.phone(g.IntN(len(countries)))}
}

// coined makes a word nobody has used.
func (g *generator) coined(syllables int) string {
	var b strings.Builder
	for range syllables {
		b.WriteString(pick(g, onsets) + pick(g, vowels))
	}
	b.WriteString(pick(g, codas))
	w := b.String()
	return strings.ToUpper(w[:1]) + w[1:]
}

// name makes the name of a company.
func (g *generator) name() string {
	trade := func() string { return skewed(g, trades) }
	switch r := g.IntN(100); {
	case r < 30:
		return skewed(g, openers) + " " + pick(g, openers) + " " + trade()
	case r < 32:
		return pick(g, openers) + " " + trade()
	case r < 66:
		return g.coined(2+g.IntN(2)) + " " + trade()
	case r < 70:
		return g.coined(3)
	case r < 78:
		return pick(g, people) + " & " + pick(g, []string{"Sons", "Partners", "Associates", "Brothers", pick(g, people)}) + pick(g, []string{"", " " + trade(), " " + trade(), " " + pick(g, trades), " " + pick(g, places) + " " + trade()})
	case r < 86:
		return pick(g, people) + " " + g.coined(2) + " " + trade()
	case r < 91:
		letters := make([]byte, 2+g.IntN(2))
		for i := range letters {
			letters[i] = byte('A' + g.IntN(26))
		}
		return string(letters) + " " + trade() + pick(g, []string{"", " " + trade()})
	case r < 95:
		return pick(g, places) + " " + g.coined(2) + " " + pick(g, public)
	default:
		return pick(g, places) + " " + g.coined(2) + " " + trade()
	}
}

// sizes of customers, in accounts, per 100.
var sizes = []int{52, 22, 12, 6, 4, 2, 1, 1}

func (g *generator) size() int {
	r := g.IntN(100)
	for i, share := range sizes {
		if r -= share; r < 0 {
			return i + 1
		}
	}
	return 9 + g.IntN(12)
}

func (g *generator) customer(number int, ids []int) {
	c := customer{number: number, name: g.name(), home: g.IntN(len(countries)), reseller: -1, agency: -1, placed: len(g.out.Accounts)}
	if len(g.past) > 0 && g.chance(8) {
		c.name = pick(g, g.past) // another company of the same name
	}
	if g.chance(60) {
		g.past = append(g.past, c.name)
	}
	if g.chance(35) {
		c.former = g.name()
	}
	if g.chance(720) {
		for c.label = g.label(c.name); g.taken[c.label]; {
			c.label += strings.ToLower(g.coined(1)) // somebody was first
		}
		g.taken[c.label] = true
		c.regional = g.chance(400)
	}
	if g.chance(250) {
		c.form = pick(g, countries[c.home].forms)
	}
	if g.chance(25) {
		c.reseller = skewedIndex(g, len(g.resellers))
	}
	if g.chance(40) {
		c.agency = skewedIndex(g, len(g.agencies))
	}
	c.phone = g.phone(c.home)
	c.contact = pick(g, givens) + "." + strings.ToLower(strings.ReplaceAll(pick(g, people), " ", ""))
	size := min(g.size(), len(ids)-len(g.out.Accounts))
	hierarchy := size > 1 && g.chance(90)
	for i := range size {
		a := g.account(&c, i)
		a.ID = fmt.Sprintf("A%08d", ids[len(g.out.Accounts)])
		if hierarchy {
			if i == 0 {
				c.parent = a.ID
			} else if g.chance(850) {
				a.Parent = c.parent
			}
		}
		g.out.Accounts = append(g.out.Accounts, a)
		g.out.Cluster = append(g.out.Cluster, fmt.Sprintf("C%07d", number))
	}
}

func skewedIndex(g *generator, n int) int {
	x := g.Float64()
	return int(x * x * x * float64(n))
}

// label makes the domain's own label of a name, which others may have as well.
func (g *generator) label(name string) string {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(name, "&", "and")))
	switch {
	case g.chance(350):
		return strings.Join(words, "")
	case g.chance(300) && len(words) > 1:
		return strings.Join(words[:2], "-")
	case g.chance(500):
		return words[0] + strings.ToLower(g.coined(1))
	}
	return strings.Join(words[:min(2, len(words))], "")
}

// account is one of a customer's accounts, in one region's system.
func (g *generator) account(c *customer, i int) link.Account {
	at := c.home
	if i > 0 && g.chance(820) {
		at = g.IntN(len(countries))
	}
	k := countries[at]
	a := link.Account{Region: k.region, Country: k.name, Name: g.spelling(c, i, at)}
	domain := ""
	if c.label != "" {
		if domain = c.label + "." + countries[c.home].suffix; c.regional {
			domain = c.label + "." + k.suffix
		}
	}
	if domain != "" && g.chance(600) {
		a.Domain = pick(g, []string{domain, "www." + domain, "https://www." + domain + "/"})
	}
	switch r := g.IntN(100); {
	case r < 20:
	case r < 33:
		a.Email = pick(g, givens) + fmt.Sprint(g.IntN(100000)) + "@" + pick(g, freeOf)
	case domain != "" && r < 60:
		a.Email = pick(g, roles) + "@" + domain
	case domain != "":
		a.Email = c.contact + "@" + domain
	case r < 70:
		a.Email = strings.ReplaceAll(c.contact, ".", "") + fmt.Sprint(c.number) + "@" + pick(g, freeOf)
	}
	switch r := g.IntN(100); {
	case r < 12:
	case r < 15:
		a.Phone = pick(g, absent)
	case r < 35:
		a.Phone = c.phone
	default:
		a.Phone = g.phone(at)
	}
	if c.reseller >= 0 {
		r := g.resellers[c.reseller]
		a.Email, a.Phone, a.Domain = r.email, r.phone, pick(g, []string{"", r.domain})
	} else if c.agency >= 0 && g.chance(700) {
		a.Email = g.agencies[c.agency].email
		if g.chance(300) {
			a.Phone = g.agencies[c.agency].phone
		}
	}
	return a
}

// phone makes a number, written in one of the usual ways.
func (g *generator) phone(at int) string {
	n := fmt.Sprintf("%d%08d", 1+g.IntN(8), g.IntN(100000000))
	switch g.IntN(3) {
	case 0:
		return "+" + countries[at].dial + " " + n[:2] + " " + n[2:5] + " " + n[5:]
	case 1:
		return "0" + n
	}
	return "(0" + n[:2] + ") " + n[2:5] + "-" + n[5:]
}

// WriteCSV writes labelled accounts as `pipeline link evaluate` reads them.
func WriteCSV(w io.Writer, l *link.Labelled) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "region", "name", "cluster", "email", "phone", "domain", "parent", "country"}); err != nil {
		return err
	}
	for i := range l.Accounts {
		a := &l.Accounts[i]
		if err := out.Write([]string{a.ID, a.Region, a.Name, l.Cluster[i], a.Email, a.Phone, a.Domain, a.Parent, a.Country}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
