package salesforcesim

import (
	"fmt"
	"strings"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim/soql"
)

// plan is a query made ready to run against an org.
type plan struct {
	org     *Org
	query   *soql.Query
	object  *object            // as it was when the query came
	names   map[string]*object // by the prefix of ids, likewise
	version int
	all     bool // deleted rows too
	bulk    bool
	now     time.Time

	leaves     []*path // the selected fields, in order
	tree       *node   // the same as REST nests them
	far        []*path // values of other rows that are needed
	aggregates []soql.Item
	where      condition
	tested     []bool // slots that are read to find the rows
	needed     []bool // slots that are read to show them
}

// node is a level of a REST record: fields of one object.
type node struct {
	relation string
	through  *path // to the id of the parent
	leaves   []*path
	children []*node
	order    []any // *path and *node as selected
}

// plan checks a query against the objects and makes it ready. The lock is held.
func (o *Org) plan(q *soql.Query, version int, all, bulk bool) (*plan, error) {
	p := &plan{org: o, query: q, version: version, all: all || q.AllRows, bulk: bulk, now: o.world.now, names: o.prefixes}
	obj := o.find(q.From)
	if obj == nil {
		return nil, p.fault(q.FromAt, "INVALID_TYPE", "sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", q.From)
	}
	fixed := *obj
	p.object = &fixed
	p.tested, p.needed = make([]bool, len(fixed.fields)), make([]bool, len(fixed.fields))
	if bulk {
		if err := p.bulkRules(); err != nil {
			return nil, err
		}
	}
	if err := p.list(); err != nil {
		return nil, err
	}
	for _, at := range p.far {
		p.tested[at.slot] = true
	}
	for _, k := range q.OrderBy {
		at, err := p.resolve(k.Path, k.At, p.tested)
		if err != nil {
			return nil, err
		}
		if at.field.facts().noSort {
			return nil, p.fault(k.At, "MALFORMED_QUERY", "field '%s' can not be sorted in a query call", at.field.Name)
		}
	}
	var err error
	p.where, err = p.compile(q.Where)
	p.needed[fixed.id] = true
	for _, slot := range []int{fixed.isDeleted, fixed.isArchived} {
		if slot >= 0 {
			p.tested[slot] = true
		}
	}
	return p, err
}

// list resolves what is selected.
func (p *plan) list() error {
	p.tree = &node{}
	for _, it := range p.query.Select {
		switch {
		case it.Sub != nil:
			return p.fault(it.At, "MALFORMED_QUERY", "queries of child records are not supported here")
		case it.Type:
			return p.fault(it.At, "MALFORMED_QUERY", "TYPEOF is not supported here")
		case it.Func == "FIELDS":
			if err := p.fieldsOf(it); err != nil {
				return err
			}
		case it.Func != "" && aggregate(it.Func):
			if it.Path != "" {
				if _, err := p.resolve(it.Path, it.At, p.tested); err != nil {
					return err
				}
			}
			p.aggregates = append(p.aggregates, it)
		default:
			at, err := p.resolve(it.Path, it.At, p.needed)
			if err != nil {
				return err
			}
			p.choose(at)
		}
	}
	if len(p.query.GroupBy) > 0 {
		return p.fault(p.query.FromAt, "MALFORMED_QUERY", "GROUP BY is not supported here")
	}
	if len(p.aggregates) > 0 && len(p.leaves) > 0 {
		return p.fault(p.query.FromAt, "MALFORMED_QUERY", "Field must be grouped or aggregated: %s", p.leaves[0].name)
	}
	return nil
}

func aggregate(name string) bool {
	switch name {
	case "COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG":
		return true
	}
	return false
}

// fieldsOf expands FIELDS(ALL), FIELDS(STANDARD) and FIELDS(CUSTOM).
func (p *plan) fieldsOf(it soql.Item) error {
	which := strings.ToUpper(it.Path)
	if which != "STANDARD" && (p.query.Limit < 0 || p.query.Limit > 200) {
		return p.fault(it.At, "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
	}
	for _, f := range p.object.shown(p.version) {
		custom := strings.HasSuffix(f.Name, "__c")
		if which == "ALL" || custom == (which == "CUSTOM") {
			at, err := p.resolve(f.Name, it.At, p.needed)
			if err != nil {
				return err
			}
			p.choose(at)
		}
	}
	return nil
}

// choose adds a selected field, once.
func (p *plan) choose(at *path) {
	for _, l := range p.leaves {
		if l.name == at.name {
			return
		}
	}
	p.leaves = append(p.leaves, at)
	p.tree.add(at, 0)
	p.far = p.tree.far(nil)
}

// far lists the values of a level, and of those below it, that are not in the row
// itself, and numbers them.
func (n *node) far(list []*path) []*path {
	for _, entry := range n.order {
		at, leaf := entry.(*path)
		if !leaf {
			at = entry.(*node).through
		}
		if len(at.steps) > 0 {
			at.far = len(list)
			list = append(list, at)
		}
		if !leaf {
			list = entry.(*node).far(list)
		}
	}
	return list
}

// add puts a field into its place below a level.
func (n *node) add(at *path, depth int) {
	if depth == len(at.steps) {
		n.leaves = append(n.leaves, at)
		n.order = append(n.order, at)
		return
	}
	for _, c := range n.children {
		if c.relation == at.steps[depth].relation {
			c.add(at, depth+1)
			return
		}
	}
	c := &node{relation: at.steps[depth].relation, through: &path{org: at.org, slot: at.slot, steps: at.steps[:depth]}}
	n.children = append(n.children, c)
	n.order = append(n.order, c)
	c.add(at, depth+1)
}

// fault makes an error about a place in the query.
func (p *plan) fault(at int, code, format string, args ...any) error {
	e := &soql.Error{Message: fmt.Sprintf(format, args...), Query: p.query.Text, At: at}
	if e.Query == "" {
		return &wireError{400, code, e.Message, nil}
	}
	return &wireError{400, code, e.Error(), nil}
}
