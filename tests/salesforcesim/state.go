package salesforcesim

import (
	"maps"
	"time"
)

// Records returns the rows an integration should hold: in order of Id, deleted ones
// that are still in the recycle bin included, every field of the describe.
func (o *Org) Records(name string) []Record {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.must(name)
	var out []Record
	obj.rows.scan(0, obj.rows.size(), nil, func(values []string) verdict {
		out = append(out, obj.record(values))
		return skip
	})
	return out
}

// Record returns one row.
func (o *Org) Record(name, id string) (Record, bool) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.must(name)
	values := make([]string, len(obj.fields))
	if !obj.stored().get(fullID(id), values) {
		return nil, false
	}
	return obj.record(values), true
}

// Count returns how many rows an object holds, deleted ones included.
func (o *Org) Count(name string) int {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	return o.must(name).rows.size()
}

// Gone returns the ids that were removed for good, and when.
func (o *Org) Gone(name string) map[string]time.Time {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	return maps.Clone(o.must(name).gone)
}

// Versions returns every version of a row, the oldest first. It needs KeepVersions.
func (o *Org) Versions(name, id string) []Record {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	return append([]Record(nil), o.must(name).history[fullID(id)]...)
}

// Objects returns the names of the org's objects, sorted.
func (o *Org) Objects() []string {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	var names []string
	for _, n := range sortedNames(o.objects) {
		names = append(names, o.objects[n].Name)
	}
	return names
}

// record shows values by name. Compound fields and removed ones are left out.
func (o *object) record(values []string) Record {
	r := make(Record, len(o.fields))
	for slot, f := range o.fields {
		if !f.removed && !f.facts().compound {
			r[f.Name] = values[slot]
		}
	}
	return r
}

// Fields returns the names of the fields that a query may select, compound and complex
// ones left out.
func (o *Org) Fields(name string) []string {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	var out []string
	for _, f := range o.must(name).shown(o.options.MaxVersion) {
		if !f.facts().compound && f.soap()[:4] != "urn:" && f.Type != "base64" {
			out = append(out, f.Name)
		}
	}
	return out
}
