package salesforcesim_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// site is an org being served, and a session of it.
type site struct {
	t     testing.TB
	world *salesforcesim.World
	org   *salesforcesim.Org
	base  string
	token string
}

func serve(t testing.TB, o salesforcesim.OrgOptions) *site {
	t.Helper()
	w := salesforcesim.New(salesforcesim.Options{Seed: 7})
	org := w.Org(o)
	srv := httptest.NewServer(org)
	t.Cleanup(srv.Close)
	return &site{t: t, world: w, org: org, base: srv.URL, token: org.NewSession()}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

// do sends a request. A path that begins with a letter lies below version 64.
func (s *site) do(method, path, body string, headers ...string) answer {
	s.t.Helper()
	if path[0] != '/' {
		path = "/services/data/v64.0/" + path
	}
	r, err := http.NewRequest(method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Close = true // net/http would try again by itself on a used connection
	r.Header.Set("Authorization", "Bearer "+s.token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(b), err}
}

func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.do("GET", path, "", headers...)
}

// query sends SOQL and wants it answered.
func (s *site) query(soql string, headers ...string) page {
	s.t.Helper()
	a := s.get("query?q="+url.QueryEscape(soql), headers...)
	if a.status != 200 {
		s.t.Fatalf("%s\n%d %s", soql, a.status, a.body)
	}
	return a.page(s.t)
}

// page is a page of a query.
type page struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string `json:"nextRecordsUrl"`
	Records        []map[string]any
}

func (a answer) page(t testing.TB) page {
	t.Helper()
	var p page
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return p
}

func (a answer) object(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(a.body))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return m
}

// problem is an error of the REST API.
type problem struct{ Message, ErrorCode string }

func (a answer) problem(t testing.TB) problem {
	t.Helper()
	var list []problem
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list) != 1 {
		t.Fatalf("no error in %q", a.body)
	}
	return list[0]
}

// job makes a query job and polls it until it ends.
func (s *site) job(operation, soql string) map[string]any {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"operation": operation, "query": soql})
	a := s.do("POST", "jobs/query", string(body))
	if a.status != 200 {
		s.t.Fatalf("%s\n%d %s", soql, a.status, a.body)
	}
	id := a.object(s.t)["id"].(string)
	for range 20 {
		m := s.get("jobs/query/" + id).object(s.t)
		if m["state"] != "UploadComplete" && m["state"] != "InProgress" {
			return m
		}
		s.world.Advance(time.Second)
	}
	s.t.Fatal("the job does not end")
	return nil
}

// rows reads a page of CSV, the header first.
func (a answer) rows(t testing.TB) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// contacts fills an org with numbered contacts of one account.
func (s *site) contacts(n int) (account string, ids []string) {
	s.org.DefineStandard()
	account = s.org.Insert("Account", salesforcesim.Record{"Name": "Protea Ltd", "AnnualRevenue": "950000000"})
	for i := range n {
		ids = append(ids, s.org.Insert("Contact", salesforcesim.Record{"LastName": fmt.Sprintf("Person %04d", i), "AccountId": account}))
	}
	return account, ids
}
