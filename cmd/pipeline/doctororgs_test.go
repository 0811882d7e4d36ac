package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// patient is a simulated org that doctor looks at.
type patient struct {
	t     *testing.T
	world *salesforcesim.World
	org   *salesforcesim.Org
	url   string
	app   *app
	out   bytes.Buffer
	dir   string
	env   map[string]string
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{t: t, dir: t.TempDir(), world: salesforcesim.New(salesforcesim.Options{Now: time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC), Seed: 1})}
	p.org = p.world.Org(salesforcesim.OrgOptions{Name: "za", DailyCalls: 1000})
	p.org.DefineStandard()
	p.org.Load("Organization", []salesforcesim.Record{{"Id": p.org.Options().ID, "Name": "Acme ZA", "IsSandbox": "false"}})
	for range 3 {
		p.org.Insert("Account", salesforcesim.Record{"Name": "a"})
	}
	server := httptest.NewServer(p.org)
	t.Cleanup(server.Close)
	p.url = server.URL
	p.env = map[string]string{"SF_SECRET": p.org.Options().ClientSecret}
	p.app = &app{Stdout: &p.out, Stderr: &p.out, Now: p.world.Now, Env: func(name string) (string, bool) { v, ok := p.env[name]; return v, ok }}
	return p
}

// maySeeAll gives the user of the org View All Data, or takes it.
func (p *patient) maySeeAll(yes bool) {
	p.t.Helper()
	p.org.Define(salesforcesim.Object{Name: "PermissionSet", KeyPrefix: "0PS", Fields: []salesforcesim.Field{{Name: "PermissionsViewAllData", Type: "boolean"}}})
	p.org.Define(salesforcesim.Object{Name: "PermissionSetAssignment", KeyPrefix: "0Pa", Fields: []salesforcesim.Field{
		{Name: "AssigneeId", Type: "reference", ReferenceTo: []string{"User"}, RelationshipName: "Assignee"},
		{Name: "PermissionSetId", Type: "reference", ReferenceTo: []string{"PermissionSet"}, RelationshipName: "PermissionSet"}}})
	r, err := http.NewRequest(http.MethodGet, p.url+"/services/oauth2/userinfo", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.org.NewSession())
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer reply.Body.Close() // read only
	var user struct {
		ID string `json:"user_id"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&user); err != nil {
		p.t.Fatal(err)
	}
	set := p.org.Insert("PermissionSet", salesforcesim.Record{"PermissionsViewAllData": fmt.Sprint(yes)})
	p.org.Insert("PermissionSetAssignment", salesforcesim.Record{"AssigneeId": user.ID, "PermissionSetId": set})
}

// doctor looks at the org and wants an exit code, and what it says.
func (p *patient) doctor(code int, objects string, want ...string) {
	p.t.Helper()
	text := fmt.Sprintf(`{"lake": "lake", "sources": [{"name": "sf", "type": "salesforce", "region": "South Africa", "mapping": "salesforce", "objects": %s,
		"salesforce": {"login_url": %q, "reference_objects": false, "auth": {"client_id": %q, "client_secret": "${SF_SECRET}"}}}]}`, objects, p.url, p.org.Options().ClientID)
	path := filepath.Join(p.dir, "pipeline.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.out.Reset()
	if got := p.app.run(context.Background(), []string{"doctor", "--config", path}); got != code {
		p.t.Errorf("exit %d, want %d", got, code)
	}
	for _, pattern := range want {
		if !regexp.MustCompile("(?m)" + pattern).Match(p.out.Bytes()) {
			p.t.Errorf("it does not say %s", pattern)
		}
	}
	if p.t.Failed() {
		p.t.Log(p.out.String())
	}
}

const accountOnly = `[{"name": "Account"}]`

// TestDoctorOrg looks at a simulated org that is well, and at what may be wrong with one.
func TestDoctorOrg(t *testing.T) {
	t.Run("well", func(t *testing.T) {
		p := newPatient(t)
		p.maySeeAll(true)
		p.doctor(0, accountOnly, `^✓ sf login +Acme ZA, org 00D\w{15} \(production\), API 64\.0$`, `^✓ sf clock +within 0s`, `^✓ sf limits +DailyApiRequests: \d+ of 1000 used`,
			`^✓ sf permissions +the user sees all records`, `^✓ sf/Account +3 rows, \d+ fields, by SystemModstamp, REST in roughly 2 calls and`, `^✓ sf +a first extraction takes roughly`)
	})
	t.Run("hidden fields", func(t *testing.T) {
		p := newPatient(t)
		p.org.HideField("Account", "Industry")
		p.org.HideField("Account", "Website")
		p.doctor(1, `[{"name": "Account", "salesforce": {"expected": ["Industry"]}}]`, `^✗ sf/Account +expected fields are missing or hidden: Industry$`, `mappings read fields that the user does not see: .*Website`, `field-level security`)
	})
	t.Run("no permission", func(t *testing.T) {
		p := newPatient(t)
		p.maySeeAll(false)
		p.org.HideObject("Contact")
		p.org.Script(salesforcesim.Fault{On: salesforcesim.Query, Object: "Task", Times: -1, Do: salesforcesim.QueryTimeout})
		p.doctor(1, `[{"name": "Account"}, {"name": "Contact"}, {"name": "Lead__c", "optional": true}]`, `^· sf permissions +the user lacks View All Data`, `^✗ sf/Contact +.*the org has no object Contact, or hides it$`, `object permissions`,
			`^· sf/Lead__c +the org has no such object, or hides it: it is left out$`, `^✓ sf/Account`)
	})
	t.Run("permissions unknown", func(t *testing.T) {
		newPatient(t).doctor(0, accountOnly, `^· sf permissions +whether the user sees all records cannot be told`)
	})
	t.Run("wrong secret", func(t *testing.T) {
		p := newPatient(t)
		p.env["SF_SECRET"] = "mistaken"
		p.doctor(1, accountOnly, `^✗ sf login +.*invalid_client: invalid client credentials$`, `→ `)
	})
	t.Run("no secret", func(t *testing.T) {
		p := newPatient(t)
		delete(p.env, "SF_SECRET")
		p.doctor(1, accountOnly, `^✗ sf +.*the environment variable SF_SECRET is not set$`, `→ set it`)
	})
	t.Run("limits", func(t *testing.T) {
		p := newPatient(t)
		p.org.UseCalls(900)
		p.doctor(1, accountOnly, `^✗ sf .*90\d of (the org's )?1000`, `→ .*budget`)
	})
	t.Run("clock", func(t *testing.T) {
		p := newPatient(t)
		p.app.Now = func() time.Time { return p.world.Now().Add(-10 * time.Minute) }
		p.doctor(0, accountOnly, `^· sf clock +this machine's clock is 10m0s off the org's$`)
	})
}
