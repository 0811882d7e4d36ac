package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// metricsFile is where the built-in gold metrics lie below configs/.
const metricsFile = "silver_to_gold/gold_metrics.json"

// customSection is the part of gold_metrics.json in which a user may put parameters
// of her own models.
const customSection = "custom"

// Metrics are the values of gold_metrics.json by their path, e.g. revenue.mrr_gap_days.
// A value is a float64, string, bool or []string; a list of numbers is a []float64.
type Metrics map[string]any

// Paths lists the paths in order.
func (m Metrics) Paths() []string {
	paths := make([]string, 0, len(m))
	for p := range m {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return paths
}

// metrics reads the built-in gold metrics and, over them, the user's. The user's file
// needs to hold only what differs.
func (l *loading) metrics() error {
	l.out.Metrics = Metrics{}
	builtin, err := fs.ReadFile(l.Configs, metricsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("built-in gold metrics: %w", err)
	}
	if err == nil {
		l.metricsDocument("built-in "+metricsFile, builtin, false)
	}
	file := l.out.Pipeline.GoldMetrics
	if file == "" {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		l.problems.List = append(l.problems.List, l.main.problem("gold_metrics", fileTrouble(err), ""))
		return nil
	}
	l.metricsDocument(l.show(file), data, true)
	return nil
}

// metricsDocument puts the values of one file over those held.
func (l *loading) metricsDocument(shown string, data []byte, over bool) {
	l.raw[shown] = data
	l.out.Files = append(l.out.Files, shown)
	doc := parseDocument(shown, data, l.problems)
	if doc == nil {
		return
	}
	known := len(l.problems.List)
	l.schemas.check(metricsSchema, doc, l.problems, known)
	if len(l.problems.List) > known {
		return
	}
	found := Metrics{}
	l.flatten(doc, "", doc.value, found)
	if over {
		l.checkOverrides(doc, found)
	}
	for path, value := range found {
		l.out.Metrics[path] = value
	}
}

// flatten collects values by path. "$schema" and "description" are for people.
func (l *loading) flatten(doc *document, path string, v any, into Metrics) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range doc.keys[path] {
			if key == "$schema" || key == "description" {
				continue
			}
			l.flatten(doc, joinPath(path, key), v[key], into)
		}
	case json.Number:
		n, err := v.Float64()
		if err != nil {
			l.problems.List = append(l.problems.List, doc.problem(path, fmt.Sprintf("%s is out of range", v), ""))
			return
		}
		into[path] = n
	case string, bool:
		into[path] = v
	case []any:
		list, ok := flatList(v)
		if !ok {
			l.problems.List = append(l.problems.List, doc.problem(path, "want a list of strings or a list of numbers", ""))
			return
		}
		into[path] = list
	default:
		l.problems.List = append(l.problems.List, doc.problem(path, "null is no value", "leave the field out to keep the default"))
	}
}

// flatList makes a list of one kind.
func flatList(list []any) (any, bool) {
	texts, numbers := []string{}, []float64{}
	for _, item := range list {
		switch item := item.(type) {
		case string:
			texts = append(texts, item)
		case json.Number:
			n, err := item.Float64()
			if err != nil {
				return nil, false
			}
			numbers = append(numbers, n)
		default:
			return nil, false
		}
	}
	if len(numbers) == 0 {
		return texts, true
	}
	return numbers, len(texts) == 0
}

// checkOverrides refuses parameters that no model knows, and values of another kind.
func (l *loading) checkOverrides(doc *document, found Metrics) {
	names := l.out.Metrics.Paths()
	for _, path := range found.Paths() {
		if len(path) > len(customSection) && path[:len(customSection)+1] == customSection+"." {
			continue
		}
		was, known := l.out.Metrics[path]
		if _, numbers := was.([]float64); numbers && isEmptyList(found[path]) {
			found[path] = []float64{}
		}
		switch {
		case !known:
			l.problems.List = append(l.problems.List, doc.problem(path, "unknown parameter", didYouMean(path, names)))
		case fmt.Sprintf("%T", was) != fmt.Sprintf("%T", found[path]):
			l.problems.List = append(l.problems.List, doc.problem(path,
				fmt.Sprintf("want %s, got %s", metricKind(was), metricKind(found[path])), fmt.Sprintf("the default is %v", was)))
		}
	}
}

// isEmptyList tells whether v is a list of nothing, which can be of any kind.
func isEmptyList(v any) bool {
	texts, ok := v.([]string)
	return ok && len(texts) == 0
}

func metricKind(v any) string {
	switch v.(type) {
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case []string:
		return "a list of strings"
	case []float64:
		return "a list of numbers"
	}
	return "a string"
}

// fileTrouble says why a file could not be read, without the operation's jargon.
func fileTrouble(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	}
	return err.Error()
}
