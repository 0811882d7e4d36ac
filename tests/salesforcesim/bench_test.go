package salesforcesim_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// BenchmarkWidePage reads pages of 25,000 rows of 100 computed fields.
func BenchmarkWidePage(b *testing.B) {
	s := serve(b, salesforcesim.OrgOptions{})
	s.org.Virtual(salesforcesim.WideObject("Wide__c", 1_000_000, 100))
	soql := "SELECT Id"
	for _, f := range s.org.Fields("Wide__c")[1:] {
		soql += ", " + f
	}
	id := s.job("queryAll", soql+" FROM Wide__c")["id"].(string)
	b.ResetTimer()
	for b.Loop() {
		r, _ := http.NewRequest("GET", s.base+"/services/data/v64.0/jobs/query/"+id+"/results?maxRecords=25000", nil)
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("Accept-Encoding", "identity")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		n, _ := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		b.SetBytes(n)
	}
}
