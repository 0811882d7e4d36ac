package demo

// order is what was ordered, from a deal or directly.
type order struct {
	id, number, kind string
	deal, contract   string
	created          moment
	effective        day
	activated        moment
	completed        moment
	cancelled        moment
	items            []orderItem
	steps            []orderStep
	total            int64
}

type orderItem struct {
	id       string
	product  *product
	quantity int
	unit     int64
	total    int64
	end      day
}

type orderStep struct {
	id, field, name string
	entered, exited moment
	target          moment
}

// order lays out the orders: one for each won deal, and the repeat orders.
func (a *account) order() {
	for i := range a.deals {
		if o := &a.deals[i]; o.won() && len(o.lines) > 0 {
			a.orderFromDeal(o)
		}
	}
	if a.repeat {
		a.repeatOrders()
	}
}

func (a *account) orderFromDeal(o *opportunity) {
	kind := map[string]string{"New Business": "New", "Renewal": "Renewal", "Existing Business": "Change"}[o.kind]
	n := a.newOrder(kind, o.closed()+3600, o.lines[0].from)
	n.deal, n.contract = o.id, o.contract
	for i := range o.lines {
		l := &o.lines[i]
		item := orderItem{id: a.newID(keyOrderItem), product: l.product, quantity: l.quantity, unit: l.unit * int64(100-l.discount) / 100, total: l.total}
		if l.term > 0 {
			item.unit /= int64(l.term) // an order states the monthly price
			item.total = item.unit * int64(l.quantity)
			item.end = l.from.firstOfMonth(l.term) - 1
		}
		n.total += item.total
		n.items = append(n.items, item)
		a.installed(l, &n.items[len(n.items)-1], o.contract)
	}
	switch kind {
	case "New":
		n.steps, n.activated, n.completed = a.orderSteps(newOrderSteps, n.created+7200)
	case "Change":
		n.steps, n.activated, n.completed = a.orderSteps(repeatOrderSteps, n.created+7200)
	default:
		n.activated, n.completed = n.created+3*secondsPerDay, n.created+3*secondsPerDay
	}
	a.orders = append(a.orders, n)
}

// installed notes on a service which order item and contract it came from.
func (a *account) installed(l *dealLine, item *orderItem, contract string) {
	for i := range a.services {
		if s := &a.services[i]; s.product == l.product && s.start == l.from && s.item == "" {
			s.item, s.contract = item.id, contract
		}
	}
}

func (a *account) newOrder(kind string, created moment, effective day) order {
	return order{id: a.newID(keyOrder), number: orderNumber(a.ordinal, len(a.orders)), kind: kind, created: created, effective: max(effective, created.day())}
}

// ordersUntil is the last day on which the account orders of its own accord. Nobody gives
// notice of that: one in four stops, at any time, though services and contacts may go on.
func (a *account) ordersUntil() day {
	s := spread(a.seed, spreadStops, a.number)
	if s >= 250 {
		return a.until()
	}
	return min(a.until(), a.begins+(a.asOf-a.begins)*day(200+3*s)/1000)
}

// repeatOrders adds orders at the account's own pace; the pace slows before it leaves.
func (a *account) repeatOrders() {
	pace := a.between(30, 95)
	for d := a.begins + day(a.between(10, 60)); d <= a.ordersUntil(); {
		n := a.newOrder("Repeat", a.officeTime(d), d)
		for range a.between(1, 2) {
			p := &products[pick(a.stream, oneOffFor[a.kind])]
			item := orderItem{id: a.newID(keyOrderItem), product: p, quantity: a.between(1, 10), unit: a.price(p)}
			item.total = int64(item.quantity) * item.unit
			n.total += item.total
			n.items = append(n.items, item)
		}
		n.steps, n.activated, n.completed = a.orderSteps(repeatOrderSteps, n.created+1800)
		if a.chance(20) {
			n.cancelled, n.activated, n.completed, n.steps = n.created+secondsPerDay, 0, 0, nil
		}
		a.orders = append(a.orders, n)
		gap := pace * a.between(70, 130) / 100
		if bad := a.distress(d); bad > 0 {
			gap += gap * bad / 50
		} else if a.fate == growing {
			pace -= pace / 60
		}
		d = (d + day(max(gap, 7))).workday()
	}
}

// orderSteps walks the steps of a delivery; about one in five takes too long.
func (a *account) orderSteps(plan []step, at moment) (steps []orderStep, activated, completed moment) {
	for _, p := range plan {
		allowed := p.days * secondsPerDay
		took := allowed * a.between(40, 95) / 100
		if a.chance(180) {
			took = allowed * a.between(105, 220) / 100
		}
		s := orderStep{id: a.newID(keyOrderHistory), field: p.field, name: p.name, entered: at, exited: at + moment(took), target: at + moment(allowed)}
		steps = append(steps, s)
		at = s.exited + 1
	}
	return steps, at, at
}
