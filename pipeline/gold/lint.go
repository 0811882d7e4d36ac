package gold

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// forbidden functions depend on the clock, on chance, on the session or on files.
var forbidden = []string{
	"now", "today", "current_date", "current_time", "current_timestamp", "get_current_time", "get_current_timestamp",
	"localtime", "localtimestamp", "current_localtime", "current_localtimestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp",
	"random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "nextval", "currval", "txid_current",
	"getvariable", "getenv", "current_setting", "current_user", "current_database", "current_schema", "current_query", "version",
	"read_parquet", "parquet_scan", "read_csv", "read_csv_auto", "read_json", "read_json_auto", "read_text", "read_blob", "glob",
	"approx_count_distinct", "approx_quantile", "reservoir_quantile", "approx_top_k", "mode",
}

// needOrder are aggregates whose result depends on the order of rows.
var needOrder = []string{"list", "array_agg", "string_agg", "group_concat", "listagg", "first", "last", "any_value", "arbitrary", "json_group_array", "histogram"}

// needTieBreak pick a row by a value; only a row of values that ends in a key is unique.
var needTieBreak = []string{"arg_max", "arg_min", "max_by", "min_by", "argmax", "argmin"}

// needWindowOrder are window functions that mean nothing without an order.
var needWindowOrder = []string{"WINDOW_ROW_NUMBER", "WINDOW_RANK", "WINDOW_RANK_DENSE", "WINDOW_NTILE", "WINDOW_LEAD", "WINDOW_LAG", "WINDOW_FIRST_VALUE", "WINDOW_LAST_VALUE", "WINDOW_NTH_VALUE"}

// lint finds what would make the same input give different bytes.
func (st *statement) lint(file string) error {
	var problems []error
	report := func(offset int, problem, hint string) {
		problems = append(problems, at(file, st.text, offset, problem, hint))
	}
	for _, f := range st.functions {
		switch {
		case slices.Contains(forbidden, f.name):
			report(f.offset, f.name+" is forbidden in gold SQL", "the result may depend only on the inputs, the parameters and as_of()")
		case slices.Contains(needOrder, f.name) && !f.ordered && !f.table:
			report(f.offset, f.name+" has no inner ORDER BY", "write "+f.name+"(x ORDER BY key), so that the result does not depend on the order of rows")
		case slices.Contains(needTieBreak, f.name) && (len(f.args) < 2 || text(f.args[1]["function_name"]) != "row"):
			report(f.offset, f.name+" does not break ties", "order by a row that ends in a key: "+f.name+"(x, (value, key))")
		}
	}
	for _, c := range st.columns {
		if strings.HasPrefix(c.name, "current_") && slices.Contains(forbidden, c.name) {
			report(c.offset, c.name+" is forbidden in gold SQL", "use as_of()")
		}
	}
	for _, w := range st.windows {
		if slices.Contains(needWindowOrder, w.kind) && !w.ordered {
			report(w.offset, "a window function has no ORDER BY", "order it by something unique")
		}
	}
	for _, t := range st.tables {
		if !strings.Contains(t.table, ".") && !st.ctes[strings.ToLower(t.table)] {
			problems = append(problems, &SQLError{Path: file, Line: t.line, Column: t.column, Problem: "unknown table " + t.table,
				Hint: "name it with its schema: silver, gold, ops or past"})
		}
	}
	return errors.Join(problems...)
}

// checkParams holds every param('…') against the parameters that exist.
func (p *Project) checkParams(file string, st *statement) error {
	var problems []error
	for _, f := range st.functions {
		if !slices.Contains(paramFunctions, f.name) {
			continue
		}
		name, ok := "", false
		if len(f.args) == 1 {
			name, ok = literal(f.args[0])
		}
		if !ok {
			problems = append(problems, at(file, st.text, f.offset, f.name+" needs one string literal", "the parameters a model uses must be readable from its text"))
			continue
		}
		if problem, hint := p.paramProblem(f.name, name); problem != "" {
			problems = append(problems, at(file, st.text, f.offset, problem, hint))
		}
	}
	return errors.Join(problems...)
}

// paramProblem says what is wrong with asking function for the parameter at path.
func (p *Project) paramProblem(function, path string) (problem, hint string) {
	value, ok := p.opt.Metrics[path]
	if !ok {
		return fmt.Sprintf("unknown parameter %q", path), strings.TrimPrefix(didYouMean(path, p.opt.Metrics.Paths()), "; ")
	}
	kinds := map[string]string{"param": "float64", "param_flag": "bool", "param_text": "string", "param_list": "[]string", "param_numbers": "[]float64"}
	if got, want := fmt.Sprintf("%T", value), kinds[function]; got != want {
		for f, kind := range kinds {
			if kind == got {
				return fmt.Sprintf("parameter %q is no value for %s", path, function), "use " + f
			}
		}
	}
	return "", ""
}

// checkPreludeParams reports parameters that prelude functions need on a model's behalf.
func (p *Project) checkPreludeParams(file string, paths []string) error {
	for _, path := range paths {
		if _, ok := p.opt.Metrics[path]; !ok {
			return &SQLError{Path: file, Problem: fmt.Sprintf("a prelude function it uses needs the parameter %q", path), Hint: "add it to gold_metrics.json"}
		}
	}
	return nil
}
