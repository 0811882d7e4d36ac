package salesforce_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// errCrash ends a run as if the process had died: nothing after it happens.
var errCrash = errors.New("crash")

// campaign is one seed's life of an org: changes, faults and runs, in turn.
type campaign struct {
	*bench
	random *rand.Rand
	ids    map[string][]string
	fields int
	hidden map[string]bool
	log    []string
}

var campaignObjects = []string{"Thing__c", "Account"}

func newCampaign(t testing.TB, seed uint64, overlap string) *campaign {
	random := rand.New(rand.NewPCG(seed, 360))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	c := &campaign{random: random, ids: map[string][]string{}, hidden: map[string]bool{}}
	c.bench = newBench(t, salesforcesim.OrgOptions{PageRows: 3 + random.IntN(8), BulkDatetime: pick("Z", "+0000"), BulkNumbers: pick("decimal", "plain", "exponent"),
		BulkNull: pick("quoted", "bare"), JobPolls: random.IntN(3), LivePages: random.IntN(2) == 0}, campaignObjects...)
	c.bulk = 3 + random.IntN(8)
	c.config["bulk_above"] = 1 + random.IntN(40)
	c.config["overlap"] = overlap
	c.config["concurrency"] = 1 + random.IntN(2)
	c.config["budget"] = map[string]any{"org_percent": 100, "run_percent": 100}
	c.org.Define(salesforcesim.Object{Name: "Thing__c", KeyPrefix: "a00", Fields: []salesforcesim.Field{
		{Name: "Name", Type: "string"}, {Name: "Text__c", Type: "textarea"}, {Name: "Price__c", Type: "currency", Precision: 18, Scale: 2},
		{Name: "Number__c", Type: "long"}, {Name: "Due__c", Type: "date"}, {Name: "Seen__c", Type: "datetime"}, {Name: "Flag__c", Type: "boolean"},
		{Name: "Doubled__c", Type: "double", Calculated: true}, {Name: "Roll__c", Type: "string", Derived: true},
		{Name: "Account__c", Type: "reference", ReferenceTo: []string{"Account"}, RelationshipName: "Account__r"}}})
	for range 5 + random.IntN(35) {
		c.insert("Thing__c")
		c.insert("Account")
	}
	c.world.Advance(time.Duration(random.IntN(7200)) * time.Second)
	return c
}

var nasty = []string{"", "plain", " blank ", "N/A", "a,b\n\"c\"\r\nd", "😀", "null", "#N/A", "\t", "=1+1"}

func (c *campaign) record(object string) salesforcesim.Record {
	r := salesforcesim.Record{"Name": fmt.Sprintf("%s %d", nasty[1+c.random.IntN(len(nasty)-1)], c.random.IntN(1e6))}
	if object == "Thing__c" {
		r["Text__c"] = nasty[c.random.IntN(len(nasty))]
		r["Price__c"] = fmt.Sprintf("%d.%d5", c.random.IntN(1e6), c.random.IntN(10))
		r["Number__c"] = fmt.Sprint(c.random.Int64N(1e15))
		r["Flag__c"] = fmt.Sprint(c.random.IntN(2) == 0)
		r["Doubled__c"] = fmt.Sprint(c.random.IntN(1000))
		r["Roll__c"] = nasty[c.random.IntN(len(nasty))]
	}
	return r
}

func (c *campaign) insert(object string) {
	c.ids[object] = append(c.ids[object], c.org.Insert(object, c.record(object)))
}

// some is a record that still exists, "" if there is none.
func (c *campaign) some(object string, deleted bool) string {
	for range 10 {
		id := c.ids[object][c.random.IntN(len(c.ids[object]))]
		if r, ok := c.org.Record(object, id); ok && (r["IsDeleted"] == "true") == deleted {
			return id
		}
	}
	return ""
}

// change does one thing to the org.
func (c *campaign) change() {
	object := campaignObjects[c.random.IntN(2)]
	late := time.Duration(c.random.IntN(590)) * time.Second
	id, dead := c.some(object, false), c.some(object, true)
	if id == "" {
		c.insert(object)
		return
	}
	what := c.random.IntN(20)
	c.log = append(c.log, fmt.Sprintf("%s change %d of %s %s", c.world.Now().Format("01-02 15:04:05"), what, object, id))
	switch what {
	case 0, 1, 2:
		c.insert(object)
	case 3:
		c.ids[object] = append(c.ids[object], c.org.InsertLate(object, c.record(object), late))
	case 4, 5, 6, 7:
		c.org.Update(object, id, c.record(object))
	case 8, 9:
		c.org.UpdateLate(object, id, c.record(object), late)
	case 10:
		c.org.Delete(object, id)
	case 11:
		c.org.DeleteLate(object, id, late)
	case 12:
		if dead != "" {
			c.org.Undelete(object, dead)
		}
	case 13:
		c.org.HardDelete(object, id)
	case 14:
		if c.random.IntN(3) == 0 {
			c.org.Vanish(object, id)
		}
	case 15:
		if other := c.some("Account", false); object == "Account" && other != "" && other != id {
			c.org.Merge("Account", id, other)
		}
	case 16, 17:
		if object == "Thing__c" {
			c.org.SetSilently(object, id, salesforcesim.Record{"Doubled__c": fmt.Sprint(c.random.IntN(1000)), "Roll__c": nasty[c.random.IntN(len(nasty))]})
		}
	case 18:
		c.org.Touch(object, id, nil)
	case 19:
		c.drift()
	}
}

// drift changes the fields of an object, or empties the bin.
func (c *campaign) drift() {
	name := fmt.Sprintf("New%d__c", c.fields)
	switch c.random.IntN(5) {
	case 0:
		c.fields++
		c.org.AddField("Thing__c", salesforcesim.Field{Name: fmt.Sprintf("New%d__c", c.fields), Type: "string"})
		if thing := c.some("Thing__c", false); thing != "" {
			c.org.SetSilently("Thing__c", thing, salesforcesim.Record{fmt.Sprintf("New%d__c", c.fields): "silent"})
		}
	case 1:
		if c.fields > 0 {
			c.org.HideField("Thing__c", name)
			c.hidden[name] = true
		}
	case 2:
		if c.fields > 0 {
			c.org.UnhideField("Thing__c", name)
			c.hidden[name] = false
		}
	case 3:
		c.org.EmptyRecycleBin()
	case 4:
		c.org.PurgeDeleteLog(c.world.Now())
	}
}

// round changes the org, before a run and while it is under way, lets things go wrong,
// and runs.
func (c *campaign) round(seed uint64) {
	for range c.random.IntN(15) {
		c.change()
		c.world.Advance(time.Duration(c.random.IntN(3)*c.random.IntN(300)) * time.Second)
	}
	for range c.random.IntN(6) { // several calls in: pages, polls
		c.org.Script(salesforcesim.Fault{Do: salesforcesim.Nothing, Skip: c.random.IntN(25), On: []salesforcesim.Call{salesforcesim.Query, salesforcesim.QueryMore, salesforcesim.JobResults, salesforcesim.AnyCall}[c.random.IntN(4)],
			Call: c.meanwhile()})
	}
	if c.random.IntN(4) > 0 {
		c.org.Randomise(seed, c.random.IntN(150), salesforcesim.AllFaults...)
	}
	switch c.random.IntN(8) {
	case 0:
		c.org.Script(salesforcesim.Fault{Do: salesforcesim.QuotaReached, Skip: c.random.IntN(20)})
	case 1:
		c.org.Script(salesforcesim.Fault{Do: salesforcesim.FieldRemoved, Object: "Thing__c", Field: fmt.Sprintf("New%d__c", c.fields), On: salesforcesim.Query})
	}
	var crash atomic.Int64 // objects are read side by side
	crash.Store(-1)
	if c.random.IntN(2) == 0 {
		crash.Store(c.random.Int64N(12))
	}
	c.kept = func(string) error {
		if crash.Add(-1) == 0 {
			return errCrash
		}
		return nil
	}
	runner := c.runner()
	steps := -1
	if c.random.IntN(4) == 0 {
		steps = c.random.IntN(60)
	}
	runner.Step = func(string) error {
		if steps--; steps == 0 {
			return errCrash
		}
		return nil
	}
	_, err := c.run()
	c.log = append(c.log, fmt.Sprintf("%s run: %v", c.world.Now().Format("01-02 15:04:05"), err))
	c.org.Calm()
	c.kept, runner.Step = nil, nil
	c.world.Advance(time.Duration(c.random.IntN(4)*c.random.IntN(12*3600)+1) * time.Second)
}

// finish lets everything settle and runs until nothing can be missing: what commits late
// is there, what goes stale is read again, and all ids are compared.
func (c *campaign) finish() {
	c.t.Helper()
	waits := []time.Duration{11 * time.Minute, 25 * time.Hour, 8 * 24 * time.Hour}
	if testing.Short() { // all of it in one run
		waits = waits[2:]
	}
	for _, wait := range waits {
		c.world.Advance(wait)
		if _, err := c.run(); err != nil {
			c.fail("a run without faults: %v", err)
		}
	}
}

func (c *campaign) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf(format+"\n%s", append(args, strings.Join(c.log, "\n"))...)
}

// compare holds the lake against the org; the first difference is returned.
func (c *campaign) compare() string { return c.differs(campaignObjects, c.hidden) }

// live is one seed; it returns how the lake differs from the org in the end.
func live(t testing.TB, seed uint64, overlap string) string {
	c := newCampaign(t, seed, overlap)
	rounds := uint64(2 + c.random.IntN(3))
	if testing.Short() {
		rounds = 2
	}
	for i := range rounds {
		c.round(seed*100 + i)
	}
	c.finish()
	diff := c.compare()
	if diff != "" && overlap != "0s" {
		diff += "\n" + strings.Join(c.log, "\n")
	}
	return diff
}

// seeds is how many lives are tried.
func seeds() uint64 {
	if os.Getenv("FAULTS") == "long" {
		return 240
	}
	return 20
}

// TestSalesforceFaults lets orgs live while they are extracted: whatever happens, in the
// end the lake holds each record as the org does, and no version twice.
func TestSalesforceFaults(t *testing.T) {
	for seed := range seeds() {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			if diff := live(t, seed, "10m"); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// meanwhile changes the org between two calls of a run. What it does is drawn now, so that
// a seed is a life.
func (c *campaign) meanwhile() func(*http.Request) {
	object := campaignObjects[c.random.IntN(2)]
	id, record, what := c.some(object, false), c.record(object), c.random.IntN(4)
	return func(*http.Request) {
		if _, ok := c.org.Record(object, id); !ok {
			return
		}
		switch what {
		case 0:
			c.org.Update(object, id, record)
		case 1:
			c.org.Delete(object, id)
		case 2:
			c.org.HardDelete(object, id)
		case 3:
			c.org.Insert(object, record)
		}
	}
}
