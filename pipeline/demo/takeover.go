package demo

// takenOver is how many of 1,000 customers with one account may belong to the company in
// Namibia that the group has just taken over; those whom South Africa serves do.
const takenOver = 30

// takeOver makes an account one of the company that was taken over: entered in the CRM of
// South Africa, but nothing that bills it or meters it is connected yet.
func (p *planner) takeOver(index int, a *accountPlan) {
	if a.org != orgZA || spread(p.seed, spreadTaken, index) >= takenOver {
		return
	}
	a.country, a.unconnected = namibia, true
	a.site %= len(countries[namibia].cities)
}
