package salesforcesim_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// stage fills an org with a few rows of every kind.
func stage(t *testing.T) *site {
	s := serve(t, salesforcesim.OrgOptions{Name: "wire", MultiCurrency: true})
	s.org.Define(salesforcesim.Object{Name: "Thing__c", KeyPrefix: "a00", Fields: []salesforcesim.Field{
		{Name: "Name", Type: "string", NameField: true}, {Name: "Amount__c", Type: "currency"}, {Name: "Count__c", Type: "int"}, {Name: "Day__c", Type: "date"},
		{Name: "At__c", Type: "datetime"}, {Name: "Clock__c", Type: "time"}, {Name: "Flag__c", Type: "boolean"}, {Name: "Many__c", Type: "multipicklist"},
		{Name: "Text__c", Type: "textarea"}, {Name: "Up__c", Type: "reference", ReferenceTo: []string{"Thing__c"}, RelationshipName: "Up__r"}, {Name: "New__c", Type: "string", MinVersion: 60},
	}})
	things := []salesforcesim.Record{
		{"Id": "a00S00000000001", "Name": "alpha", "Amount__c": "10", "Count__c": "1", "Day__c": "2026-11-01", "At__c": "2026-10-31T22:00:00.000Z", "Clock__c": "08:30:00.000Z", "Flag__c": "true", "Many__c": "a;b"},
		{"Id": "a00S00000000002", "Name": "Beta", "Amount__c": "10.5", "Count__c": "2", "Day__c": "2026-10-31", "At__c": "2026-11-01T00:30:00.000Z", "Many__c": "b;c", "Up__c": "a00S00000000001", "Text__c": "x"},
		{"Id": "a00S00000000003", "Name": "it's 100% \\ odd_", "Amount__c": "-3", "Count__c": "9007199254740993", "Day__c": "2026-09-30", "Up__c": "a00S00000000002"},
		{"Id": "a00S00000000004", "Name": "", "Flag__c": "true", "Day__c": ""},
		{"Id": "a00S00000000005", "Name": "gone", "IsDeleted": "true"},
	}
	s.org.Load("Thing__c", things)
	return s
}

// Conditions and orders, each with the last digits of the ids that it finds.
func TestConditions(t *testing.T) {
	s := stage(t)
	for where, want := range map[string]string{
		"":                                                            "1234",
		"WHERE Name = 'ALPHA'":                                        "1",
		"WHERE Name != 'alpha'":                                       "234",
		"WHERE Name = null":                                           "4",
		"WHERE Name <> NULL ORDER BY Name DESC":                       "321",
		"ORDER BY Name":                                               "4123",
		"ORDER BY Name NULLS LAST":                                    "1234",
		"ORDER BY Flag__c DESC, Id DESC":                              "4132",
		"ORDER BY Amount__c DESC NULLS LAST":                          "2134",
		"WHERE Name IN ('alpha', 'beta')":                             "12",
		"WHERE Name NOT IN ('alpha', 'beta')":                         "34",
		"WHERE Name LIKE '%A'":                                        "12",
		"WHERE Name LIKE 'b_ta'":                                      "2",
		"WHERE Name LIKE '%\\%%'":                                     "3",
		"WHERE Name LIKE '%odd\\_'":                                   "3",
		"WHERE Name LIKE 'al\\_ha'":                                   "",
		"WHERE Name = 'it\\'s 100% \\\\ odd_'":                        "3",
		"WHERE (NOT Name LIKE 'a%')":                                  "234",
		"WHERE Amount__c >= 10":                                       "12",
		"WHERE Amount__c = 10.00":                                     "1",
		"WHERE Amount__c < 1e1":                                       "3",
		"WHERE Count__c = 9007199254740993":                           "3",
		"WHERE Count__c = 9007199254740992":                           "",
		"WHERE Flag__c = TRUE":                                        "14",
		"WHERE Flag__c != true":                                       "23",
		"WHERE Day__c = TODAY":                                        "1",
		"WHERE Day__c = YESTERDAY":                                    "2",
		"WHERE Day__c = LAST_N_DAYS:1":                                "12",
		"WHERE Day__c < LAST_MONTH":                                   "3",
		"WHERE Day__c = THIS_YEAR":                                    "123",
		"WHERE Day__c > 2026-10-30":                                   "12",
		"WHERE At__c < 2026-11-01T00:00:00Z":                          "1",
		"WHERE At__c >= 2026-11-01T02:30:00+02:00":                    "2",
		"WHERE At__c = 2026-10-31T22:00:00.000+0000":                  "1",
		"WHERE Clock__c > 08:00:00Z":                                  "1",
		"WHERE Many__c INCLUDES ('a;b', 'c')":                         "12",
		"WHERE Many__c EXCLUDES ('b')":                                "34",
		"WHERE Up__r.Name = 'alpha'":                                  "2",
		"WHERE Up__r.Up__r.Name = 'alpha'":                            "3",
		"WHERE Up__c IN (SELECT Id FROM Thing__c WHERE Count__c = 1)": "2",
		"WHERE Id = 'a00S00000000000'":                                "",
		"WHERE Id > 'a00S00000000002'":                                "34",
		"WHERE Amount__c > 0 AND (Name = 'beta' OR Name = 'alpha')":   "12",
		"ORDER BY Id LIMIT 2 OFFSET 1":                                "23",
		"ORDER BY Name DESC LIMIT 1":                                  "4",
		"LIMIT 0":                                                     "",
		"ORDER BY Up__r.Name DESC NULLS LAST":                         "3214",
		"ALL ROWS":                                                    "12345",
	} {
		got := ""
		for _, r := range s.query("SELECT Id FROM Thing__c " + where).Records {
			got += r["Id"].(string)[14:15]
		}
		if got != want {
			t.Errorf("%s: found %s, want %s", where, got, want)
		}
	}
}

// Queries that an org refuses, and its words.
func TestRefusedQueries(t *testing.T) {
	s := stage(t)
	for soql, want := range map[string]string{
		"":                                     "MALFORMED_QUERY: SOQL statements cannot be empty or null",
		"SELECT":                               "MALFORMED_QUERY: unexpected token: '<EOF>'",
		"SELECT Id FROM XYZZY":                 "INVALID_TYPE: sObject type 'XYZZY' is not supported. If you are",
		"SELECT Nope FROM Thing__c":            "INVALID_FIELD: No such column 'Nope' on entity 'Thing__c'",
		"SELECT Id FROM Thing__c WHERE No = 1": "INVALID_FIELD: No such column 'No'",
		"SELECT No__r.Name FROM Thing__c":      "INVALID_FIELD: Didn't understand relationship 'No__r'",
		"SELECT Id FROM Thing__c WHERE Name = 'a' AND Name = 'b' OR Name = 'c'": "MALFORMED_QUERY: unexpected token: 'OR'",
		"SELECT Id FROM Thing__c WHERE Name = 'a":                               "MALFORMED_QUERY: unterminated string",
		"SELECT Id FROM Thing__c WHERE Name = 'a' ; DROP":                       "MALFORMED_QUERY: unexpected token: ';'",
		"SELECT Id FROM Thing__c WHERE Name = 'it''s'":                          "MALFORMED_QUERY: unexpected token",
		"SELECT Id FROM Thing__c WHERE Amount__c = '1'":                         "INVALID_FIELD: value of filter criterion for field 'Amount__c' must be of type double",
		"SELECT Id FROM Thing__c WHERE At__c > 2026-10-31":                      "INVALID_FIELD: value of filter criterion for field 'At__c'",
		"SELECT Id FROM Thing__c WHERE Text__c = 'x'":                           "INVALID_FIELD: field 'Text__c' can not be filtered",
		"SELECT FIELDS(ALL) FROM Thing__c":                                      "MALFORMED_QUERY: The SOQL FIELDS function must have a LIMIT of at most 200",
		"SELECT Id FROM Thing__c WHERE " + strings.Repeat("(", 200) + "Id = ''": "MALFORMED_QUERY: query is nested too deeply",
	} {
		a := s.get("query?q=" + url.QueryEscape(soql))
		p := a.problem(t)
		_, reason, found := strings.Cut(p.Message, "Column:")
		if found {
			_, reason, _ = strings.Cut(reason, "\n")
		} else {
			reason = p.Message
		}
		if got := p.ErrorCode + ": " + reason; a.status != 400 || !strings.HasPrefix(got, want) {
			t.Errorf("%s\n%d %s, want %s", soql, a.status, got, want)
		}
	}
	a := s.get("query?q=" + url.QueryEscape("select Id from XYZZY"))
	if p := a.problem(t); !strings.HasPrefix(p.Message, "\nselect Id from XYZZY\n               ^\nERROR at Row:1:Column:16\nsObject type 'XYZZY' is not supported.") {
		t.Errorf("the place of the error is shown as %q", p.Message)
	}
}

// One row as REST writes it: types, parents, nulls.
func TestRestValues(t *testing.T) {
	s := stage(t)
	a := s.get("query?q=" + url.QueryEscape("SELECT id, Amount__c, Count__c, Day__c, At__c, Clock__c, Flag__c, Up__r.Name, Up__r.Up__r.Name, Name FROM Thing__c WHERE Id = 'a00S00000000002'"))
	want := `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Thing__c","url":"/services/data/v64.0/sobjects/Thing__c/a00S00000000002"},"Id":"a00S00000000002",` +
		`"Amount__c":10.5,"Count__c":2,"Day__c":"2026-10-31","At__c":"2026-11-01T00:30:00.000+0000","Clock__c":null,"Flag__c":false,` +
		`"Up__r":{"attributes":{"type":"Thing__c","url":"/services/data/v64.0/sobjects/Thing__c/a00S00000000001"},"Name":"alpha","Up__r":null},"Name":"Beta"}]}`
	if normalise(a.body) != want {
		t.Errorf("is   %s\nwant %s", a.body, want)
	}
	for soql, want := range map[string]string{
		"SELECT COUNT() FROM Thing__c":                                     `{"totalSize":4,"done":true,"records":[]}`,
		"SELECT COUNT(Id) FROM Thing__c":                                   `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":4}]}`,
		"SELECT COUNT(Name) n, MIN(Day__c), MAX(At__c) last FROM Thing__c": `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"n":3,"expr1":"2026-09-30","last":"2026-11-01T00:30:00.000+0000"}]}`,
		"SELECT SUM(Amount__c) FROM Thing__c WHERE Flag__c = true":         `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":10}]}`,
		"SELECT Id FROM Thing__c WHERE Name = 'nobody'":                    `{"totalSize":0,"done":true,"records":[]}`,
	} {
		if a := s.get("query?q=" + url.QueryEscape(soql)); a.body != want {
			t.Errorf("%s\nis   %s\nwant %s", soql, a.body, want)
		}
	}
	if n := len(s.query("SELECT FIELDS(ALL) FROM Thing__c LIMIT 1").Records[0]); n < 17 {
		t.Errorf("FIELDS(ALL) gives %d fields", n)
	}
}

// normalise cuts ids to the 15 characters that matter.
func normalise(s string) string {
	return regexp.MustCompile(`(a00S0000000000\d)[A-Z0-9]{3}`).ReplaceAllString(s, "$1")
}

// A field may be hidden from older versions.
func TestVersionsShowTheirFields(t *testing.T) {
	s := stage(t)
	if a := s.get("/services/data/v59.0/query?q=" + url.QueryEscape("SELECT New__c FROM Thing__c")); a.status != 400 || a.problem(t).ErrorCode != "INVALID_FIELD" {
		t.Errorf("version 59: %d %s", a.status, a.body)
	}
	if a := s.get("/services/data/v60.0/query?q=" + url.QueryEscape("SELECT New__c FROM Thing__c")); a.status != 200 {
		t.Errorf("version 60: %d %s", a.status, a.body)
	}
	if a := s.get("/services/data/v30.0/limits"); a.status != 410 {
		t.Errorf("version 30: %d", a.status)
	}
	if a := s.get("/services/data/v99.0/limits"); a.status != 404 || a.problem(t).ErrorCode != "NOT_FOUND" {
		t.Errorf("version 99: %d", a.status)
	}
}
