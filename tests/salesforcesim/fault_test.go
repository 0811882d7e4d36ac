package salesforcesim_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// Each fault on a query of 300 contacts in pages of 200, and what comes of it.
func TestFaults(t *testing.T) {
	const soql = "query?q=SELECT+Id,Title+FROM+Contact"
	for do, want := range map[salesforcesim.Do]func(*site, answer) bool{
		salesforcesim.SessionExpired: func(s *site, a answer) bool {
			return a.status == 401 && a.problem(s.t).ErrorCode == "INVALID_SESSION_ID" && s.get("limits").status == 401
		},
		salesforcesim.QueryTimeout:     code(400, "QUERY_TIMEOUT"),
		salesforcesim.TooManyLongCalls: code(403, "REQUEST_LIMIT_EXCEEDED"),
		salesforcesim.QuotaReached:     code(403, "REQUEST_LIMIT_EXCEEDED"),
		salesforcesim.Status500:        code(500, "UNKNOWN_EXCEPTION"),
		salesforcesim.Status429:        func(_ *site, a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "7" },
		salesforcesim.Status406:        func(_ *site, a answer) bool { return a.status == 406 && a.body == "" },
		salesforcesim.Status420:        func(_ *site, a answer) bool { return a.status == 420 && a.body == "" },
		salesforcesim.HTML503:          func(_ *site, a answer) bool { return a.status == 503 && strings.HasPrefix(a.body, "<html>") },
		salesforcesim.HTML414:          func(_ *site, a answer) bool { return a.status == 414 && strings.HasPrefix(a.body, "<html>") },
		salesforcesim.MalformedJSON:    func(_ *site, a answer) bool { return a.status == 200 && strings.HasSuffix(a.body, "tr") },
		salesforcesim.ConnectionReset:  func(_ *site, a answer) bool { return a.err != nil },
		salesforcesim.TruncatedBody:    func(_ *site, a answer) bool { return a.err != nil && a.status == 200 },
		salesforcesim.TruncatedGzip:    func(_ *site, a answer) bool { return a.err != nil && a.status == 200 },
		salesforcesim.StripHeaders: func(_ *site, a answer) bool {
			return a.status == 200 && a.header.Get("Sforce-Limit-Info") == "" && a.header.Get("Date") == ""
		},
		salesforcesim.ShortPages: func(s *site, a answer) bool {
			p := a.page(s.t)
			return len(p.Records) == 100 && p.TotalSize == 300 && strings.HasSuffix(p.NextRecordsURL, "-100") && s.get(p.NextRecordsURL).page(s.t).TotalSize == 300
		},
		salesforcesim.WrongCount: func(s *site, a answer) bool { return a.page(s.t).TotalSize == 301 },
		salesforcesim.LostRows:   func(s *site, a answer) bool { return len(a.page(s.t).Records) == 199 },
		salesforcesim.NoNextLink: func(s *site, a answer) bool { p := a.page(s.t); return !p.Done && p.NextRecordsURL == "" },
		salesforcesim.FieldRemoved: func(s *site, a answer) bool {
			return a.status == 400 && a.problem(s.t).ErrorCode == "INVALID_FIELD" && !strings.Contains(s.get("sobjects/Contact/describe").body, `"name":"Title"`)
		},
		salesforcesim.Delay: func(s *site, a answer) bool { return a.status == 200 && s.world.Now().Minute() == 10 },
	} {
		t.Run(string(do), func(t *testing.T) {
			s := serve(t, salesforcesim.OrgOptions{PageRows: 200})
			s.contacts(300)
			s.org.Script(salesforcesim.Fault{On: salesforcesim.Query, Object: "contact", Skip: 1, Do: do, Field: "Title", RetryAfter: "7", Delay: 10 * time.Minute})
			if a := s.get(soql); a.status != 200 {
				t.Fatalf("before the fault: %d %s", a.status, a.body)
			}
			if a := s.get(soql); !want(s, a) {
				t.Errorf("%d %v %.200s", a.status, a.err, a.body)
			}
			if s.org.Faulted()[do] != 1 {
				t.Error("the fault is not counted")
			}
			s.token = s.org.NewSession()
			if a := s.get("query?q=SELECT+Id+FROM+Contact"); a.status != 200 || a.err != nil {
				t.Errorf("after the fault: %d %v", a.status, a.err)
			}
		})
	}
}

func code(status int, name string) func(*site, answer) bool {
	return func(s *site, a answer) bool { return a.status == status && a.problem(s.t).ErrorCode == name }
}

// A session that ends in mid-page takes its cursors with it.
func TestSessionEndsInMidPage(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{PageRows: 200})
	s.contacts(500)
	p := s.query("SELECT Id FROM Contact")
	s.org.Script(salesforcesim.Fault{On: salesforcesim.QueryMore, Do: salesforcesim.SessionExpired})
	if a := s.get(p.NextRecordsURL); a.status != 401 {
		t.Fatalf("the fault: %d", a.status)
	}
	s.token = s.org.NewSession()
	if a := s.get(p.NextRecordsURL); a.status != 400 || a.problem(t).ErrorCode != "INVALID_QUERY_LOCATOR" {
		t.Errorf("the cursor in a new session: %d %s", a.status, a.body)
	}
	s.org.Script(salesforcesim.Fault{On: salesforcesim.QueryMore, Do: salesforcesim.EndlessLink, Times: -1})
	p = s.query("SELECT Id FROM Contact")
	if next := s.get(p.NextRecordsURL).page(t); next.NextRecordsURL != p.NextRecordsURL {
		t.Errorf("the link leads on to %s", next.NextRecordsURL)
	}
}

// A page of results may lie about its length, or be short.
func TestFaultyResults(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{})
	s.contacts(100)
	id := s.job("query", "SELECT Id FROM Contact")["id"].(string)
	for do, want := range map[salesforcesim.Do]string{salesforcesim.WrongCount: "101/100/null", salesforcesim.LostRows: "100/99/null", salesforcesim.StripHeaders: "/100/", salesforcesim.ShortPages: "50/50/+"} {
		s.org.Script(salesforcesim.Fault{On: salesforcesim.JobResults, Do: do})
		a := s.get("jobs/query/" + id + "/results")
		locator := a.header.Get("Sforce-Locator")
		if locator != "null" && locator != "" {
			locator = "+"
		}
		if got := a.header.Get("Sforce-NumberOfRecords") + "/" + strconv.Itoa(len(a.rows(t))-1) + "/" + locator; got != want {
			t.Errorf("%s: %s, want %s", do, got, want)
		}
	}
}

// What is drawn depends on the seed and the order of calls alone.
func TestRandomFaultsRepeat(t *testing.T) {
	runs := map[string]bool{}
	for range 2 {
		s := serve(t, salesforcesim.OrgOptions{PageRows: 200})
		s.contacts(300)
		s.org.Randomise(11, 300, salesforcesim.AllFaults...)
		trace := ""
		for range 60 {
			s.token = s.org.NewSession()
			a := s.get("query?q=SELECT+Id+FROM+Contact")
			trace += " " + strconv.Itoa(a.status)
		}
		if got := len(s.org.Faulted()); got < 5 {
			t.Errorf("only %d kinds of faults were drawn", got)
		}
		for _, r := range s.org.Log() {
			trace += " " + string(r.Fault)
		}
		runs[trace] = true
		s.org.Calm()
		if a := s.get("limits"); a.status != 200 {
			t.Errorf("after Calm: %d", a.status)
		}
	}
	if len(runs) != 1 {
		t.Error("two runs of one seed differ")
	}
}

// Data may change between the arrival of a call and its answer.
func TestCallBeforeAnswer(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{})
	s.contacts(1)
	s.org.Script(salesforcesim.Fault{On: salesforcesim.Query, Do: salesforcesim.Nothing, Call: func(*http.Request) {
		s.org.Insert("Contact", salesforcesim.Record{"LastName": "Just now"})
	}})
	if n := s.query("SELECT COUNT() FROM Contact").TotalSize; n != 2 {
		t.Errorf("%d contacts", n)
	}
	if calls := s.org.Calls(); calls[salesforcesim.Query] != 1 || s.org.TotalCalls() != 1 {
		t.Errorf("calls: %v", calls)
	}
}
