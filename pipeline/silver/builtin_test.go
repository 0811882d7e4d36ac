package silver

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
)

// builtInMappings reads the mappings that ship with the project.
func builtInMappings(t rapid.TB) []config.LoadedMapping {
	t.Helper()
	files, err := filepath.Glob("../../configs/bronze_to_silver/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mappings: %v", err)
	}
	var maps []config.LoadedMapping
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m := config.LoadedMapping{Set: filepath.Base(filepath.Dir(f)), File: f}
		if err := json.Unmarshal(text, &m.Mapping); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		maps = append(maps, m)
	}
	return maps
}

// TestBuiltInMappings builds every table from the mappings that ship with the project,
// over one record per object that holds nothing but an id: every expression, filter and
// check must be valid SQL, and nothing may get lost.
func TestBuiltInMappings(t *testing.T) {
	maps := builtInMappings(t)
	sources := map[string]*config.Source{}
	for _, m := range maps {
		if sources[m.Set] == nil {
			sources[m.Set] = &config.Source{Name: m.Set, Region: "Kenya", Mapping: m.Set}
		}
		sources[m.Set].Objects = append(sources[m.Set].Objects, config.Object{Name: m.SourceObject})
	}
	var pipeline config.Pipeline
	for _, set := range sortedKeys(sources) {
		src := *sources[set]
		seen := map[string]bool{}
		var objects []config.Object
		for _, o := range src.Objects {
			if name := strings.ToLower(o.Name); !seen[name] {
				seen[name] = true
				objects = append(objects, o)
			}
		}
		src.Objects = objects
		pipeline.Sources = append(pipeline.Sources, src)
	}
	all := contracts(t)
	p, err := Compile(pipeline, maps, all)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	sess := openSession(t, 2)
	dir := t.TempDir()
	in := BuildInput{AsOf: "2026-03-31", Bronze: map[string][]string{}, Silver: map[string][]string{},
		Part: func(name string) string { return filepath.Join(dir, name+".part") }}
	for i, src := range pipeline.Sources {
		for j, o := range src.Objects {
			path := filepath.Join(dir, src.Name+"_"+o.Name+".bronze")
			writeBronze(t, sess, path, src.Name, o.Name, i*100+j+1, []bronzeBatch{{Run: "01A", ExportedAt: "2026-03-01T00:00:00Z",
				Rows: []map[string]string{{"Id": "001bm00001ZL8U9AAL", "CreatedDate": "2026-01-01T00:00:00Z"}}}})
			in.Bronze[src.Name+"/"+strings.ToLower(o.Name)] = []string{path}
		}
	}
	written := map[string][]string{}
	for _, table := range p.Tables() {
		in.Silver = written
		res, err := p.Build(ctx, sess, table.Name, in)
		if err != nil {
			t.Errorf("%s: %v", table.Name, err)
			continue
		}
		written[table.Name] = res.Paths()
	}
	if _, err := p.Check(ctx, sess, written); err != nil {
		t.Error(err)
	}
}

// TestRealSalesforceExports reads exports of real orgs with the shipped mappings.
func TestRealSalesforceExports(t *testing.T) {
	dir := sharedData(t)
	us := config.CSV{DateFormats: []string{"%m/%d/%y"}, TimestampFormats: []string{"%m/%d/%y %I:%M %p"}}
	orgs := []struct {
		dir  string
		csv  config.CSV
		want map[string]string // table → condition that all counted rows are found under, and how many
	}{
		{"sf_developer_edition", us, map[string]string{
			"account": "count(*) = 18", "end_user": "count(*) = 25", "opportunity_history": "count(*) = 48",
			"opportunity": "count(*) = 36 AND sum(amount) = 5760000 AND count(*) FILTER (is_won) = 12 AND sum(amount) FILTER (is_won) = 2815000 AND count(created_at) = 36 AND count(close_date) = 36 AND sum(amount_usd) = 5760000",
			"lead":        "count(*) = 22 AND count(*) FILTER (is_converted) = 5 AND count(converted_date) = 5"}},
		{"sf_data_cloud_workshop", config.CSV{}, map[string]string{
			"account": "count(*) = 22", "account_contact_relation": "count(*) = 22", "support_case": "count(*) = 40 AND count(created_at) = 40",
			"end_user": "count(*) = 102", "lead": "count(*) = 60", "opportunity": "count(*) = 50", "activity": "count(*) = 75"}},
		{"sf_gen_ai_demo", config.CSV{}, map[string]string{
			"account": "count(*) = 94 AND count(*) - count(DISTINCT account_name) = 47", "support_case": "count(*) = 40", "end_user": "count(*) = 64", "lead": "count(*) = 14", "opportunity": "count(*) = 58"}},
	}
	for _, org := range orgs {
		t.Run(org.dir, func(t *testing.T) {
			ctx := context.Background()
			sess := openSession(t, 2)
			tmp := t.TempDir()
			in := BuildInput{AsOf: "2026-11-21", Bronze: map[string][]string{}, Silver: map[string][]string{},
				Part: func(name string) string { return filepath.Join(tmp, name+".part") }}
			src := config.Source{Name: "org", Region: "Group", Mapping: "salesforce", Currency: "USD", CSV: org.csv}
			files, err := filepath.Glob(filepath.Join(dir, org.dir, "*.csv"))
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range files {
				object := strings.TrimSuffix(filepath.Base(f), ".csv")
				src.Objects = append(src.Objects, config.Object{Name: object})
				path := filepath.Join(tmp, object+".bronze")
				csvBronze(t, sess, f, path, i+1)
				in.Bronze["org/"+strings.ToLower(object)] = []string{path}
			}
			p, err := Compile(config.Pipeline{Sources: []config.Source{src}}, builtInMappings(t), contracts(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range p.Tables() {
				if !slices.ContainsFunc(table.Inputs, func(i Input) bool { return in.Bronze["org/"+strings.ToLower(i.Object)] != nil }) {
					continue // as good as empty
				}
				res, err := p.Build(ctx, sess, table.Name, in)
				if err != nil {
					t.Fatal(err)
				}
				in.Silver[table.Name] = res.Paths()
				if condition, ok := org.want[table.Name]; ok {
					var holds bool
					if err := queryRow(ctx, sess, "SELECT "+condition+" FROM read_parquet("+lit(res.Paths()[0])+")", &holds); err != nil {
						t.Fatal(err)
					}
					if !holds {
						t.Errorf("%s: not %s; %+v, %v", table.Name, condition, res.Counts, readRows(t, sess, res.RejectedValues.Path))
					}
				}
			}
			if org.dir != "sf_developer_edition" {
				return
			}
			checks, err := p.Check(ctx, sess, in.Silver)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range checks {
				if c.ID == "silver.opportunity.account_id_in_account" && (c.Failing != 0 || c.Total != 36) {
					t.Errorf("orphans: %+v", c)
				}
			}
		})
	}
}
