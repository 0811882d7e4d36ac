package demo

// rung is the source from which an account's recurring revenue can be known.
type rung byte

const (
	rungAssetState rung = iota
	rungAsset
	rungContract
	rungInvoice
	rungSubscription
	rungNone
)

// fate is how an account's story goes.
type fate byte

const (
	stable fate = iota
	growing
	shrinking // gives up one service
	declining // about to leave
	churned
)

// settings is what all accounts of a demo share.
type settings struct {
	seed           uint64
	accounts       int
	asOf           day
	meteredPer1000 int // see Options.Metered
	start          day // of history
	horizon        day // last day of the story, after as-of
}

// account is the whole story of one account: everything that happens to it from the
// start of history to the horizon. What an export shows is the part up to its date.
type account struct {
	*settings
	accountPlan
	stream
	customer int

	rung     rung
	fate     fate
	repeat   bool // buys by repeat order, without contract
	contract bool
	billed   bool // has a billing account
	metered  bool // has daily usage

	id, owner string
	parentID  string
	currency  string
	created   moment
	begins    day // of the first service or order
	leaves    day // last day of service, 0 = stays
	declines  day // from when things go wrong, 0 = never
	ids       uint64

	contacts      []contact
	leads         []lead
	services      []service
	contracts     []contract
	deals         []opportunity
	orders        []order
	cases         []supportCase
	activities    []activity
	invoices      []invoice
	billing       billingAccount
	surveyAnswers []survey
}

const idsPerAccount = 1 << 14

func accountID(org, number int) string {
	return salesforceID(keyAccount, org, uint64(number+1)*idsPerAccount)
}

// newID returns the next id of the account for an object.
func (a *account) newID(prefix string) string {
	a.ids++
	return salesforceID(prefix, a.org, uint64(a.number+1)*idsPerAccount+a.ids)
}

// live generates the story of an account.
func (g *settings) live(c customerPlan, p accountPlan) *account {
	a := &account{settings: g, accountPlan: p, customer: c.index, stream: newStream(g.seed, purposeAccount, uint64(p.number))}
	a.id = accountID(p.org, p.number)
	a.currency = countries[p.country].currency
	if p.parent >= 0 {
		a.parentID = accountID(p.org, p.parent)
	}
	a.owner = userID(p.org, a.IntN(g.sellers(p.org)))
	a.decide()
	a.schedule()
	a.subscribe()
	a.sell()
	a.meet()
	a.order()
	a.bill()
	a.complain()
	a.engage()
	return a
}

// decide fixes which kind of customer the account is.
func (a *account) decide() {
	r := spread(a.seed, spreadRung, a.number)
	switch {
	case a.copy, r >= 965:
		a.rung = rungNone
		return
	case r < 530:
		a.rung, a.repeat = rungAssetState, r < 150
	case r < 645:
		a.rung, a.repeat = rungAsset, r < 570
	case r < 760:
		a.rung = rungContract
	case r < 875:
		a.rung = rungInvoice
	case r < 905:
		a.rung = rungSubscription
	default:
		a.rung, a.repeat = rungNone, true
	}
	a.contract = !a.repeat && a.rung != rungInvoice
	a.billed = a.rung == rungInvoice || a.rung == rungSubscription || a.repeat || a.chance(900)
	a.metered = spread(a.seed, spreadUsage, a.number) < a.meteredPer1000 && a.rung <= rungAsset
	if a.unconnected {
		a.billed, a.metered = false, false
	}
	f := spread(a.seed, spreadFate, a.number)
	switch {
	case f < 115:
		a.fate = churned
	case f < 185:
		a.fate = declining
	case f < 245:
		a.fate = shrinking
	case f < 450:
		a.fate = growing
	}
}

// meteredShare is how many accounts of 1,000 have daily usage: fewer in large
// demos, where usage would outweigh everything else.
func meteredShare(accounts int) int {
	return max(60, min(400, 400*4000/max(accounts, 1)))
}

// isCustomer says whether the account ever buys.
func (a *account) isCustomer() bool { return a.rung != rungNone || a.repeat }

// schedule fixes when the account begins, declines and leaves.
func (a *account) schedule() {
	if a.chance(400) {
		a.begins = (a.start + day(a.between(20, 90))).firstOfMonth(0)
	} else {
		a.begins = (a.start + day(a.between(90, int(a.asOf-a.start)-80))).firstOfMonth(0)
	}
	switch a.fate {
	case churned:
		lo := max(a.begins+180, a.asOf-900)
		if lo > a.asOf-70 {
			a.begins = (a.asOf - 500).firstOfMonth(0)
			lo = a.begins + 180
		}
		a.leaves = (lo + day(a.between(0, int(a.asOf-40-lo)))).firstOfMonth(0) - 1
	case declining:
		a.begins = min(a.begins, (a.asOf - 240).firstOfMonth(0))
		a.declines = a.asOf - day(a.between(70, 130))
	}
	a.agree()
	if a.leaves != 0 {
		a.declines = a.leaves - day(a.between(110, 190))
	}
}

// distress is how badly things stand on a day, from 0 to 100.
func (a *account) distress(d day) int {
	if a.declines == 0 || d < a.declines {
		return 0
	}
	return min(100, 15+int(d-a.declines))
}

// gone says whether the account has left by a day.
func (a *account) gone(d day) bool { return a.leaves != 0 && d > a.leaves }

// until is the last day on which the account does business.
func (a *account) until() day {
	if a.leaves != 0 {
		return min(a.leaves, a.horizon)
	}
	return a.horizon
}

func (a *account) region() string { return countries[a.country].region }

// price returns the list price of a product in hundredths of the account's currency.
func (a *account) price(p *product) int64 { return int64(p.usd) * priceLevel[a.currency] * 100 }
