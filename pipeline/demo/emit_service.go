package demo

import (
	"slices"
	"strconv"
)

// support shows the cases.
func (e *emitter) support(s *system, a *account) {
	for i := range a.cases {
		if c := &a.cases[i]; c.created() <= e.at {
			e.supportCase(s, a, c)
		}
	}
}

func (e *emitter) supportCase(s *system, a *account, c *supportCase) {
	now := c.at(e.at)
	closed := now.status == "Closed"
	asset, product := "", ""
	if c.service >= 0 {
		v := &a.services[c.service]
		product = productID(a.org, v.product)
		if v.start.at(9*3600)-4*secondsPerDay <= e.at {
			asset = v.asset
		}
	}
	r := e.row(s, objCase)
	r.text(c.id).flag(false).text(c.number, a.id, c.contact, asset, product, a.entitlementID(c.service), "", hoursID(a.org, 0))
	r.text(c.what.kind, c.what.reason, c.origin, now.status, priorities[c.severity-1]).int(c.severity).flag(c.what.kind == "Complaint")
	r.flag(closed).flag(e.past(c.escalated) != 0).text(c.what.subject, c.what.text, c.owner)
	if closed {
		r.instant(now.at)
	} else {
		r.text("")
	}
	r.stamps(c.created(), now.at)
	e.put()
	e.caseHistory(s, c)
	e.milestones(s, a, c)
	e.mails(s, a, c.id, "", c.mails)
	for i := range c.comments {
		m := &c.comments[i]
		if m.at <= e.at {
			e.row(s, objCaseComment).text(m.id).flag(false).text(c.id, a.id).flag(m.public).text(m.body, m.user).stamps(m.at, 0)
			e.put()
		}
	}
}

func (e *emitter) caseHistory(s *system, c *supportCase) {
	change := func(id string, at moment, field, before, after string) {
		if at <= e.at {
			e.row(s, objCaseHistory).text(id).flag(false).text(c.id, c.owner).instant(at).text(field, before, after)
			e.put()
		}
	}
	change(c.createdHistoryID, c.created(), "created", "", "")
	for i := 1; i < len(c.steps); i++ {
		st := &c.steps[i]
		change(st.id, st.at, "Status", c.steps[i-1].status, st.status)
		if st.status == "Escalated" {
			change(c.escalationIDs[0], st.at, "IsEscalated", "false", "true")
			change(c.escalationIDs[1], st.at, "Owner", c.owner, c.boss)
		}
	}
}

func (e *emitter) milestones(s *system, a *account, c *supportCase) {
	ends := [2]moment{c.firstReply, c.closed}
	targets := [2]int{firstResponseTarget[c.severity-1], resolutionTarget[c.severity-1]}
	for i, name := range []string{"First Response", "Resolution"} {
		done := e.past(ends[i])
		e.row(s, objMilestone).text(c.milestones[i]).flag(false).text(c.id, name).instant(c.created()).instant(c.created() + moment(targets[i]*60))
		e.rec.instant(done).flag(done != 0).text(hoursID(a.org, 0)).stamps(c.created(), done)
		e.put()
	}
}

// mails shows messages of a case, or of a deal or the account.
func (e *emitter) mails(s *system, a *account, caseID, related string, list []mail) {
	for i := range list {
		m := &list[i]
		if m.at > e.at {
			continue
		}
		agent := "support@" + s.name[3:] + ".telco.example"
		from, to, status := agent, a.mailOf(m.contact), "Sent"
		if m.inbound {
			from, to, status = to, from, "Read"
		}
		user := m.user
		if user == "" {
			user = a.owner
		}
		e.row(s, objEmail).text(m.id).flag(false).text(caseID, related, a.id, m.contact, from, to, m.subject, m.body).instant(m.at).flag(m.inbound)
		e.rec.text(status, "en", m.replyTo, user).stamps(m.at, 0)
		e.put()
	}
}

// mailOf returns the address of a contact.
func (a *account) mailOf(person string) string {
	i := slices.IndexFunc(a.contacts, func(c contact) bool { return c.id == person })
	if i < 0 {
		return "info@" + a.domain()
	}
	return a.contacts[i].email
}

// engagement shows tasks and events.
func (e *emitter) engagement(s *system, a *account) {
	for i := range a.activities {
		t := &a.activities[i]
		if t.created > e.at {
			continue
		}
		if t.event {
			e.event(s, a, t)
		} else {
			e.task(s, a, t)
		}
		related := t.deal
		if related == "" {
			related = a.id
		}
		e.mails(s, a, "", related, t.mails)
	}
}

func (e *emitter) task(s *system, a *account, t *activity) {
	done := e.past(t.done)
	status, call, seconds, note := "Not Started", "", "", ""
	if done != 0 {
		status, note = "Completed", t.note
		if t.kind == "Call" {
			call, seconds = "Outbound", strconv.Itoa(t.seconds)
			if t.inbound {
				call = "Inbound"
			}
		}
	}
	e.row(s, objTask).text(t.id).flag(false).text(a.id, t.contact, t.deal, t.subject).date(t.planned.day()).text(status, "Normal").flag(done != 0)
	e.rec.text(t.kind, t.kind, seconds, call).instant(done).text(t.owner, note).stamps(t.created, done)
	e.put()
}

func (e *emitter) event(s *system, a *account, t *activity) {
	status, attended, note := "Planned", false, ""
	if e.past(t.done) != 0 {
		status, attended = t.outcome, t.attended
		if attended {
			note = t.note
		}
	}
	e.row(s, objEvent).text(t.id).flag(false).text(a.id, t.contact, t.deal, t.subject, t.kind, "Event").date(t.planned.day()).instant(t.planned).instant(t.planned + 3600)
	e.rec.text(status).flag(attended).text(t.owner, note).stamps(t.created, e.past(t.done))
	e.put()
}

// surveys shows the answers to questionnaires.
func (e *emitter) surveys(a *account) {
	for i := range a.cases {
		if v := a.cases[i].survey; v != nil {
			e.survey(a, v)
		}
	}
	for i := range a.surveyAnswers {
		e.survey(a, &a.surveyAnswers[i])
	}
}

// scales are the lowest and highest answer of each kind of survey.
var scales = map[string][2]int{"NPS": {0, 10}, "CSAT": {1, 5}, "CES": {1, 7}}

func (e *emitter) survey(a *account, v *survey) {
	if v.at > e.at {
		return
	}
	t := v.at.time()
	round := v.kind + "-" + strconv.Itoa(t.Year()) + "-Q" + strconv.Itoa((int(t.Month())+2)/3)
	e.row(&surveySystem, objSurvey).text(v.id, round, v.kind, a.id, v.contact, v.caseID, v.product, v.agent).int(v.score)
	e.rec.int(scales[v.kind][0]).int(scales[v.kind][1]).text(v.comment).instant(v.at).flag(false)
	e.put()
}
