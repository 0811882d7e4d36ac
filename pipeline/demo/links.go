package demo

// decisions shows what the steward decided about a customer's accounts.
func (e *emitter) decisions(g *settings, c customerPlan) {
	if len(c.accounts) < 2 {
		return
	}
	first := c.accounts[0]
	decision, reason := "same", "Confirmed by the account manager"
	switch first.link {
	case linkManual:
	case linkDecoy:
		decision, reason = "different", "Independent company with a similar name"
	default:
		return
	}
	at := (g.asOf - day(30+mix(uint64(c.index))%300)).at(10 * 3600)
	for _, other := range c.accounts[1:] {
		e.row(&stewardSystem, objLink).text(accountID(first.org, first.number), accountID(other.org, other.number), decision, reason, "data.steward@group.telco.example")
		e.rec.instant(at).flag(false)
		e.put()
	}
}
