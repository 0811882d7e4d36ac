// Package salesforce_test extracts from simulated orgs through the whole pipeline: the
// runner, a real lake, a real HTTP server.
package salesforce_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/tests/salesforcesim"
)

// start is when the worlds of these tests begin.
var start = time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC)

// bench is an org, the server it stands behind, and a lake that is filled from it.
type bench struct {
	t      testing.TB
	world  *salesforcesim.World
	org    *salesforcesim.Org
	server *httptest.Server
	dir    string
	config map[string]any // of the source's "salesforce"
	object []any
	top    map[string]any // further fields of pipeline.json
	env    map[string]string
	kept   func(string) error
	bulk   int // rows of a Bulk page
	held   *pipeline.Runner
}

func newBench(t testing.TB, o salesforcesim.OrgOptions, objects ...string) *bench {
	t.Helper()
	b := &bench{t: t, world: salesforcesim.New(salesforcesim.Options{Now: start, Seed: 1}), dir: t.TempDir()}
	b.top = map[string]any{"engine": map[string]any{"threads": 1}}
	if o.Name == "" {
		o.Name = "za"
	}
	b.org = b.world.Org(o)
	b.org.DefineStandard()
	b.org.Load("Organization", []salesforcesim.Record{{"Id": b.org.Options().ID, "Name": "Acme " + o.Name, "IsSandbox": "false"}})
	b.server = httptest.NewServer(b.org)
	t.Cleanup(b.server.Close)
	b.config = map[string]any{"login_url": b.server.URL, "reference_objects": false,
		"auth": map[string]any{"client_id": b.org.Options().ClientID, "client_secret": "${SF_SECRET}"}}
	for _, name := range objects {
		b.object = append(b.object, map[string]any{"name": name})
	}
	b.env = map[string]string{"SF_SECRET": b.org.Options().ClientSecret}
	return b
}

// runner reads the configuration once: nothing that a run does is kept in it.
func (b *bench) runner() *pipeline.Runner {
	b.t.Helper()
	if b.held != nil {
		return b.held
	}
	doc := map[string]any{"sources": []any{map[string]any{"name": "sf", "type": "salesforce", "region": "South Africa", "mapping": "salesforce",
		"salesforce": b.config, "objects": b.object}}}
	for k, v := range b.top {
		doc[k] = v
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(b.dir, "pipeline.json")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		b.t.Fatal(err)
	}
	env := func(name string) (string, bool) { v, ok := b.env[name]; return v, ok }
	if named == nil {
		if named, err = config.Load(path, env); err != nil {
			b.t.Fatal(err)
		}
	}
	loaded, err := config.LoadPipeline(path, env)
	if err != nil {
		b.t.Fatal(err)
	}
	loaded.Mappings, loaded.Contracts, loaded.Metrics, loaded.MetricDefinitions = named.Mappings, named.Contracts, named.Metrics, named.MetricDefinitions
	runner := warm // with what it parsed
	b.held = &runner
	b.held.Config, b.held.LakeRoot, b.held.Now, b.held.Observer, b.held.CodeVersion = loaded, filepath.Join(b.dir, "lake"), b.world.Now, silent{}, "test"
	b.held.Network = pipeline.Network{BulkRows: b.bulk, Sleep: func(ctx context.Context, d time.Duration) error {
		b.world.Advance(d)
		return ctx.Err()
	}}
	b.held.Network.Kept = func(object string) error {
		if b.kept == nil {
			return nil
		}
		return b.kept(object)
	}
	return b.held
}

// named is what every pipeline.json of these tests names: built-in files, which take
// longer to read than a small org.
var named *config.Loaded

// warm is a runner that has parsed the built-in models, which all tests share: to parse
// them costs more than to read a small org.
var warm pipeline.Runner

// run runs bronze.
func (b *bench) run() (*pipeline.Result, error) {
	b.t.Helper()
	r := b.runner()
	res, err := r.Run(context.Background(), pipeline.Options{Layer: pipeline.Bronze})
	warm = *r
	return res, err
}

func (b *bench) must() *pipeline.Result {
	b.t.Helper()
	res, err := b.run()
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

func step(t testing.TB, res *pipeline.Result, table string) pipeline.Step {
	t.Helper()
	for _, s := range res.Steps {
		if s.Table == table {
			return s
		}
	}
	t.Fatalf("no step %s in %s", table, fmt.Sprint(res.Steps))
	return pipeline.Step{}
}

type silent struct{}

func (silent) RunStarted(*pipeline.Result)          {}
func (silent) HistoryStarted(*pipeline.HistoryFill) {}
func (silent) StepStarted(pipeline.Layer, string)   {}
func (silent) StepFinished(pipeline.Step)           {}
func (silent) RunFinished(*pipeline.Result)         {}
