package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/schemas"
)

// referenceFile is the configuration reference that is generated from the schemas.
const referenceFile = "../../docs/configuration.md"

// readSchema parses a schema, keeping the order of its fields.
func readSchema(t *testing.T, name string) *document {
	t.Helper()
	data, err := fs.ReadFile(schemas.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	problems := &Problems{}
	doc := parseDocument(name, data, problems)
	if err := problems.err(); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSchemasAgreeWithTypes compares the fields of the schemas with those of the
// structs, both ways, and what they say about kinds and about what is required.
func TestSchemasAgreeWithTypes(t *testing.T) {
	for _, c := range []struct {
		schema, definition string
		value              any
	}{
		{pipelineSchema, "", Pipeline{}}, {pipelineSchema, "source", Source{}}, {pipelineSchema, "object", Object{}},
		{pipelineSchema, "csv", CSV{}}, {pipelineSchema, "exported_at", ExportedAt{}}, {pipelineSchema, "rate", Rate{}},
		{pipelineSchema, "rate_columns", RateColumns{}}, {pipelineSchema, "engine", Engine{}},
		{pipelineSchema, "salesforce", Salesforce{}}, {pipelineSchema, "salesforce_auth", SalesforceAuth{}},
		{pipelineSchema, "salesforce_budget", SalesforceBudget{}}, {pipelineSchema, "salesforce_object", SalesforceObject{}},
		{mappingSchema, "", Mapping{}}, {mappingSchema, "column", Column{}}, {mappingSchema, "money", Money{}},
		{mappingSchema, "reference", Reference{}}, {mappingSchema, "reconstruct", Reconstruct{}},
		{mappingSchema, "overlay", Overlay{}}, {mappingSchema, "check", ColumnCheck{}},
		{tableSchema, "", Contract{}}, {tableSchema, "column", ContractColumn{}},
		{definitionsSchema, "", Definitions{}}, {definitionsSchema, "definition", Definition{}},
	} {
		t.Run(c.schema+"/"+c.definition, func(t *testing.T) {
			doc := readSchema(t, c.schema)
			at := "properties"
			if c.definition != "" {
				at = "definitions." + c.definition + ".properties"
			}
			want := map[string]string{}
			for _, f := range reflect.VisibleFields(reflect.TypeOf(c.value)) {
				if name := jsonName(f); name != "" {
					want[name] = schemaKind(f.Type)
				}
			}
			got := map[string]string{}
			for _, name := range doc.keys[at] {
				got[name] = kindInSchema(node(doc.value, strings.Split(at+"."+name, ".")...))
			}
			for name, kind := range got {
				if kind == "" { // a reference or a choice: the test of its definition covers it
					got[name] = want[name]
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("fields (-Go +schema):\n%s", diff)
			}
		})
	}
}

// TestTransformationExamples keeps the documented examples valid.
func TestTransformationExamples(t *testing.T) {
	for _, one := range Transformations() {
		var s Step
		if err := json.Unmarshal([]byte(one.Example), &s); err != nil {
			t.Fatalf("example of %s: %v", one.Name, err)
		}
		if message, hint := checkStep(s); message != "" {
			t.Errorf("example of %s: %s; %s", one.Name, message, hint)
		}
	}
}

func schemaKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return schemaKind(t.Elem())
	case reflect.Slice:
		if t == reflect.TypeFor[StringList]() {
			return "string, array"
		}
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "integer"
	}
	return "string"
}

func kindInSchema(v any) string {
	switch kind := node(v, "type").(type) {
	case string:
		return kind
	case []any:
		names := make([]string, len(kind))
		for i, k := range kind {
			names[i] = fmt.Sprint(k)
		}
		return strings.Join(names, ", ")
	}
	return ""
}

// node walks into decoded JSON.
func node(v any, path ...string) any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// TestReference keeps docs/configuration.md what the schemas say; -update rewrites it.
func TestReference(t *testing.T) {
	var b strings.Builder
	b.WriteString(referenceIntro)
	for _, name := range []string{pipelineSchema, mappingSchema, metricsSchema, definitionsSchema, tableSchema} {
		referenceSchema(&b, readSchema(t, name))
		switch name {
		case mappingSchema:
			referenceTransformations(&b)
		case metricsSchema:
			referenceParameters(t, &b)
		}
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(referenceFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	held, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(held), b.String()); diff != "" {
		t.Errorf("docs/configuration.md is not what the schemas say; run go test ./pipeline/config -update (-held +generated):\n%s", diff)
	}
}

const referenceIntro = `# Configuration reference

<!-- Generated from schemas/ by go test ./pipeline/config -update. Do not edit. -->

The pipeline is adapted by JSON files, not by code:

| File | Says |
|---|---|
| ` + "`pipeline.json`" + ` | where the lake is, which sources to load, how their files are written, where exchange rates come from |
| ` + "`bronze_to_silver/<set>/<table>.json`" + ` | how records of one object become rows of one silver table |
| ` + "`silver_to_gold/gold_metrics.json`" + ` | weights, thresholds, windows and lists of the gold layer |
| ` + "`silver_to_gold/definitions/<layer>/<table>.json`" + ` | what every column of gold and ops means, as data |
| ` + "`tables/<layer>/<table>.json`" + ` | the contract of a table: columns, key, storage |

The binary carries all of them but ` + "`pipeline.json`" + `. ` + "`pipeline init --dir DIR`" + ` writes one to start from, ` + "`pipeline validate`" + ` checks
everything without running, ` + "`pipeline doctor`" + ` also looks at files, disk and machine.

- Unknown fields are errors. All problems of all files are reported at once, with file, line, column and field.
- Paths are relative to ` + "`pipeline.json`" + `. In paths, ` + "`${NAME}`" + ` is replaced by the environment variable NAME, which must be set.
- A file may name its schema in ` + "`\"$schema\"`" + `; editors then complete and explain its fields.
- **Your own** mapping sets, parameters, SQL, definitions and contracts: name their place in ` + "`mappings`, `gold_metrics`, `sql`, `definitions`, `tables`" + `.
  A mapping set replaces the built-in set of its name as a whole; parameters and the files of the others replace or add one by one.

The least that works:

` + "```json" + `
{
  "sources": [
    {
      "name": "sf_za", "type": "csv", "region": "South Africa", "mapping": "salesforce", "path": "exports/sf_za",
      "objects": [{"name": "Account", "files": ["Account*.csv"]}]
    }
  ]
}
` + "```" + `
`

// referenceSchema writes the section of one file.
func referenceSchema(b *strings.Builder, doc *document) {
	fmt.Fprintf(b, "\n## %s\n\n", node(doc.value, "title"))
	referenceObject(b, doc, "")
	for _, name := range doc.keys["definitions"] {
		at := "definitions." + name
		if len(doc.keys[at+".properties"]) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n### %s: %s\n\n", strings.TrimSuffix(doc.file, ".schema.json"), name)
		referenceObject(b, doc, at)
	}
}

func referenceObject(b *strings.Builder, doc *document, at string) {
	object := doc.value
	if at != "" {
		object = node(doc.value, strings.Split(at, ".")...)
	}
	if text, ok := node(object, "description").(string); ok {
		fmt.Fprintf(b, "%s\n\n", text)
	}
	properties := joinPath(at, "properties")
	if len(doc.keys[properties]) == 0 {
		return
	}
	required, _ := node(object, "required").([]any)
	b.WriteString("| Field | Type | Default | Meaning | Example |\n|---|---|---|---|---|\n")
	for _, name := range doc.keys[properties] {
		field := node(object, "properties", name)
		fallback := "–"
		switch v := node(field, "default"); {
		case slices.Contains(required, any(name)):
			fallback = "**required**"
		case v != nil:
			fallback = code(v)
		}
		example := ""
		if list, ok := node(field, "examples").([]any); ok {
			parts := make([]string, len(list))
			for i, e := range list {
				parts[i] = code(e)
			}
			example = strings.Join(parts, ", ")
		}
		meaning, _ := node(field, "description").(string)
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", name, typeText(field), fallback, cell(meaning), example)
	}
}

// typeText says what a field holds.
func typeText(field any) string {
	if refs, ok := node(field, "allOf").([]any); ok {
		return refText(refs[0])
	}
	if node(field, "$ref") != nil {
		return refText(field)
	}
	if list, ok := node(field, "enum").([]any); ok {
		parts := make([]string, len(list))
		for i, v := range list {
			parts[i] = code(v)
		}
		return strings.Join(parts, ", ")
	}
	switch kind := kindInSchema(field); kind {
	case "array":
		item := node(field, "items")
		if node(item, "$ref") != nil {
			return "list of " + refText(item)
		}
		return "list of " + typeText(item) + "s"
	case "string, array":
		return "string or list of strings"
	case "object":
		if node(field, "additionalProperties", "type") == "string" {
			return "object of strings"
		}
		return "object"
	default:
		return kind
	}
}

func refText(v any) string {
	ref, _ := node(v, "$ref").(string)
	return "*" + strings.TrimPrefix(ref, "#/definitions/") + "*"
}

func code(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return "`" + cell(strings.TrimSpace(b.String())) + "`"
}

// cell escapes what would end a table's cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func referenceTransformations(b *strings.Builder) {
	b.WriteString("\n### Transformations\n\nSteps apply in order. NULL passes through every step but `default`; a step that yields nothing yields NULL.\n\n" +
		"| Name | Arguments | Meaning | Example |\n|---|---|---|---|\n")
	for _, t := range Transformations() {
		arguments := []string{"none", "optional", "required"}[t.Arguments]
		if t.Fields != nil {
			arguments += ": " + strings.Join(t.Fields, ", ")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | `%s` |\n", t.Name, arguments, cell(t.Meaning), cell(t.Example))
	}
}

// referenceParameters lists the built-in parameters with their values.
func referenceParameters(t *testing.T, b *strings.Builder) {
	t.Helper()
	data, err := fs.ReadFile(configs.FS, metricsFile)
	if err != nil {
		t.Fatal(err)
	}
	l := &loading{problems: &Problems{}}
	doc := parseDocument(metricsFile, data, l.problems)
	found := Metrics{}
	if doc != nil {
		l.flatten(doc, "", doc.value, found)
	}
	if err := l.problems.err(); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n### Parameters\n\n| Parameter | Built-in value |\n|---|---|\n")
	for _, path := range found.Paths() {
		fmt.Fprintf(b, "| `%s` | %s |\n", path, code(found[path]))
	}
}
