package salesforcesim

import "strings"

// maxHops bounds the references that one path follows, as in SOQL.
const maxHops = 5

// path leads from a row to a value, over references to other objects.
type path struct {
	name  string // as answers spell it
	slot  int    // in the first row
	field *Field // at the end
	org   *Org
	steps []step
	far   int // place among the plan's far values, where there are steps
}

// step follows a reference and goes on at a slot of the row that is reached.
type step struct {
	relation string
	next     string
	last     bool // next is a field, not a relationship
	version  int
	slots    map[*object]int // of next, by the object that is reached
}

// resolve finds what a name in a query stands for, and notes which slot is read.
func (p *plan) resolve(name string, at int, read []bool) (*path, error) {
	parts := strings.Split(name, ".")
	if len(parts) == 1 {
		f, slot := p.object.field(name, p.version)
		if f == nil {
			return nil, p.noField(name, p.object.Name, at)
		}
		p.need(slot, read)
		return &path{name: f.Name, slot: slot, field: f, org: p.org}, nil
	}
	if len(parts) > maxHops+1 {
		return nil, p.fault(at, "MALFORMED_QUERY", "too many relationships in field path '%s'", name)
	}
	out := &path{org: p.org, slot: -1}
	from := []*object{p.object}
	var names []string
	for i, part := range parts[:len(parts)-1] {
		ref, slot, next := p.org.follow(from, part, p.version)
		if ref == nil {
			return nil, p.fault(at, "INVALID_FIELD", "Didn't understand relationship '%s' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.", part)
		}
		if out.slot < 0 {
			out.slot = slot
		}
		names = append(names, ref.RelationshipName)
		out.steps = append(out.steps, step{relation: ref.RelationshipName, next: parts[i+1], last: i == len(parts)-2, version: p.version, slots: map[*object]int{}})
		from = next
	}
	last := parts[len(parts)-1]
	for _, obj := range from {
		if out.field, _ = obj.field(last, p.version); out.field != nil {
			break
		}
	}
	if out.field == nil {
		return nil, p.noField(last, from[0].Name, at)
	}
	p.need(out.slot, read)
	out.name = strings.Join(append(names, out.field.Name), ".")
	return out, nil
}

// need notes that a slot is read, with the parts of a compound one.
func (p *plan) need(slot int, read []bool) {
	read[slot] = true
	for _, part := range p.object.parts[p.object.fields[slot].Name] {
		read[part] = true
	}
}

func (p *plan) noField(name, entity string, at int) error {
	return p.fault(at, "INVALID_FIELD", "No such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.", name, entity)
}

// follow finds a relationship in one of the objects and the objects it leads to.
func (o *Org) follow(from []*object, relation string, version int) (*Field, int, []*object) {
	for _, obj := range from {
		ref, slot := obj.relation(relation, version)
		if ref == nil {
			continue
		}
		var to []*object
		for _, name := range ref.ReferenceTo {
			if target := o.find(name); target != nil {
				to = append(to, target)
			}
		}
		if len(to) > 0 {
			return ref, slot, to
		}
	}
	return nil, -1, nil
}

// get returns the value for a row. With steps, the lock must be held.
func (at *path) get(values []string) string {
	slot := at.slot
	for i := range at.steps {
		id := values[slot]
		if id == "" {
			return ""
		}
		obj := at.org.byPrefix(id)
		if obj == nil {
			return ""
		}
		t, ok := obj.rows.(*stored)
		if !ok {
			return ""
		}
		parent := make([]string, len(obj.fields))
		if !t.get(id, parent) {
			return ""
		}
		if slot = at.steps[i].slot(obj); slot < 0 {
			return ""
		}
		values = parent
	}
	return values[slot]
}

// slot is where the step goes on in a row of the object that was reached.
func (s *step) slot(obj *object) int {
	if slot, known := s.slots[obj]; known {
		return slot
	}
	var slot int
	if s.last {
		_, slot = obj.field(s.next, s.version)
	} else {
		_, slot = obj.relation(s.next, s.version)
	}
	s.slots[obj] = slot
	return slot
}
