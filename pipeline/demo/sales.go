package demo

import "slices"

// opportunity is a deal, won or lost, with its way through the stages.
type opportunity struct {
	id, name, kind, record string
	source, owner          string
	next, loss, win        string
	rival                  string
	quoted                 int64
	contract               string
	steps                  []dealStep // in order of time; the last one closes it
	lines                  []dealLine
	roles                  []dealRole
	amount                 int64
}

// dealStep is the state of a deal after a change.
type dealStep struct {
	id     string
	at     moment
	stage  int
	amount int64
	close  day
}

type dealLine struct {
	id, entry      string
	product        *product
	quantity, term int // term in months, 0 for a one-off
	unit           int64
	discount       int
	total          int64
	from           day
}

type dealRole struct {
	id, role string
	contact  int // index
}

// cycleDays is how long won deals take; the median is 57 days.
var cycleDays = quantiles{8, 20, 35, 57, 90, 140, 260}

func (o *opportunity) created() moment { return o.steps[0].at }

func (o *opportunity) closed() moment { return o.steps[len(o.steps)-1].at }

func (o *opportunity) won() bool { return o.steps[len(o.steps)-1].stage == stageWon }

// sell lays out all deals of the account.
func (a *account) sell() {
	won := 0
	for i := range a.contracts {
		if a.sellContract(i) {
			won++
		}
	}
	if len(a.contracts) == 0 && a.isCustomer() {
		a.deal("New Business", a.begins-day(a.between(8, 18)), true, a.openingLines())
		won++
	}
	for i := range a.services {
		if s := &a.services[i]; s.start > a.begins && a.rung != rungInvoice {
			a.deal("Existing Business", s.start-day(a.between(8, 18)), true, a.recurringLines(s.start, s.start, 12))
			won++
		}
	}
	for range a.between(0, 2) {
		if room := int(a.until() - a.begins); a.isCustomer() && room > 60 {
			a.deal("Existing Business", a.begins+day(a.between(30, room)), true, a.oneOffLines())
			won++
		}
	}
	a.lose(won)
	for i := range a.deals {
		a.deals[i].contractFrom(a)
	}
}

// sellContract adds the deal that led to contract i, and a lost renewal after the
// last contract of a customer who left. It says whether there was such a deal.
func (a *account) sellContract(i int) bool {
	c := &a.contracts[i]
	kind := "New Business"
	if i > 0 {
		kind = "Renewal"
	}
	lines := a.recurringLines(c.start, 0, c.term)
	c.value = sum(lines)
	a.deal(kind, (c.start - day(a.between(13, 40))).workday(), true, lines).contract = c.id
	if i == len(a.contracts)-1 && (a.leaves != 0 || a.fate == declining) {
		closing := c.end + day(a.between(1, 20))
		if c.terminated != 0 {
			closing = c.terminated + day(a.between(1, 20))
		}
		lost := a.deal("Renewal", closing.workday(), false, lines)
		lost.loss = pick(a.stream, []string{"Price", "Competitor", "No Decision"})
	}
	return true
}

// openingLines are those of the first deal of an account without contract.
func (a *account) openingLines() []dealLine {
	if a.rung == rungInvoice || a.rung == rungNone {
		return a.oneOffLines()
	}
	return a.recurringLines(a.begins, 0, 12)
}

// recurringLines are the services of a day; with only, those that start then.
func (a *account) recurringLines(on, only day, term int) []dealLine {
	var lines []dealLine
	for i := range a.services {
		s := &a.services[i]
		p := s.on(on)
		if p == nil || only != 0 && s.start != only {
			continue
		}
		l := dealLine{product: s.product, quantity: p.quantity, term: term, from: on, unit: p.price * int64(term)}
		if p.price == s.list*int64(100-s.discount)/100 {
			l.unit, l.discount = s.list*int64(term), s.discount
		}
		l.total = p.monthly() * int64(term)
		lines = append(lines, l)
	}
	return lines
}

func (a *account) oneOffLines() []dealLine {
	p := &products[pick(a.stream, oneOffFor[a.kind])]
	l := dealLine{product: p, quantity: a.between(1, 12), unit: a.price(p), discount: pick(a.stream, []int{0, 0, 5, 10})}
	l.total = int64(l.quantity) * l.unit * int64(100-l.discount) / 100
	return []dealLine{l}
}

func sum(lines []dealLine) (total int64) {
	for i := range lines {
		total += lines[i].total
	}
	return total
}

// lose adds the deals that came to nothing: not long before or after won ones, so
// that the win rate is the same in every year.
func (a *account) lose(won int) {
	if !a.isCustomer() {
		if a.chance(500) {
			a.loseDeal("New Business", a.begins+day(a.between(0, 100)))
		}
		return
	}
	for i := range won {
		if !a.chance(548) {
			continue
		}
		near := a.deals[i].closed().day() + day(a.between(-45, 120))
		kind := "Existing Business"
		if near < a.begins {
			kind = "New Business"
		}
		a.loseDeal(kind, min(near, a.until()))
	}
}

func (a *account) loseDeal(kind string, closing day) {
	lines := a.oneOffLines()
	if a.chance(700) && a.rung != rungInvoice {
		p := &products[pick(a.stream, recurringFor[a.kind])]
		l := dealLine{product: p, quantity: a.units(p), term: 12, unit: a.price(p) * 12}
		l.total = int64(l.quantity) * l.unit
		lines = []dealLine{l}
	}
	a.deal(kind, closing.workday(), false, lines).loss = pick(a.stream, lossReasons)
}

// deal adds one deal that closes on a day.
func (a *account) deal(kind string, closing day, won bool, lines []dealLine) *opportunity {
	o := opportunity{id: a.newID(keyOpportunity), kind: kind, source: pick(a.stream, leadSources), owner: a.owner, amount: sum(lines), lines: slices.Clone(lines)}
	o.record = "Standard Sale"
	if kind == "Renewal" {
		o.record = kind
	} else if len(lines) > 0 && lines[0].product.family == "Connectivity" {
		o.record = "Connectivity Sale"
	}
	o.name = a.dealName(kind, closing, lines)
	o.next = pick(a.stream, nextSteps)
	if won {
		o.win = pick(a.stream, winReasons)
	}
	if a.chance(300) {
		o.rival = pick(a.stream, competitors)
		o.quoted = o.amount * int64(a.between(80, 115)) / 100
	}
	o.steps = a.dealSteps(kind, closing, won, o.amount)
	for i := range o.lines {
		l := &o.lines[i]
		l.id = a.newID(keyOppLine)
		l.entry = salesforceID(keyPriceEntry, a.org, uint64(l.product.index+1))
		if l.from == 0 {
			l.from = closing + 14
		}
	}
	a.deals = append(a.deals, o)
	return &a.deals[len(a.deals)-1]
}

func (a *account) dealName(kind string, closing day, lines []dealLine) string {
	what := "Services"
	if len(lines) > 0 {
		what = lines[0].product.name
	}
	if kind == "Renewal" {
		what = "Renewal"
	}
	stem, _ := nameStem(a.seed, a.customer)
	return stem + " - " + what + " " + closing.iso()[:7]
}

// dealSteps is the way of a deal through the stages, ending on the closing day.
func (a *account) dealSteps(kind string, closing day, won bool, amount int64) []dealStep {
	days := a.draw(cycleDays)
	first, last := a.IntN(2), stageNegotiation
	if kind == "Renewal" {
		first = a.between(1, 3)
	}
	end := stageWon
	if !won {
		last, end = first+a.IntN(stageNegotiation-first+1), stageLost
		days = days * a.between(80, 140) / 100
	}
	path := []int{first}
	for s := first + 1; s <= last; s++ {
		if s == last || !a.chance(200) {
			path = append(path, s)
		}
	}
	path = append(path, end)
	finish := a.officeTime(closing)
	begin := a.officeTime((closing - day(max(days, 2))).workday())
	if finish-begin < 2*secondsPerDay {
		begin = finish - 3*secondsPerDay
	}
	expected := begin.day() + day(a.between(40, 80))
	estimate := amount * int64(a.between(80, 125)) / 100 / 100 * 100
	steps := make([]dealStep, 0, len(path)+1)
	for i, s := range path {
		at := begin + (finish-begin)*moment(i)/moment(len(path)-1)
		if i > 0 && i < len(path)-1 {
			at += moment(a.between(0, 7200))
		}
		for expected <= at.day() {
			expected += day(a.between(14, 40))
		}
		st := dealStep{id: a.newID(keyOppHistory), at: at, stage: s, amount: estimate, close: expected}
		if s >= 3 {
			st.amount = amount
		}
		if i == len(path)-1 {
			st.at, st.close, st.amount = finish, closing, amount
		}
		steps = append(steps, st)
	}
	return steps
}

// contractFrom makes the contract follow the closing of its deal.
func (o *opportunity) contractFrom(a *account) {
	if o.contract == "" || !o.won() {
		return
	}
	for i := range a.contracts {
		if c := &a.contracts[i]; c.id == o.contract {
			c.drafted = o.closed()
			c.signed = c.drafted + moment(a.between(1, 3))*secondsPerDay
		}
	}
}

// at returns the state of the deal at a moment, or nil before it began.
func (o *opportunity) at(m moment) *dealStep {
	for i := len(o.steps) - 1; i >= 0; i-- {
		if o.steps[i].at <= m {
			return &o.steps[i]
		}
	}
	return nil
}
