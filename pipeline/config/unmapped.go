package config

import (
	"slices"
	"strings"
)

// Unmapped lists the objects, as source/object, that no mapping reads. They are kept
// in bronze only. Reference objects that nobody asked for are not among them.
func (l *Loaded) Unmapped() []string {
	var out []string
	for _, s := range l.Sources {
		for _, o := range s.Objects {
			if !o.Added && !slices.ContainsFunc(l.Mappings, func(m LoadedMapping) bool {
				return m.Set == s.Mapping && strings.EqualFold(m.SourceObject, o.Name)
			}) {
				out = append(out, s.Name+"/"+o.Name)
			}
		}
	}
	return out
}
