package demo

import "strconv"

// sellers and agents are how many people sell and support in an org. The ids of
// sellers come first, then those of agents, then two people of the back office.
func (g *settings) sellers(org int) int {
	return min(400, 6+g.accounts*[orgCount]int{15, 50, 35}[org]/12_000)
}

func (g *settings) agents(org int) int { return min(200, 4+g.sellers(org)/2) }

func userID(org, n int) string { return salesforceID(keyUser, org, uint64(n+1)) }

func productID(org int, p *product) string {
	return salesforceID(keyProduct, org, uint64(p.index+1))
}

func hoursID(org, n int) string { return salesforceID(keyHours, org, uint64(n+1)) }

// reference shows what an org has before its first account.
func (e *emitter) reference(g *settings, org int) {
	s := &salesforceSystems[org]
	founded := (g.start - 700).at(8 * 3600)
	e.users(g, s, org, founded)
	for i := range products {
		p := &products[i]
		e.row(s, objProduct).text(productID(org, p)).flag(false).text(p.name, "P-"+strconv.Itoa(100+p.index), p.family, p.line).flag(true).flag(p.recurring)
		if p.recurring {
			e.rec.int(1)
		} else {
			e.rec.text("")
		}
		e.rec.text(p.unit).money(int64(p.costUSD)*100).text(p.complements).stamps(founded, 0)
		e.put()
	}
	for i := range stages {
		st := &stages[i]
		e.row(s, objStage).text(salesforceID(keyStage, org, uint64(i+1)), st.name, st.name).int(i + 1).flag(true).flag(st.closed).flag(st.won).int(st.probability)
		e.rec.text(st.category, st.funnel).stamps(founded, 0)
		e.put()
	}
	e.calendar(g, s, org, founded)
}

// users shows the staff. On the second night one leaves and on the first one moves.
func (e *emitter) users(g *settings, s *system, org int, founded moment) {
	sellers, agents := g.sellers(org), g.agents(org)
	for i := range sellers + agents + 2 {
		n := mix(g.seed ^ uint64(org)<<40 ^ uint64(i))
		first, last := firstNames[n%uint64(len(firstNames))], lastNames[n>>16%uint64(len(lastNames))]
		role, boss := "Account Executive", userID(org, 0)
		switch {
		case i == 0:
			role, boss = "Sales Manager", ""
		case i == sellers:
			role = "Service Manager"
		case i > sellers && i < sellers+agents:
			role, boss = "Support Agent", userID(org, sellers)
		case i == sellers+agents:
			role = "Back Office"
		case i == sellers+agents+1:
			role = "Back Office"
		}
		joined, changed := founded+moment(n>>8%600)*secondsPerDay, moment(0)
		if i == sellers+agents+1 && e.past((g.asOf+1).at(7*3600)) != 0 {
			role, changed = "Billing Analyst", (g.asOf + 1).at(7*3600)
		}
		if i == sellers+agents && e.past((g.asOf+2).at(7*3600)) != 0 {
			continue
		}
		places := territories[org]
		address := plain(first) + "." + plain(last) + strconv.Itoa(i) + "@" + s.name[3:] + ".telco.example"
		e.row(s, objUser).text(userID(org, i), address, first+" "+last, address).flag(true).text(boss, role, s.region, places[i%len(places)]).stamps(joined, changed)
		e.put()
	}
}

var zones = [orgCount]string{"Europe/London", "Africa/Johannesburg", "Africa/Nairobi"}

// calendar shows business hours, one row for each weekday, and holidays.
func (e *emitter) calendar(g *settings, s *system, org int, founded moment) {
	hours := func(n int, name string, days, opens, closes int) {
		for d := 1; d <= days; d++ {
			e.row(s, objBusinessHours).text(hoursID(org, n), name).int(d).int(opens).int(closes).text(zones[org]).flag(true).flag(n == 0).stamps(founded, 0)
			e.put()
		}
	}
	hours(0, "Office hours", 5, 8*60, 17*60)
	hours(1, "Network operations", 7, 0, 24*60)
	first, last := g.start.time().Year(), g.horizon.time().Year()
	for year := first; year <= last; year++ {
		for i, h := range holidays[org] {
			id := salesforceID(keyHoliday, org, uint64(year*100+i))
			e.row(s, objHoliday).text(id, h.name).date(dateOf(year, h.month, h.dom)).flag(true).text(hoursID(org, 0)).stamps(founded, 0)
			e.put()
		}
	}
}
