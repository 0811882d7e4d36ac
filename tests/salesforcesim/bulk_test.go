package salesforcesim_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// A job takes its time, can be read page by page, again and again, and stays what it
// was while the data changes.
func TestJobs(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{JobTime: 10 * time.Second, JobPolls: 3, BulkPageRows: 400})
	_, ids := s.contacts(1000)
	made := s.do("POST", "jobs/query", `{"operation":"query","query":"SELECT Id, LastName FROM Contact"}`).object(t)
	id := made["id"].(string)
	if made["state"] != "UploadComplete" || !strings.HasPrefix(id, "750") || made["apiVersion"].(json.Number) != "64.0" || made["object"] != "Contact" || made["concurrencyMode"] != "Parallel" {
		t.Errorf("made: %v", made)
	}
	if a := s.get("jobs/query/" + id + "/results"); a.status != 412 || a.problem(t).ErrorCode != "JOB_NOT_COMPLETE" {
		t.Errorf("results too early: %d %s", a.status, a.body)
	}
	var states []string
	for range 5 {
		m := s.get("jobs/query/" + id).object(t)
		states = append(states, m["state"].(string))
		if m["state"] == "JobComplete" && (m["numberRecordsProcessed"].(json.Number) != "1000" || m["jobType"] != "V2Query" || m["totalProcessingTime"].(json.Number) == "0") {
			t.Errorf("complete: %v", m)
		}
		s.world.Advance(4 * time.Second)
	}
	if got := strings.Join(states, " "); got != "InProgress InProgress InProgress JobComplete JobComplete" {
		t.Errorf("states: %s", got)
	}
	s.org.Update("Contact", ids[700], salesforcesim.Record{"LastName": "Changed"})
	s.org.HardDelete("Contact", ids[701])
	first := s.get("jobs/query/" + id + "/results?maxRecords=600")
	if got := first.header.Get("Sforce-NumberOfRecords"); got != "600" || len(first.rows(t)) != 601 || first.header.Get("Content-Type") != "text/csv; charset=UTF-8" {
		t.Errorf("first page: %s, %d rows", got, len(first.rows(t)))
	}
	next := "jobs/query/" + id + "/results?maxRecords=600&locator=" + url.QueryEscape(first.header.Get("Sforce-Locator"))
	second := s.get(next)
	rows := second.rows(t)
	if len(rows) != 401 || rows[0][0] != "Id" || rows[101][1] != "Person 0700" || rows[102][0] != ids[701] || second.header.Get("Sforce-Locator") != "null" {
		t.Errorf("second page: %d rows, %v %v", len(rows), rows[101], rows[102])
	}
	if again := s.get(next); again.body != second.body {
		t.Error("a page reads differently the second time")
	}
	if a := s.get("jobs/query/" + id + "/results"); len(a.rows(t)) != 401 {
		t.Errorf("without maxRecords: %d rows", len(a.rows(t)))
	}
	pages := s.get("jobs/query/" + id + "/resultPages?maxRecords=100").object(t)
	if list := pages["resultPages"].([]any); len(list) != 5 || pages["done"] != false {
		t.Errorf("resultPages: %v", pages)
	} else if a := s.get(list[4].(map[string]any)["resultUrl"].(string)); a.rows(t)[1][0] != ids[400] {
		t.Errorf("fifth page begins with %v", a.rows(t)[1])
	}
	if rest := s.get(pages["nextRecordsUrl"].(string)).object(t); rest["done"] != true || rest["nextRecordsUrl"] != nil {
		t.Errorf("the rest of resultPages: %v", rest)
	}
	if a := s.get("/services/data/v63.0/jobs/query/" + id); a.status != 409 {
		t.Errorf("another version: %d", a.status)
	}
	if a := s.do("PATCH", "jobs/query/"+id, `{"state":"Aborted"}`); a.status != 400 {
		t.Errorf("abort of a complete job: %d", a.status)
	}
	if a := s.do("DELETE", "jobs/query/"+id, ""); a.status != 204 || s.org.JobsOpen() != 0 {
		t.Errorf("delete: %d", a.status)
	}
	if a := s.get("jobs/query/" + id); a.status != 404 {
		t.Errorf("after delete: %d", a.status)
	}
}

func TestJobsEnd(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{DailyBulkJobs: 3, JobTime: time.Minute})
	s.contacts(3)
	create := func() string {
		return s.do("POST", "jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact"}`).object(t)["id"].(string)
	}
	id := create()
	if a := s.do("DELETE", "jobs/query/"+id, ""); a.status != 400 {
		t.Errorf("delete of a running job: %d", a.status)
	}
	if a := s.do("PATCH", "jobs/query/"+id, `{"state":"Aborted"}`); a.object(t)["state"] != "Aborted" {
		t.Errorf("abort: %s", a.body)
	}
	if a := s.get("jobs/query/" + id + "/results"); a.status != 400 {
		t.Errorf("results of an aborted job: %d", a.status)
	}
	s.org.Script(salesforcesim.Fault{On: salesforcesim.JobGet, Do: salesforcesim.JobFailedSilently})
	if m := s.get("jobs/query/" + create()).object(t); m["state"] != "Failed" || m["errorMessage"] != nil {
		t.Errorf("failed: %v", m)
	}
	old := create()
	if a := s.do("POST", "jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact"}`); a.status != 400 || a.problem(t).Message != "Max bulk v2 query jobs (3) per 24 hrs has been reached" {
		t.Errorf("too many jobs: %d %s", a.status, a.body)
	}
	s.world.Advance(8 * 24 * time.Hour)
	s.token = s.org.NewSession()
	if a := s.get("jobs/query/" + old); a.status != 404 {
		t.Errorf("after seven days: %d", a.status)
	}
}

// What Bulk API 2.0 refuses.
func TestRefusedJobs(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{MultiCurrency: true})
	s.contacts(1)
	for soql, want := range map[string]string{
		"SELECT BillingAddress FROM Account":                      "Selecting compound data not supported in Bulk Query",
		"SELECT COUNT() FROM Account":                             "Aggregate Relationships not supported in Bulk Query",
		"SELECT Name FROM Account GROUP BY Name":                  "Group By not supported in Bulk Query",
		"SELECT Id FROM Account LIMIT 5 OFFSET 5":                 "Offset not supported in Bulk Query",
		"SELECT FIELDS(ALL) FROM Account LIMIT 200":               "FIELDS() not supported in Bulk Query",
		"SELECT Id, (SELECT Id FROM Contacts) FROM Account":       "Nested queries not supported in Bulk Query",
		"SELECT TYPEOF What WHEN Account THEN Name END FROM Task": "TYPEOF not supported in Bulk Query",
		"SELECT Id FROM CurrencyType":                             "Entity 'CurrencyType' is not supported by the Bulk API.",
		"SELECT Nope FROM Account":                                "No such column 'Nope'",
	} {
		body, _ := json.Marshal(map[string]string{"operation": "query", "query": soql})
		if a := s.do("POST", "jobs/query", string(body)); a.status != 400 || !strings.Contains(a.problem(t).Message, want) {
			t.Errorf("%s: %d %s", soql, a.status, a.body)
		}
	}
	if a := s.do("POST", "jobs/query", `{"operation":"insert","query":"SELECT Id FROM Account"}`); a.status != 400 {
		t.Errorf("operation insert: %d", a.status)
	}
}

// nasty values, as an org may hold them.
var nasty = salesforcesim.Record{
	"Text__c": " say \"hi\",\nN/A\r\n\ttab ", "Big__c": "9007199254740993", "Huge__c": "1e21", "Whole__c": "10", "Real__c": "0.10", "Emoji__c": "grüße 🎉", "At__c": "2026-10-31T09:42:24.001Z", "Long__c": strings.Repeat("x", 128<<10),
}

// One row in every way that Bulk spells it.
func TestBulkSpellings(t *testing.T) {
	for name, c := range map[string]struct {
		options salesforcesim.OrgOptions
		want    string
	}{
		"usual":    {salesforcesim.OrgOptions{}, `"9007199254740993.0","1000000000000000000000.0","10.0","0.10","","2026-10-31T09:42:24.001Z"`},
		"offset":   {salesforcesim.OrgOptions{BulkDatetime: "+0000", BulkNull: "bare"}, `"9007199254740993.0","1000000000000000000000.0","10.0","0.10",,"2026-10-31T09:42:24.001+0000"`},
		"plain":    {salesforcesim.OrgOptions{BulkNumbers: "plain"}, `"9007199254740993","1000000000000000000000","10","0.10","","2026-10-31T09:42:24.001Z"`},
		"exponent": {salesforcesim.OrgOptions{BulkNumbers: "exponent"}, `"9.007199254740993E15","1.0E21","10.0","0.10","","2026-10-31T09:42:24.001Z"`},
	} {
		s := serve(t, c.options)
		defineNasty(s)
		m := s.job("query", "SELECT Big__c, Huge__c, Whole__c, Real__c, None__c, At__c FROM Nasty__c")
		got := s.get("jobs/query/" + m["id"].(string) + "/results").body
		if want := `"Big__c","Huge__c","Whole__c","Real__c","None__c","At__c"` + "\n" + c.want + "\n"; got != want {
			t.Errorf("%s:\nis   %s\nwant %s", name, got, want)
		}
	}
	s := serve(t, salesforcesim.OrgOptions{})
	defineNasty(s)
	m := s.job("queryAll", "SELECT Text__c, Emoji__c, Long__c FROM Nasty__c")
	row := s.get("jobs/query/" + m["id"].(string) + "/results").rows(t)[1]
	if row[1] != nasty["Emoji__c"] || row[2] != nasty["Long__c"] || row[0] != strings.ReplaceAll(nasty["Text__c"], "\r\n", "\n") { // encoding/csv turns CRLF into LF
		t.Errorf("texts by Bulk: %q", row[:2])
	}
	r := s.query("SELECT Text__c, Emoji__c, Long__c FROM Nasty__c").Records[0]
	if r["Text__c"] != nasty["Text__c"] || r["Emoji__c"] != nasty["Emoji__c"] || r["Long__c"] != nasty["Long__c"] {
		t.Errorf("texts by REST: %q", r["Text__c"])
	}
	if got := s.get("query?q=" + url.QueryEscape("SELECT Big__c, Huge__c, Whole__c FROM Nasty__c")).body; !strings.Contains(got, `"Big__c":9007199254740993,"Huge__c":1.0E21,"Whole__c":10.0`) {
		t.Errorf("numbers by REST: %s", got)
	}
}

func defineNasty(s *site) {
	s.org.Define(salesforcesim.Object{Name: "Nasty__c", KeyPrefix: "a01", Fields: []salesforcesim.Field{
		{Name: "Text__c", Type: "textarea"}, {Name: "Big__c", Type: "long"}, {Name: "Huge__c", Type: "double"}, {Name: "Whole__c", Type: "currency"}, {Name: "Real__c", Type: "percent"},
		{Name: "Emoji__c", Type: "string"}, {Name: "At__c", Type: "datetime"}, {Name: "Long__c", Type: "textarea", Length: 131072}, {Name: "None__c", Type: "string"}}})
	s.org.Insert("Nasty__c", nasty)
}

// A virtual object has its rows without holding them.
func TestVirtualObjects(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{})
	s.org.Virtual(salesforcesim.WideObject("Wide__c", 5_000_000, 100))
	if n := len(s.get("sobjects/Wide__c/describe").object(t)["fields"].([]any)); n != 100 {
		t.Errorf("%d fields", n)
	}
	if got := s.get("limits/recordCount?sObjects=Wide__c").body; !strings.Contains(got, `"count":5000000`) {
		t.Errorf("recordCount: %s", got)
	}
	p := s.query("SELECT Id, SystemModstamp, Field_008__c FROM Wide__c ORDER BY Id LIMIT 1000")
	last := p.Records[999]["Id"].(string)
	p = s.query("SELECT Id FROM Wide__c WHERE Id > '" + last + "' ORDER BY Id LIMIT 3")
	if len(p.Records) != 3 || p.Records[0]["Id"].(string) <= last {
		t.Errorf("after %s come %v", last, p.Records)
	}
	m := s.job("queryAll", "SELECT Id, Field_008__c, Field_009__c FROM Wide__c WHERE Id > 'aW0S00' AND SystemModstamp < 2020-01-01T01:00:00Z")
	if m["numberRecordsProcessed"].(json.Number) != "3600" {
		t.Errorf("processed %v", m["numberRecordsProcessed"])
	}
	a := s.get("jobs/query/" + m["id"].(string) + "/results?maxRecords=10")
	b := s.get("jobs/query/" + m["id"].(string) + "/results?maxRecords=10")
	if a.body != b.body || len(a.rows(t)) != 11 {
		t.Error("computed rows differ from one reading to the next")
	}
}
