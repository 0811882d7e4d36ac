package config_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/schemas"
)

var update = flag.Bool("update", false, "rewrite expected output")

// loader reads with the small built-in configuration of testdata/configs.
func loader(env map[string]string) config.Loader {
	return config.Loader{
		Env:     func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Configs: os.DirFS("testdata/configs"),
		Schemas: schemas.FS,
	}
}

// unpack writes the files of an archive to a new directory.
func unpack(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestErrors runs every case of testdata/errors: configuration files in, the exact
// text of the error out, in the file "errors" of the archive.
func TestErrors(t *testing.T) {
	cases, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			if last < 0 || archive.Files[last].Name != "errors" {
				t.Fatal(`the last file must be "errors"`)
			}
			dir := unpack(t, archive.Files[:last])
			_, err = loader(nil).Load(filepath.Join(dir, "pipeline.json"))
			var problems *config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("want problems, got %v", err)
			}
			got := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "") + "\n"
			if *update {
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[last].Data), got); diff != "" {
				t.Errorf("error text (-want +got):\n%s", diff)
			}
		})
	}
}

const minimal = `{
  "lake": "../lake", "time_zone": "Africa/Johannesburg", "gold_metrics": "metrics.json",
  "sources": [
    {"name": "sf_za", "type": "csv", "region": "South Africa", "mapping": "salesforce", "path": "${EXPORTS}/za",
     "csv": {"delimiter": ";", "date_formats": ["%d/%m/%Y"]},
     "objects": [
       {"name": "Account", "files": ["Account*.csv"], "csv": {"decimal": ",", "exported_at": {"pattern": "_(\\d+)\\.csv", "layout": "%Y%m%d"}}},
       {"name": "Gadget", "files": ["Gadget*.csv"]},
       {"name": "Widget", "files": ["Widget*.csv"], "key": ["Code"]}]},
    {"name": "billing_za", "type": "csv", "region": "South Africa", "mapping": "billing", "path": "billing",
     "objects": [{"name": "Invoices", "files": ["inv*.csv"]}]}
  ],
  "rates": [{"name": "fx", "path": "rates", "files": ["*.csv"], "layout": "generic", "base": "USD", "quote": "units_per_base", "priority": 1}]
}`

func loadMinimal(t *testing.T) (*config.Loaded, string) {
	t.Helper()
	dir := unpack(t, []txtar.File{
		{Name: "conf/pipeline.json", Data: []byte(minimal)},
		{Name: "conf/metrics.json", Data: []byte(`{"fx": {"max_age_days": 3}, "custom": {"mine": ["a"]}, "history": {"days_before": []}}`)},
	})
	loaded, err := loader(map[string]string{"EXPORTS": "/data/exports"}).Load(filepath.Join(dir, "conf", "pipeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	return loaded, dir
}

func TestLoadFillsDefaults(t *testing.T) {
	loaded, dir := loadMinimal(t)
	got := map[string]any{
		"lake":              loaded.Lake,
		"expanded path":     loaded.Sources[0].Path,
		"relative path":     loaded.Sources[1].Path,
		"Salesforce ids":    *loaded.Sources[0].IDNamespace,
		"billing ids":       *loaded.Sources[1].IDNamespace,
		"load mode":         loaded.Sources[0].Objects[0].LoadMode,
		"rate period":       loaded.Rates[0].Period,
		"rate columns":      loaded.Rates[0].Columns,
		"overridden metric": loaded.Metrics["fx.max_age_days"],
		"own metric":        loaded.Metrics["custom.mine"],
		"emptied list":      loaded.Metrics["history.days_before"],
		"unmapped":          loaded.Unmapped(),
		"mappings":          len(loaded.Mappings),
	}
	want := map[string]any{
		"lake":              filepath.Join(dir, "lake"),
		"expanded path":     "/data/exports/za",
		"relative path":     filepath.Join(dir, "conf", "billing"),
		"Salesforce ids":    "",
		"billing ids":       "billing_za",
		"load mode":         "increment",
		"rate period":       "day",
		"rate columns":      config.RateColumns{Date: "rate_date", Currency: "currency_iso_code", Rate: "rate"},
		"overridden metric": 3.0,
		"own metric":        []string{"a"},
		"emptied list":      []float64{},
		"unmapped":          []string{"sf_za/Gadget", "sf_za/Widget"},
		"mappings":          2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
	wantCSV := config.CSV{
		Encoding: "utf-8", Delimiter: ";", Quote: `"`, DateFormats: []string{"%d/%m/%Y"}, TimeZone: "Africa/Johannesburg",
		Decimal: ",", Footer: "refuse", ExportedAt: &config.ExportedAt{Pattern: `_(\d+)\.csv`, Layout: "%Y%m%d"},
	}
	if diff := cmp.Diff(&wantCSV, loaded.Sources[0].Objects[0].CSV); diff != "" {
		t.Errorf("effective csv (-want +got):\n%s", diff)
	}
}

func TestObjectKey(t *testing.T) {
	loaded, _ := loadMinimal(t)
	for _, c := range []struct {
		source, object int
		want           []string
	}{
		{0, 0, []string{"Id"}},         // behind the mapping's key
		{0, 1, []string{"Id"}},         // no mapping
		{0, 2, []string{"Code"}},       // said
		{1, 0, []string{"invoice_no"}}, // without regard to the object's case
	} {
		s := loaded.Sources[c.source]
		got, err := loaded.ObjectKey(s, s.Objects[c.object])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s/%s (-want +got):\n%s", s.Name, s.Objects[c.object].Name, diff)
		}
	}
}

func TestUserDirectoriesOverride(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/override.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := unpack(t, archive.Files)
	loaded, err := loader(nil).Load(filepath.Join(dir, "pipeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, m := range loaded.Mappings {
		files = append(files, m.Set+": "+strings.TrimPrefix(m.File, dir+"/"))
	}
	want := []string{
		"billing: built-in bronze_to_silver/billing/invoice.json",
		"salesforce: mappings/salesforce/customer.json", // the user's set replaces the built-in one as a whole
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
	if _, ok := loaded.Contracts["silver/gadget"]; !ok {
		t.Error("the user's contract was not added")
	}
	if got := loaded.Contracts["silver/account"].Grain; got != "mine" {
		t.Errorf("the user's contract did not win: grain %q", got)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := loader(nil).Load(filepath.Join(t.TempDir(), "pipeline.json"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want fs.ErrNotExist, got %v", err)
	}
}

func TestHashFollowsContent(t *testing.T) {
	a, _ := loadMinimal(t)
	b, _ := loadMinimal(t)
	if a.Hash != b.Hash {
		t.Error("the same files elsewhere have another hash")
	}
	dir := unpack(t, []txtar.File{
		{Name: "pipeline.json", Data: []byte(strings.Replace(minimal, "Invoices", "invoices", 1))},
		{Name: "metrics.json", Data: []byte(`{}`)},
	})
	c, err := loader(map[string]string{"EXPORTS": "/data/exports"}).Load(filepath.Join(dir, "pipeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Hash == a.Hash {
		t.Error("another file has the same hash")
	}
}

func TestRedactor(t *testing.T) {
	var r config.Redactor
	r.Add("hunter2")
	r.Add("hunter2-longer")
	r.Add("ab")
	var out strings.Builder
	if _, err := r.Writer(&out).Write([]byte("ab hunter2-longer hunter2")); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "ab *** ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLoadPipeline finds the lake though a mapping is broken, but not past a bad pipeline.json.
func TestLoadPipeline(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/errors/mapping_table.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := unpack(t, archive.Files)
	loaded, err := loader(nil).LoadPipeline(filepath.Join(dir, "pipeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "lake"); loaded.Lake != want {
		t.Errorf("lake %s, want %s", loaded.Lake, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "pipeline.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	var problems *config.Problems
	if _, err := loader(nil).LoadPipeline(filepath.Join(dir, "pipeline.json")); !errors.As(err, &problems) {
		t.Errorf("want problems, got %v", err)
	}
}

// TestSecrets are taken from the environment and from files when they are needed, and
// are known to the redactor even before.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("pem", "-----BEGIN KEY-----\nQUJDREVGR0hJSktMTU5P\n-----END KEY-----\n")
	write("pipeline.json", `{"sources": [
	  {"name": "a", "type": "salesforce", "region": "Group", "mapping": "salesforce", "objects": [{"name": "Account"}],
	   "salesforce": {"login_url": "https://acme.my.salesforce.com", "auth": {"client_id": "${ID}", "client_secret": "${SECRET}"}}},
	  {"name": "b", "type": "salesforce", "region": "Group", "mapping": "salesforce", "objects": [{"name": "Account"}],
	   "salesforce": {"login_url": "https://acme.my.salesforce.com", "reference_objects": false,
	     "auth": {"grant": "jwt_bearer", "client_id": "x", "username": "u", "private_key": {"file": "pem"}}}}]}`)
	env := map[string]string{"SECRET": `pass"word<1>`}
	loaded, err := loader(env).Load(filepath.Join(dir, "pipeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := loaded.Sources[0], loaded.Sources[1]
	if got := len(a.Objects); got != 8 || len(b.Objects) != 1 {
		t.Errorf("%d and %d objects, want Account with seven reference objects, and Account alone", got, len(b.Objects))
	}
	text := `raw pass"word<1>, JSON pass\"word\u003c1\u003e, form pass%22word%3C1%3E, key QUJDREVGR0hJSktMTU5P`
	if got, want := loaded.Redact.String(text), "raw ***, JSON ***, form ***, key ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, err := loaded.Secret("a", a.Salesforce.Auth.ClientSecret); got != env["SECRET"] || err != nil {
		t.Errorf("secret %q, %v", got, err)
	}
	if _, err := loaded.Expand("a", a.Salesforce.Auth.ClientID); err == nil {
		t.Error("a variable that is not set was taken for something")
	}
	if d, ok := config.Span("7d"); d != 7*24*time.Hour || !ok {
		t.Errorf("7d is %v", d)
	}
}
