package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/customer360/pipeline/pipeline/config"
)

// systems returns every system but the rates, in a fixed order.
func systems() []*system {
	var list []*system
	for i := range orgCount {
		list = append(list, &salesforceSystems[i])
	}
	for i := range orgCount {
		list = append(list, &billingSystems[i])
	}
	for i := range orgCount {
		list = append(list, &usageSystems[i])
	}
	return append(list, &surveySystem, &stewardSystem)
}

// fileGlob matches the files of an object and no others: invoice_* alone would take
// those of invoice_line too.
func fileGlob(o *object, s *system) string { return o.name + "_[0-9]*" + s.dialect.suffix }

// source describes a system as pipeline.json does. written says which objects have
// a file: very small demos have none for some.
func (s *system) source(written func(*object) bool) config.Source {
	src := config.Source{Name: s.name, Type: "csv", Region: s.region, Mapping: s.mapping, Path: filepath.ToSlash(filepath.Join("exports", s.name)), CSV: s.dialect.csv}
	for _, o := range s.objects {
		c := config.Object{Name: o.name, Files: []string{fileGlob(o, s)}, Key: o.key, Optional: !written(o)}
		if o == objUser {
			c.LoadMode, c.MissingIsDeleted = "snapshot", true
		}
		src.Objects = append(src.Objects, c)
	}
	return src
}

// configuration is the pipeline.json of a demo.
func configuration(lake string, asOf day, written func(*system, *object) bool) config.Pipeline {
	p := config.Pipeline{Lake: lake, TimeZone: "UTC", AsOf: asOf.iso(), GoldMetrics: parametersFile}
	for _, s := range systems() {
		p.Sources = append(p.Sources, s.source(func(o *object) bool { return written(s, o) }))
	}
	p.Rates = []config.Rate{{
		Name: rateSystem.name, Path: "exports/" + rateSystem.name, Files: []string{fileGlob(objRate, &rateSystem)}, Layout: "generic",
		Base: "USD", Quote: "units_per_base", Priority: 1, CSV: rateSystem.dialect.csv,
	}}
	return p
}

// parametersFile holds the parameters in which the group differs from the built-in ones.
const parametersFile = "gold_metrics.json"

// parameters are what only the group itself can know: where it wants to grow.
func parameters() map[string]any {
	return map[string]any{
		"description": "The demo group's own parameters; all others keep their built-in values.",
		"segments": map[string]any{"strategic_goals": []string{
			"account_type: Enterprise: grow managed services",
			"account_type: Wholesale: keep the volume, at better margins",
			"industry: Banking: become the main supplier",
			"industry: Healthcare: enter the market",
			"rfm: At risk: win back before the contract ends",
		}},
	}
}

// writeConfiguration writes pipeline.json and the parameters beside it.
func writeConfiguration(path string, p config.Pipeline) error {
	for file, v := range map[string]any{path: p, filepath.Join(filepath.Dir(path), parametersFile): parameters()} {
		b, err := json.MarshalIndent(v, "", "  ")
		if err == nil {
			err = os.WriteFile(file, append(b, '\n'), 0o644)
		}
		if err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}
