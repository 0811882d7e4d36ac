package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// decode fills into (a pointer to a configuration struct) from the document. Unknown
// fields and values of the wrong kind are problems; it reports whether the values
// that are there could be taken over.
func (d *document) decode(into any, problems *Problems) bool {
	s := strict{doc: d, problems: problems}
	s.check("", d.value, reflect.TypeOf(into).Elem())
	if s.wrongKind {
		return false
	}
	if err := json.Unmarshal(d.data, into); err != nil {
		problems.List = append(problems.List, d.problem("", err.Error(), ""))
		return false
	}
	return true
}

// unknownField starts the message about a field that does not exist.
const unknownField = "unknown field "

// strict compares decoded JSON with the Go type it is meant for.
type strict struct {
	doc       *document
	problems  *Problems
	wrongKind bool // something cannot be decoded at all
}

func (s *strict) check(path string, v any, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		s.custom(path, v, t)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		s.object(path, v, t)
	case reflect.Map:
		object, ok := v.(map[string]any)
		s.want(ok, path, v, "an object")
		for _, key := range s.doc.keys[path] {
			s.check(joinPath(path, key), object[key], t.Elem())
		}
	case reflect.Slice:
		list, ok := v.([]any)
		s.want(ok, path, v, "a list")
		for i, item := range list {
			s.check(indexPath(path, i), item, t.Elem())
		}
	case reflect.String:
		_, ok := v.(string)
		s.want(ok, path, v, "a string")
	case reflect.Bool:
		_, ok := v.(bool)
		s.want(ok, path, v, "true or false")
	case reflect.Int:
		n, ok := v.(json.Number)
		if ok {
			_, err := n.Int64()
			ok = err == nil
		}
		s.want(ok, path, v, "a whole number")
	}
}

// custom asks a type that decodes itself.
func (s *strict) custom(path string, v any, t reflect.Type) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, reflect.New(t).Interface())
	}
	if err != nil {
		s.wrongKind = true
		s.problems.List = append(s.problems.List, s.doc.problem(path, err.Error(), ""))
	}
}

func (s *strict) object(path string, v any, t reflect.Type) {
	object, ok := v.(map[string]any)
	if s.want(ok, path, v, "an object"); !ok {
		return
	}
	fields := map[string]reflect.Type{}
	names := make([]string, 0, t.NumField())
	for _, f := range reflect.VisibleFields(t) {
		if name := jsonName(f); name != "" {
			fields[name] = f.Type
			names = append(names, name)
		}
	}
	for _, key := range s.doc.keys[path] {
		field, known := fields[key]
		if !known {
			s.problems.List = append(s.problems.List, s.doc.problem(joinPath(path, key),
				fmt.Sprintf(unknownField+"%q", key), didYouMean(key, names)))
			continue
		}
		s.check(joinPath(path, key), object[key], field)
	}
}

func (s *strict) want(ok bool, path string, got any, want string) {
	if ok {
		return
	}
	s.wrongKind = true
	s.problems.List = append(s.problems.List, s.doc.problem(path, fmt.Sprintf("want %s, got %s", want, kindOf(got)), ""))
}

// jsonName is the name of a struct field in JSON, "" if it has none.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	return name
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("the string %q", v)
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return "the number " + v.String()
	case []any:
		return "a list"
	}
	return "an object"
}
