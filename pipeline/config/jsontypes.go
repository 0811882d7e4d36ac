package config

import (
	"encoding/json"
	"fmt"
)

// StringList is a JSON string or list of strings.
type StringList []string

// UnmarshalJSON accepts "a" and ["a","b"].
func (l *StringList) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = StringList{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("want a string or a list of strings, got %s", b)
	}
	*l = many
	return nil
}

// MarshalJSON writes a single value as a plain string.
func (l StringList) MarshalJSON() ([]byte, error) {
	if len(l) == 1 {
		return json.Marshal(l[0])
	}
	return json.Marshal([]string(l))
}

// Step is one transformation: "trim", or {"map": {...}} for one with arguments.
type Step struct {
	Name string
	Args json.RawMessage // nil without arguments
}

// UnmarshalJSON accepts a name or an object with exactly one field.
func (s *Step) UnmarshalJSON(b []byte) error {
	var name string
	if json.Unmarshal(b, &name) == nil {
		*s = Step{Name: name}
		return nil
	}
	var obj map[string]json.RawMessage
	if err := json.Unmarshal(b, &obj); err != nil || len(obj) != 1 {
		return fmt.Errorf("want a transformation name or an object with one field, got %s", b)
	}
	for k, v := range obj {
		*s = Step{Name: k, Args: v}
	}
	return nil
}

// MarshalJSON writes the form UnmarshalJSON reads.
func (s Step) MarshalJSON() ([]byte, error) {
	if s.Args == nil {
		return json.Marshal(s.Name)
	}
	return json.Marshal(map[string]json.RawMessage{s.Name: s.Args})
}
