package demo

import "strconv"

// company shows the account itself and its team.
func (e *emitter) company(s *system, a *account) {
	c := &countries[a.country]
	town := &c.cities[a.site]
	touched := e.lastTouch(a)
	status, since := "Prospect", day(0)
	changes := []moment{a.created}
	if start := a.begins.at(6 * 3600); a.isCustomer() && start <= e.at {
		status, since = "Active", a.begins
		changes = append(changes, start)
	}
	if left := (a.leaves + 3).at(7 * 3600); a.leaves != 0 && left <= e.at {
		status = "Former"
		changes = append(changes, left)
	}
	n := mix(uint64(a.number) + 77)
	rating := ratings[n%3]
	if a.number%97 == 5 { // there and back again on the first two nights
		there, back := (a.asOf + 1).at(8*3600), (a.asOf + 2).at(8*3600)
		changes = append(changes, there, back)
		if there <= e.at && e.at < back {
			rating = ratings[(n+1)%3]
		}
	}
	employees := [...]int{wholesale: 400, enterprise: 250, smb: 8}[a.kind] * (20 + int(n>>8%180)) / 20
	modified := e.latest(changes...)
	r := e.row(s, objAccount)
	r.text(a.id).flag(false).text(accountNumber(a), a.name, typeNames[a.kind], a.parentID, street(n), town.name, town.state, town.postal, c.name)
	r.decimal(town.lat, 4).decimal(town.lon, 4)
	phone, site := c.international+filled(c.landline, n>>16), "https://www."+a.domain()+"/"
	if theirs, number, is := a.reseller(); is {
		site, phone = theirs, number
	}
	if _, is := nearNamesake(a.seed, a.customer); is {
		site = ""
	}
	if drawn(a.seed, drawPhone, a.number, placeholders) {
		phone = nobodysPhones[a.number%len(nobodysPhones)]
	}
	r.text(phone, site, a.trade.industry, a.trade.naics)
	r.text(ownerships[n>>4%5]).optMoney(int64(employees) * priceLevel[a.currency] * int64(40_000+n>>12%90_000) * 100).text(a.currency).int(employees)
	r.text(rating, accountOrigin[n>>20%5], a.owner, a.region()).date(since).text(status, segment(a)).flag(a.kind != smb && n>>28%12 == 0)
	r.text(tier(a, n), territories[a.org][n>>32%uint64(len(territories[a.org]))]).date(touched.day())
	r.instant(a.created).instant(modified).instant(max(modified, touched))
	e.put()
	for i := range 1 + int(n>>40%2) {
		member := userID(a.org, int((n>>44+uint64(i)*7)%uint64(a.sellers(a.org)+a.agents(a.org))))
		e.row(s, objTeam).text(salesforceID(keyTeam, a.org, uint64(a.number+1)*8+uint64(i))).flag(false)
		e.rec.text(a.id, member, teamRoles[(n>>48+uint64(i))%5], []string{"Edit", "Read"}[i]).stamps(a.created, 0)
		e.put()
	}
}

// lastTouch is when the account was last in contact, which moves the system's
// stamp but not the user's.
func (e *emitter) lastTouch(a *account) (last moment) {
	for i := range a.activities {
		if t := &a.activities[i]; t.done != 0 {
			last = e.latest(last, t.done)
		}
	}
	return last
}

func accountNumber(a *account) string {
	return string(pods[a.org][0]) + strconv.Itoa(100000+a.ordinal)
}

var streets = []string{"Main Road", "Church Street", "Moi Avenue", "Long Street", "Kenyatta Avenue", "Broad Street", "Rivonia Road", "Marina", "Station Road", "Industrial Area, Block"}

func street(n uint64) string {
	if n>>52%20 == 0 {
		return "Floor " + strconv.Itoa(int(n>>36%20)+1) + "\n" + strconv.Itoa(int(n>>38%300)+1) + " " + streets[n>>48%10]
	}
	return strconv.Itoa(int(n>>38%300)+1) + " " + streets[n>>48%10]
}

func segment(a *account) string {
	switch {
	case a.kind == wholesale:
		return "Carrier"
	case a.trade.industry == "Government", a.trade.industry == "Education":
		return "Public Sector"
	case a.trade.industry == "Banking", a.trade.industry == "Insurance":
		return "Financial Services"
	case a.kind == smb:
		return "Small Business"
	}
	return "Corporate"
}

func tier(a *account, n uint64) string {
	switch a.kind {
	case wholesale:
		return []string{"Platinum", "Gold"}[n>>50%2]
	case enterprise:
		return []string{"Gold", "Silver", "Platinum"}[n>>50%3]
	}
	return []string{"Bronze", "Bronze", "Silver"}[n>>50%3]
}

// people shows contacts and leads.
func (e *emitter) people(s *system, a *account) {
	c := &countries[a.country]
	for i := range a.contacts {
		p := &a.contacts[i]
		if p.created > e.at {
			continue
		}
		deleted := e.past(p.deleted) != 0 && e.past(p.restored) == 0
		phone := p.phone
		if e.past(p.changed) != 0 {
			phone = p.mobile
		}
		boss := ""
		if i > 0 {
			boss = a.contacts[0].id
		}
		e.row(s, objContact).text(p.id).flag(deleted).text(a.id, p.salutation, p.first, p.last, p.first+" "+p.last, p.job.title, p.job.department, p.job.role, boss)
		e.rec.text(p.email, phone, p.mobile).flag(p.optOut).flag(p.optOut).text(c.cities[a.site].name, c.name, a.owner)
		e.rec.date(e.pastDay(p.created.day()+day(i*11+3))).stamps(p.created, e.latest(p.changed, p.deleted, p.restored))
		e.put()
	}
	for i := range a.leads {
		e.lead(s, a, &a.leads[i])
	}
}

func (e *emitter) lead(s *system, a *account, l *lead) {
	n := 0
	for n < len(l.steps) && l.steps[n].at <= e.at {
		n++
	}
	if n == 0 {
		return
	}
	last := &l.steps[n-1]
	converted := l.converted && n == len(l.steps)
	r := e.row(s, objLead)
	r.text(l.id).flag(false).text(l.first, l.last, l.first+" "+l.last, l.company, l.title, l.email, l.phone, countries[a.country].name, l.source, last.status, l.rating)
	r.text(a.trade.industry, a.region()).int(5 + int(mix(uint64(a.number))%400)).text(a.owner).flag(converted)
	if converted {
		r.date(last.at.day()).text(a.id, l.contact, l.deal)
	} else {
		r.text("", "", "", "")
	}
	r.stamps(l.steps[0].at, last.at)
	e.put()
	for i := range n {
		st := &l.steps[i]
		h := e.row(s, objLeadHistory).text(st.id).flag(false).text(l.id, a.owner).instant(st.at)
		if i == 0 {
			h.text("created", "", "")
		} else {
			h.text("Status", l.steps[i-1].status, st.status)
		}
		e.put()
	}
}

// pipeline shows the deals.
func (e *emitter) pipeline(s *system, a *account) {
	for i := range a.deals {
		if o := &a.deals[i]; o.created() <= e.at {
			e.deal(s, a, o)
		}
	}
}

func (e *emitter) deal(s *system, a *account, o *opportunity) {
	now := o.at(e.at)
	st := &stages[now.stage]
	contract, loss, win, next := "", "", "", o.next
	if st.won {
		contract, win, next = o.contract, o.win, ""
	} else if st.closed {
		loss, next = o.loss, ""
	}
	touched := moment(0)
	for i := range a.activities {
		if t := &a.activities[i]; t.deal == o.id && t.done != 0 {
			touched = e.latest(touched, t.done)
		}
	}
	r := e.row(s, objOpportunity)
	r.text(o.id).flag(false).text(a.id, o.name, "", st.name).money(now.amount).int(st.probability).money(now.amount * int64(st.probability) / 100).text(a.currency)
	r.date(now.close).text(o.kind, o.record, next, o.source).flag(st.closed).flag(st.won).text(st.category, "", contract)
	r.text(salesforceID(keyPricebook, a.org, 1), o.owner, a.region(), loss, win, o.rival).flag(!st.closed && touched == 0).date(touched.day())
	r.instant(o.created()).instant(now.at).instant(max(now.at, touched))
	e.put()
	for i := range o.steps {
		h := &o.steps[i]
		if h.at > e.at {
			break
		}
		hs := &stages[h.stage]
		e.row(s, objOppHistory).text(h.id).flag(false).text(o.id, o.owner).instant(h.at).text(hs.name).money(h.amount)
		e.rec.money(h.amount * int64(hs.probability) / 100).text(a.currency).date(h.close).int(hs.probability).text(hs.historyCategory).instant(h.at)
		e.put()
	}
	e.dealParts(s, a, o)
}

// dealParts shows lines, contact roles and the competitor, which are entered soon
// after the deal.
func (e *emitter) dealParts(s *system, a *account, o *opportunity) {
	entered := o.created() + 900
	if entered > e.at {
		return
	}
	for i := range o.lines {
		l := &o.lines[i]
		e.row(s, objOppLine).text(l.id).flag(false).text(o.id, l.entry, productID(a.org, l.product), l.product.name).int(l.quantity)
		e.rec.money(l.unit).money(l.unit).int(l.discount).money(l.total).text(a.currency).date(l.from).flag(l.product.recurring)
		if l.product.recurring {
			e.rec.int(1).int(l.term)
		} else {
			e.rec.text("", "")
		}
		e.rec.stamps(entered, 0)
		e.put()
	}
	for i := range o.roles {
		p := &o.roles[i]
		e.row(s, objOppRole).text(p.id).flag(false).text(o.id, a.contacts[p.contact].id, p.role).flag(i == 0).stamps(max(entered, a.contacts[p.contact].created+60), 0)
		if max(entered, a.contacts[p.contact].created+60) <= e.at {
			e.put()
		}
	}
	if o.rival != "" {
		n := mix(uint64(o.created()))
		e.row(s, objCompetitor).text(keyCompetitor+o.id[3:15]+string(suffixOf(keyCompetitor+o.id[3:15]))).flag(false).text(o.id, o.rival, strengths[n%5], weaknesses[n>>8%5])
		e.rec.optMoney(o.quoted).text(a.currency).stamps(entered+300, 0)
		if entered+300 <= e.at {
			e.put()
		}
	}
}

func suffixOf(id15 string) []byte {
	s := idSuffix([]byte(id15))
	return s[:]
}
