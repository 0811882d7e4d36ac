package link_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/schemas"
)

// TestSchemas: the built-in files are what their JSON Schemas say.
func TestSchemas(t *testing.T) {
	files, err := fs.Glob(configs.FS, "linking/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, err := fs.ReadFile(configs.FS, path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "linking/"), ".json")
		if name == "entity" || name == "family" {
			name = "policy"
		}
		schema, err := fs.ReadFile(schemas.FS, "linking_"+name+".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		r, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewBytesLoader(text))
		if err != nil {
			t.Fatal(path, err)
		}
		for _, e := range r.Errors() {
			t.Errorf("%s: %s", path, e)
		}
	}
}
