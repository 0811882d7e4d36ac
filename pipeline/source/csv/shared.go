package csv

import (
	"slices"

	"github.com/customer360/pipeline/pipeline/config"
)

// Shared is a file that several objects of a source read: Account*.csv takes
// AccountHistory.csv in as well, and its records would become accounts.
type Shared struct {
	File    string
	Objects []string // two or more, as configured
}

// SharedFiles looks for such files, by name. It opens none; what cannot be listed is left
// to the run, which says why.
func SharedFiles(src config.Source) (out []Shared) {
	readers := map[string][]string{}
	var names []string
	for _, o := range src.Objects {
		found, err := New(src, "", nil).find(o)
		if err != nil {
			continue
		}
		for _, name := range found {
			if readers[name] == nil {
				names = append(names, name)
			}
			readers[name] = append(readers[name], o.Name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if len(readers[name]) > 1 {
			out = append(out, Shared{File: name, Objects: readers[name]})
		}
	}
	return out
}
