package salesforce

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// describes answers everything with one text.
type describes string

func (d describes) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(d))), Request: r}, nil
}

const thing = `{"name": "Thing__c", "queryable": true, "updateable": %UPDATEABLE%, "fields": [
	{"name": "Id", "type": "id", "soapType": "tns:ID"},
	{"name": "Number__c", "type": "string", "autoNumber": true},
	{"name": "Price__c", "type": "currency", "createable": true, "updateable": true},
	{"name": "Doubled__c", "type": "double", "calculated": true},
	{"name": "Roll__c", "type": "date"},
	{"name": "Where__c", "type": "location", "soapType": "urn:location", "createable": true},
	{"name": "Where__Latitude__s", "type": "double", "compoundFieldName": "Where__c", "createable": true, "updateable": true},
	{"name": "Odd__c", "type": "newtype", "soapType": "urn:Something", "createable": true},
	{"name": "File__c", "type": "base64", "soapType": "xsd:base64Binary", "createable": true},
	{"name": "WhoId", "type": "reference", "referenceTo": ["Contact", "Lead"], "createable": true, "updateable": true},
	{"name": "OneId", "type": "reference", "referenceTo": ["Account"], "createable": true, "updateable": true},
	{"name": "LastViewedDate", "type": "datetime"},
	{"name": "CreatedDate", "type": "datetime", "filterable": true},
	{"name": "LastModifiedDate", "type": "datetime", "filterable": %MODIFIED%},
	{"name": "SystemModstamp", "type": "datetime", "filterable": %STAMP%}]}`

// TestChoose decides by type what is read, by who may write it what goes stale, and by
// what can be filtered which field says when a record changed.
func TestChoose(t *testing.T) {
	all := "Id Number__c Price__c Doubled__c Roll__c Where__Latitude__s WhoId OneId LastViewedDate CreatedDate LastModifiedDate SystemModstamp WhoId_type"
	for _, c := range []struct {
		name                       string
		updateable, modified, time string // whether the object, LastModifiedDate and SystemModstamp are
		rules                      config.SalesforceObject
		header, refresh, cursor    string
		missing                    string
	}{
		{"all", "true", "true", "true", config.SalesforceObject{}, all, "Id SystemModstamp Doubled__c Roll__c", "SystemModstamp", ""},
		{"no stamp", "true", "true", "false", config.SalesforceObject{}, all, "Id LastModifiedDate Doubled__c Roll__c", "LastModifiedDate", ""},
		{"created only", "true", "false", "false", config.SalesforceObject{}, all, "Id CreatedDate Doubled__c Roll__c", "CreatedDate", ""},
		{"nobody may write it", "false", "true", "true", config.SalesforceObject{}, all, "Id SystemModstamp Doubled__c", "SystemModstamp", ""},
		{"include", "true", "true", "true", config.SalesforceObject{Include: []string{"price__c"}}, "Id Price__c CreatedDate LastModifiedDate SystemModstamp", "", "SystemModstamp", ""},
		{"exclude", "true", "true", "true", config.SalesforceObject{Exclude: []string{"WhoId", "Doubled__c", "roll__c"}, Expected: []string{"Price__c", "Doubled__c", "Hidden__c"}},
			"Id Number__c Price__c Where__Latitude__s OneId LastViewedDate CreatedDate LastModifiedDate SystemModstamp", "", "SystemModstamp", "Doubled__c Hidden__c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.NewReplacer("%UPDATEABLE%", c.updateable, "%MODIFIED%", c.modified, "%STAMP%", c.time).Replace(thing)
			org, err := client.New(client.Config{LoginURL: "https://acme.my.salesforce.com", Grant: client.AccessToken{Token: client.NewSecret("token")}, Transport: describes(text)})
			if err != nil {
				t.Fatal(err)
			}
			d, err := org.Describe(context.Background(), "Thing__c")
			if err != nil {
				t.Fatal(err)
			}
			o := &Org{client: org}
			got, err := o.choose(context.Background(), Request{Object: config.Object{Name: "Thing__c", Salesforce: &c.rules}}, d)
			if err != nil {
				t.Fatal(err)
			}
			var refresh []string
			for _, col := range got.refresh {
				refresh = append(refresh, col.Name)
			}
			want := []string{c.header, c.refresh, c.cursor, c.missing}
			if diff := cmp.Diff(want, []string{strings.Join(got.header, " "), strings.Join(refresh, " "), got.cursor, strings.Join(got.missing, " ")}); diff != "" {
				t.Errorf("header, refresh, cursor, missing (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBudget refuses calls at its bounds, but for those that the org does not count.
func TestBudget(t *testing.T) {
	for _, c := range []struct {
		name      string
		org       client.Gauge
		own       int64
		kind      client.Kind
		refused   bool
		byThisRun bool
	}{
		{"nothing known", client.Gauge{}, 1e6, client.KindQuery, false, false},
		{"below both", client.Gauge{Used: 7999, Max: 10000, Known: true}, 2499, client.KindQuery, false, false},
		{"everybody", client.Gauge{Used: 8000, Max: 10000, Known: true}, 0, client.KindQuery, true, false},
		{"this run", client.Gauge{Used: 2600, Max: 10000, Known: true}, 2500, client.KindBulkPage, true, true},
		{"logins are free", client.Gauge{Used: 10000, Max: 10000, Known: true}, 9999, client.KindLogin, false, false},
		{"jobs are cleaned up", client.Gauge{Used: 10000, Max: 10000, Known: true}, 9999, client.KindBulkEnd, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &budget{source: "sf", bounds: config.SalesforceBudget{OrgPercent: 80, RunPercent: 25}, usage: func() client.Usage { return client.Usage{Org: c.org} }}
			b.calls.Store(c.own)
			err := b.before(c.kind)
			if (err != nil) != c.refused {
				t.Fatalf("%v", err)
			}
			var e *BudgetError
			if errors.As(err, &e) && e.ByRun != c.byThisRun {
				t.Errorf("%v", err)
			}
		})
	}
}
