package salesforcesim

import (
	"embed"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"
)

// dataFS holds the key sets of describes, as recorded from orgs, and the standard
// objects.
//
//go:embed data
var dataFS embed.FS

// template reads a set of keys with their usual values.
func template(name string) map[string]any {
	var m map[string]any
	b, err := dataFS.ReadFile("data/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic("salesforcesim: " + err.Error()) // the file is part of the program
	}
	return m
}

// sobjects answers the global describe.
func (c *call) sobjects() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	list := []any{}
	for _, n := range sortedNames(o.objects) {
		if obj := o.objects[n]; !obj.hidden {
			list = append(list, obj.summary(c.version))
		}
	}
	return jsonReply(200, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": list})
}

// summary is an object in the global describe.
func (o *object) summary(version int) map[string]any {
	m := template("sobject")
	url := plainf("/services/data/v%d.0/sobjects/%s", version, o.Name)
	maps.Copy(m, map[string]any{"name": o.Name, "label": o.Label, "labelPlural": o.Plural, "keyPrefix": o.KeyPrefix, "custom": strings.HasSuffix(o.Name, "__c"),
		"customSetting": o.CustomSetting, "mergeable": o.Merges, "replicateable": !o.NoReplicate && !o.CustomSetting, "undeletable": !o.NoIsDeleted && !o.Bare, "deletable": !o.NoIsDeleted && !o.Bare,
		"urls": map[string]string{"sobject": url, "describe": url + "/describe", "rowTemplate": url + "/{ID}"}})
	return m
}

// describe answers what an object and its fields are.
func (c *call) describe() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.find(c.object)
	if obj == nil {
		return notFound()
	}
	changed := obj.changed.UTC().Truncate(time.Second)
	if since, err := http.ParseTime(c.request.Header.Get("If-Modified-Since")); err == nil && !changed.After(since) {
		return newReply(304, "", nil)
	}
	m := obj.summary(c.version)
	maps.Copy(m, template("describe"))
	fields := []any{}
	for _, f := range obj.shown(c.version) {
		fields = append(fields, obj.describeField(f))
	}
	m["fields"] = fields
	m["childRelationships"] = o.children(obj, c.version)
	return jsonReply(200, m).set("Last-Modified", changed.Format(http.TimeFormat))
}

// children lists the references of other objects to this one.
func (o *Org) children(of *object, version int) []any {
	list := []any{}
	for _, n := range sortedNames(o.objects) {
		for _, f := range o.objects[n].shown(version) {
			for _, to := range f.ReferenceTo {
				if to == of.Name {
					list = append(list, map[string]any{"cascadeDelete": false, "childSObject": o.objects[n].Name, "deprecatedAndHidden": false, "field": f.Name,
						"junctionIdListNames": []any{}, "junctionReferenceTo": []any{}, "relationshipName": nil, "restrictedDelete": false})
				}
			}
		}
	}
	return list
}

func (f *Field) soap() string {
	if f.SoapType != "" {
		return f.SoapType
	}
	return f.facts().soap
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// describeField is a field in a describe.
func (o *object) describeField(f *Field) map[string]any {
	m, t := template("field"), f.facts()
	writable := !f.Audit && !f.Calculated && !f.Derived && !t.compound && !f.AutoNumber
	length := f.Length
	if t.numeric || t.whole || f.Type == "boolean" || strings.HasPrefix(f.Type, "date") || f.Type == "time" || t.compound {
		length = 0
	}
	bytes := 3 * length
	if f.Type == "id" || f.Type == "reference" {
		bytes = length
	}
	values := []any{}
	for _, v := range f.Picklist {
		values = append(values, map[string]any{"active": true, "defaultValue": false, "label": v, "validFor": nil, "value": v})
	}
	references := append([]string{}, f.ReferenceTo...)
	maps.Copy(m, map[string]any{"name": f.Name, "label": f.Label, "type": f.Type, "soapType": f.soap(), "length": length, "byteLength": bytes, "precision": 0, "scale": 0, "digits": t.digits,
		"custom": strings.HasSuffix(f.Name, "__c") || strings.HasSuffix(f.Name, "__s"), "calculated": f.Calculated, "calculatedFormula": orNull(f.Formula), "autoNumber": f.AutoNumber,
		"createable": writable, "updateable": writable, "nillable": !f.Required && f.Type != "boolean", "defaultedOnCreate": f.Audit && f.Required || f.Type == "boolean", "permissionable": !f.Audit,
		"compoundFieldName": orNull(f.Compound), "relationshipName": orNull(f.RelationshipName), "referenceTo": references, "polymorphicForeignKey": len(references) > 1,
		"namePointing": len(references) > 1, "picklistValues": values, "unique": f.Unique, "externalId": f.ExternalID, "idLookup": f.Type == "id" || f.ExternalID || f.Type == "email",
		"nameField": f.NameField, "filterable": !t.noFilter && !f.NoFilter, "sortable": !t.noSort && !f.NoFilter, "groupable": !t.noGroup && !t.noFilter && !f.NoFilter,
		"aggregatable": !t.compound && f.Type != "boolean" && !t.noFilter, "queryByDistance": t.compound})
	if t.numeric {
		m["precision"], m["scale"] = f.Precision, f.Scale
	}
	if f.Type == "boolean" {
		m["defaultValue"] = false
	}
	if f.Type == "textarea" {
		m["extraTypeInfo"] = "plaintextarea"
	}
	return m
}
