package gold

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// paramFunctions reach the values of gold_metrics.json by their path.
var paramFunctions = []string{"param", "param_flag", "param_text", "param_list", "param_numbers"}

// prelude is the file that declares the functions of gold SQL for this engine.
type prelude struct {
	path  string
	sql   string
	needs map[string]needs // by function name, including what the functions it calls need
}

// needs is what a function makes a model depend on, beside its inputs.
type needs struct {
	asOf        bool
	definitions bool
	params      []string
}

var (
	macroHead   = regexp.MustCompile(`(?is)CREATE\s+(?:OR\s+REPLACE\s+)?MACRO\s+([a-z_0-9]+)\s*\(`)
	paramCall   = regexp.MustCompile(`param(?:_flag|_text|_list|_numbers)?\(\s*'([^']+)'\s*\)`)
	callPattern = regexp.MustCompile(`([a-z_][a-z_0-9]*)\s*\(`)
	comment     = regexp.MustCompile(`(?m)--.*$`)
)

// readPrelude reads the declarations and what each of them depends on.
func readPrelude(files fs.FS, dir string) (prelude, error) {
	p := prelude{path: path.Join(dir, preludeFile), needs: map[string]needs{}}
	data, err := fs.ReadFile(files, preludeFile)
	if err != nil {
		return p, fmt.Errorf("read %s: %w", p.path, err)
	}
	p.sql = string(data)
	bodies := map[string]string{}
	plain := comment.ReplaceAllString(p.sql, "")
	heads := macroHead.FindAllStringSubmatchIndex(plain, -1)
	for i, h := range heads {
		end := len(plain)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		name := strings.ToLower(plain[h[2]:h[3]])
		bodies[name] += plain[h[3]:end]
	}
	for name := range bodies {
		p.needs[name] = collect(name, bodies, map[string]bool{})
	}
	return p, nil
}

// collect follows the calls of a function through the prelude.
func collect(name string, bodies map[string]string, seen map[string]bool) needs {
	var n needs
	body, ok := bodies[name]
	if !ok || seen[name] {
		return n
	}
	seen[name] = true
	n.asOf = strings.Contains(body, "getvariable('as_of')")
	n.definitions = strings.Contains(body, "getvariable('metric_definitions')")
	for _, m := range paramCall.FindAllStringSubmatch(body, -1) {
		n.params = append(n.params, m[1])
	}
	for _, call := range callPattern.FindAllStringSubmatch(body, -1) {
		n = n.with(collect(call[1], bodies, seen))
	}
	return n
}

func (n needs) with(o needs) needs {
	n.asOf = n.asOf || o.asOf
	n.definitions = n.definitions || o.definitions
	n.params = append(n.params, o.params...)
	slices.Sort(n.params)
	n.params = slices.Compact(n.params)
	return n
}

// uses is what a statement that calls these functions depends on.
func (p prelude) uses(functions []string) needs {
	var n needs
	for _, f := range functions {
		n = n.with(p.needs[f])
	}
	return n
}

// begin gives a fresh session the as-of, the parameters and the functions.
//
// They are session variables: the engine replaces them by constants when it binds a
// statement, so filters on as_of() are pushed down like filters on a literal.
func (p *Project) begin(ctx context.Context, sess engine.Session, asOf time.Time, zone string) error {
	if zone == "" {
		zone = "UTC"
	}
	variables := [][2]string{
		{"time_zone", engine.Literal(zone)},
		{"param_numbers", p.paramMap("DOUBLE", func(v any) (string, bool) { f, ok := v.(float64); return number(f), ok })},
		{"param_flags", p.paramMap("BOOLEAN", func(v any) (string, bool) { b, ok := v.(bool); return strconv.FormatBool(b), ok })},
		{"param_texts", p.paramMap("VARCHAR", func(v any) (string, bool) { s, ok := v.(string); return engine.Literal(s), ok })},
		{"param_lists", p.paramMap("VARCHAR[]", func(v any) (string, bool) { l, ok := v.([]string); return textList(l), ok })},
		{"param_number_lists", p.paramMap("DOUBLE[]", func(v any) (string, bool) { l, ok := v.([]float64); return numberList(l), ok })},
		{"metric_definitions", "'[]'"}, // see defineMetrics
	}
	if err := sess.Exec(ctx, setAsOf(asOf)); err != nil {
		return fmt.Errorf("set as_of: %w", err)
	}
	for _, v := range variables {
		if err := sess.Exec(ctx, "SET VARIABLE "+v[0]+" = "+v[1]); err != nil {
			return fmt.Errorf("set %s: %w", v[0], err)
		}
	}
	if err := sess.Exec(ctx, p.prelude.sql); err != nil {
		return locate(p.prelude.path, p.prelude.sql, err)
	}
	return nil
}

// defineMetrics gives a session the definitions of columns. They are long, so only the
// model that reads them gets them.
func (p *Project) defineMetrics(ctx context.Context, sess engine.Session, m Model) error {
	if !m.definitions {
		return nil
	}
	return sess.Exec(ctx, "SET VARIABLE metric_definitions = "+engine.Literal(p.definitions()))
}

func setAsOf(day time.Time) string {
	return "SET VARIABLE as_of = DATE " + engine.Literal(day.Format(time.DateOnly))
}

func (p *Project) definitions() string {
	if len(p.opt.Definitions) == 0 {
		return "[]"
	}
	return string(p.opt.Definitions)
}

// paramMap is a MAP literal of the parameters of one kind.
func (p *Project) paramMap(valueType string, value func(any) (string, bool)) string {
	var keys, values []string
	for _, path := range p.opt.Metrics.Paths() {
		if v, ok := value(p.opt.Metrics[path]); ok {
			keys = append(keys, engine.Literal(path))
			values = append(values, v)
		}
	}
	return fmt.Sprintf("CAST(MAP([%s], [%s]) AS MAP(VARCHAR, %s))", strings.Join(keys, ", "), strings.Join(values, ", "), valueType)
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) + "::DOUBLE" }

func textList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = engine.Literal(item)
	}
	return "[" + strings.Join(quoted, ", ") + "]::VARCHAR[]"
}

func numberList(items []float64) string {
	numbers := make([]string, len(items))
	for i, item := range items {
		numbers[i] = number(item)
	}
	return "[" + strings.Join(numbers, ", ") + "]::DOUBLE[]"
}
