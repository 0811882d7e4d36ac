package delta

import (
	"fmt"
	"regexp"
	"strings"
)

// Field is a column of the table.
type Field struct {
	Name    string // as in the Parquet files
	Type    string // in DuckDB's spelling
	Comment string // for people; may be ""
}

// primitives are DuckDB's types that every Delta reader knows. Not here: unsigned and
// 128-bit integers, times, intervals, unions, and instants without a zone, which need a
// feature that older readers lack.
var primitives = map[string]string{
	"VARCHAR": "string", "JSON": "string", "BOOLEAN": "boolean", "BLOB": "binary", "DATE": "date",
	"TINYINT": "byte", "SMALLINT": "short", "INTEGER": "integer", "BIGINT": "long",
	"FLOAT": "float", "DOUBLE": "double", "TIMESTAMPTZ": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp",
}

var decimalType = regexp.MustCompile(`^DECIMAL\((\d+),\s*(\d+)\)$`)

// typeOf is the Delta type: a name, or an arrayType.
func typeOf(duckdb string) (any, error) {
	if element, ok := strings.CutSuffix(duckdb, "[]"); ok {
		inner, err := typeOf(element)
		return arrayType{Type: "array", ElementType: inner, ContainsNull: true}, err
	}
	if name, ok := primitives[duckdb]; ok {
		return name, nil
	}
	if m := decimalType.FindStringSubmatch(duckdb); m != nil {
		return fmt.Sprintf("decimal(%s,%s)", m[1], m[2]), nil
	}
	return nil, fmt.Errorf("type %s: %w", duckdb, ErrType)
}

// Portable says whether a type of DuckDB has a Delta type that every reader knows.
func Portable(duckdb string) bool {
	_, err := typeOf(duckdb)
	return err == nil
}

type arrayType struct {
	Type         string `json:"type"`
	ElementType  any    `json:"elementType"`
	ContainsNull bool   `json:"containsNull"`
}

type structType struct {
	Type   string        `json:"type"`
	Fields []structField `json:"fields"`
}

type structField struct {
	Name     string            `json:"name"`
	Type     any               `json:"type"`
	Nullable bool              `json:"nullable"`
	Metadata map[string]string `json:"metadata"`
}

// schemaString spells the columns as Delta's metaData has them. Columns are found in the
// files by name, as in the lake, so no column mapping is needed, which older readers lack.
// The files' field ids are not told: without a mapping, DuckDB's reader takes a schema with
// them for one without names, and shows NULLs.
func schemaString(fields []Field) (string, error) {
	s := structType{Type: "struct", Fields: []structField{}}
	for _, f := range fields {
		kind, err := typeOf(f.Type)
		if err != nil {
			return "", fmt.Errorf("column %s: %w", f.Name, err)
		}
		meta := map[string]string{}
		if f.Comment != "" {
			meta["comment"] = f.Comment
		}
		s.Fields = append(s.Fields, structField{Name: f.Name, Type: kind, Nullable: true, Metadata: meta})
	}
	raw, err := encode(s)
	return string(raw), err
}
