package salesforcesim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// standardObject is an entry of data/objects.json. Fields are written
// "Name type(arguments) words": see fieldSpec.
type standardObject struct {
	Name, Prefix, Label, Plural string
	Is                          []string
	Fields                      []string
}

// Standard returns the standard objects: their names, key prefixes and fields.
func Standard() []Object {
	var list []standardObject
	b, err := dataFS.ReadFile("data/objects.json")
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	if err != nil {
		panic("salesforcesim: data/objects.json: " + err.Error()) // the file is part of the program
	}
	out := make([]Object, len(list))
	for i, s := range list {
		out[i] = Object{Name: s.Name, KeyPrefix: s.Prefix, Label: s.Label, Plural: s.Plural}
		for _, word := range s.Is {
			flag := out[i].flag(word)
			if flag == nil {
				panic("salesforcesim: data/objects.json: " + s.Name + ": unknown word " + word)
			}
			*flag = true
		}
		for _, f := range s.Fields {
			field, err := fieldSpec(f)
			if err != nil {
				panic("salesforcesim: data/objects.json: " + s.Name + ": " + err.Error())
			}
			out[i].Fields = append(out[i].Fields, field)
		}
	}
	return out
}

func (o *Object) flag(word string) *bool {
	return map[string]*bool{"bare": &o.Bare, "no_is_deleted": &o.NoIsDeleted, "no_last_modified": &o.NoLastModified, "no_system_modstamp": &o.NoSystemModstamp,
		"currency": &o.Currency, "merges": &o.Merges, "no_bulk": &o.NoBulk, "no_replicate": &o.NoReplicate, "custom_setting": &o.CustomSetting}[word]
}

// DefineStandard adds the standard objects without rows.
func (o *Org) DefineStandard() {
	for _, def := range Standard() {
		if !o.options.MultiCurrency && (def.Name == "CurrencyType" || def.Name == "DatedConversionRate") {
			continue
		}
		o.Define(def)
	}
}

// fieldSpec reads "Name type(arguments) words". Arguments are the length of a text,
// precision and scale of a number, the objects a reference leads to, the values of a
// picklist. Words are flags, part:COMPOUND, as:RELATIONSHIP.
func fieldSpec(spec string) (Field, error) {
	words := strings.Fields(spec)
	if len(words) < 2 {
		return Field{}, fmt.Errorf("field %q has no type", spec)
	}
	typ, args, _ := strings.Cut(strings.TrimSuffix(words[1], ")"), "(")
	f := Field{Name: words[0], Type: typ}
	facts := types[typ]
	if facts == nil {
		return f, fmt.Errorf("field %q has an unknown type", spec)
	}
	switch {
	case args == "":
	case typ == "reference":
		f.ReferenceTo = strings.Split(args, ",")
		f.RelationshipName = strings.TrimSuffix(f.Name, "Id")
		if custom, ok := strings.CutSuffix(f.Name, "__c"); ok {
			f.RelationshipName = custom + "__r"
		}
	case typ == "picklist" || typ == "multipicklist":
		f.Picklist = strings.Split(strings.ReplaceAll(args, "_", " "), "|")
	case facts.numeric:
		p, s, _ := strings.Cut(args, ",")
		f.Precision, _ = strconv.Atoi(p)
		f.Scale, _ = strconv.Atoi(s)
	default:
		f.Length, _ = strconv.Atoi(args)
	}
	for _, w := range words[2:] {
		if !f.word(w) {
			return f, fmt.Errorf("field %q: unknown word %s", spec, w)
		}
	}
	return f, nil
}

func (f *Field) word(w string) bool {
	if flag := map[string]*bool{"required": &f.Required, "unique": &f.Unique, "external": &f.ExternalID, "auto": &f.AutoNumber, "name": &f.NameField,
		"calculated": &f.Calculated, "derived": &f.Derived, "audit": &f.Audit, "nofilter": &f.NoFilter}[w]; flag != nil {
		*flag = true
		return true
	}
	if v, ok := strings.CutPrefix(w, "part:"); ok {
		f.Compound = v
		return true
	}
	if v, ok := strings.CutPrefix(w, "as:"); ok {
		f.RelationshipName = v
		return true
	}
	return false
}
