package bronze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// metadata is the columns that stand behind the source's own. Their names, types and
// meanings are part of the stored format.
var metadata = [...]engine.Column{
	{Name: "_source_system", Type: "VARCHAR"},
	{Name: "_source_region", Type: "VARCHAR"},
	{Name: "_source_object", Type: "VARCHAR"},
	{Name: "_source_file", Type: "VARCHAR"},
	{Name: "_extracted_at", Type: "TIMESTAMP WITH TIME ZONE"},
	{Name: "_watermark", Type: "TIMESTAMP WITH TIME ZONE"},
	{Name: "_batch_id", Type: "VARCHAR"},
	{Name: "_seq", Type: "BIGINT"},
	{Name: "_row_hash", Type: "BLOB"},
	{Name: "_is_deleted", Type: "BOOLEAN"},
}

func isMetadata(name string) bool {
	return slices.ContainsFunc(metadata[:], func(c engine.Column) bool { return strings.EqualFold(c.Name, name) })
}

// reserved says whether a source column would be taken for metadata, now or when the
// metadata grows by a variant of a name.
func reserved(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(metadata[:], func(c engine.Column) bool { return strings.HasPrefix(lower, c.Name) })
}

// schema is the columns of one bronze table. Source fields are only ever added.
type schema struct {
	fields []engine.Column // the source's, in the order first seen, under the spelling first seen
	meta   []engine.Column
	index  map[string]int // lower-case name to place in fields
	nextID int
}

// newSchema starts from what is held. Field ids stay what they are; new columns get
// the next free ones.
func newSchema(held []engine.Column) *schema {
	s := &schema{index: map[string]int{}, nextID: 1, meta: slices.Clone(metadata[:])}
	for _, c := range held {
		s.nextID = max(s.nextID, c.FieldID+1)
	}
	for _, c := range held {
		if !isMetadata(c.Name) {
			s.add(c)
			continue
		}
		for i := range s.meta {
			if strings.EqualFold(s.meta[i].Name, c.Name) {
				s.meta[i].FieldID = c.FieldID
			}
		}
	}
	return s
}

func (s *schema) add(c engine.Column) int {
	c.Type = "VARCHAR"
	if c.FieldID == 0 {
		c.FieldID = s.nextID
		s.nextID++
	}
	s.index[strings.ToLower(c.Name)] = len(s.fields)
	s.fields = append(s.fields, c)
	return len(s.fields) - 1
}

// find gives the place of a source field, -1 if the table has none of that name.
func (s *schema) find(name string) int {
	if at, ok := s.index[strings.ToLower(name)]; ok {
		return at
	}
	return -1
}

// match gives the place of every column of a header, and the names that are new.
func (s *schema) match(header []string) (places []int, added []string, err error) {
	if len(header) == 0 {
		return nil, nil, fmt.Errorf("%w: no columns", ErrConservation)
	}
	for _, name := range header {
		if reserved(name) {
			return nil, nil, fmt.Errorf("%w: %q begins like a metadata column; rename it in the export", ErrReserved, name)
		}
		at := s.find(name)
		if at < 0 {
			at = s.add(engine.Column{Name: name})
			added = append(added, name)
		}
		places = append(places, at)
	}
	return places, added, nil
}

// columns is the table's columns as they are written.
func (s *schema) columns() []engine.Column {
	for i := range s.meta {
		if s.meta[i].FieldID == 0 {
			s.meta[i].FieldID = s.nextID
			s.nextID++
		}
	}
	return append(slices.Clone(s.fields), s.meta...)
}

func contains(list []int, n int) bool           { return slices.Contains(list, n) }
func containsText(list []string, s string) bool { return slices.Contains(list, s) }
