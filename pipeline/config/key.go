package config

import (
	"fmt"
	"slices"
	"strings"
)

// ObjectKey returns the source columns that identify a record of an object: the
// object's own key; else the columns behind the key of the mappings that read it;
// else Id.
func (l *Loaded) ObjectKey(s Source, o Object) ([]string, error) {
	key, err := objectKey(s, o, l.Mappings)
	if err != nil {
		return nil, fmt.Errorf("source %s, object %s: the mappings disagree about its key: %w", s.Name, o.Name, err)
	}
	return key, nil
}

func objectKey(s Source, o Object, mappings []LoadedMapping) ([]string, error) {
	if len(o.Key) > 0 {
		return o.Key, nil
	}
	var key []string
	var from string
	for _, m := range mappings {
		if m.Set != s.Mapping || !strings.EqualFold(m.SourceObject, o.Name) {
			continue
		}
		columns := m.sourceKey()
		switch {
		case columns == nil:
		case key == nil:
			key, from = columns, m.File
		case !sameNames(key, columns):
			return nil, fmt.Errorf("%s identifies a record by %s, %s by %s",
				from, strings.Join(key, ", "), m.File, strings.Join(columns, ", "))
		}
	}
	if key == nil {
		return []string{"Id"}, nil
	}
	return key, nil
}

// sourceKey lists the source columns behind the mapping's key; nil if a key column is
// computed, or is given by silver itself.
func (m Mapping) sourceKey() []string {
	if m.Mode == "history" {
		return nil // its key is of versions, not of records
	}
	var key []string
	for _, name := range m.Key {
		i := slices.IndexFunc(m.Columns, func(c Column) bool { return c.TargetColumn == name })
		switch {
		case i < 0 && isAutomatic(name):
		case i < 0 || len(m.Columns[i].SourceColumn) == 0:
			return nil
		default:
			key = append(key, m.Columns[i].SourceColumn[0])
		}
	}
	return key
}

// KeyColumns returns the source columns that identify a row of a rate file; none means
// that each distinct row is a record of its own.
func (r Rate) KeyColumns() []string {
	switch r.Layout {
	case "generic":
		c := r.Columns.withDefaults()
		return []string{c.Date, c.Currency}
	case "ecb":
		return []string{"Date"}
	case "imf":
		return []string{"Date", "Currency", "Country code", "Frequency"}
	case "fed":
		return []string{"Date", "Country"}
	}
	return nil
}

func sameNames(a, b []string) bool {
	fold := func(names []string) []string {
		out := make([]string, len(names))
		for i, n := range names {
			out[i] = strings.ToLower(n)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(fold(a), fold(b))
}

// isAutomatic tells whether silver fills a contract column that no mapping gives.
func isAutomatic(column string) bool {
	return contains([]string{
		"source_system", "source_region", "region", "known_at", "known_at_basis", "record_hash", "is_deleted",
		"fx_rate", "fx_rate_date", "fx_status", "valid_from", "valid_to", "is_current",
	}, column)
}

func contains(names []string, name string) bool { return slices.Contains(names, name) }
