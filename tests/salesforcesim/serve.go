package salesforcesim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// call is one request on its way through an org.
type call struct {
	org     *Org
	request *http.Request
	kind    Call
	object  string
	version int
	session string // access token
	rest    []string
	fault   *Fault // nil: none
	base    string // scheme and host the request came to
}

// faulty says whether the fault of the call is d.
func (c *call) faulty(d Do) bool { return c.fault != nil && c.fault.Do == d }

// handler answers a call.
type handler func(*call) *reply

// ServeHTTP answers as the org's host.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/simulator/") {
		o.world.admin(w, r)
		return
	}
	o.world.mu.Lock()
	tick := o.world.tick
	o.world.mu.Unlock()
	o.world.Advance(tick)
	c := &call{org: o, request: r, base: baseOf(r), session: bearer(r)}
	h := o.route(c)
	used := o.counters.count(c.kind)
	c.fault = o.faults.draw(c.kind, c.object)
	how := sound
	var answer *reply
	if c.fault != nil {
		if c.fault.Call != nil {
			c.fault.Call(r)
		}
		o.world.Advance(c.fault.Delay)
		if c.fault.Do == FieldRemoved {
			o.removeIfThere(c.object, c.fault.Field)
		}
		answer, how = o.instead(c.fault, c.session), c.fault.spoils()
	}
	if answer == nil {
		answer = o.answer(c, h, used)
	}
	o.envelope(answer, c, used)
	entry := Request{Call: c.kind, Method: r.Method, URL: r.URL.String(), Object: c.object, Status: answer.status}
	if c.fault != nil {
		entry.Fault = c.fault.Do
	}
	var sent int64
	defer func() { o.counters.done(entry, sent) }()
	sent = answer.send(w, r, how)
}

// answer gives the right answer to a call.
func (o *Org) answer(c *call, h handler, used int) *reply {
	if c.version != 0 {
		if r := o.versionReply(c.version); r != nil {
			return r
		}
	}
	if !c.kind.free() {
		if r := o.checkSession(c); r != nil {
			return r
		}
		if used > o.options.DailyCalls {
			return fail(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
		}
		if len(c.request.URL.RequestURI()) > 16_384 {
			return htmlReply(414, "URI Too Long")
		}
	}
	return h(c)
}

// envelope adds the headers every answer has.
func (o *Org) envelope(r *reply, c *call, used int) {
	r.header.Set("Date", o.world.Now().Format(http.TimeFormat))
	if !c.kind.free() {
		r.header.Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d%s", used, o.options.DailyCalls, o.options.LimitInfo))
		r.header.Set("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
	}
	if c.faulty(StripHeaders) {
		for name := range r.header {
			if strings.HasPrefix(name, "Sforce-") {
				delete(r.header, name)
			}
		}
		r.header["Date"] = nil // net/http would add its own
	}
}

func (o *Org) versionReply(v int) *reply {
	switch {
	case v < o.options.MinVersion:
		return fail(410, "UNSUPPORTED_API_VERSION", "The requested API version is retired")
	case v > o.options.MaxVersion:
		return notFound()
	}
	return nil
}

func (o *Org) removeIfThere(name, field string) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	if obj := o.objects[strings.ToLower(name)]; obj != nil {
		if _, ok := obj.slots[strings.ToLower(field)]; ok {
			o.alterLocked(name, func(obj *object) { obj.drop(field) })
		}
	}
}

// baseOf is the scheme and host a request came to.
func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// route says what a request asks for.
func (o *Org) route(c *call) handler {
	path := strings.TrimSuffix(c.request.URL.Path, "/")
	for p, r := range map[string]struct {
		kind Call
		do   handler
	}{"/services/oauth2/token": {Token, (*call).token}, "/services/oauth2/userinfo": {Identity, (*call).userinfo}, "/services/oauth2/revoke": {Token, (*call).revoke}, "/services/data": {Versions, (*call).versions}} {
		if path == p {
			c.kind = r.kind
			return r.do
		}
	}
	if strings.HasPrefix(path, "/id/") {
		c.kind = Identity
		return (*call).identity
	}
	rest, ok := strings.CutPrefix(path, "/services/data/v")
	if !ok {
		c.kind = Unknown
		return func(*call) *reply { return notFound() }
	}
	parts := strings.Split(rest, "/")
	major, minor, _ := strings.Cut(parts[0], ".")
	if n, err := strconv.Atoi(major); err == nil && minor == "0" && n > 0 {
		c.version, c.rest = n, parts[1:]
		return o.resource(c)
	}
	c.kind = Unknown
	return func(*call) *reply { return notFound() }
}

// resource routes what lies below a version.
func (o *Org) resource(c *call) handler {
	method, p := c.request.Method, c.rest
	at := func(i int) string {
		if i < len(p) {
			return p[i]
		}
		return ""
	}
	for _, r := range resources {
		if r.method != method || r.parts != len(p) || r.first != at(0) || r.last != "" && r.last != at(len(p)-1) {
			continue
		}
		c.kind = r.kind
		if r.first == "sobjects" {
			c.object = at(1)
		}
		if r.object != nil {
			c.object = r.object(c)
		}
		return r.do
	}
	c.kind = Unknown
	return func(*call) *reply { return notFound() }
}

// resources of a version: the first and the last part of the path, and how many.
var resources = []struct {
	method, first string
	parts         int
	last          string
	kind          Call
	do            handler
	object        func(*call) string
}{
	{"GET", "", 0, "", Resources, (*call).resources, nil},
	{"GET", "sobjects", 1, "", Sobjects, (*call).sobjects, nil},
	{"GET", "sobjects", 2, "", Row, (*call).basic, nil},
	{"GET", "sobjects", 3, "describe", Describe, (*call).describe, nil},
	{"GET", "sobjects", 3, "deleted", Deleted, (*call).deleted, nil},
	{"GET", "sobjects", 3, "updated", Updated, (*call).updated, nil},
	{"GET", "sobjects", 3, "", Row, (*call).row, nil},
	{"GET", "query", 1, "", Query, (*call).query, (*call).queried},
	{"GET", "queryAll", 1, "", Query, (*call).query, (*call).queried},
	{"GET", "query", 2, "", QueryMore, (*call).queryMore, (*call).continued},
	{"GET", "queryAll", 2, "", QueryMore, (*call).queryMore, (*call).continued},
	{"GET", "limits", 1, "", Limits, (*call).limits, nil},
	{"GET", "limits", 2, "recordCount", RecordCount, (*call).recordCount, nil},
	{"POST", "jobs", 2, "query", JobCreate, (*call).createJob, (*call).jobObject},
	{"GET", "jobs", 2, "query", JobList, (*call).listJobs, nil},
	{"GET", "jobs", 3, "", JobGet, (*call).getJob, (*call).jobObject},
	{"PATCH", "jobs", 3, "", JobAbort, (*call).abortJob, (*call).jobObject},
	{"DELETE", "jobs", 3, "", JobDelete, (*call).deleteJob, (*call).jobObject},
	{"GET", "jobs", 4, "results", JobResults, (*call).jobResults, (*call).jobObject},
	{"GET", "jobs", 4, "resultPages", JobPages, (*call).jobPages, (*call).jobObject},
}
