package demo

// contract is one link of a chain of renewals.
type contract struct {
	id, number string
	start, end day // both inclusive
	term       int // months
	drafted    moment
	signed     moment
	terminated day // first day without, 0 = ran to its end
	reason     string
	previous   int // index, or -1
	value      int64
}

// service is a recurring product the account uses.
type service struct {
	product    *product
	asset      string
	item       string // order item
	start, end day    // last day of service; 0 = open
	list       int64  // monthly price of one unit before discount
	discount   int    // percent
	periods    []period
	contract   string
	reason     string
	serial     string
}

// period is a span with one quantity and price, until the next or the service's end.
type period struct {
	id       string
	from     day
	quantity int
	price    int64 // net, of one unit and month
}

// agree lays out the chain of contracts and ties leaving to it.
func (a *account) agree() {
	if !a.contract {
		return
	}
	term := pick(a.stream, []int{12, 24, 24, 36})
	if a.kind == smb || a.fate == declining {
		term = pick(a.stream, []int{12, 12, 24})
	}
	if a.fate == declining {
		ends := (a.asOf + 1).firstOfMonth(a.between(1, 2)) // first day after the last contract
		n := 1
		if term == 12 {
			n = a.between(1, 3)
		}
		a.begins = ends.firstOfMonth(-n * term)
	}
	early := a.chance(400)
	for at, previous := a.begins, -1; at <= a.horizon; at, previous = at.firstOfMonth(term), previous+1 {
		c := contract{start: at, end: at.firstOfMonth(term) - 1, term: term, previous: previous}
		leaving := a.leaves != 0 && c.end >= a.leaves
		if leaving && !early && c.end <= a.asOf-35 {
			a.leaves = c.end
		} else if leaving && c.end > a.leaves {
			c.terminated = a.leaves + 1
		}
		if leaving {
			c.reason = pick(a.stream, leaveReasons)
		}
		a.contracts = append(a.contracts, c)
		if leaving || a.fate == declining && c.end > a.asOf {
			break
		}
	}
	for i := range a.contracts {
		c := &a.contracts[i]
		c.id = a.newID(keyContract)
		c.number = contractNumber(a.org, a.ordinal, i)
	}
}

// subscribe lays out the services of the account.
func (a *account) subscribe() {
	if a.rung == rungNone {
		return
	}
	n := [...]int{wholesale: a.between(1, 3), enterprise: a.between(2, 4), smb: a.between(1, 2)}[a.kind]
	for range n {
		a.addService(a.begins)
	}
	if a.fate == growing && a.rung != rungContract {
		for range a.between(1, 2) {
			if room := a.begins.monthsTo(a.until()) - 3; room > 3 {
				a.addService(a.begins.firstOfMonth(a.between(3, room)))
			}
		}
	}
	if a.fate == shrinking && len(a.services) > 1 && a.rung != rungContract {
		s := &a.services[len(a.services)-1]
		if room := s.start.monthsTo(a.asOf) - 1; room > 6 {
			s.end = s.start.firstOfMonth(a.between(6, room)) - 1
			s.reason = pick(a.stream, leaveReasons)
		}
	}
	for i := range a.services {
		a.develop(&a.services[i])
		a.install(&a.services[i])
	}
}

// install gives a service its ids, in the orgs that hold the account's assets.
func (a *account) install(s *service) {
	if a.rung > rungAsset {
		return
	}
	s.asset = a.newID(keyAsset)
	for i := range s.periods {
		s.periods[i].id = a.newID(keyAssetState)
	}
}

// addService starts a product the account does not have yet.
func (a *account) addService(start day) {
	choice := recurringFor[a.kind]
	p := &products[pick(a.stream, choice)]
	for range 3 {
		if !a.uses(p) {
			break
		}
		p = &products[pick(a.stream, choice)]
	}
	if a.uses(p) {
		return
	}
	s := service{product: p, start: start, list: a.price(p), discount: pick(a.stream, []int{0, 0, 5, 10, 15})}
	if a.rung <= rungAsset {
		s.serial = serialNumber(a.org, a.ordinal, len(a.services))
	}
	s.periods = []period{{from: start, quantity: a.units(p), price: s.list * int64(100-s.discount) / 100}}
	if a.leaves != 0 {
		s.end, s.reason = a.leaves, pick(a.stream, leaveReasons)
	}
	a.services = append(a.services, s)
}

func (a *account) uses(p *product) bool {
	for i := range a.services {
		if a.services[i].product == p {
			return true
		}
	}
	return false
}

// units is how many of a product an account of its kind takes.
func (a *account) units(p *product) int {
	cheap := p.usd < 60
	switch {
	case a.kind == smb && cheap:
		return a.between(2, 15)
	case a.kind == smb:
		return a.between(1, 2)
	case a.kind == enterprise && cheap:
		return a.between(15, 150)
	case a.kind == enterprise:
		return a.between(1, 8)
	case cheap:
		return a.between(80, 500)
	default:
		return a.between(1, 6)
	}
}

// develop adds the changes of a service over the years: price rises, growth and,
// when things go wrong, reductions.
func (a *account) develop(s *service) {
	rises := a.chance(600)
	last := a.until()
	if s.end != 0 {
		last = min(last, s.end)
	}
	for m := s.start.firstOfMonth(1); m <= last; m = m.firstOfMonth(1) {
		p := s.periods[len(s.periods)-1]
		months := s.start.monthsTo(m)
		boundary := a.rung != rungContract || a.renewsOn(m)
		if rises && months%12 == 0 && boundary {
			p.price = p.price * int64(105+a.between(0, 4)) / 100
		}
		if a.fate == growing && boundary && a.chance(70) {
			p.quantity += 1 + p.quantity*a.between(5, 20)/100
		}
		if a.distress(m) > 50 && boundary && p.quantity > 3 && a.chance(250) {
			p.quantity -= p.quantity * a.between(20, 40) / 100
		}
		if old := s.periods[len(s.periods)-1]; p.price != old.price || p.quantity != old.quantity {
			p.from = m
			s.periods = append(s.periods, p)
		}
	}
}

// renewsOn says whether a renewal contract starts on a day.
func (a *account) renewsOn(d day) bool {
	for _, c := range a.contracts {
		if c.start == d {
			return true
		}
	}
	return false
}

// on returns the period of a day, or nil when there is no service.
func (s *service) on(d day) *period {
	if d < s.start || s.end != 0 && d > s.end {
		return nil
	}
	for i := len(s.periods) - 1; i >= 0; i-- {
		if s.periods[i].from <= d {
			return &s.periods[i]
		}
	}
	return nil
}

// lastDay returns the last day of period i, 0 while it is open.
func (s *service) lastDay(i int) day {
	if i+1 < len(s.periods) {
		return s.periods[i+1].from - 1
	}
	return s.end
}

func (p *period) monthly() int64 { return int64(p.quantity) * p.price }
