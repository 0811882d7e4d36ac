package salesforce

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// excludedTypes are types whose values are composed of other fields, or are files. A
// field is left out by its type, never because it is part of a compound one.
var excludedTypes = map[string]bool{"address": true, "location": true, "base64": true, "json": true, "complexvalue": true}

// compoundSOAP begins the SOAP types of structures.
const compoundSOAP = "urn:"

// always are fields that include cannot leave out: which record it is, when it changed,
// and what became of it.
var always = []string{"Id", "IsDeleted", "MasterRecordId", "IsArchived", "CreatedDate", "LastModifiedDate", "SystemModstamp"}

// audit are fields that nobody writes and that do not go stale: they change with the
// record's stamp, or not at all.
var audit = map[string]bool{
	"id": true, "isdeleted": true, "masterrecordid": true, "isarchived": true, "createddate": true, "createdbyid": true,
	"lastmodifieddate": true, "lastmodifiedbyid": true, "systemmodstamp": true, "currencyisocode": true,
}

// personal are fields that differ by who asks. They are kept, and make no new version.
var personal = []string{"LastViewedDate", "LastReferencedDate"}

// cursors are the fields that say when a record changed, the best first.
var cursors = []string{"SystemModstamp", "LastModifiedDate", "CreatedDate"}

// field is a field of an object as it was described, and what is done with it.
type field struct {
	client.Field
	Selected bool
	Volatile bool // goes stale without a stamp: read again by the refresh
}

// columns is what is read of an object.
type columns struct {
	fields  []field         // as described, all of them
	read    []client.Column // what is asked for, Id first
	derived []derived       // made of what was read
	header  []string        // names of read, then of derived
	refresh []client.Column // Id, the cursor, then the volatile ones; nil = nothing goes stale
	cursor  string          // "" = the object is read as a whole every time
	missing []string        // expected and not there
	absent  []string        // read by a mapping and not there
}

// derived is a column that tells which object a polymorphic reference points to.
type derived struct {
	name string
	from int // place in read
}

// at is the place of a field in read, -1 if it is not read.
func (c *columns) at(name string) int {
	return slices.IndexFunc(c.read, func(r client.Column) bool { return strings.EqualFold(r.Name, name) })
}

// choose decides which fields of a described object are read.
func (o *Org) choose(ctx context.Context, r Request, d *client.Object) (*columns, error) {
	var rules config.SalesforceObject
	if r.Object.Salesforce != nil {
		rules = *r.Object.Salesforce
	}
	c := &columns{}
	for _, f := range d.Fields {
		one := field{Field: f, Selected: readable(f) && wanted(f.Name, rules)}
		one.Volatile = one.Selected && volatile(f, d)
		c.fields = append(c.fields, one)
	}
	slices.SortStableFunc(c.fields, func(a, b field) int { // Id first, else as described
		return map[bool]int{true: -1}[a.Name == "Id"] - map[bool]int{true: -1}[b.Name == "Id"]
	})
	for _, name := range cursors {
		if f, ok := d.Field(name); ok && f.Filterable && c.cursor == "" {
			c.cursor = f.Name
		}
	}
	for _, f := range c.fields {
		if f.Selected {
			c.read = append(c.read, client.Column{Name: f.Name, Type: f.Type})
		}
	}
	if err := o.parents(ctx, c, r, rules, d); err != nil {
		return nil, err
	}
	c.expect(r, rules)
	for _, f := range c.fields {
		name := f.Name + "_type"
		if _, taken := d.Field(name); f.Selected && polymorphic(f.Field) && !taken {
			c.derived = append(c.derived, derived{name: name, from: c.at(f.Name)})
		}
	}
	for _, col := range c.read {
		c.header = append(c.header, col.Name)
	}
	for _, col := range c.derived {
		c.header = append(c.header, col.name)
	}
	c.chooseRefresh()
	return c, nil
}

func readable(f client.Field) bool {
	return !excludedTypes[f.Type] && !strings.HasPrefix(f.SoapType, compoundSOAP)
}

func wanted(name string, rules config.SalesforceObject) bool {
	if hasName(always, name) {
		return true
	}
	if hasName(rules.Exclude, name) {
		return false
	}
	return !slices.ContainsFunc(rules.Include, func(s string) bool { return !strings.Contains(s, ".") }) || hasName(rules.Include, name)
}

func hasName(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// volatile tells a field that changes without the record being stamped: a formula, or one
// that nobody can write. Where nobody can write the object at all, that says nothing.
func volatile(f client.Field, d *client.Object) bool {
	switch {
	case audit[strings.ToLower(f.Name)] || f.AutoNumber || hasName(personal, f.Name):
		return false
	case f.Calculated:
		return true
	}
	return !f.Createable && !f.Updateable && d.Updateable
}

func polymorphic(f client.Field) bool {
	return f.Type == "reference" && (f.PolymorphicForeignKey || len(f.ReferenceTo) > 1)
}

// parents adds fields of other records that mappings, or the configuration, read by a
// path such as RecordType.Name. They change with the other record: they are volatile.
func (o *Org) parents(ctx context.Context, c *columns, r Request, rules config.SalesforceObject, d *client.Object) error {
	var paths []string
	for _, names := range append(slices.Clone(r.Reads), rules.Include) {
		for _, name := range names {
			if strings.Contains(name, ".") && client.ValidPath(name) && !hasName(paths, name) && !hasName(rules.Exclude, name) {
				paths = append(paths, name)
			}
		}
	}
	slices.Sort(paths)
	for _, path := range paths {
		f, ok, err := o.resolve(ctx, d, strings.Split(path, "."))
		if err != nil {
			return err
		}
		if ok && readable(f) {
			f.Name = path
			c.fields = append(c.fields, field{Field: f, Selected: true, Volatile: true})
			c.read = append(c.read, client.Column{Name: path, Type: f.Type})
		}
	}
	return nil
}

// resolve follows a path from an object to a field of a parent. A parent that is hidden
// is none.
func (o *Org) resolve(ctx context.Context, d *client.Object, path []string) (client.Field, bool, error) {
	if len(path) == 1 {
		f, ok := d.Field(path[0])
		return f, ok, nil
	}
	for _, f := range d.Fields {
		if !strings.EqualFold(f.RelationshipName, path[0]) || f.RelationshipName == "" {
			continue
		}
		for _, parent := range f.ReferenceTo {
			if _, visible := o.objects[strings.ToLower(parent)]; !visible {
				continue
			}
			p, err := o.client.Describe(ctx, parent)
			if stops(err) {
				return client.Field{}, false, err
			}
			if err != nil {
				continue
			}
			if found, ok, err := o.resolve(ctx, p, path[1:]); ok || err != nil {
				return found, ok, err
			}
		}
	}
	return client.Field{}, false, nil
}

// expect notes which fields should be there and are not.
func (c *columns) expect(r Request, rules config.SalesforceObject) {
	there := func(name string) bool { return c.at(name) >= 0 }
	for _, name := range rules.Expected {
		if !there(name) {
			c.missing = append(c.missing, name)
		}
	}
	for _, names := range r.Reads {
		if !slices.ContainsFunc(names, func(n string) bool { return there(n) || hasName(rules.Exclude, n) }) {
			c.absent = append(c.absent, names[0])
		}
	}
	slices.Sort(c.absent)
	c.absent = slices.Compact(c.absent)
}

// chooseRefresh lists what the refresh reads.
func (c *columns) chooseRefresh() {
	var stale []client.Column
	for _, f := range c.fields {
		if f.Selected && f.Volatile {
			stale = append(stale, client.Column{Name: f.Name, Type: f.Type})
		}
	}
	if len(stale) == 0 || c.cursor == "" {
		return
	}
	c.refresh = append([]client.Column{{Name: "Id", Type: "id"}, {Name: c.cursor, Type: "datetime"}}, stale...)
}

// unhashed are the columns that make no new version. Of an object that is read as a whole
// every time nothing goes stale.
func (c *columns) unhashed() []string {
	out := slices.Clone(personal)
	if c.cursor == "" {
		return out
	}
	for _, f := range c.fields {
		if f.Selected && f.Volatile {
			out = append(out, f.Name)
		}
	}
	return out
}

// digest identifies what is read, for pages that wait for a later run.
func (c *columns) digest() string {
	raw, err := json.Marshal(struct {
		Read   []client.Column
		Header []string
		Cursor string
	}{c.read, c.header, c.cursor})
	if err != nil {
		raw = []byte(err.Error()) // plain structs always marshal
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}
