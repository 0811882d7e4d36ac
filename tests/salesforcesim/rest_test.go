package salesforcesim_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// Pages of at most 2,000 rows, fewer where asked, and a cursor that belongs to its
// session.
func TestPaging(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{PageRows: 500})
	_, ids := s.contacts(1201)
	p := s.query("SELECT Id FROM Contact")
	next := p.NextRecordsURL
	if p.TotalSize != 1201 || p.Done || len(p.Records) != 500 || !strings.HasPrefix(next, "/services/data/v64.0/query/01g") || !strings.HasSuffix(next, "-500") {
		t.Fatalf("first page: %d, %t, %d, %s", p.TotalSize, p.Done, len(p.Records), next)
	}
	if n := len(s.query("SELECT Id FROM Contact", "Sforce-Query-Options", "batchSize=200").Records); n != 200 {
		t.Errorf("batchSize=200 gives %d rows", n)
	}
	s.org.Insert("Contact", salesforcesim.Record{"LastName": "Later"})
	seen := len(p.Records)
	for !p.Done {
		p = s.get(strings.Replace(p.NextRecordsURL, "/query/", "/queryAll/", seen/500%2)).page(t)
		if p.TotalSize != 1201 {
			t.Errorf("a later page counts %d", p.TotalSize)
		}
		if p.Records[0]["Id"] != ids[seen] {
			t.Errorf("page at %d begins with %s", seen, p.Records[0]["Id"])
		}
		seen += len(p.Records)
	}
	if seen != 1201 {
		t.Errorf("%d rows in all", seen)
	}
	other := *s
	other.token = s.org.NewSession()
	if a := other.get(next); a.status != 400 || a.problem(t).ErrorCode != "INVALID_QUERY_LOCATOR" {
		t.Errorf("another session: %d %s", a.status, a.body)
	}
	s.world.Advance(49 * time.Hour)
	s.token = s.org.NewSession()
	if a := s.get(next); a.status != 400 {
		t.Errorf("after two days: %d", a.status)
	}
}

// Deletes, undeletes, merges: what query, queryAll and getDeleted tell of them.
func TestDeletes(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{})
	_, ids := s.contacts(7)
	kept, binned, back, hard, lost, winner, loser := ids[0], ids[1], ids[2], ids[3], ids[4], ids[5], ids[6]
	s.world.Advance(time.Hour)
	began := s.world.Now()
	s.org.Delete("Contact", binned)
	s.org.Delete("Contact", back)
	s.org.HardDelete("Contact", hard)
	s.org.Vanish("Contact", lost)
	s.org.Merge("Contact", winner, loser)
	s.world.Advance(time.Hour)
	s.org.Undelete("Contact", back)
	find := func(resource string) (out string) {
		for _, r := range s.get(resource + "?q=" + url.QueryEscape("SELECT Id, IsDeleted, MasterRecordId FROM Contact")).page(t).Records {
			out += map[any]string{kept: "k", binned: "b", back: "B", hard: "h", lost: "l", winner: "w", loser: "L"}[r["Id"]]
			if r["Id"] == loser && (r["MasterRecordId"] != winner || r["IsDeleted"] != true) {
				t.Errorf("the loser of the merge is %v", r)
			}
		}
		return out
	}
	if q, all := find("query"), find("queryAll"); q != "kBw" || all != "kbBwL" {
		t.Errorf("query finds %s, queryAll %s", q, all)
	}
	span := "?start=" + url.QueryEscape(began.Add(-time.Minute).Format("2006-01-02T15:04:05-07:00")) + "&end=" + url.QueryEscape(s.world.Now().Format(time.RFC3339))
	m := s.get("sobjects/Contact/deleted/" + span).object(t)
	got := ""
	for _, d := range m["deletedRecords"].([]any) {
		got += map[any]string{binned: "b", back: "B", hard: "h", lost: "l", loser: "L"}[d.(map[string]any)["id"]]
	}
	if got != "bhL" {
		t.Errorf("getDeleted tells of %s", got)
	}
	s.org.EmptyRecycleBin()
	if all := find("queryAll"); all != "kBw" {
		t.Errorf("with an empty recycle bin queryAll finds %s", all)
	}
	if gone := s.org.Gone("Contact"); len(gone) != 4 {
		t.Errorf("%d ids are gone", len(gone))
	}
	s.org.PurgeDeleteLog(s.world.Now())
	m = s.get("sobjects/Contact/deleted/" + span).object(t)
	if len(m["deletedRecords"].([]any)) != 0 || m["earliestDateAvailable"] != s.world.Now().Format("2006-01-02T15:04:05.000+0000") {
		t.Errorf("after the log was purged: %v", m)
	}
	for query, code := range map[string]string{"?start=2026-11-01T02:00:00Z&end=2026-11-01T02:00:59Z": "INVALID_REPLICATION_DATE", "": "INVALID_REPLICATION_DATE",
		"?start=2026-01-01T00:00:00Z&end=2026-11-01T00:00:00Z": "INVALID_REPLICATION_DATE"} {
		if a := s.get("sobjects/Contact/deleted/" + query); a.status != 400 || a.problem(t).ErrorCode != code {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if n := len(s.get("sobjects/Contact/updated/" + span).object(t)["ids"].([]any)); n != 1 { // back and winner; the span ends now, back came after its minute
		t.Errorf("getUpdated tells of %d rows", n)
	}
}

// The children of a merged row move to the winner; archived activities are for queryAll.
func TestMergedChildrenAndArchivedActivities(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{LimitInfo: "; api-bursts=1/750"})
	loser, ids := s.contacts(2)
	winner := s.org.Insert("Account", salesforcesim.Record{"Name": "Winner"})
	s.world.Advance(time.Hour)
	s.org.Merge("Account", winner, loser)
	p := s.query("SELECT Id, AccountId FROM Contact WHERE SystemModstamp >= " + s.world.Now().Format(time.RFC3339))
	if len(p.Records) != len(ids) || p.Records[0]["AccountId"] != winner {
		t.Errorf("children: %v", p.Records)
	}
	s.org.Insert("Task", salesforcesim.Record{"Subject": "Old", "IsArchived": "true"})
	if q, all := s.get("query?q=SELECT+COUNT()+FROM+Task").page(t).TotalSize, s.get("queryAll?q=SELECT+COUNT()+FROM+Task"); q != 0 || all.page(t).TotalSize != 1 {
		t.Errorf("query finds %d, queryAll %s", q, all.body)
	} else if got := all.header.Get("Sforce-Limit-Info"); got != "api-usage=3/100000; api-bursts=1/750" {
		t.Errorf("Sforce-Limit-Info: %s", got)
	}
}

// A deleted row leaves the recycle bin after its time.
func TestRecycleBinIsEmptied(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{RecycleBin: time.Hour})
	_, ids := s.contacts(2)
	s.org.Delete("Contact", ids[0])
	s.org.Delete("Contact", ids[1])
	s.world.Advance(30 * time.Minute)
	s.org.Undelete("Contact", ids[1])
	s.world.Advance(time.Hour)
	if rows := s.org.Records("Contact"); len(rows) != 1 || rows[0]["Id"] != ids[1] {
		t.Errorf("left: %v", rows)
	}
}

// A row that commits late has a stamp of the past when it is first seen.
func TestLateCommits(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{})
	account, _ := s.contacts(0)
	began := s.world.Now()
	id := s.org.InsertLate("Contact", salesforcesim.Record{"LastName": "Late"}, 10*time.Minute)
	s.org.UpdateLate("Account", account, salesforcesim.Record{"Rating": "Hot"}, 7*time.Minute)
	s.world.Advance(6 * time.Minute)
	if p := s.query("SELECT Id FROM Contact"); p.TotalSize != 0 {
		t.Error("the row is seen before it commits")
	}
	s.world.Advance(2 * time.Minute)
	if r, _ := s.org.Record("Account", account); r["Rating"] != "Hot" || r["SystemModstamp"] != began.Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("the update shows as %v", r)
	}
	s.world.Advance(2 * time.Minute)
	p := s.query("SELECT Id, SystemModstamp FROM Contact WHERE SystemModstamp < " + began.Add(time.Second).Format(time.RFC3339))
	if p.TotalSize != 1 || p.Records[0]["Id"] != id {
		t.Errorf("the row shows as %v", p.Records)
	}
	s.org.SetSilently("Account", account, salesforcesim.Record{"LastActivityDate": "2026-11-01"})
	if r, _ := s.org.Record("Account", account); r["LastActivityDate"] != "2026-11-01" || r["SystemModstamp"] != began.Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("a silent change moves stamps: %v", r)
	}
}

// Live pages show rows as they are when the page is asked for; others as of the query.
func TestUpdatesDuringPaging(t *testing.T) {
	for _, live := range []bool{false, true} {
		s := serve(t, salesforcesim.OrgOptions{PageRows: 200, LivePages: live})
		_, ids := s.contacts(400)
		p := s.query("SELECT Id, FirstName FROM Contact")
		s.org.Update("Contact", ids[300], salesforcesim.Record{"FirstName": "New"})
		s.org.HardDelete("Contact", ids[301])
		p = s.get(p.NextRecordsURL).page(t)
		if got := p.Records[100]["FirstName"] == "New"; got != live || len(p.Records) != 200 {
			t.Errorf("live %t: the change shows: %t, %d rows", live, got, len(p.Records))
		}
	}
}

// Small resources.
func TestResources(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{DailyCalls: 500})
	account, _ := s.contacts(3)
	if got := s.get("limits/recordCount?sObjects=Contact,Lead,Account").body; got != `{"sObjects":[{"count":3,"name":"Contact"},{"count":1,"name":"Account"}]}` {
		t.Errorf("recordCount: %s", got)
	}
	a := s.get("limits")
	if got := a.object(t)["DailyApiRequests"].(map[string]any); got["Max"].(interface{ String() string }).String() != "500" || got["Remaining"].(interface{ String() string }).String() != "498" {
		t.Errorf("limits: %v", got)
	}
	if got := a.header.Get("Sforce-Limit-Info"); got != "api-usage=2/500" {
		t.Errorf("Sforce-Limit-Info: %s", got)
	}
	if got := a.header.Get("Date"); got != s.world.Now().Format("Mon, 02 Jan 2006 15:04:05 GMT") {
		t.Errorf("Date: %s", got)
	}
	row := s.get("sobjects/Account/" + account[:15]).object(t)
	if row["Name"] != "Protea Ltd" || row["AnnualRevenue"].(interface{ String() string }).String() != "950000000.0" || row["BillingAddress"] != nil {
		t.Errorf("row: %v", row)
	}
	s.org.Update("Account", account, salesforcesim.Record{"BillingCity": "Nairobi", "BillingLatitude": "-1.2921"})
	row = s.get("sobjects/Account/" + account + "?fields=Id,BillingAddress").object(t)
	if got := row["BillingAddress"].(map[string]any)["city"]; got != "Nairobi" || len(row) != 3 {
		t.Errorf("row with an address: %v", row)
	}
	if a := s.get("sobjects/Account/001000000000001"); a.status != 404 || a.body != `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]` {
		t.Errorf("no row: %d %s", a.status, a.body)
	}
	if a := s.get("/services/data"); !strings.Contains(a.body, `{"label":"Summer '14","url":"/services/data/v31.0","version":"31.0"}`) || !strings.Contains(a.body, `"label":"Spring '26"`) {
		t.Errorf("versions: %s", a.body)
	}
	if a := s.get("query?q=SELECT+Id+FROM+Account+WHERE+Name='" + strings.Repeat("x", 17_000) + "'"); a.status != 414 || !strings.HasPrefix(a.body, "<html>") {
		t.Errorf("a long query: %d %s", a.status, a.body)
	}
	s.org.UseCalls(500)
	if a := s.get("limits"); a.status != 403 || a.problem(t).ErrorCode != "REQUEST_LIMIT_EXCEEDED" {
		t.Errorf("beyond the quota: %d %s", a.status, a.body)
	}
}
