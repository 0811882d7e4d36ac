package salesforcesim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// fieldsOf describes an object and returns its fields by name.
func (s *site) fieldsOf(object string) (described map[string]any, fields map[string]map[string]any) {
	s.t.Helper()
	described, fields = s.get("sobjects/"+object+"/describe").object(s.t), map[string]map[string]any{}
	for _, f := range described["fields"].([]any) {
		m := f.(map[string]any)
		fields[m["name"].(string)] = m
	}
	return described, fields
}

// Describes have the keys that recorded ones have; what they say of a field follows
// from its kind.
func TestDescribes(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{MultiCurrency: true})
	s.org.DefineStandard()
	all := s.get("sobjects").object(t)
	list := all["sobjects"].([]any)
	if len(all) != 3 || len(list) < 40 || len(list[0].(map[string]any)) != 28 {
		t.Errorf("global describe: %d keys, %d objects", len(all), len(list))
	}
	account, fields := s.fieldsOf("account")
	if len(account) != 45 || account["keyPrefix"] != "001" || account["mergeable"] != true {
		t.Errorf("object: %d keys", len(account))
	}
	for name, want := range map[string]string{
		"Id":               "id tns:ID 18 false false false false",
		"Name":             "string xsd:string 255 true true false false",
		"BillingAddress":   "address urn:address 0 false false true false",
		"AnnualRevenue":    "currency xsd:double 0 true true true false",
		"LastActivityDate": "date xsd:date 0 false false true false",
		"OwnerId":          "reference tns:ID 18 true true true false",
		"CurrencyIsoCode":  "picklist xsd:string 255 true true true false",
		"SystemModstamp":   "datetime xsd:dateTime 0 false false false false",
		"VIP__c":           "boolean xsd:boolean 0 true true false true",
	} {
		f := fields[name]
		b := func(key string) string { return string(must(json.Marshal(f[key]))) }
		if got := f["type"].(string) + " " + f["soapType"].(string) + " " + b("length") + " " + b("createable") + " " + b("updateable") + " " + b("nillable") + " " + b("custom"); got != want || len(f) != 57 {
			t.Errorf("%s: %s with %d keys, want %s", name, got, len(f), want)
		}
	}
	if a := s.get("sobjects/Nope/describe"); a.status != 404 {
		t.Errorf("unknown object: %d", a.status)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A describe changes with the schema, and only then.
func TestDescribesChange(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{})
	s.contacts(1)
	stamp := s.get("sobjects/Contact/describe").header.Get("Last-Modified")
	if a := s.get("sobjects/Contact/describe", "If-Modified-Since", stamp); a.status != 304 || a.body != "" {
		t.Errorf("unchanged: %d %s", a.status, a.body)
	}
	s.world.Advance(1e9)
	s.org.AddField("Contact", salesforcesim.Field{Name: "Added__c", Type: "string"})
	s.org.HideField("Contact", "Title")
	s.org.RemoveField("Contact", "Department")
	s.org.Retype("Contact", "Phone", "double")
	a := s.get("sobjects/Contact/describe", "If-Modified-Since", stamp)
	_, fields := s.fieldsOf("Contact")
	if a.status != 200 || fields["Added__c"] == nil || fields["Title"] != nil || fields["Department"] != nil || fields["Phone"]["type"] != "double" {
		t.Errorf("changed: %d", a.status)
	}
	if r := s.query("SELECT Id, Added__c FROM Contact").Records[0]; r["Added__c"] != nil {
		t.Errorf("a new field of an old row: %v", r)
	}
	s.org.HideObject("Contact")
	if a := s.get("sobjects/Contact/describe"); a.status != 404 {
		t.Errorf("hidden object: %d", a.status)
	}
}

// Many callers at once, while the data and the clock change (for the race detector).
func TestManyAtOnce(t *testing.T) {
	s := serve(t, salesforcesim.OrgOptions{PageRows: 200})
	account, ids := s.contacts(500)
	var wait sync.WaitGroup
	for n := range 6 {
		wait.Go(func() {
			for i := range 8 {
				switch n {
				case 0:
					s.org.Update("Contact", ids[i], salesforcesim.Record{"FirstName": "New"})
					s.org.HardDelete("Contact", ids[100+i])
				case 1:
					s.org.AddField("Contact", salesforcesim.Field{Name: "New_" + strings.Repeat("x", i) + "__c", Type: "string"})
					s.org.Update("Account", account, salesforcesim.Record{"Name": "Other"})
				case 2:
					s.world.Advance(1e9)
					s.org.InsertLate("Contact", salesforcesim.Record{"LastName": "Late"}, 2e9)
				case 3:
					s.plainGet("/services/data/v64.0/sobjects/Contact/describe")
				default:
					s.plainGet("/services/data/v64.0/query?q=SELECT+Id,LastName,Account.Name+FROM+Contact")
				}
			}
		})
	}
	wait.Wait()
	if n := len(s.org.Records("Contact")); n < 492 {
		t.Errorf("%d contacts are left", n)
	}
	if !slices.Contains(s.org.Objects(), "Contact") {
		t.Error("no contacts")
	}
}

// plainGet sends a request and reads the answer, whatever it is.
func (s *site) plainGet(path string) {
	r, err := http.NewRequest("GET", s.base+path, nil)
	if err != nil {
		return
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if resp, err := http.DefaultClient.Do(r); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}
