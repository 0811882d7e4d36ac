package gold

import (
	"fmt"
	"slices"
	"strings"
)

// CycleError names the files of models that need each other.
type CycleError struct{ Paths []string }

// Error names every file of the cycle, the first one again at the end.
func (e *CycleError) Error() string {
	return "models need each other: " + strings.Join(append(slices.Clone(e.Paths), e.Paths[0]), " → ")
}

// inOrder sorts models so that each comes after those it reads; ties by name.
func inOrder(models []Model) ([]Model, error) {
	byTable := map[string]Model{}
	var names []string
	for _, m := range models {
		byTable[m.Table()] = m
		names = append(names, m.Table())
	}
	slices.Sort(names)
	const visiting, done = 1, 2
	state := map[string]int{}
	var ordered []Model
	var stack []string
	var visit func(name string) error
	visit = func(name string) error {
		m, isModel := byTable[name]
		if !isModel || state[name] == done {
			return nil
		}
		if state[name] == visiting {
			return cycle(byTable, stack[slices.Index(stack, name):])
		}
		state[name] = visiting
		stack = append(stack, name)
		for _, in := range m.Inputs {
			if err := visit(in); err != nil {
				return err
			}
		}
		stack = stack[:len(stack)-1]
		state[name] = done
		ordered = append(ordered, m)
		return nil
	}
	for _, name := range names {
		if err := visit(name); err != nil {
			return nil, fmt.Errorf("order of the gold models: %w", err)
		}
	}
	return ordered, nil
}

func cycle(byTable map[string]Model, names []string) error {
	e := &CycleError{}
	for _, n := range names {
		e.Paths = append(e.Paths, byTable[n].Path)
	}
	return e
}
