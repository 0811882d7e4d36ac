package gold

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// statement is a parsed SELECT: what the engine's own parser says it refers to.
// A search of the text would miss or invent references; GetTableNames misses joins
// with USING.
type statement struct {
	text      string
	tables    []tableRef
	functions []functionRef
	columns   []columnRef // unqualified names only
	windows   []windowRef
	ctes      map[string]bool
}

type tableRef struct {
	table        string // schema.table
	line, column int
}

type functionRef struct {
	name    string
	offset  int
	table   bool // used as a table
	ordered bool // has an inner ORDER BY
	args    []map[string]any
}

type columnRef struct {
	name   string
	offset int
}

type windowRef struct {
	kind    string // e.g. WINDOW_ROW_NUMBER
	offset  int
	ordered bool
}

// sorters are functions that make the order of their first argument irrelevant.
var sorters = []string{"list_sort", "array_sort", "list_reverse_sort", "array_reverse_sort", "sorted_set"}

// sortedMark is set on a node of the tree below a sorter.
const sortedMark = "gold.sorted"

// noOffset is how the parser writes an unknown place.
const noOffset = 1 << 62

// parseStatement asks the engine's parser for the tree of one SELECT.
func parseStatement(ctx context.Context, sess engine.Session, file, text string) (*statement, error) {
	rows, err := sess.Query(ctx, "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", text)
	if err != nil {
		return nil, locate(file, text, err)
	}
	defer rows.Close()
	var tree string
	if rows.Next() {
		if err := rows.Scan(&tree); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	var doc struct {
		Error      bool             `json:"error"`
		Type       string           `json:"error_type"`
		Message    string           `json:"error_message"`
		Position   string           `json:"position"`
		Statements []map[string]any `json:"statements"`
	}
	dec := json.NewDecoder(strings.NewReader(tree))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	if doc.Error {
		offset, err := strconv.Atoi(doc.Position)
		if err != nil {
			return nil, &SQLError{Path: file, Problem: doc.Message, Hint: "a file holds one SELECT"}
		}
		return nil, at(file, text, offset, doc.Message, "")
	}
	if len(doc.Statements) != 1 {
		return nil, &SQLError{Path: file, Problem: fmt.Sprintf("%d statements", len(doc.Statements)), Hint: "a file holds one SELECT"}
	}
	st := &statement{text: text, ctes: map[string]bool{}}
	st.walk(doc.Statements[0])
	return st, nil
}

// walk collects the references below a node of the tree.
func (st *statement) walk(node any) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			st.walk(child)
		}
	case map[string]any:
		st.visit(n)
		keys := make([]string, 0, len(n))
		for k := range n {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			st.walk(n[k])
		}
	}
}

func (st *statement) visit(n map[string]any) {
	if ctes, ok := n["cte_map"].(map[string]any); ok {
		if list, ok := ctes["map"].([]any); ok {
			for _, item := range list {
				if entry, ok := item.(map[string]any); ok {
					st.ctes[strings.ToLower(text(entry["key"]))] = true
				}
			}
		}
	}
	if text(n["type"]) == "BASE_TABLE" {
		name := text(n["table_name"])
		// recurring.x is the whole result so far of the recursive x, not a table of a layer.
		if schema := text(n["schema_name"]); schema != "" && schema != "recurring" {
			name = schema + "." + name
		}
		line, column := position(st.text, offset(n))
		st.tables = append(st.tables, tableRef{name, line, column})
	}
	if text(n["type"]) == "RECURSIVE_CTE_NODE" {
		st.ctes[strings.ToLower(text(n["cte_name"]))] = true
	}
	if text(n["type"]) == "TABLE_FUNCTION" {
		if f, ok := n["function"].(map[string]any); ok {
			st.functions = append(st.functions, functionRef{name: strings.ToLower(text(f["function_name"])), offset: offset(n), table: true})
		}
	}
	switch text(n["class"]) {
	case "FUNCTION":
		// The parser writes list(x ORDER BY x) as list_sort(list(x)).
		if args := arguments(n); slices.Contains(sorters, strings.ToLower(text(n["function_name"]))) && len(args) > 0 {
			args[0][sortedMark] = true
		}
		st.functions = append(st.functions, functionRef{name: strings.ToLower(text(n["function_name"])), offset: offset(n),
			ordered: hasOrders(n["order_bys"]) || n[sortedMark] == true, args: arguments(n)})
	case "WINDOW":
		st.windows = append(st.windows, windowRef{kind: text(n["type"]), offset: offset(n), ordered: len(list(n["orders"])) > 0})
	case "COLUMN_REF":
		if names := list(n["column_names"]); len(names) == 1 {
			st.columns = append(st.columns, columnRef{strings.ToLower(text(names[0])), offset(n)})
		}
	}
}

// inputs are the tables of a layer that the statement reads, and apart from them the
// tables of which it reads the past.
func (st *statement) inputs() (present, past []string) {
	for _, t := range st.tables {
		switch {
		case strings.HasPrefix(t.table, pastSchema+"."):
			past = append(past, t.table)
		case strings.Contains(t.table, "."):
			present = append(present, t.table)
		}
	}
	slices.Sort(present)
	slices.Sort(past)
	return slices.Compact(present), slices.Compact(past)
}

func (st *statement) functionNames() []string {
	names := make([]string, len(st.functions))
	for i, f := range st.functions {
		names[i] = f.name
	}
	return names
}

// params are the literal paths that the statement asks param functions for.
func (st *statement) params() []string {
	var paths []string
	for _, f := range st.functions {
		if slices.Contains(paramFunctions, f.name) && len(f.args) == 1 {
			if path, ok := literal(f.args[0]); ok {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func offset(n map[string]any) int {
	number, _ := n["query_location"].(json.Number)
	v, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil || v > noOffset {
		return 0
	}
	return int(v)
}

func hasOrders(v any) bool {
	m, _ := v.(map[string]any)
	return len(list(m["orders"])) > 0
}

// arguments are a function's arguments.
func arguments(n map[string]any) []map[string]any {
	var args []map[string]any
	for _, child := range list(n["children"]) {
		if m, ok := child.(map[string]any); ok {
			args = append(args, m)
		}
	}
	return args
}

// literal is the text of a string constant.
func literal(n map[string]any) (string, bool) {
	if text(n["class"]) != "CONSTANT" {
		return "", false
	}
	value, _ := n["value"].(map[string]any)
	s, ok := value["value"].(string)
	return s, ok
}
