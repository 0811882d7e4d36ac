package client

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

const describeText = `{"name":"Account","label":"Account","keyPrefix":"001","queryable":true,"replicateable":true,"fields":[
	{"name":"Id","type":"id","soapType":"tns:ID","length":18,"nillable":false},
	{"name":"OwnerId","type":"reference","referenceTo":["Group","User"],"relationshipName":"Owner","polymorphicForeignKey":true},
	{"name":"Amount__c","type":"currency","precision":18,"scale":2,"calculated":true,"calculatedFormula":"1+1"},
	{"name":"Unknown","type":"string","relationshipName":null,"somethingNew":{"a":[1]}}]}`

func TestDescribeIsCached(t *testing.T) {
	const stamp = "Sat, 31 Oct 2026 10:00:00 GMT"
	notModified := answer{status: 304}
	s := newServer(t, withHeader(jsonAnswer(describeText), "Last-Modified", stamp), notModified, jsonAnswer(describeText), notModified)
	c := s.client()
	ctx := context.Background()
	first, err := c.Describe(ctx, "account")
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := first.Field("amount__C"); !ok || !f.Calculated || f.Scale != 2 || first.KeyPrefix != "001" || len(first.Fields) != 4 {
		t.Errorf("described %+v", first)
	}
	again, err := c.Describe(ctx, "Account")
	if err != nil || again != first {
		t.Errorf("304 gave %p, not %p: %v", again, first, err)
	}
	c.Forget("ACCOUNT")
	third, err := c.Describe(ctx, "Account")
	if err != nil || third == first {
		t.Errorf("a forgotten describe came back: %v", err)
	}
	if _, err := c.Describe(ctx, "Account"); err != nil {
		t.Error(err)
	}
	for i, want := range []string{"", stamp, "", s.clock.Now().Format("Mon, 02 Jan 2006 15:04:05 GMT")} {
		if got := s.calls[i].Header.Get("If-Modified-Since"); got != want {
			t.Errorf("call %d asked with %q, not %q", i, got, want)
		}
	}
}

func TestDescribeOfSomethingElse(t *testing.T) {
	other := jsonAnswer(`{"name":"Contact","fields":[{"name":"Id"}]}`)
	s := newServer(t, other, other, other, other, other, other)
	if _, err := s.client().Describe(context.Background(), "Account"); !errors.Is(err, ErrProtocol) {
		t.Errorf("got %v", err)
	}
	if _, err := s.client().Describe(context.Background(), "../limits"); err == nil || len(s.calls) != 6 {
		t.Errorf("asked for a path: %v", err)
	}
}

func TestObjects(t *testing.T) {
	s := newServer(t, jsonAnswer(`{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[{"name":"Account","keyPrefix":"001","queryable":true},{"name":"AccountFeed","keyPrefix":null}]}`), answer{status: 304})
	c := s.client()
	for range 2 {
		list, err := c.Objects(context.Background())
		if err != nil || len(list) != 2 || list[0].KeyPrefix != "001" || !list[0].Queryable || list[1].KeyPrefix != "" {
			t.Errorf("%+v, %v", list, err)
		}
	}
}

func TestOrganization(t *testing.T) {
	s := newServer(t, pageAnswer(1, "", `{"attributes":{},"Id":"00D000000000001AAA","Name":"Acme","InstanceName":"EU1","OrganizationType":"Enterprise Edition","IsSandbox":true}`))
	o, err := s.client().Organization(context.Background())
	if err != nil || o != (Organization{"00D000000000001AAA", "Acme", "EU1", "Enterprise Edition", true}) {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestCounts(t *testing.T) {
	s := newServer(t, jsonAnswer(`{"sObjects":[{"count":3,"name":"Account"}]}`), pageAnswer(12, ""), html(200), jsonAnswer(`{"done":true,"records":[],"totalSize":5}`))
	c := s.client()
	ctx := context.Background()
	counts, err := c.RecordCounts(ctx, "account", "Empty__c")
	if _, known := counts["Empty__c"]; err != nil || known || counts["account"] != 3 {
		t.Errorf("%v, %v", counts, err) // an object left out is unknown, not empty
	}
	for _, want := range []int64{12, 5} {
		if n, err := c.Count(ctx, "SELECT COUNT() FROM Empty__c", true); err != nil || n != want {
			t.Errorf("%d, %v", n, err)
		}
	}
	if s.uri(0) != "/services/data/v64.0/limits/recordCount?sObjects=account%2CEmpty__c" {
		t.Errorf("asked for %s", s.uri(0))
	}
}

func TestDeleted(t *testing.T) {
	reply := jsonAnswer(`{"deletedRecords":[{"deletedDate":"2026-10-31T10:00:00.000+0000","id":"001A"},{"deletedDate":"2026-10-31T11:00:00.000Z","id":"001B"}],"earliestDateAvailable":"2026-10-17T09:13:00.000+0000","latestDateCovered":"2026-11-01T00:59:00.000+0000"}`)
	bare := jsonAnswer(`{"deletedRecords":[]}`)
	s := newServer(t, reply, bare, bare, bare, bare, bare, bare)
	c := s.client()
	end := s.clock.Now().Add(30 * time.Second)
	var sink kept
	w, err := c.Deleted(context.Background(), "Account", end.Add(-24*time.Hour), end, &sink)
	if err != nil || w.Records != 2 || !w.EarliestAvailable.Equal(time.Date(2026, 10, 17, 9, 13, 0, 0, time.UTC)) || !w.LatestCovered.Equal(time.Date(2026, 11, 1, 0, 59, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", w, err)
	}
	if got := strings.Join(sink.rows, " "); got != "001A|2026-10-31T10:00:00.000Z 001B|2026-10-31T11:00:00.000Z" {
		t.Errorf("rows %s", got)
	}
	if want := "/services/data/v64.0/sobjects/Account/deleted/?start=2026-10-31T01%3A00%3A00%2B00%3A00&end=2026-11-01T01%3A00%3A00%2B00%3A00"; s.uri(0) != want {
		t.Errorf("asked for %s", s.uri(0))
	}
	if _, err := c.Deleted(context.Background(), "Account", end.Add(-time.Hour), end, &sink); !errors.Is(err, ErrProtocol) {
		t.Errorf("a reply that does not say what it covers: %v", err)
	}
}

func TestDeletedWindows(t *testing.T) {
	now := newClock().Now()
	cases := []struct {
		name       string
		start, end time.Time
		script     []answer
		want       error
	}{
		{"a minute", now.Add(-time.Minute), now, nil, ErrDeletedWindow},
		{"backwards", now, now.Add(-time.Hour), nil, ErrDeletedWindow},
		{"too long ago", now.Add(-20 * 24 * time.Hour), now, nil, ErrDeletedWindow},
		{"too many", now.Add(-14 * 24 * time.Hour), now, []answer{apiError(400, "EXCEEDED_ID_LIMIT", "x")}, ErrTooManyIDs},
		{"refused", now.Add(-time.Hour), now, []answer{apiError(400, "INVALID_REPLICATION_DATE", "x")}, ErrDeletedWindow},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.script...)
			if _, err := s.client().Deleted(context.Background(), "Account", c.start, c.end, &kept{}); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
			s.done()
		})
	}
}
