package client

import (
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"sync"
)

// Kind says what a call is for, so that calls can be counted by it.
type Kind string

// Kinds of calls.
const (
	KindLogin      Kind = "login"
	KindDescribe   Kind = "describe"
	KindQuery      Kind = "query"
	KindQueryMore  Kind = "query_more"
	KindCount      Kind = "count"
	KindBulkCreate Kind = "bulk_create"
	KindBulkPoll   Kind = "bulk_poll"
	KindBulkPage   Kind = "bulk_page"
	KindBulkEnd    Kind = "bulk_end"
	KindDeleted    Kind = "deleted"
	KindLimits     Kind = "limits"
	KindVersions   Kind = "versions"
	KindOther      Kind = "other"
)

// Gauge is how much of a limit is used.
type Gauge struct {
	Used, Max int64
	Known     bool // the server has said so
}

// Usage is what a Client has used since it was made, and what the org says it has used.
type Usage struct {
	Org      Gauge          // api-usage: the org, last 24 hours
	App      Gauge          // per-app-api-usage
	Calls    map[Kind]int64 // on the wire, retries included
	Retries  int64
	BytesIn  int64 // on the wire, compressed, without headers
	BytesOut int64 // request bodies
}

// Total is the number of calls of all kinds that count against the org's limit;
// logins and the list of versions do not.
func (u Usage) Total() int64 {
	var n int64
	for kind, calls := range u.Calls {
		if kind != KindLogin && kind != KindVersions {
			n += calls
		}
	}
	return n
}

// Tally counts the use of one handle of a Client, see Client.With. Its zero value is ready.
type Tally struct{ m meter }

// Usage is what went through the handle so far.
func (t *Tally) Usage() Usage { return t.m.usage() }

type meter struct {
	mu sync.Mutex
	u  Usage
}

// meters are those that a call of this handle counts into.
func (c *Client) meters() []*meter {
	if c.tally == nil {
		return []*meter{&c.meter}
	}
	return []*meter{&c.meter, &c.tally.m}
}

// The header may hold more than one gauge, with names and options after them:
// "api-usage=18/5000; per-app-api-usage=17/250(appName=sample)". A boundary keeps
// api-usage from matching within per-app-api-usage.
var (
	orgUsage = regexp.MustCompile(`(?i)(?:^|[^-\w])api-usage\s*=\s*(\d+)\s*/\s*(\d+)`)
	appUsage = regexp.MustCompile(`(?i)per-app-api-usage\s*=\s*(\d+)\s*/\s*(\d+)`)
)

func (m *meter) read(h http.Header) {
	for _, line := range h.Values("Sforce-Limit-Info") {
		org, app := gauge(orgUsage, line), gauge(appUsage, line)
		m.mu.Lock()
		if org.Known {
			m.u.Org = org
		}
		if app.Known {
			m.u.App = app
		}
		m.mu.Unlock()
	}
}

func gauge(form *regexp.Regexp, line string) Gauge {
	found := form.FindStringSubmatch(line)
	if found == nil {
		return Gauge{}
	}
	used, err1 := strconv.ParseInt(found[1], 10, 64)
	most, err2 := strconv.ParseInt(found[2], 10, 64)
	return Gauge{Used: used, Max: most, Known: err1 == nil && err2 == nil && most > 0}
}

func (m *meter) call(k Kind, out int64, retry bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.u.Calls == nil {
		m.u.Calls = map[Kind]int64{}
	}
	m.u.Calls[k]++
	m.u.BytesOut += out
	if retry {
		m.u.Retries++
	}
}

func (m *meter) received(n int64) {
	m.mu.Lock()
	m.u.BytesIn += n
	m.mu.Unlock()
}

// set takes what /limits says.
func (m *meter) set(org Gauge) {
	m.mu.Lock()
	m.u.Org = org
	m.mu.Unlock()
}

func (m *meter) usage() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.u
	u.Calls = maps.Clone(m.u.Calls)
	return u
}

// Usage is what all handles of the org used so far.
func (c *Client) Usage() Usage { return c.meter.usage() }
