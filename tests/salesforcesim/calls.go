package salesforcesim

import (
	"maps"
	"sync"
)

// Call is a kind of call.
type Call string

// Kinds of calls.
const (
	AnyCall     Call = "any"
	Token       Call = "token"
	Identity    Call = "identity"
	Versions    Call = "versions"
	Resources   Call = "resources"
	Sobjects    Call = "sobjects"
	Describe    Call = "describe"
	Query       Call = "query"
	QueryMore   Call = "query_more"
	Row         Call = "row"
	Deleted     Call = "deleted"
	Updated     Call = "updated"
	Limits      Call = "limits"
	RecordCount Call = "record_count"
	JobCreate   Call = "job_create"
	JobGet      Call = "job_get"
	JobResults  Call = "job_results"
	JobPages    Call = "job_pages"
	JobAbort    Call = "job_abort"
	JobDelete   Call = "job_delete"
	JobList     Call = "job_list"
	Unknown     Call = "unknown"
)

// free says whether a call counts for nothing against the daily quota.
func (c Call) free() bool { return c == Token || c == Identity || c == Versions }

// Request is one call that an org answered.
type Request struct {
	Call   Call
	Method string
	URL    string
	Object string
	Status int
	Fault  Do // "" if none
}

// maxLog bounds the log of requests.
const maxLog = 10_000

type counters struct {
	mu    sync.Mutex
	calls map[Call]int
	used  int // calls that count against the quota
	bytes int64
	log   []Request
}

func newCounters() counters { return counters{calls: map[Call]int{}} }

// count notes a call when it comes and returns how many were used.
func (c *counters) count(call Call) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[call]++
	if !call.free() {
		c.used++
	}
	return c.used
}

func (c *counters) done(r Request, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += bytes
	if len(c.log) < maxLog {
		c.log = append(c.log, r)
	}
}

// Calls counts the calls by kind.
func (o *Org) Calls() map[Call]int {
	o.counters.mu.Lock()
	defer o.counters.mu.Unlock()
	return maps.Clone(o.counters.calls)
}

// TotalCalls counts the calls that count against the daily quota.
func (o *Org) TotalCalls() int {
	o.counters.mu.Lock()
	defer o.counters.mu.Unlock()
	return o.counters.used
}

// UseCalls counts n calls of somebody else against the daily quota.
func (o *Org) UseCalls(n int) {
	o.counters.mu.Lock()
	defer o.counters.mu.Unlock()
	o.counters.used += n
}

// BytesSent counts the bytes of bodies before compression.
func (o *Org) BytesSent() int64 {
	o.counters.mu.Lock()
	defer o.counters.mu.Unlock()
	return o.counters.bytes
}

// Log returns the calls in the order they were answered, the first 10,000.
func (o *Org) Log() []Request {
	o.counters.mu.Lock()
	defer o.counters.mu.Unlock()
	return append([]Request(nil), o.counters.log...)
}

// ResetCalls forgets the calls by kind and the log; the quota stays used.
func (o *Org) ResetCalls() {
	o.counters.mu.Lock()
	defer o.counters.mu.Unlock()
	o.counters.calls, o.counters.log, o.counters.bytes = map[Call]int{}, nil, 0
}
