package salesforce

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DescribeColumns are the fields of a table <object>__describe: what an object looked
// like, a row per field, whenever that changed. Silver's readers learn from it how a text
// of bronze was typed.
var DescribeColumns = []string{
	"described_at", "name", "label", "type", "soap_type", "length", "precision", "scale", "digits", "calculated", "auto_number",
	"createable", "updateable", "nillable", "filterable", "custom", "reference_to", "relationship_name", "selected", "volatile",
	"schema_hash", "api_version", "org_id",
}

// DescribeKey tells the descriptions of an object and the fields in them apart.
var DescribeKey = []string{"described_at", "name"}

// Described is a field as an earlier run described it.
type Described struct {
	Name, Type string
	Length     string
	Precision  string
	Scale      string
	Selected   bool
}

// describe is the description of a field in the order of DescribeColumns, without what
// the columns of the whole description hold.
func (f field) describe() []string {
	return []string{
		f.Name, f.Label, f.Type, f.SoapType, strconv.Itoa(f.Length), strconv.Itoa(f.Precision), strconv.Itoa(f.Scale), strconv.Itoa(f.Digits),
		strconv.FormatBool(f.Calculated), strconv.FormatBool(f.AutoNumber), strconv.FormatBool(f.Createable), strconv.FormatBool(f.Updateable),
		strconv.FormatBool(f.Nillable), strconv.FormatBool(f.Filterable), strconv.FormatBool(f.Custom), strings.Join(f.ReferenceTo, ","),
		f.RelationshipName, strconv.FormatBool(f.Selected), strconv.FormatBool(f.Volatile),
	}
}

// schemaHash identifies the description of an object.
func (c *columns) schemaHash() string {
	rows := make([]string, len(c.fields))
	for i, f := range c.fields {
		rows[i] = strings.Join(f.describe(), "\x1f")
	}
	slices.Sort(rows) // an org does not promise an order
	sum := sha256.Sum256([]byte(strings.Join(rows, "\x1e")))
	return hex.EncodeToString(sum[:12])
}

// change is how a description differs from the one before.
type change struct {
	notes   []string
	reread  string // why all records have to be read again, although they did not change
	refresh bool   // what goes stale has to be read again at once
}

// drift compares with the description before. Columns that came to be read, or to be
// written otherwise, are in records too that did not change.
func (c *columns) drift(before []Described) (out change) {
	old := map[string]Described{}
	for _, d := range before {
		old[strings.ToLower(d.Name)] = d
	}
	var fresh, again []string
	seen := map[string]bool{}
	for _, f := range c.fields {
		key := strings.ToLower(f.Name)
		seen[key] = true
		was, known := old[key]
		switch {
		case !known:
			out.notes = append(out.notes, fmt.Sprintf("new field %s (%s)", f.Name, f.Type))
		case was.Type != f.Type:
			out.refresh = out.refresh || f.Selected && f.Volatile
			out.notes = append(out.notes, fmt.Sprintf("field %s was %s and is %s now", f.Name, was.Type, f.Type))
			if f.Selected && !f.Volatile {
				again = append(again, f.Name)
			}
		case was.Length != strconv.Itoa(f.Length) || was.Precision != strconv.Itoa(f.Precision) || was.Scale != strconv.Itoa(f.Scale):
			out.notes = append(out.notes, fmt.Sprintf("field %s has another size: length %s → %d, precision %s → %d, scale %s → %d",
				f.Name, was.Length, f.Length, was.Precision, f.Precision, was.Scale, f.Scale))
		}
		if f.Selected && (!known || !was.Selected) {
			out.refresh = out.refresh || f.Volatile
			if !f.Volatile {
				fresh = append(fresh, f.Name)
			}
		}
	}
	for _, d := range before {
		if !seen[strings.ToLower(d.Name)] {
			out.notes = append(out.notes, "field "+d.Name+" is gone or hidden; what bronze holds of it stays")
		}
	}
	switch {
	case len(fresh) > 0:
		out.reread = "read for the first time: " + strings.Join(fresh, ", ")
	case len(again) > 0:
		out.reread = "retyped: " + strings.Join(again, ", ")
	}
	return out
}
