package silver

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
)

// TestBuiltInMappings builds every table from the mappings that ship with the project,
// over one record per object that holds nothing but an id: every expression, filter and
// check must be valid SQL, and nothing may get lost.
func TestBuiltInMappings(t *testing.T) {
	files, err := filepath.Glob("../../configs/bronze_to_silver/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mappings: %v", err)
	}
	sources := map[string]*config.Source{}
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
		written[table.Name] = []string{res.Part.Path}
	}
	if _, err := p.CheckReferences(ctx, sess, written); err != nil {
		t.Error(err)
	}
}
