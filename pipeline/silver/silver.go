// Package silver turns bronze into typed, cleaned, deduplicated tables at an as-of.
//
// It owns the mapping language: a mapping compiles to readable SQL, one chain of
// statements per silver table, and the builder runs that SQL in an engine session.
// A silver table is a pure function of (bronze, mapping, as-of); what cannot enter it
// is counted and kept in rejected_row and rejected_value. Silver must not know where
// bronze came from, how the lake stores files or what gold makes of the tables.
package silver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// RateTable is the silver table with exchange rates; it is built from rate sources,
// not from a mapping.
const RateTable = "exchange_rate"

// RateObject is the object name under which the rows of a rate source stand in bronze.
const RateObject = "rates"

// Names of the tables that hold what was refused.
const (
	RejectedRowTable   = "rejected_row"
	RejectedValueTable = "rejected_value"
)

// Project is a compiled set of mappings.
type Project struct {
	tables    []*Table
	byName    map[string]*Table
	contracts map[string]config.Contract
	zone      string
}

// Table is one compiled silver table.
type Table struct {
	Name        string
	Contract    config.Contract
	Inputs      []Input
	DependsOn   []string // silver tables that must be built before it
	Fingerprint string   // of its compiled SQL and contract; does not depend on the as-of

	inputs []*inputPlan
	rates  *ratePlan // only of RateTable
	fx     []fxPair  // distinct (currency, date) conversions, the first fills the fx columns
	money  []moneyPlan
}

// Input is one bronze table that feeds a silver table.
type Input struct {
	Source, Object string // as configured
	Region         string
	Mapping        string // file of the mapping, "" for rate sources
	EventSQL       string // over the silver table's columns: when the thing happened
}

// FedBy returns the event expression of the input (source, object), and whether the
// table has such an input. Names are compared without regard to case.
func (t Table) FedBy(source, object string) (eventSQL string, ok bool) {
	for _, in := range t.Inputs {
		if in.Source == source && strings.EqualFold(in.Object, object) {
			return in.EventSQL, true
		}
	}
	return "", false
}

// Tables lists every silver table in an order in which they can be built.
func (p *Project) Tables() []Table {
	out := make([]Table, len(p.tables))
	for i, t := range p.tables {
		out[i] = *t
	}
	return out
}

// Table returns one table.
func (p *Project) Table(name string) (Table, bool) {
	t, ok := p.byName[name]
	if !ok {
		return Table{}, false
	}
	return *t, true
}

// CycleError says that tables look each other up in a circle.
type CycleError struct{ Path []string }

func (e *CycleError) Error() string {
	return "silver tables depend on each other in a circle: " + strings.Join(e.Path, " -> ")
}

// Hint tells a user what to do about it.
func (e *CycleError) Hint() string {
	return "lookup_by references and reconstruct overlays must not form a circle; plain references may"
}

// MappingError is a fault in one mapping.
type MappingError struct {
	File, Field, Problem string
}

func (e *MappingError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("mapping %s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("mapping %s: %s: %s", e.File, e.Field, e.Problem)
}

// Compile turns mappings into SQL. It is pure: nothing is read or run. All faults are
// returned at once, joined. Contracts are those of the silver layer, by "silver/<table>".
func Compile(p config.Pipeline, mappings []config.LoadedMapping, contracts map[string]config.Contract) (*Project, error) {
	project := &Project{byName: map[string]*Table{}, contracts: map[string]config.Contract{}, zone: p.TimeZone}
	if project.zone == "" {
		project.zone = "UTC"
	}
	for name, c := range contracts {
		table, ok := strings.CutPrefix(name, "silver/")
		if !ok {
			continue
		}
		project.contracts[table] = c
		if table != RejectedRowTable && table != RejectedValueTable {
			project.byName[table] = &Table{Name: table, Contract: c}
		}
	}
	var problems []error
	for _, src := range p.Sources {
		for i := range mappings {
			if m := &mappings[i]; m.Set == src.Mapping {
				problems = append(problems, project.addInputs(src, m)...)
			}
		}
	}
	if t := project.byName[RateTable]; t != nil {
		project.compileRates(t, p)
	}
	for _, t := range project.byName {
		problems = append(problems, t.finish(project)...)
	}
	if err := project.order(); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		problems = slices.CompactFunc(problems, func(a, b error) bool { return a.Error() == b.Error() })
		return nil, errors.Join(problems...)
	}
	for _, t := range project.tables {
		t.Fingerprint = t.fingerprint()
	}
	return project, nil
}

// addInputs adds the objects of a source that a mapping reads.
func (p *Project) addInputs(src config.Source, m *config.LoadedMapping) []error {
	var problems []error
	for _, obj := range src.Objects {
		if !strings.EqualFold(obj.Name, m.SourceObject) {
			continue
		}
		t := p.byName[m.TargetTable]
		if t == nil || m.TargetTable == RateTable {
			problems = append(problems, &MappingError{m.File, "target_table", fmt.Sprintf("%q is no table that mappings can feed", m.TargetTable)})
			continue
		}
		in, errs := compileInput(p, t, src, obj, m)
		problems = append(problems, errs...)
		in.index = len(t.inputs) + 1
		t.inputs = append(t.inputs, in)
		t.Inputs = append(t.Inputs, in.Input)
	}
	return problems
}

// order sorts the tables so that every one comes after those it depends on.
func (p *Project) order() error {
	names := make([]string, 0, len(p.byName))
	for name := range p.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	state := map[string]int{}
	var path []string
	var visit func(name string) error
	visit = func(name string) error {
		switch state[name] {
		case 1:
			return &CycleError{Path: append(slices.Clone(path[slices.Index(path, name):]), name)}
		case 2:
			return nil
		}
		state[name] = 1
		path = append(path, name)
		for _, d := range p.byName[name].DependsOn {
			if p.byName[d] == nil {
				continue // reported where it is named
			}
			if err := visit(d); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		state[name] = 2
		p.tables = append(p.tables, p.byName[name])
		return nil
	}
	for _, name := range names {
		if err := visit(name); err != nil {
			return err
		}
	}
	return nil
}
