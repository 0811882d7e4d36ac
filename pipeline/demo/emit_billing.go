package demo

// invoicing shows what the billing system of the account's region holds.
func (e *emitter) invoicing(s *system, a *account) {
	if !a.billed || !a.isCustomer() || a.billing.opened.at(0) > e.at {
		return
	}
	e.billingAccount(s, a)
	for i := range a.invoices {
		if v := &a.invoices[i]; v.date.at(0) <= e.at {
			e.invoice(s, a, v)
		}
	}
	for i := range a.services {
		e.prices(s, a, i)
		if a.rung == rungSubscription {
			e.subscriptions(s, a, i)
		}
	}
}

func (e *emitter) billingAccount(s *system, a *account) {
	b := &a.billing
	status := "OK"
	if b.watch != 0 && e.pastDay(b.watch) != 0 {
		status = "Watch"
	}
	hold, released := day(0), day(0)
	if b.hold != 0 && e.pastDay(b.hold) != 0 {
		status, hold = "Hold", b.hold
		if over := b.hold + 150; a.leaves != 0 && e.pastDay(over) != 0 {
			status, released = "OK", over
		}
	}
	e.row(s, objBillingAccount).text(b.id, a.id, b.number, a.name, a.currency).money(b.limit).text(status).date(hold).date(released).int(paymentTerms).int(b.score).date(b.opened).flag(false)
	e.put()
}

func (e *emitter) invoice(s *system, a *account, v *invoice) {
	status, rebilled := "Issued", ""
	cancelled := day(0)
	if v.cancelled != 0 && e.pastDay(v.cancelled) != 0 {
		status, cancelled, rebilled = "Cancelled", v.cancelled, v.rebilledBy
	}
	e.row(s, objInvoice).text(v.id, v.id, a.billing.id, a.id).date(v.date).date(v.date + paymentTerms).text(status).money(v.net).money(v.tax).money(v.total())
	e.rec.text(a.currency).date(cancelled).text(rebilled).flag(false)
	e.put()
	for i := range v.lines {
		l := &v.lines[i]
		e.row(s, objInvoiceLine).text(v.id+"-"+string(rune('1'+i)), v.id, productID(a.org, l.product), l.asset, l.charge).int(l.quantity).money(l.amount)
		e.rec.text(a.currency).date(l.from).date(l.to).date(v.date).flag(false)
		e.put()
	}
	for i := range v.payments {
		p := &v.payments[i]
		if e.pastDay(p.on) == 0 {
			continue
		}
		to := v.id
		if p.onAccount {
			to = ""
		}
		e.row(s, objPayment).text(p.id, to, a.billing.id).date(p.on).money(p.amount).text(a.currency, p.method, "Applied").flag(false)
		e.put()
	}
	e.corrections(s, a, v)
}

func (e *emitter) corrections(s *system, a *account, v *invoice) {
	for i := range v.credits {
		c := &v.credits[i]
		if e.pastDay(c.issued) != 0 {
			e.row(s, objCreditMemo).text(c.id, v.id, a.id).date(c.issued).date(e.pastDay(c.applied)).money(c.amount).text(a.currency, c.reason).flag(c.billingError).flag(false)
			e.put()
		}
	}
	for i := range v.disputes {
		d := &v.disputes[i]
		if e.pastDay(d.opened) == 0 {
			continue
		}
		resolved, outcome := e.pastDay(d.resolved), ""
		if resolved != 0 {
			outcome = d.outcome
		}
		e.row(s, objDispute).text(d.id, v.id, a.id).date(d.opened).date(resolved).money(d.amount).text(a.currency, d.reason, outcome).flag(false)
		e.put()
	}
}

// prices shows the price rises of a service.
func (e *emitter) prices(s *system, a *account, i int) {
	v := &a.services[i]
	for j := 1; j < len(v.periods); j++ {
		before, after := &v.periods[j-1], &v.periods[j]
		announced := after.from - 20
		if before.price == after.price || e.pastDay(announced) == 0 {
			continue
		}
		n := documentNumber(a.billingPrefix("PC"), a.ordinal, i*40+j)
		e.row(s, objPriceChange).text(n, a.id, v.asset, productID(a.org, v.product)).date(after.from).money(before.price).money(after.price).text(a.currency)
		e.rec.decimal((after.price-before.price)*10000/before.price, 2).flag(false)
		e.put()
	}
}

// subscriptions shows a service as recurring charges: one for each price.
func (e *emitter) subscriptions(s *system, a *account, i int) {
	v := &a.services[i]
	for j := range v.periods {
		p := &v.periods[j]
		if e.pastDay(p.from) == 0 {
			return
		}
		status, last := "Active", v.lastDay(j)
		if last == 0 || last.end() > e.at {
			last = 0
		} else {
			status = "Ended"
		}
		gross, off := p.monthly(), int64(0)
		if j == 0 {
			gross = int64(p.quantity) * v.list
			off = gross - p.monthly()
		}
		n := documentNumber(a.billingPrefix("SUB"), a.ordinal, i*40+j)
		e.row(s, objSubscription).text(n, a.id, a.billing.id, "", productID(a.org, v.product), status).date(p.from).date(last).money(gross).money(off).text(a.currency).int(1).flag(false)
		e.put()
	}
}
