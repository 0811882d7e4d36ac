package salesforcesim

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// Field is a field of an object, as its describe shows it.
type Field struct {
	Name             string
	Label            string // default: the name
	Type             string // describe type: string, picklist, currency, datetime, reference…
	Length           int    // of texts; default by type
	Precision, Scale int    // of numbers
	ReferenceTo      []string
	RelationshipName string
	Compound         string   // the compound field it is a part of
	Picklist         []string // accepted values
	SoapType         string   // default by type
	Formula          string   // with Calculated
	Calculated       bool     // a formula: its value may change without a stamp
	Derived          bool     // kept by the system without being a formula: not writable
	Audit            bool     // Id, stamps and flags of the system
	Required         bool     // not nillable
	Unique           bool
	ExternalID       bool
	AutoNumber       bool
	NameField        bool
	NoFilter         bool // not filterable, sortable or groupable
	MinVersion       int  // older API versions do not show it

	known   *typeFacts // of its type
	hidden  bool       // by field-level security
	removed bool
}

// Object is a kind of record. The system fields are added by Define.
type Object struct {
	Name, Label, Plural string
	KeyPrefix           string
	Fields              []Field
	Bare                bool // add no field but Id
	NoIsDeleted         bool
	NoLastModified      bool // nor SystemModstamp
	NoSystemModstamp    bool
	Currency            bool // add CurrencyIsoCode in orgs with several currencies
	Merges              bool // add MasterRecordId
	NoBulk              bool // not supported by Bulk API 2.0
	NoReplicate         bool // getDeleted and getUpdated refuse it
	CustomSetting       bool
}

// object is an Object in an org.
type object struct {
	Object
	fields  []*Field       // by slot; a slot is never used twice
	slots   map[string]int // lower-case name → slot
	rows    table
	parts   map[string][]int // compound field → slots of its parts
	hidden  bool             // the user may not see it
	changed time.Time        // when the schema changed last
	next    uint64           // number of the next id
	deleted []deletion       // the delete log
	gone    map[string]time.Time
	history map[string][]Record

	id, isDeleted, isArchived, created, createdBy, modified, modifiedBy, stamp, master, currency int // slots, -1 where absent
}

// deletion is an entry of the delete log.
type deletion struct {
	id string
	at time.Time
}

func audit(name, typ string) Field { return Field{Name: name, Type: typ, Audit: true, Required: true} }

// withSystem returns the object's fields with those every object has.
func (o *Object) withSystem(several bool) []Field {
	user := func(name, relation string) Field {
		f := audit(name, "reference")
		f.ReferenceTo, f.RelationshipName = []string{"User"}, relation
		return f
	}
	all := []Field{audit("Id", "id")}
	if o.Bare {
		return append(all, o.Fields...)
	}
	if !o.NoIsDeleted {
		all = append(all, audit("IsDeleted", "boolean"))
	}
	if o.Merges {
		all = append(all, Field{Name: "MasterRecordId", Type: "reference", ReferenceTo: []string{o.Name}, RelationshipName: "MasterRecord", Audit: true})
	}
	all = append(all, o.Fields...)
	if o.Currency && several {
		all = append(all, Field{Name: "CurrencyIsoCode", Type: "picklist", Length: 255})
	}
	all = append(all, audit("CreatedDate", "datetime"), user("CreatedById", "CreatedBy"))
	if !o.NoLastModified {
		all = append(all, audit("LastModifiedDate", "datetime"), user("LastModifiedById", "LastModifiedBy"))
		if !o.NoSystemModstamp {
			all = append(all, audit("SystemModstamp", "datetime"))
		}
	} else if o.NoLastModified && !o.NoSystemModstamp {
		all = append(all, audit("SystemModstamp", "datetime"))
	}
	return all
}

func newObject(def Object, several bool, now time.Time) *object {
	if def.Label == "" {
		def.Label = strings.TrimSuffix(strings.ReplaceAll(def.Name, "__c", ""), "_")
	}
	if def.Plural == "" {
		def.Plural = def.Label + "s"
	}
	o := &object{Object: def, slots: map[string]int{}, parts: map[string][]int{}, changed: now, next: 1, gone: map[string]time.Time{}, history: map[string][]Record{}}
	for _, f := range def.withSystem(several) {
		if _, twice := o.slots[strings.ToLower(f.Name)]; !twice {
			o.add(f)
		}
	}
	o.rows = newStored(len(o.fields))
	o.find()
	return o
}

// add appends a field.
func (o *object) add(f Field) {
	if f.known = types[f.Type]; f.known == nil {
		panic(fmt.Sprintf("salesforcesim: field %s.%s has the unknown type %q", o.Name, f.Name, f.Type))
	}
	if f.Label == "" {
		f.Label = strings.ReplaceAll(strings.TrimSuffix(f.Name, "__c"), "_", " ")
	}
	if f.Length == 0 {
		f.Length = types[f.Type].length
	}
	if f.Precision == 0 {
		f.Precision = types[f.Type].precision
		if f.Scale == 0 {
			f.Scale = types[f.Type].scale
		}
	}
	o.slots[strings.ToLower(f.Name)] = len(o.fields)
	if f.Compound != "" {
		o.parts[f.Compound] = append(o.parts[f.Compound], len(o.fields))
	}
	o.fields = append(o.fields, &f)
}

// find notes the slots of system fields.
func (o *object) find() {
	for name, slot := range map[string]*int{"id": &o.id, "isdeleted": &o.isDeleted, "isarchived": &o.isArchived, "createddate": &o.created, "createdbyid": &o.createdBy, "lastmodifieddate": &o.modified,
		"lastmodifiedbyid": &o.modifiedBy, "systemmodstamp": &o.stamp, "masterrecordid": &o.master, "currencyisocode": &o.currency} {
		at, ok := o.slots[name]
		if *slot = at; !ok {
			*slot = -1
		}
	}
}

// field returns a field that the version and the user see, and its slot.
func (o *object) field(name string, version int) (*Field, int) {
	slot, ok := o.slots[strings.ToLower(name)]
	if !ok || !o.fields[slot].visible(version) {
		return nil, -1
	}
	return o.fields[slot], slot
}

func (f *Field) visible(version int) bool {
	return !f.hidden && !f.removed && version >= f.MinVersion
}

// shown returns the fields that the version and the user see, in order.
func (o *object) shown(version int) []*Field {
	var out []*Field
	for _, f := range o.fields {
		if f.visible(version) {
			out = append(out, f)
		}
	}
	return out
}

// relation finds the reference field of a relationship name.
func (o *object) relation(name string, version int) (*Field, int) {
	for slot, f := range o.fields {
		if f.visible(version) && f.RelationshipName != "" && strings.EqualFold(f.RelationshipName, name) {
			return f, slot
		}
	}
	return nil, -1
}

func sortedNames[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
