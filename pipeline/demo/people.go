package demo

import "strings"

// contact is a person at the customer.
type contact struct {
	id, salutation, first, last string
	job                         job
	email, phone, mobile        string
	optOut                      bool
	created                     moment
	changed                     moment // the phone number, 0 = never
	deleted, restored           moment
}

// lead is a prospect before it became, or did not become, an account.
type lead struct {
	id, first, last, company, title, email, phone, source string
	rating                                                string
	steps                                                 []leadStep
	converted                                             bool
	contact, deal                                         string
}

type leadStep struct {
	id     string
	at     moment
	status string
}

// meet lays out the account's creation, its people and its leads.
func (a *account) meet() {
	a.created = a.officeTime(a.begins - day(a.between(20, 60)))
	for i := range a.deals {
		if c := a.deals[i].created(); c-2*secondsPerDay < a.created {
			a.created = a.officeTime((c.day() - day(a.between(2, 20))).workday() - 2)
		}
	}
	n := [...]int{wholesale: a.between(3, 5), enterprise: a.between(3, 6), smb: a.between(1, 3)}[a.kind]
	if a.copy {
		n = 1
	}
	for i := range n {
		a.addContact(i)
	}
	for i := range a.deals {
		a.addRoles(&a.deals[i])
	}
	a.addLeads()
}

func (a *account) addContact(i int) {
	c := contact{id: a.newID(keyContact), salutation: pick(a.stream, salutations), first: pick(a.stream, firstNames), last: pick(a.stream, lastNames), job: pick(a.stream, jobs)}
	c.created = a.created + moment(60+i*20)
	if i > 1 {
		c.created += moment(a.between(1, 120)) * secondsPerDay
	}
	c.email = plain(c.first) + "." + plain(c.last) + "@" + a.domain()
	if i == 0 && drawn(a.seed, drawAgency, a.number, agencies) {
		c.email = agencyMailboxes[a.number%len(agencyMailboxes)]
	}
	ct := &countries[a.country]
	c.phone, c.mobile = a.phoneNumber(ct, ct.landline), a.phoneNumber(ct, ct.mobile)
	c.optOut = a.chance(60)
	if a.chance(150) {
		c.changed = c.created + moment(a.between(40, 900))*secondsPerDay
	}
	switch {
	case i == 2 && a.number%89 == 7:
		c.deleted, c.restored = (a.asOf + 1).at(9*3600), (a.asOf + 3).at(10*3600)
	case i > 2 && a.chance(60):
		c.deleted = c.created + moment(a.between(100, 900))*secondsPerDay
	}
	a.contacts = append(a.contacts, c)
}

// phoneNumber returns a number in the country, as typed there or international.
func (a *account) phoneNumber(c *country, pattern string) string {
	prefix := c.international
	if c.dial != "" && a.chance(500) {
		prefix = c.dial
	}
	return prefix + filled(pattern, a.Uint64())
}

// filled replaces every # of a pattern by a digit of n.
func filled(pattern string, n uint64) string {
	b := []byte(pattern)
	for i := range b {
		if b[i] == '#' {
			b[i] = byte('0' + n%10)
			n /= 10
		}
	}
	return string(b)
}

// domain is the customer's web domain in the account's country.
func (a *account) domain() string {
	stem, _ := nameStem(a.seed, a.customer)
	if _, is := homonym(a.seed, a.customer); is {
		stem += "hq" // the other company was first
	}
	return plain(stem) + "." + countries[a.country].domain
}

// plain turns a name into the letters of an address.
func plain(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == 'ü':
			b.WriteString("u")
		case r == 'é', r == 'è', r == 'ë':
			b.WriteString("e")
		case r == 'á':
			b.WriteString("a")
		}
	}
	return b.String()
}

func (a *account) addRoles(o *opportunity) {
	first := a.IntN(len(a.contacts))
	for n := range min(len(a.contacts), a.between(1, 2)) {
		i := (first + n) % len(a.contacts)
		o.roles = append(o.roles, dealRole{id: a.newID(keyOppRole), role: a.contacts[i].job.role, contact: i})
	}
}

// person returns a contact who is there at a moment, as an id; "" if there is none.
func (a *account) person(m moment) string {
	c := &a.contacts[a.IntN(len(a.contacts))]
	if c.created > m || c.deleted != 0 {
		return ""
	}
	return c.id
}

var leadPaths = [][]string{
	{"Open - Not Contacted"},
	{"Open - Not Contacted", "Working - Contacted"},
	{"Open - Not Contacted", "Working - Contacted", "Nurturing"},
	{"Open - Not Contacted", "Working - Contacted", "Qualified"},
	{"Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"},
}

func (a *account) addLeads() {
	if a.chance(400) && len(a.deals) > 0 {
		first := 0
		for i := range a.deals {
			if a.deals[i].created() < a.deals[first].created() {
				first = i
			}
		}
		c := &a.contacts[0]
		l := a.newLead(c.first, c.last, a.name, c.job.title)
		l.converted, l.contact, l.deal, l.email = true, c.id, a.deals[first].id, c.email
		at := a.created - moment(a.between(6, 60))*secondsPerDay
		a.leadSteps(&l, []string{"Open - Not Contacted", "Working - Contacted", "Qualified", "Closed - Converted"}, at, a.deals[first].created())
		a.leads = append(a.leads, l)
	}
	if a.chance(500) {
		stem, _ := companyStem(a.seed^0xBEEF, a.number)
		l := a.newLead(pick(a.stream, firstNames), pick(a.stream, lastNames), stem, pick(a.stream, jobs).title)
		l.email = plain(l.first) + "@" + plain(stem) + ".example"
		at := a.officeTime(a.asOf - day(a.between(-30, 700)))
		path := leadPaths[a.weighted(10, 20, 15, 15, 40)]
		a.leadSteps(&l, path, at, at+moment(a.between(3, 60))*secondsPerDay)
		a.leads = append(a.leads, l)
	}
}

func (a *account) newLead(first, last, company, title string) lead {
	return lead{id: a.newID(keyLead), first: first, last: last, company: company, title: title, source: pick(a.stream, leadSources),
		rating: pick(a.stream, ratings), phone: a.phoneNumber(&countries[a.country], countries[a.country].landline)}
}

// leadSteps spreads the statuses from one moment to another.
func (a *account) leadSteps(l *lead, path []string, from, to moment) {
	for i, status := range path {
		at := from
		if i > 0 {
			at = from + (to-from)*moment(i)/moment(len(path)-1)
		}
		l.steps = append(l.steps, leadStep{id: a.newID(keyLeadHistory), at: at, status: status})
	}
}
