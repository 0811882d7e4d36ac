package salesforcesim

import (
	"crypto/rsa"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"time"
)

// OrgOptions says what an org is like. Zero values are filled in.
type OrgOptions struct {
	Name          string
	ID            string // 18 characters, 00D…
	Currency      string // corporate currency; default USD
	MultiCurrency bool
	Sandbox       bool

	ClientID, ClientSecret                          string
	Username, Password, SecurityToken, RefreshToken string
	JWTKey                                          *rsa.PublicKey // nil: the JWT bearer grant refuses everybody
	RotateRefresh                                   bool           // a refresh token serves once; a second use revokes the grant
	TokenLife                                       time.Duration  // default 2 hours

	MinVersion, MaxVersion    int // default 31 and 68
	DailyCalls, DailyBulkJobs int // default 100,000 and 10,000

	LimitInfo string // after api-usage in Sforce-Limit-Info, e.g. "; api-bursts=1/750"

	PageRows  int  // of REST; default and most 2,000
	LivePages bool // REST pages show rows as they are when the page is asked for

	BulkDatetime string        // "Z" (default) or "+0000"
	BulkNumbers  string        // "decimal" (10.0; default), "plain" or "exponent"
	BulkNull     string        // "quoted" (default) or "bare"
	BulkPageRows int           // of a page without maxRecords; default 50,000
	JobTime      time.Duration // a job is complete after this time
	JobPolls     int           // and after it was asked for so often; default 1

	RecycleBin time.Duration // default 15 days
}

func (o *OrgOptions) fill(n int) {
	word := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	count := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	word(&o.Name, fmt.Sprintf("org%d", n+1))
	word(&o.ID, makeID("00D", pod(n), uint64(n+1)))
	word(&o.Currency, "USD")
	word(&o.ClientID, o.Name+"-client")
	word(&o.ClientSecret, o.Name+"-secret")
	word(&o.Username, o.Name+"@example.com")
	word(&o.Password, o.Name+"-password")
	word(&o.SecurityToken, o.Name+"-token")
	word(&o.RefreshToken, o.Name+"-refresh-1")
	word(&o.BulkDatetime, "Z")
	word(&o.BulkNumbers, "decimal")
	word(&o.BulkNull, "quoted")
	count(&o.MinVersion, 31)
	count(&o.MaxVersion, 68)
	count(&o.DailyCalls, 100_000)
	count(&o.DailyBulkJobs, 10_000)
	count(&o.PageRows, 2000)
	count(&o.BulkPageRows, 50_000)
	count(&o.JobPolls, 1)
	if o.TokenLife == 0 {
		o.TokenLife = 2 * time.Hour
	}
	if o.RecycleBin == 0 {
		o.RecycleBin = 15 * 24 * time.Hour
	}
	o.PageRows = min(o.PageRows, 2000)
}

// pod is the place of an org in its ids (characters 4 to 6).
func pod(n int) string { return "S" + string(base62[n/62%62]) + string(base62[n%62]) }

// Org is one Salesforce org. Its ServeHTTP answers as the org's host.
type Org struct {
	world   *World
	options OrgOptions
	pod     string
	number  int

	objects  map[string]*object // by lower-case name
	prefixes map[string]*object // by the first three characters of ids
	grants   grants
	cursors  cursors
	jobs     jobs
	counters counters
	faults   faults
	purged   time.Time // the delete log begins here
}

// Org makes an org.
func (w *World) Org(o OrgOptions) *Org {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.orgs)
	o.fill(n)
	org := &Org{world: w, options: o, pod: pod(n), number: n, objects: map[string]*object{}, prefixes: map[string]*object{}}
	org.grants = newGrants(o, mix(w.options.Seed+uint64(n)<<32))
	org.cursors = newCursors()
	org.jobs = newJobs()
	org.counters = newCounters()
	org.faults = newFaults()
	w.orgs = append(w.orgs, org)
	return org
}

// Options returns the org's options with everything filled in.
func (o *Org) Options() OrgOptions { return o.options }

// Define adds an object without rows, or replaces it.
func (o *Org) Define(def Object) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	o.own(newObject(def, o.options.MultiCurrency, o.world.now))
}

// own takes an object in. Answers being written hold the old map of prefixes.
func (o *Org) own(obj *object) {
	o.objects[strings.ToLower(obj.Name)] = obj
	o.prefixes = maps.Clone(o.prefixes)
	o.prefixes[obj.KeyPrefix] = obj
}

// Virtual adds an object whose rows are computed.
func (o *Org) Virtual(v Virtual) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := newObject(v.Object, o.options.MultiCurrency, o.world.now)
	obj.rows = &virtual{Virtual: v, object: obj, pod: o.pod, period: make([]atomic.Pointer[[]string], v.Period)}
	o.own(obj)
}

// find returns an object that the user may see.
func (o *Org) find(name string) *object {
	if obj := o.objects[strings.ToLower(name)]; obj != nil && !obj.hidden {
		return obj
	}
	return nil
}

// must returns an object to whoever sets the stage; a name that does not exist is a
// mistake in the test.
func (o *Org) must(name string) *object {
	obj := o.objects[strings.ToLower(name)]
	if obj == nil {
		panic(fmt.Sprintf("salesforcesim: org %s has no object %s", o.options.Name, name))
	}
	return obj
}

// byPrefix finds the object an id belongs to.
func (o *Org) byPrefix(id string) *object {
	if len(id) < 15 {
		return nil
	}
	return o.prefixes[id[:3]]
}
