package salesforcesim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Record is a row by field: canonical text, "" for null, since Salesforce has no
// empty texts. Names of fields count without regard to case.
type Record map[string]string

// Insert adds a row, created now, and returns its id. Id and stamps may be given.
func (o *Org) Insert(name string, r Record) string {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	return o.insert(o.must(name), r, o.world.now)
}

// Load adds rows as they are. What they lack of stamps is filled in.
func (o *Org) Load(name string, list []Record) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.must(name)
	for _, r := range list {
		o.insert(obj, r, o.world.now)
	}
}

// InsertLate adds a row that is stamped now and can be seen only d later.
func (o *Org) InsertLate(name string, r Record, d time.Duration) string {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj, now := o.must(name), o.world.now
	r = maps.Clone(r)
	if r["Id"] == "" {
		r["Id"] = o.newID(obj)
	}
	o.late(now.Add(d), func() { o.insert(obj, r, now) })
	return r["Id"]
}

// Update changes fields of a row and moves its stamps to now.
func (o *Org) Update(name, id string, r Record) { o.change(name, id, r, 0, touchBoth) }

// UpdateLate changes a row: stamped now, seen only d later.
func (o *Org) UpdateLate(name, id string, r Record, d time.Duration) {
	o.change(name, id, r, d, touchBoth)
}

// Touch changes a row as the system does: SystemModstamp moves, LastModifiedDate stays.
func (o *Org) Touch(name, id string, r Record) { o.change(name, id, r, 0, touchStamp) }

// SetSilently changes values that no stamp tells of, as those of formulas.
func (o *Org) SetSilently(name, id string, r Record) { o.change(name, id, r, 0, touchNone) }

// Delete puts a row into the recycle bin; an object without IsDeleted loses it.
func (o *Org) Delete(name, id string) { o.remove(name, id, 0) }

// DeleteLate deletes a row: stamped now, seen only d later.
func (o *Org) DeleteLate(name, id string, d time.Duration) { o.remove(name, id, d) }

// Undelete takes a row out of the recycle bin.
func (o *Org) Undelete(name, id string) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.must(name)
	o.edit(obj, id, Record{"IsDeleted": "false", "MasterRecordId": ""}, o.world.now, touchBoth)
	obj.forgetDeletion(fullID(id))
}

// HardDelete removes a row for good. The delete log tells of it.
func (o *Org) HardDelete(name, id string) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.must(name)
	obj.logDeletion(fullID(id), o.world.now)
	o.erase(obj, fullID(id))
}

// Vanish removes a row without a trace.
func (o *Org) Vanish(name, id string) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	o.erase(o.must(name), fullID(id))
}

// Merge makes loser a deleted duplicate of winner, to which its children move.
func (o *Org) Merge(name, winner, loser string) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj, now := o.must(name), o.world.now
	o.edit(obj, loser, Record{"MasterRecordId": winner}, now, touchNone)
	o.bin(obj, fullID(loser), now)
	o.edit(obj, winner, nil, now, touchBoth)
	for _, child := range o.objects {
		o.moveChildren(child, obj.Name, fullID(loser), winner)
	}
}

// moveChildren makes the rows of an object that refer to one row refer to another.
func (o *Org) moveChildren(child *object, parent, from, to string) {
	t, ok := child.rows.(*stored)
	if !ok {
		return
	}
	for slot, f := range child.fields {
		if f.removed || f.Audit || !slices.Contains(f.ReferenceTo, parent) {
			continue
		}
		var ids []string
		t.scan(0, t.size(), nil, func(v []string) verdict {
			if v[slot] == from {
				ids = append(ids, strings.Clone(v[child.id]))
			}
			return skip
		})
		for _, id := range ids {
			o.edit(child, id, Record{f.Name: to}, o.world.now, touchStamp)
		}
	}
}

// EmptyRecycleBin removes every deleted row for good.
func (o *Org) EmptyRecycleBin() {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	for _, obj := range o.objects {
		if t, ok := obj.rows.(*stored); ok {
			for _, e := range append([]*entry(nil), t.entries...) {
				if !e.deleted.IsZero() {
					o.erase(obj, e.id)
				}
			}
		}
	}
}

// PurgeDeleteLog makes getDeleted forget what was deleted before t.
func (o *Org) PurgeDeleteLog(before time.Time) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	o.purged = before.UTC()
}

// touching says which stamps a change moves.
type touching byte

const (
	touchNone touching = iota
	touchStamp
	touchBoth
)

// late runs f at a time, under the lock.
func (o *Org) late(at time.Time, f func()) {
	if !at.After(o.world.now) {
		f()
		return
	}
	o.world.schedule(at, func() {
		o.world.mu.Lock()
		defer o.world.mu.Unlock()
		f()
	})
}

func (o *Org) change(name, id string, r Record, d time.Duration, how touching) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj, now := o.must(name), o.world.now
	r = maps.Clone(r)
	o.late(now.Add(d), func() { o.edit(obj, id, r, now, how) })
}

func (o *Org) remove(name, id string, d time.Duration) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj, now := o.must(name), o.world.now
	o.late(now.Add(d), func() { o.bin(obj, fullID(id), now) })
}

func (o *Org) newID(obj *object) string {
	for {
		id := makeID(obj.KeyPrefix, o.pod, obj.next)
		obj.next++
		if obj.stored().byID[id] == nil {
			return id
		}
	}
}

// stored returns the rows of an object that can be changed.
func (o *object) stored() *stored {
	s, ok := o.rows.(*stored)
	if !ok {
		panic(fmt.Sprintf("salesforcesim: the rows of %s are computed and cannot be changed", o.Name))
	}
	return s
}

// insert puts a row into a table, with what it lacks of stamps.
func (o *Org) insert(obj *object, r Record, now time.Time) string {
	values := make([]string, len(obj.fields))
	obj.assign(values, r)
	defaults := map[int]string{obj.isDeleted: "false", obj.created: stamped(now), obj.createdBy: o.me(), obj.modifiedBy: o.me(), obj.currency: o.options.Currency}
	for slot, v := range defaults {
		if slot >= 0 && values[slot] == "" {
			values[slot] = v
		}
	}
	if by, given := r["CreatedById"]; given && by == "" { // nobody, and it is said so
		values[obj.createdBy] = ""
	}
	for _, slot := range []int{obj.modified, obj.stamp} {
		if slot >= 0 && values[slot] == "" {
			values[slot] = values[obj.created]
		}
	}
	if values[obj.id] == "" {
		values[obj.id] = o.newID(obj)
	}
	for slot, f := range obj.fields {
		if f.Type == "boolean" && values[slot] == "" {
			values[slot] = "false"
		}
	}
	o.put(obj, values)
	if obj.isDeleted >= 0 && values[obj.isDeleted] == "true" {
		at := now
		if obj.stamp >= 0 {
			at, _ = time.Parse(stampLayout, values[obj.stamp])
		}
		o.deletedAt(obj, values[obj.id], at)
	}
	return values[obj.id]
}

// put stores a version of a row.
func (o *Org) put(obj *object, values []string) {
	id := values[obj.id]
	obj.stored().set(id, values)
	delete(obj.gone, id)
	if o.world.options.KeepVersions {
		obj.history[id] = append(obj.history[id], obj.record(values))
	}
}

// assign copies a record's values into their slots.
func (o *object) assign(values []string, r Record) {
	for name, v := range r {
		slot, ok := o.slots[strings.ToLower(name)]
		if !ok {
			panic(fmt.Sprintf("salesforcesim: object %s has no field %s", o.Name, name))
		}
		values[slot] = canonical(o.fields[slot], v)
	}
}

// edit changes a row that may meanwhile be gone.
func (o *Org) edit(obj *object, id string, r Record, now time.Time, how touching) {
	values := make([]string, len(obj.fields))
	if !obj.stored().get(fullID(id), values) {
		return
	}
	if _, named := r["MasterRecordId"]; named && obj.master < 0 {
		r = maps.Clone(r)
		delete(r, "MasterRecordId")
	}
	obj.assign(values, r)
	later := func(slot int) {
		if slot >= 0 {
			values[slot] = max(values[slot], stamped(now))
		}
	}
	if how == touchBoth {
		later(obj.modified)
	}
	if how != touchNone {
		later(obj.stamp)
	}
	if obj.isDeleted >= 0 && values[obj.isDeleted] != "true" {
		obj.stored().byID[fullID(id)].deleted = time.Time{}
	}
	o.put(obj, values)
}

// bin puts a row into the recycle bin, or removes it where there is none.
func (o *Org) bin(obj *object, id string, now time.Time) {
	if obj.stored().byID[id] == nil {
		return
	}
	if obj.isDeleted < 0 {
		obj.logDeletion(id, now)
		o.erase(obj, id)
		return
	}
	o.edit(obj, id, Record{"IsDeleted": "true"}, now, touchBoth)
	o.deletedAt(obj, id, now)
}

// deletedAt notes that a row went into the recycle bin, which it leaves after a time.
func (o *Org) deletedAt(obj *object, id string, at time.Time) {
	e := obj.stored().byID[id]
	e.deleted = at
	obj.logDeletion(id, at)
	o.late(at.Add(o.options.RecycleBin), func() {
		if now := obj.stored().byID[id]; now == e && e.deleted.Equal(at) {
			o.erase(obj, id)
		}
	})
}

func (o *object) logDeletion(id string, at time.Time) {
	o.deleted = append(o.deleted, deletion{id, at})
}

// forgetDeletion takes an id out of the delete log.
func (o *object) forgetDeletion(id string) {
	o.deleted = slices.DeleteFunc(slices.Clone(o.deleted), func(d deletion) bool { return d.id == id })
}

func (o *Org) erase(obj *object, id string) {
	if obj.stored().byID[id] != nil {
		obj.stored().remove(id)
		obj.gone[id] = o.world.now
	}
}

// me is the user that calls the API.
func (o *Org) me() string { return makeID("005", o.pod, 1) }
