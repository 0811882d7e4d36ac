package salesforcesim

import (
	"fmt"
	"maps"
	"strings"
)

// AddField adds a field to an object; its rows hold null.
func (o *Org) AddField(name string, f Field) {
	o.alter(name, func(obj *object) {
		obj.add(f)
		if s, ok := obj.rows.(*stored); ok {
			s.width = len(obj.fields)
		}
	})
}

// RemoveField deletes a field: describes lose it and queries that name it fail.
func (o *Org) RemoveField(name, field string) {
	o.alter(name, func(obj *object) { obj.drop(field) })
}

// drop removes a field.
func (o *object) drop(field string) {
	o.mustField(field).removed = true
	delete(o.slots, strings.ToLower(field))
}

// HideField takes the user's right to see a field. Unhide gives it back.
func (o *Org) HideField(name, field string) {
	o.alter(name, func(obj *object) { obj.mustField(field).hidden = true })
}

// UnhideField gives the user the right to see a field.
func (o *Org) UnhideField(name, field string) {
	o.alter(name, func(obj *object) { obj.mustField(field).hidden = false })
}

// Retype changes the type of a field. Its values stay as they are written.
func (o *Org) Retype(name, field, typ string) {
	o.alter(name, func(obj *object) {
		f := obj.mustField(field)
		if types[typ] == nil {
			panic(fmt.Sprintf("salesforcesim: unknown type %q", typ))
		}
		f.Type, f.Length, f.known = typ, types[typ].length, types[typ]
		f.Precision, f.Scale = types[typ].precision, types[typ].scale
	})
}

// HideObject takes the user's right to see an object.
func (o *Org) HideObject(name string) { o.alter(name, func(obj *object) { obj.hidden = true }) }

func (o *Org) alter(name string, change func(*object)) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	o.alterLocked(name, change)
}

func (o *Org) alterLocked(name string, change func(*object)) {
	obj := o.must(name)
	// Results that are being read hold the old fields: they are replaced, not changed.
	fields := make([]*Field, len(obj.fields))
	for i, f := range obj.fields {
		c := *f
		fields[i] = &c
	}
	obj.fields, obj.slots, obj.parts = fields, maps.Clone(obj.slots), maps.Clone(obj.parts)
	change(obj)
	obj.find()
	obj.changed = o.world.now
}

func (o *object) mustField(name string) *Field {
	slot, ok := o.slots[strings.ToLower(name)]
	if !ok {
		panic(fmt.Sprintf("salesforcesim: object %s has no field %s", o.Name, name))
	}
	return o.fields[slot]
}
