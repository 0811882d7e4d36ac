package demo

// billingAccount is the account in the billing system of its region.
type billingAccount struct {
	id, number  string
	limit       int64
	score       int
	opened      day
	watch, hold day // from when it is watched and held, 0 = never
	latePerMil  int
}

const paymentTerms = 30

// invoice is one bill with what became of it.
type invoice struct {
	id         string
	date       day
	lines      []invoiceLine
	net, tax   int64
	cancelled  day
	rebilledBy string
	payments   []payment
	credits    []credit
	disputes   []dispute
}

type invoiceLine struct {
	product  *product
	asset    string
	charge   string
	quantity int
	amount   int64
	from, to day
}

type payment struct {
	id, method string
	on         day
	amount     int64
	onAccount  bool
}

type credit struct {
	id, reason      string
	issued, applied day
	amount          int64
	billingError    bool
}

type dispute struct {
	id, reason, outcome string
	opened, resolved    day
	amount              int64
}

func (v *invoice) total() int64 { return v.net + v.tax }

// bill lays out the invoices: recurring charges in advance, orders as they are
// delivered.
func (a *account) bill() {
	if !a.billed || !a.isCustomer() {
		return
	}
	a.billing = billingAccount{id: billingNumber("BA", a.ordinal), number: billingNumber("6", a.ordinal), score: a.between(350, 850), opened: a.begins - 3}
	a.billing.latePerMil = []int{150, 470, 830}[a.weighted(60, 25, 15)]
	every := 1
	if a.chance(250) {
		every = 3
	}
	cycle := a.between(0, 27)
	if len(a.services) > 0 {
		for m := a.begins; m <= a.until(); m = m.firstOfMonth(every) {
			a.billServices(m, every, max(m.firstOfMonth(-1)+day(cycle), a.begins-2))
		}
	}
	for i := range a.orders {
		a.billOrder(&a.orders[i])
	}
	a.sortInvoices()
	a.setLimit()
	for i, n := 0, len(a.invoices); i < n; i++ {
		a.settle(i)
	}
}

// billServices adds the invoice of the months from m.
func (a *account) billServices(m day, every int, on day) {
	v := invoice{date: on}
	for i := range a.services {
		s := &a.services[i]
		l := invoiceLine{product: s.product, asset: s.asset, charge: "Recurring"}
		for n := range every {
			if p := s.on(m.firstOfMonth(n)); p != nil {
				if l.from == 0 {
					l.from = m.firstOfMonth(n)
				}
				l.to = m.firstOfMonth(n+1) - 1
				l.amount += p.monthly()
				l.quantity = p.quantity
			}
		}
		if l.from != 0 {
			v.lines = append(v.lines, l)
		}
	}
	if len(v.lines) == 0 {
		return
	}
	if first := v.lines[0]; first.product.usageType != "" && a.chance(120) {
		v.lines = append(v.lines, invoiceLine{product: first.product, asset: first.asset, charge: pick(a.stream, []string{"Overage", "Usage"}), quantity: 1,
			amount: first.amount * int64(a.between(1, 8)) / 100})
	}
	a.addInvoice(v)
}

// billOrder adds the invoice of an order's one-off items.
func (a *account) billOrder(o *order) {
	if o.cancelled != 0 {
		return
	}
	v := invoice{date: o.completed.day() + 1}
	for i := range o.items {
		if it := &o.items[i]; !it.product.recurring {
			v.lines = append(v.lines, invoiceLine{product: it.product, charge: "One-off", quantity: it.quantity, amount: it.total})
		}
	}
	if len(v.lines) > 0 && v.date <= a.horizon {
		a.addInvoice(v)
	}
}

func (a *account) addInvoice(v invoice) {
	for i := range v.lines {
		v.net += v.lines[i].amount
	}
	v.tax = (v.net*int64(countries[a.country].vatPermille) + 500) / 1000
	a.invoices = append(a.invoices, v)
}

// sortInvoices numbers the invoices in order of date.
func (a *account) sortInvoices() {
	for i := 1; i < len(a.invoices); i++ {
		for j := i; j > 0 && a.invoices[j].date < a.invoices[j-1].date; j-- {
			a.invoices[j], a.invoices[j-1] = a.invoices[j-1], a.invoices[j]
		}
	}
	for i := range a.invoices {
		a.invoices[i].id = a.invoiceID(i)
	}
}

// invoiceID numbers the invoices of South Africa and Kenya alike: two systems that
// never heard of each other.
func (a *account) invoiceID(n int) string {
	return documentNumber(a.billingPrefix("INV"), a.ordinal, n)
}

func (a *account) billingPrefix(kind string) string {
	if a.org == orgGroup {
		return "G" + kind
	}
	return kind
}

// setLimit gives the account credit for about three large months.
func (a *account) setLimit() {
	var largest int64
	for i := range a.invoices {
		largest = max(largest, a.invoices[i].total())
	}
	b := &a.billing
	b.limit = (largest*3/100000 + 1) * 100000
	if a.declines != 0 && a.chance(600) {
		b.watch = a.declines + day(a.between(20, 40))
		b.hold = b.watch + day(a.between(20, 40))
	}
}

// settle decides what becomes of invoice i.
func (a *account) settle(i int) {
	v := &a.invoices[i]
	bad := a.distress(v.date)
	if a.chance(12) {
		a.rebill(i)
		return
	}
	open := v.total()
	if a.chance(15 + bad/4) {
		open -= a.quarrel(v)
	} else if a.chance(25) {
		open -= a.credit(v, v.date+day(a.between(3, 25)), int64(a.between(5, 30)), a.chance(350))
	}
	if a.leaves != 0 && v.date > a.leaves-60 && a.chance(500) {
		return // never paid
	}
	due := v.date + paymentTerms
	on := v.date + day(a.between(4, paymentTerms))
	if a.chance(min(950, a.billing.latePerMil+bad*8)) {
		on = due + day(a.draw(quantiles{1, 2, 4, 9, 18, 32, 60}))
		if bad > 0 {
			on = due + day(a.between(25, 110))
		}
	}
	if a.chance(40) && open > 1000 {
		part := open * 6 / 10
		a.pay(v, on, part)
		a.pay(v, on+day(a.between(5, 20)), open-part)
		return
	}
	a.pay(v, on, open)
}

func (a *account) pay(v *invoice, on day, amount int64) {
	n := len(v.payments) + 1
	p := payment{id: "P" + v.id + string(rune('A'+n-1)), method: pick(a.stream, paymentMethods[a.org]), on: on, amount: amount}
	v.payments = append(v.payments, p)
	if a.chance(6) {
		v.payments = append(v.payments, payment{id: "P" + v.id + string(rune('A'+n)), method: p.method, on: on + 2, amount: amount / 10, onAccount: true})
	}
}

// quarrel adds a dispute and, where the customer was right, the credit. It returns
// the amount credited.
func (a *account) quarrel(v *invoice) int64 {
	d := dispute{id: "D" + v.id, reason: pick(a.stream, disputeReasons), opened: v.date + day(a.between(4, 20))}
	d.amount = v.total() * int64(a.between(10, 60)) / 100
	d.resolved = d.opened + day(a.between(7, 60))
	d.outcome = "Rejected"
	upheld := a.chance(450)
	if upheld {
		d.outcome = "Upheld"
	}
	v.disputes = append(v.disputes, d)
	if !upheld {
		return 0
	}
	v.credits = append(v.credits, credit{id: "C" + v.id, reason: "Billing error", issued: d.resolved, applied: d.resolved, amount: d.amount, billingError: true})
	return d.amount
}

// credit adds a credit memo of some percent of the invoice and returns its amount.
func (a *account) credit(v *invoice, on day, percent int64, wrong bool) int64 {
	c := credit{id: "C" + v.id, reason: pick(a.stream, creditReasons), issued: on, applied: on + day(a.between(0, 4)), billingError: wrong}
	if wrong {
		c.reason = "Billing error"
	}
	c.amount = v.total() * percent / 100
	v.credits = append(v.credits, c)
	return c.amount
}

// rebill cancels invoice i and writes it again.
func (a *account) rebill(i int) {
	v := &a.invoices[i]
	v.cancelled = v.date + day(a.between(2, 9))
	again := invoice{id: a.invoiceID(len(a.invoices)), date: v.cancelled, net: v.net, tax: v.tax, lines: v.lines}
	v.rebilledBy = again.id
	a.pay(&again, again.date+day(a.between(5, paymentTerms)), again.total())
	a.invoices = append(a.invoices, again)
}
