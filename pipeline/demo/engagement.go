package demo

// activity is a task or an event.
type activity struct {
	id, kind, subject string // kind: of Task: Call, Email, Task; of Event: Meeting, QBR, Site Visit, Demo
	event             bool
	contact, deal     string
	owner             string
	planned           moment // when an event starts, or the day a task is due
	created           moment
	done              moment // when it was completed, held, cancelled or missed; 0 = never
	outcome           string // of an event: Held, Cancelled, No Show
	attended          bool
	seconds           int // of a call
	inbound           bool
	note              string
	mails             []mail
}

// engage lays out the contact between the account team and the customer.
func (a *account) engage() {
	a.reviews()
	gap := [...]int{wholesale: 55, enterprise: 70, smb: 150}[a.kind]
	if !a.isCustomer() {
		gap *= 3
	}
	from := a.created.day() + 2
	for d := from + day(a.between(1, gap)); d <= a.horizon; {
		bad := a.distress(d)
		if bad > 50 && a.leaves == 0 || a.gone(d) {
			break // nobody calls any more
		}
		a.addActivity(d.workday(), bad)
		d += day(max(2, gap*a.between(40, 160)/100*(100+bad)/100))
	}
	a.netPromoter()
}

func (a *account) addActivity(d day, bad int) {
	at := a.officeTime(d)
	t := activity{owner: a.owner, planned: at, note: pick(a.stream, goodNotes)}
	if bad > 20 {
		t.note = pick(a.stream, badNotes)
	}
	t.created = max(at-moment(a.between(1, 7))*secondsPerDay, a.created+3600)
	t.contact, t.deal = a.person(t.created), a.openDeal(t.created)
	if a.chance(300) {
		t.event, t.id, t.kind = true, a.newID(keyEvent), pick(a.stream, []string{"Meeting", "Meeting", "Site Visit", "Demo"})
		t.subject = t.kind + " with customer"
		a.hold(&t, bad)
	} else {
		t.id, t.kind = a.newID(keyTask), []string{"Call", "Email", "Task"}[a.weighted(50, 30, 20)]
		t.subject = pick(a.stream, taskSubjects)
		if !a.chance(60) {
			t.done = at + moment(a.between(0, 3))*secondsPerDay
		}
		if t.kind == "Call" {
			t.seconds, t.inbound = a.between(40, 1500), a.chance(250)
		}
	}
	if t.kind == "Email" && a.chance(700) {
		a.correspond(&t, at)
	}
	a.activities = append(a.activities, t)
}

// hold decides whether an event took place.
func (a *account) hold(t *activity, bad int) {
	t.done = t.planned + 3600
	t.outcome, t.attended = "Held", true
	switch {
	case a.chance(60 + bad*4):
		t.outcome, t.attended = "Cancelled", false
		t.done = max(t.planned-secondsPerDay, t.created+600)
	case a.chance(30 + bad*2):
		t.outcome, t.attended = "No Show", false
	case a.chance(40):
		t.attended = false
	}
}

// correspond adds a message about a deal or the account, and often the answer.
func (a *account) correspond(t *activity, at moment) {
	out := mail{id: a.newID(keyEmail), subject: pick(a.stream, salesSubjects), body: pick(a.stream, salesTexts), at: at, user: a.owner, contact: t.contact}
	t.mails = append(t.mails, out)
	if t.contact != "" && a.chance(600-a.distress(at.day())*5) {
		t.mails = append(t.mails, mail{id: a.newID(keyEmail), subject: "RE: " + out.subject, body: pick(a.stream, salesReplies), inbound: true,
			at: at + moment(a.between(1, 40))*3600, replyTo: out.id, contact: t.contact})
	}
}

// openDeal returns a deal that is open at a moment, or "".
func (a *account) openDeal(m moment) string {
	for i := range a.deals {
		if o := &a.deals[i]; o.created() <= m && m < o.closed() {
			return o.id
		}
	}
	return ""
}

// reviews plans the quarterly business reviews of the larger customers.
func (a *account) reviews() {
	if a.kind == smb || !a.isCustomer() {
		return
	}
	for d := a.begins + day(a.between(60, 100)); d <= min(a.horizon, a.until()); d += day(a.between(85, 97)) {
		at := a.officeTime(d.workday())
		t := activity{id: a.newID(keyEvent), event: true, kind: "QBR", subject: "Quarterly business review", owner: a.owner, planned: at}
		t.created = at - moment(a.between(14, 40))*secondsPerDay
		t.contact = a.person(t.created)
		bad := a.distress(d)
		if bad > 60 && a.leaves == 0 {
			break
		}
		t.note = pick(a.stream, goodNotes)
		if bad > 20 {
			t.note = pick(a.stream, badNotes)
		}
		a.hold(&t, bad)
		a.activities = append(a.activities, t)
	}
}

// netPromoter adds the yearly question to the people of the account.
func (a *account) netPromoter() {
	if !a.isCustomer() || a.chance(550) {
		return
	}
	for d := a.begins + day(a.between(90, 300)); d <= a.until(); d += day(a.between(330, 400)) {
		at := a.officeTime(d)
		who := a.person(at)
		if who == "" {
			continue
		}
		score := []int{10, 9, 8, 7, 6, 4}[a.weighted(22, 26, 22, 14, 9, 7)]
		if bad := a.distress(d); bad > 20 {
			score = a.between(0, 6)
		}
		a.surveyAnswers = append(a.surveyAnswers, *a.answer("NPS", who, at, score, score >= 9))
	}
}
