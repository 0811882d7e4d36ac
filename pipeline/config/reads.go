package config

import (
	"regexp"
	"strings"
)

// quotedName is a source column that SQL of a mapping names in quotes, as it must with
// paths such as "RecordType.Name".
var quotedName = regexp.MustCompile(`"([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+)"`)

// Reads lists the source columns that mappings read of an object, alternatives together.
func (l *Loaded) Reads(s Source, o Object) (out [][]string) {
	for _, m := range l.Mappings {
		if m.Set != s.Mapping || !strings.EqualFold(m.SourceObject, o.Name) {
			continue
		}
		for _, c := range m.Columns {
			if len(c.SourceColumn) > 0 {
				out = append(out, c.SourceColumn)
			}
		}
		if len(m.Modified) > 0 {
			out = append(out, m.Modified)
		}
		for _, text := range []string{m.Filter, m.SoftDelete} {
			for _, found := range quotedName.FindAllStringSubmatch(text, -1) {
				out = append(out, []string{found[1]})
			}
		}
	}
	return out
}
