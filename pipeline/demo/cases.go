package demo

// supportCase is a ticket with its history.
type supportCase struct {
	id, number       string
	what             complaint
	origin, contact  string
	service          int // index, or -1
	severity         int // 1 to 4
	owner, boss      string
	steps            []caseStep // in order of time
	escalated        moment     // 0 = never
	closed           moment     // of the last closing
	firstReply       moment
	milestones       [2]string
	mails            []mail
	comments         []comment
	survey           *survey
	escalationIDs    [2]string
	createdHistoryID string
}

type caseStep struct {
	id     string
	at     moment
	status string
}

type mail struct {
	id, subject, body string
	inbound           bool
	at                moment
	replyTo           string
	user, contact     string
}

type comment struct {
	id, body, user string
	public         bool
	at             moment
}

// survey is an answer to a questionnaire.
type survey struct {
	id, kind       string
	contact, agent string
	caseID         string
	product        string
	score          int
	at             moment
	comment        string
}

func (c *supportCase) created() moment { return c.steps[0].at }

// complain lays out the cases: a few a year, more when things go wrong.
func (a *account) complain() {
	if !a.isCustomer() {
		return
	}
	gap := [...]int{wholesale: 110, enterprise: 150, smb: 330}[a.kind]
	for d := a.begins + day(a.between(5, gap)); d <= a.until()+20; {
		if a.gone(d) {
			break
		}
		a.addCase(a.officeTime(d.workday()))
		next := gap * a.between(30, 170) / 100
		if bad := a.distress(d); bad > 0 {
			next = min(next, a.between(9, 30))
		} else if a.declines != 0 && d < a.declines {
			next = min(next, int(a.declines-d)+a.between(5, 15))
		}
		d += day(max(next, 2))
	}
}

func (a *account) addCase(at moment) {
	bad := a.distress(at.day())
	weights := make([]int, len(complaints))
	for i := range complaints {
		weights[i] = complaints[i].weight
		if bad > 40 && (i == 0 || i == 2 || i == 7) {
			weights[i] *= 4
		}
	}
	c := supportCase{id: a.newID(keyCase), number: caseNumber(a.ordinal, len(a.cases)), what: complaints[a.weighted(weights...)], origin: pick(a.stream, caseOrigins), service: -1}
	c.contact = a.person(at)
	c.severity = 1 + a.weighted(6, 22, 48, 24)
	if bad > 40 {
		c.severity = 1 + a.weighted(25, 45, 25, 5)
	}
	if len(a.services) > 0 {
		c.service = a.IntN(len(a.services))
		if a.services[c.service].start > at.day() {
			c.service = 0
		}
	}
	c.owner = userID(a.org, a.sellers(a.org)+a.IntN(a.agents(a.org)))
	c.boss = userID(a.org, a.sellers(a.org))
	c.createdHistoryID = a.newID(keyCaseHistory)
	a.resolve(&c, at, bad)
	a.talk(&c)
	a.cases = append(a.cases, c)
}

// resolve walks the case from New to Closed, sometimes by way of an escalation or
// back again.
func (a *account) resolve(c *supportCase, at moment, bad int) {
	add := func(m moment, status string) {
		c.steps = append(c.steps, caseStep{a.newID(keyCaseHistory), m, status})
	}
	add(at, "New")
	reply := moment(firstResponseTarget[c.severity-1] * 60 * a.between(15, 90) / 100)
	fix := moment(resolutionTarget[c.severity-1] * 60 * a.between(20, 95) / 100)
	if a.chance(120 + bad*5) {
		reply = reply * moment(a.between(120, 350)) / 100
	}
	switch {
	case a.chance(110 + bad*4): // a hard one
		fix = fix * moment(a.between(600, 3500)) / 100
	case a.chance(70 + bad*3):
		fix = fix * moment(a.between(110, 300)) / 100
	}
	fix = max(fix, reply+1800)
	c.firstReply = at + reply
	add(c.firstReply, "Working")
	middle := c.firstReply + (fix-reply)/2
	if a.chance(200) {
		add(c.firstReply+(fix-reply)/4, "Waiting for Customer")
		add(c.firstReply+(fix-reply)/3, "Working")
	}
	if a.chance(40 + bad*7) {
		c.escalated = middle
		add(middle, "Escalated")
		c.escalationIDs = [2]string{a.newID(keyCaseHistory), a.newID(keyCaseHistory)}
	}
	c.closed = at + fix
	add(c.closed, "Closed")
	if a.chance(40 + bad) {
		again := c.closed + moment(a.between(1, 6))*secondsPerDay
		add(again, "Working")
		c.closed = again + moment(a.between(1, 3))*secondsPerDay
		add(c.closed, "Closed")
	}
	c.milestones = [2]string{a.newID(keyMilestone), a.newID(keyMilestone)}
}

// talk adds the messages and comments of a case, and the survey after it.
func (a *account) talk(c *supportCase) {
	if c.origin == "Email" || a.chance(450) {
		first := mail{id: a.newID(keyEmail), subject: c.what.subject, body: c.what.text, inbound: true, at: c.created() + 60, contact: c.contact}
		answer := mail{id: a.newID(keyEmail), subject: "RE: " + c.what.subject, body: emailReplies[a.IntN(2)], at: c.firstReply, replyTo: first.id, user: c.owner, contact: c.contact}
		c.mails = append(c.mails, first, answer)
		if a.chance(400) {
			c.mails = append(c.mails, mail{id: a.newID(keyEmail), subject: "RE: " + c.what.subject, body: emailReplies[2] + "\n\nKind regards", at: c.closed - 300, replyTo: first.id,
				user: c.owner, contact: c.contact})
		}
	}
	if a.chance(700) {
		c.comments = append(c.comments, comment{a.newID(keyComment), pick(a.stream, comments), c.owner, a.chance(500), c.firstReply + 1200})
	}
	if c.contact != "" && a.chance(280) {
		kind, score := "CSAT", 3+a.weighted(15, 35, 50)
		if c.escalated != 0 || a.distress(c.closed.day()) > 30 {
			score = 1 + a.weighted(40, 35, 25)
		}
		if a.chance(200) {
			kind, score = "CES", min(7, score+2)
		}
		c.survey = a.answer(kind, c.contact, c.closed+moment(a.between(2, 50))*3600, score, score >= 4)
		c.survey.caseID, c.survey.agent = c.id, c.owner
	}
}

// answer makes a survey response.
func (a *account) answer(kind, contact string, at moment, score int, good bool) *survey {
	s := &survey{id: "SR" + a.newID("a0S")[3:15], kind: kind, contact: contact, score: score, at: at}
	switch {
	case good:
		s.comment = pick(a.stream, goodComments)
	case score >= 3:
		s.comment = pick(a.stream, fairComments)
	default:
		s.comment = pick(a.stream, badComments)
	}
	return s
}

// at returns the status of the case at a moment, or nil before it was opened.
func (c *supportCase) at(m moment) *caseStep {
	for i := len(c.steps) - 1; i >= 0; i-- {
		if c.steps[i].at <= m {
			return &c.steps[i]
		}
	}
	return nil
}
