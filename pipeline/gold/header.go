package gold

import (
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// header is the comment at the top of a SQL file: "-- name: text" starts a field, any
// other comment line continues the one before.
type header struct {
	values map[string]string
	lines  map[string]int
}

// readHeader takes the fields of the leading comment lines. Unknown fields are errors,
// and so are missing ones that are not optional.
func readHeader(file, text string, fields, optional []string) (header, error) {
	all := append(slices.Clone(fields), optional...)
	h := header{values: map[string]string{}, lines: map[string]int{}}
	current, prose := "", false
	for i, line := range strings.Split(text, "\n") {
		comment, ok := strings.CutPrefix(strings.TrimRight(line, " \r"), "--")
		if !ok {
			break
		}
		comment = strings.TrimSpace(comment)
		name, value, found := strings.Cut(comment, ":")
		if !prose && found && name == strings.ToLower(name) && !strings.ContainsAny(name, " .,()") {
			if !slices.Contains(all, name) {
				return h, &SQLError{Path: file, Line: i + 1, Problem: fmt.Sprintf("unknown header field %q", name),
					Hint: "valid: " + strings.Join(all, ", ")}
			}
			current = name
			h.values[name], h.lines[name] = strings.TrimSpace(value), i+1
			continue
		}
		if comment == "" && h.values["about"] == "" {
			current, prose = "about", true // an empty comment line begins the description
		}
		if current != "" {
			h.values[current] = strings.TrimSpace(h.values[current] + " " + comment)
		}
	}
	for _, name := range fields {
		if h.values[name] == "" {
			return h, &SQLError{Path: file, Line: 1, Problem: fmt.Sprintf("the header has no %q", name),
				Hint: "the file must begin with comment lines " + strings.Join(fields, ", ")}
		}
	}
	return h, nil
}

// readHeader takes the model's fields and holds them against its contract.
func (m *Model) readHeader() error {
	h, err := readHeader(m.Path, m.SQL, []string{"grain", "key", "storage", "about"}, []string{"kind", "slices", "fit", "params"})
	if err != nil {
		return err
	}
	m.Grain, m.About, m.Storage, m.Kind = h.values["grain"], h.values["about"], h.values["storage"], h.values["kind"]
	m.Key = splitList(h.values["key"])
	m.Fit = h.values["fit"]
	if h.values["params"] != "" {
		m.Params = splitList(h.values["params"])
	}
	if m.Kind == "" {
		m.Kind = "derived"
		if m.Storage == "state" {
			m.Kind = "state"
		}
	}
	wrong := func(field, problem string) error {
		return &SQLError{Path: m.Path, Line: h.lines[field], Problem: problem,
			Hint: fmt.Sprintf("make it agree with the contract of %s", m.Table())}
	}
	if !slices.Equal(m.Key, m.Contract.Key) {
		return wrong("key", fmt.Sprintf("the key is %s, the contract says %s", strings.Join(m.Key, ", "), strings.Join(m.Contract.Key, ", ")))
	}
	if m.Storage != m.Contract.Storage {
		return wrong("storage", fmt.Sprintf("the storage is %s, the contract says %s", m.Storage, m.Contract.Storage))
	}
	if m.Kind != "derived" && m.Kind != "state" {
		return &SQLError{Path: m.Path, Line: h.lines["kind"], Problem: fmt.Sprintf("kind %q", m.Kind), Hint: "valid: derived, state"}
	}
	return m.readSlices(h)
}

// readSlices takes "column = value, value …": which rows of a partitioned table can be
// computed apart, so that the whole need not fit into memory.
func (m *Model) readSlices(h header) error {
	text := h.values["slices"]
	if text == "" {
		return nil
	}
	column, values, _ := strings.Cut(text, "=")
	m.SliceBy, m.Slices = strings.TrimSpace(column), splitList(values)
	known := slices.ContainsFunc(m.Contract.Columns, func(c config.ContractColumn) bool { return c.Name == m.SliceBy })
	if !known || slices.Contains(m.Slices, "") || m.Storage != "partitioned" {
		return &SQLError{Path: m.Path, Line: h.lines["slices"], Problem: fmt.Sprintf("slices %q", text),
			Hint: "write column = value, value of a column of a partitioned table"}
	}
	return nil
}

func splitList(text string) []string {
	var list []string
	for _, item := range strings.Split(text, ",") {
		list = append(list, strings.TrimSpace(item))
	}
	return list
}
