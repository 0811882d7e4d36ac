package salesforcesim

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Do is what goes wrong.
type Do string

// Faults. The comment says what an answer becomes.
const (
	SessionExpired    Do = "session_expired"     // 401 INVALID_SESSION_ID; the session is over, its cursors with it
	LocatorLost       Do = "locator_lost"        // 400 INVALID_QUERY_LOCATOR
	QueryTimeout      Do = "query_timeout"       // 400 QUERY_TIMEOUT
	StripHeaders      Do = "strip_headers"       // no Sforce-* header and no Date
	HTML503           Do = "html_503"            // 503 with a page of HTML
	HTML414           Do = "html_414"            // 414 with a page of HTML
	TruncatedGzip     Do = "truncated_gzip"      // a gzip stream that ends half way
	TruncatedBody     Do = "truncated_body"      // a connection that ends half way through the body
	ShortPages        Do = "short_pages"         // a page with fewer rows than there could be
	JobFailedSilently Do = "job_failed_silently" // state Failed without errorMessage
	JobFailed         Do = "job_failed"          // state Failed with errorMessage
	JobAborted        Do = "job_aborted"         // state Aborted by somebody else
	FieldRemoved      Do = "field_removed"       // Fault.Field is deleted just before
	TooManyLongCalls  Do = "too_many_long_calls" // 403 REQUEST_LIMIT_EXCEEDED, concurrent calls
	QuotaReached      Do = "quota_reached"       // 403 REQUEST_LIMIT_EXCEEDED, calls of the day
	Status406         Do = "status_406"          // empty
	Status420         Do = "status_420"          // no useful body
	Status429         Do = "status_429"          // Retry-After if Fault.RetryAfter is given
	Status500         Do = "status_500"          // UNKNOWN_EXCEPTION
	ConnectionReset   Do = "connection_reset"    // no answer
	WrongCount        Do = "wrong_count"         // totalSize or Sforce-NumberOfRecords says one more
	LostRows          Do = "lost_rows"           // the last row of the body is missing, counts are right
	NoNextLink        Do = "no_next_link"        // done:false without nextRecordsUrl
	EndlessLink       Do = "endless_link"        // nextRecordsUrl leads to the same page
	MalformedJSON     Do = "malformed_json"      // 200 with a body that is no JSON
	Delay             Do = "delay"               // the clock moves by Fault.Delay, then the right answer
	Nothing           Do = "nothing"             // the right answer; for Fault.Call
)

// AllFaults are the faults that Randomise may draw without a parameter: those after
// which a right client goes on, or stops with the right error.
var AllFaults = []Do{SessionExpired, LocatorLost, QueryTimeout, StripHeaders, HTML503, TruncatedGzip, TruncatedBody, ShortPages, JobFailedSilently, JobFailed, TooManyLongCalls,
	Status406, Status420, Status429, Status500, ConnectionReset, WrongCount, LostRows, NoNextLink, MalformedJSON}

// suits says on which kinds of calls a fault makes sense; absent: on all but tokens.
var suits = map[Do][]Call{
	LocatorLost: {QueryMore}, QueryTimeout: {Query, QueryMore}, ShortPages: {Query, QueryMore, JobResults}, JobFailedSilently: {JobGet}, JobFailed: {JobGet}, JobAborted: {JobGet},
	WrongCount: {Query, JobResults}, LostRows: {Query, QueryMore, JobResults}, NoNextLink: {Query, QueryMore}, EndlessLink: {QueryMore}, MalformedJSON: {Query, QueryMore, Describe, JobGet, Limits},
	TruncatedGzip: {Query, QueryMore, JobResults, Describe}, TruncatedBody: {Query, QueryMore, JobResults, Describe}, HTML414: {Query},
}

// Fault is one thing that goes wrong: which calls it meets, and what happens to them.
type Fault struct {
	On         Call   // default AnyCall
	Object     string // default any
	Skip       int    // let so many calls pass first
	Times      int    // 0 means once, -1 for ever
	Do         Do
	Field      string              // FieldRemoved
	RetryAfter string              // TooManyLongCalls, Status420, Status429, HTML503
	Delay      time.Duration       // Delay
	Call       func(*http.Request) // runs before the answer, e.g. to change data in mid-page
}

type faults struct {
	mu      sync.Mutex
	script  []*Fault
	random  *rand.Rand
	rate    int // in a thousand calls
	from    []Do
	last    map[Call]Do
	counted map[Do]int
}

func newFaults() faults { return faults{last: map[Call]Do{}, counted: map[Do]int{}} }

// Script adds faults. A call meets the first that fits it.
func (o *Org) Script(list ...Fault) {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	for _, f := range list {
		if f.Times == 0 {
			f.Times = 1
		}
		o.faults.script = append(o.faults.script, &f)
	}
}

// Randomise makes so many of a thousand calls meet one of the faults, the same for
// the same seed and order of calls. Without faults it stops.
func (o *Org) Randomise(seed uint64, permille int, from ...Do) {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.random, o.faults.rate, o.faults.from = rand.New(rand.NewPCG(seed, mix(seed))), permille, from
}

// Calm ends all faults.
func (o *Org) Calm() {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.script, o.faults.from = nil, nil
}

// Faulted counts what went wrong.
func (o *Org) Faulted() map[Do]int {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	return maps.Clone(o.faults.counted)
}

// draw returns what happens to a call, or nil.
func (f *faults) draw(call Call, object string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.script {
		if s.Times == 0 || s.On != "" && s.On != AnyCall && s.On != call || s.Object != "" && !strings.EqualFold(s.Object, object) {
			continue
		}
		if s.Skip > 0 {
			s.Skip--
			continue
		}
		s.Times = max(s.Times-1, min(s.Times, -1))
		f.counted[s.Do]++
		return s
	}
	if len(f.from) == 0 || f.random.IntN(1000) >= f.rate {
		f.last[call] = ""
		return nil
	}
	do := f.from[f.random.IntN(len(f.from))]
	if do == f.last[call] || !do.fits(call) {
		return nil
	}
	f.last[call] = do
	f.counted[do]++
	return &Fault{Do: do}
}

func (d Do) fits(call Call) bool {
	list, some := suits[d]
	if !some {
		return call != Token && call != JobDelete && call != JobAbort
	}
	for _, c := range list {
		if c == call {
			return true
		}
	}
	return false
}

// instead returns the answer that a fault gives in place of the right one, or nil.
func (o *Org) instead(f *Fault, session string) *reply {
	var r *reply
	switch f.Do {
	case SessionExpired:
		o.endSession(session)
		r = fail(401, "INVALID_SESSION_ID", "Session expired or invalid")
	case LocatorLost:
		r = fail(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
	case QueryTimeout:
		r = fail(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
	case HTML503:
		r = htmlReply(503, "Service Unavailable")
	case HTML414:
		r = htmlReply(414, "URI Too Long")
	case TooManyLongCalls:
		r = fail(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
	case QuotaReached:
		r = fail(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
	case Status406:
		r = newReply(406, "", nil)
	case Status420:
		r = bytesReply(420, "text/plain", nil)
	case Status429:
		r = fail(429, "REQUEST_LIMIT_EXCEEDED", "Too many requests")
	case Status500:
		r = fail(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support: 1")
	case MalformedJSON:
		r = bytesReply(200, jsonType, []byte(`{"totalSize":1,"done":tr`))
	default:
		return nil
	}
	if f.RetryAfter != "" {
		r.set("Retry-After", f.RetryAfter)
	}
	return r
}

// spoils returns what a fault does to the bytes of the right answer.
func (f *Fault) spoils() spoiling {
	switch f.Do {
	case TruncatedBody:
		return cutBody
	case TruncatedGzip:
		return cutGzip
	case ConnectionReset:
		return resetFirst
	}
	return sound
}
