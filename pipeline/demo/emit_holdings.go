package demo

// holdings shows contracts, installed services and their entitlements.
func (e *emitter) holdings(s *system, a *account) {
	for i := range a.contracts {
		if c := &a.contracts[i]; c.drafted <= e.at {
			e.contract(s, a, c)
		}
	}
	if a.rung > rungAsset {
		return
	}
	for i := range a.services {
		e.asset(s, a, i)
	}
}

func (e *emitter) contract(s *system, a *account, c *contract) {
	status := "In Approval Process"
	over := (c.end + 1).at(3600)
	if c.signed <= e.at {
		status = "Activated"
	}
	ended, reason := day(0), ""
	told := (c.terminated - 10).at(9 * 3600)
	switch {
	case c.terminated != 0 && told <= e.at && told > c.signed:
		ended, reason = c.terminated, c.reason
		if c.terminated.at(0) <= e.at {
			status = "Terminated"
		}
		over = c.terminated.at(0)
	case over <= e.at:
		status = "Expired"
	}
	previous := ""
	if c.previous >= 0 {
		previous = a.contracts[c.previous].id
	}
	if told < c.signed {
		told = 0
	}
	if c.terminated == 0 {
		told = 0
	}
	n := mix(uint64(a.number)<<8 + uint64(c.previous+1))
	r := e.row(s, objContract).text(c.id).flag(false).text(a.id, c.number, status).date(c.start).date(c.end).int(c.term).instant(e.past(c.signed)).flag(n%3 == 0)
	r.int([]int{30, 60, 90}[n>>8%3]).text(previous).money(c.value).text(a.currency).date(ended).text(reason, a.owner)
	r.stamps(c.drafted, e.latest(c.signed, over, told))
	e.put()
}

// asset shows a service as an asset, and its states where the org keeps them.
func (e *emitter) asset(s *system, a *account, i int) {
	v := &a.services[i]
	ordered := (v.start - 4).at(9 * 3600)
	if ordered > e.at {
		return
	}
	now, status := &v.periods[0], "Ordered"
	changes := []moment{v.start.at(0)}
	if v.start.at(0) <= e.at {
		status = "Installed"
	}
	for j := range v.periods {
		if p := &v.periods[j]; p.from.at(0) <= e.at {
			now = p
			changes = append(changes, p.from.at(0))
		}
	}
	ended, reason := day(0), ""
	if v.end != 0 && v.end.end() <= e.at {
		status, ended, reason = "Obsolete", v.end, v.reason
		changes = append(changes, v.end.end())
	}
	r := e.row(s, objAsset).text(v.asset).flag(false).text(a.id, "", productID(a.org, v.product), v.product.name, v.serial, status).int(now.quantity).money(now.price)
	r.text(a.currency).flag(true).int(1)
	if a.rung == rungAssetState && ended == 0 {
		r.money(now.monthly())
	} else {
		r.text("")
	}
	r.date(v.start-4).date(v.start).date(v.start).date(ended).date(ended).text(reason, countries[a.country].name, v.item, v.contract)
	r.stamps(ordered, e.latest(changes...))
	e.put()
	e.assetStates(s, a, v)
	e.entitlement(s, a, i, ordered)
}

func (e *emitter) assetStates(s *system, a *account, v *service) {
	if a.rung != rungAssetState {
		return
	}
	for j := range v.periods {
		p := &v.periods[j]
		from := p.from.at(0)
		if from > e.at {
			return
		}
		last := v.lastDay(j)
		until := moment(0)
		if last != 0 {
			until = e.past(last.end())
		}
		e.row(s, objAssetState).text(p.id).flag(false).text(v.asset).instant(from).instant(until).int(p.quantity).money(p.monthly()).money(p.monthly()).text(a.currency)
		e.rec.stamps(from, until)
		e.put()
	}
}

func (e *emitter) entitlement(s *system, a *account, i int, ordered moment) {
	v := &a.services[i]
	if a.kind == smb && i > 0 {
		return
	}
	status, until := "Active", v.start.firstOfMonth(36)-1
	if v.end != 0 && v.end.end() <= e.at {
		status, until = "Expired", v.end
	}
	key := keyEntitlement + v.asset[3:15]
	e.row(s, objEntitlement).text(key+string(suffixOf(key))).flag(false).text(v.product.name+" support", a.id, v.asset, supportLevels[a.kind], status)
	e.rec.date(v.start).date(until).text(hoursID(a.org, 0)).stamps(ordered+600, e.latest(v.end.end()))
	if ordered+600 <= e.at {
		e.put()
	}
}

// entitlementID returns the entitlement of service i, "" if it has none.
func (a *account) entitlementID(i int) string {
	if i < 0 || a.rung > rungAsset || a.kind == smb && i > 0 {
		return ""
	}
	key := keyEntitlement + a.services[i].asset[3:15]
	return key + string(suffixOf(key))
}

// orders shows orders with items and steps.
func (e *emitter) orders(s *system, a *account) {
	for i := range a.orders {
		if o := &a.orders[i]; o.created <= e.at {
			e.order(s, a, o)
		}
	}
}

func (e *emitter) order(s *system, a *account, o *order) {
	status := "Draft"
	switch {
	case e.past(o.cancelled) != 0:
		status = "Cancelled"
	case e.past(o.completed) != 0:
		status = "Completed"
	case e.at >= o.created+3600:
		status = "Activated"
	}
	e.row(s, objOrder).text(o.id).flag(false).text(a.id, o.deal, o.contract, o.number, o.kind, status).date(o.effective)
	e.rec.instant(e.past(o.activated)).instant(e.past(o.completed)).money(o.total).text(a.currency, a.region())
	e.rec.stamps(o.created, e.latest(o.created+3600, o.activated, o.completed, o.cancelled))
	e.put()
	for i := range o.items {
		it := &o.items[i]
		e.row(s, objOrderItem).text(it.id).flag(false).text(o.id, a.id, productID(a.org, it.product), it.product.family).int(it.quantity).money(it.unit).money(it.total)
		e.rec.text(a.currency).date(o.effective).date(it.end).stamps(o.created, 0)
		e.put()
	}
	for i := range o.steps {
		st := &o.steps[i]
		if st.entered > e.at {
			return
		}
		before := ""
		if i > 0 && o.steps[i-1].field == st.field {
			before = o.steps[i-1].name
		}
		e.row(s, objOrderHistory).text(st.id).flag(false).text(o.id, a.id, a.region(), o.items[0].product.family, a.owner).instant(st.entered)
		e.rec.text(st.field, before, st.name).instant(e.past(st.exited)).instant(st.target)
		e.put()
	}
}
