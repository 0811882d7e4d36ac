package config

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

// The schema files, by name below schemas/.
const (
	pipelineSchema    = "pipeline.schema.json"
	mappingSchema     = "mapping.schema.json"
	metricsSchema     = "gold_metrics.schema.json"
	tableSchema       = "table.schema.json"
	definitionsSchema = "definitions.schema.json"
)

// schemaSet compiles JSON Schemas when first asked for them.
type schemaSet struct {
	fsys     fs.FS
	compiled map[string]*gojsonschema.Schema
}

func newSchemaSet(fsys fs.FS) *schemaSet {
	return &schemaSet{fsys: fsys, compiled: map[string]*gojsonschema.Schema{}}
}

func (set *schemaSet) schema(name string) (*gojsonschema.Schema, error) {
	if s := set.compiled[name]; s != nil {
		return s, nil
	}
	data, err := fs.ReadFile(set.fsys, name)
	if err != nil {
		return nil, fmt.Errorf("built-in schema: %w", err)
	}
	s, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(data))
	if err != nil {
		return nil, fmt.Errorf("built-in schema %s: %w", name, err)
	}
	set.compiled[name] = s
	return s, nil
}

// check adds what the schema forbids and decode did not report: problems from index
// known on are of this document.
func (set *schemaSet) check(name string, doc *document, problems *Problems, known int) {
	schema, err := set.schema(name)
	var result *gojsonschema.Result
	if err == nil {
		result, err = schema.Validate(gojsonschema.NewGoLoader(doc.value))
	}
	if err != nil {
		problems.List = append(problems.List, doc.problem("", err.Error(), ""))
		return
	}
	reported := problems.List[known:]
	for _, e := range result.Errors() {
		p, ok := translate(doc, e)
		if ok && !covered(reported, p) {
			problems.List = append(problems.List, p)
		}
	}
}

// covered tells whether decode has said it better.
func covered(reported []Problem, p Problem) bool {
	for _, r := range reported {
		if rest, below := strings.CutPrefix(p.Field, r.Field); below && r.Field != "" && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
		// a misspelt required field is one problem, not two
		if missing, ok := strings.CutSuffix(p.Message, isMissing); ok && parentPath(r.Field) == parentPath(p.Field) &&
			strings.Contains(r.Hint, strings.TrimPrefix(missing, "field ")) {
			return true
		}
	}
	return false
}

// isMissing ends the message about a required field.
const isMissing = " is missing"

// index is a list index in gojsonschema's dotted context.
var index = regexp.MustCompile(`\.(\d+)(\.|$)`)

// translate puts a schema error into plain words with our field path. Errors that
// only say that a part of a combination failed are dropped.
func translate(doc *document, e gojsonschema.ResultError) (Problem, bool) {
	path := strings.TrimPrefix(strings.TrimPrefix(e.Context().String(), "(root)"), ".")
	for index.MatchString("." + path) {
		path = strings.TrimPrefix(index.ReplaceAllString("."+path, "[$1]$2"), ".")
	}
	detail := func(key string) string { return fmt.Sprint(e.Details()[key]) }
	value := kindOf(e.Value())
	message, hint := "", ""
	switch e.Type() {
	case "required":
		path, message = joinPath(path, detail("property")), "field "+strconv.Quote(detail("property"))+isMissing
	case "additional_property_not_allowed":
		path, message = joinPath(path, detail("property")), unknownField+strconv.Quote(detail("property"))
	case "enum":
		allowed := strings.Split(strings.ReplaceAll(detail("allowed"), `"`, ""), ", ")
		message = "unknown value " + strings.TrimPrefix(value, "the string ")
		hint = didYouMean(fmt.Sprint(e.Value()), allowed)
		if !strings.HasPrefix(hint, "valid") {
			hint = strings.TrimSpace(hint + " valid: " + strings.Join(allowed, ", "))
		}
	case "invalid_type":
		if e.Value() == nil {
			message, hint = "null is no value", "leave the field out to keep the default"
			break
		}
		message = fmt.Sprintf("want %s, got %s", withArticle(detail("expected")), value)
	case "pattern":
		message, hint = "invalid value "+strings.TrimPrefix(value, "the string "), patternHint(detail("pattern"))
		if hint == "" {
			hint = "it must match " + detail("pattern")
		}
	case "string_gte":
		message = "must not be empty"
	case "array_min_items":
		message = fmt.Sprintf("want at least %s", plural(asInt(detail("min")), "entry"))
		message = strings.Replace(message, "entrys", "entries", 1)
	case "unique":
		message = "an entry is given twice"
	case "number_gte", "number_gt", "number_lte", "number_lt":
		message = value + " is out of range: " + e.Description()
	case "number_one_of", "number_any_of", "number_all_of", "number_not", "condition_then", "condition_else":
		return Problem{}, false
	default:
		message = e.Description()
	}
	return doc.problem(path, message, hint), true
}

// patternHint explains the patterns of our schemas.
func patternHint(pattern string) string {
	switch pattern {
	case `^[a-z][a-z0-9_]*$`:
		return "use lower-case letters, digits and _, starting with a letter"
	case `^\d{4}-\d{2}-\d{2}$`:
		return "write the date as YYYY-MM-DD"
	case `^([a-z][a-z0-9_]*)?$`:
		return "use lower-case letters, digits and _, starting with a letter, or nothing"
	case `^[A-Za-z][A-Za-z0-9_]*$`:
		return "use letters, digits and _, starting with a letter"
	case `^_?[a-z][a-z0-9_]*$`:
		return "use lower-case letters, digits and _"
	case `^\d+(s|m|h|d)$`:
		return "write for example 60s, 10m, 20h or 7d"
	case `^\d{2,3}\.0$`:
		return "write for example 64.0"
	case `^[A-Z]{3}$`:
		return "use an ISO 4217 code such as USD"
	}
	switch {
	case strings.HasPrefix(pattern, "^(string|"):
		return "valid: " + strings.Join(dataTypes, ", ") + ", decimal(p,s)"
	case strings.HasPrefix(pattern, "^(VARCHAR|"):
		return "valid: VARCHAR, VARCHAR[], BIGINT, INTEGER, DOUBLE, DOUBLE[], BOOLEAN, DATE, TIMESTAMPTZ, DECIMAL(p,s)"
	}
	return ""
}

func withArticle(types string) string {
	switch types {
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "[string,array]":
		return "a string or a list of strings"
	}
	return "a " + types
}

func asInt(s string) int {
	n, err := json.Number(s).Int64()
	if err != nil {
		return 0
	}
	return int(n)
}
