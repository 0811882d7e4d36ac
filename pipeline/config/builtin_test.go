package config_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/config"
)

// TestBuiltInFilesAreValid loads every built-in mapping set, contract and parameter
// through the same checks as a user's.
func TestBuiltInFilesAreValid(t *testing.T) {
	sets, err := fs.ReadDir(configs.FS, "bronze_to_silver")
	if err != nil {
		t.Fatal(err)
	}
	p := config.Default()
	for _, set := range sets {
		p.Sources = append(p.Sources, config.Source{
			Name: set.Name(), Type: "csv", Region: "Group", Mapping: set.Name(), Path: "x",
			Objects: []config.Object{{Name: "None", Files: []string{"*.csv"}}},
		})
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pipeline.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(file, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded.Mappings) == 0 || len(loaded.Metrics) == 0 || len(loaded.Contracts) == 0 {
		t.Errorf("read %d mappings, %d parameters, %d contracts: want some of each",
			len(loaded.Mappings), len(loaded.Metrics), len(loaded.Contracts))
	}
	for _, m := range loaded.Mappings { // every object must have a key without the user's help
		src := config.Source{Name: m.Set, Mapping: m.Set}
		if _, err := loaded.ObjectKey(src, config.Object{Name: m.SourceObject}); err != nil {
			t.Error(err)
		}
	}
}
