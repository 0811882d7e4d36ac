package demo

// emitter shows the stories as they stand at one moment: rows that exist by then,
// in the state they had.
type emitter struct {
	at  moment
	rec record
	out func(*system, *record)
	sys *system
}

// row begins a record of a system.
func (e *emitter) row(s *system, o *object) *record {
	e.sys = s
	return e.rec.reset(&s.dialect, o)
}

// put ends the record. A record with a wrong number of fields is a mistake in this
// package, found by its first test.
func (e *emitter) put() {
	if len(e.rec.ends) != len(e.rec.object.columns) {
		panic("demo: " + e.rec.object.name + " has the wrong number of fields")
	}
	e.out(e.sys, &e.rec)
}

// past returns the moment if it has come, else 0.
func (e *emitter) past(m moment) moment {
	if m > e.at {
		return 0
	}
	return m
}

// pastDay returns the day if it has come, else 0.
func (e *emitter) pastDay(d day) day {
	if d > e.at.day() {
		return 0
	}
	return d
}

// latest returns the greatest of the moments that have come.
func (e *emitter) latest(moments ...moment) (last moment) {
	for _, m := range moments {
		last = max(last, e.past(m))
	}
	return last
}

// stamps adds the three stamps that end a Salesforce record.
func (r *record) stamps(created, modified moment) *record {
	return r.instant(created).instant(max(created, modified)).instant(max(created, modified))
}

// account shows everything about an account.
func (e *emitter) account(a *account) {
	if a.created > e.at {
		return // and nothing of it exists yet
	}
	s := &salesforceSystems[a.org]
	e.company(s, a)
	e.people(s, a)
	e.pipeline(s, a)
	e.holdings(s, a)
	e.orders(s, a)
	e.support(s, a)
	e.engagement(s, a)
	e.invoicing(&billingSystems[a.org], a)
	e.surveys(a)
}
