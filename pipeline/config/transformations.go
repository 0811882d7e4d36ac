package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
)

// Arguments says whether a transformation takes arguments.
type Arguments int

// A transformation without arguments is written "trim", one with {"map": {…}}.
const (
	NoArguments Arguments = iota
	OptionalArguments
	RequiredArguments
)

// Transformation is one name of the mapping language's transformations. What it does
// is silver's; that it exists and how it is written is known here.
type Transformation struct {
	Name      string
	Arguments Arguments
	Fields    []string // field names of an argument object; nil = not an object, or free
	Example   string   // JSON
	Meaning   string
}

// Transformations lists the transformations in the order documentation shows them.
func Transformations() []Transformation {
	return []Transformation{
		{"trim", NoArguments, nil, `"trim"`, "Outer white space off, Unicode and zero-width kinds included."},
		{"collapse_whitespace", NoArguments, nil, `"collapse_whitespace"`, "Trim, and runs of white space inside become one space."},
		{"upper", NoArguments, nil, `"upper"`, "Upper case."},
		{"lower", NoArguments, nil, `"lower"`, "Lower case."},
		{"title", NoArguments, nil, `"title"`, "First letter of every word upper, the rest lower."},
		{"nullify", OptionalArguments, nil, `{"nullify": ["N/A", "-"]}`, "These tokens, in any case, become NULL. Without a list: n/a, na, #n/a, null, none, nil, -, --, ?, ."},
		{"default", RequiredArguments, nil, `{"default": "USD"}`, "This value where there is none so far."},
		{"map", RequiredArguments, nil, `{"map": {"values": {"Ent": "Enterprise"}, "unmapped": "reject"}}`, "Replace by a value table: {values, case_insensitive (default false), unmapped: keep (default) | null | reject}, or the table alone."},
		{"regex_replace", RequiredArguments, []string{"pattern", "replacement"}, `{"regex_replace": {"pattern": "\\s+Ltd$", "replacement": ""}}`, `Replace all matches of a regular expression (RE2); \1 in the replacement is the first group.`},
		{"parse_date", RequiredArguments, []string{"formats", "zone", "iso"}, `{"parse_date": {"formats": ["%d/%m/%Y"], "zone": "Africa/Nairobi"}}`, "Read a date or timestamp in these formats, tried in order, instead of the source's; ISO 8601 last unless iso is false. Last step of the column."},
		{"parse_number", OptionalArguments, []string{"decimal", "thousands", "parentheses", "currency_symbols"}, `{"parse_number": {"decimal": ",", "thousands": "."}}`, "Read a number in this notation instead of the source's; (1,234.50) is negative, symbols and currency codes are dropped, wrong grouping fails."},
		{"percent_to_fraction", NoArguments, nil, `"percent_to_fraction"`, "45% or 45 becomes 0.45."},
		{"salesforce_id_18", NoArguments, nil, `"salesforce_id_18"`, "A 15-character Salesforce id becomes its 18-character form; 18 characters are verified."},
		{"email", NoArguments, nil, `"email"`, "Lower case, without mailto: and <>; fails if it is no address."},
		{"phone_e164", OptionalArguments, []string{"region", "region_from", "strict"}, `{"phone_e164": {"region_from": "BillingCountry"}}`, "E.164 form. Numbers without + belong to region (ISO code), or to the country in the source column region_from, else to the source's region."},
		{"country_iso", NoArguments, nil, `"country_iso"`, "Country names, aliases and codes become ISO 3166 alpha-2; fails if unknown."},
		{"web_domain", NoArguments, nil, `"web_domain"`, "The host without scheme, user, www., port and path."},
		{"normalize_company", NoArguments, nil, `"normalize_company"`, "Company name for comparison: lower case, without diacritics, punctuation and legal form."},
		{"hash", OptionalArguments, []string{"algorithm", "salt"}, `{"hash": {"algorithm": "sha256"}}`, "Lower-case hex hash of salt and value: sha256 (default) or md5."},
		{"split", OptionalArguments, nil, `{"split": ";"}`, "Split into a list at the separator (default ;). Last step of a list column."},
	}
}

// TransformationNames lists the names.
func TransformationNames() []string {
	all := Transformations()
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return names
}

// checkStep returns what is wrong with one step: message and hint, or "".
func checkStep(s Step) (message, hint string) {
	var found *Transformation
	for _, t := range Transformations() {
		if t.Name == s.Name {
			found = &t
			break
		}
	}
	given := s.Args != nil && !bytes.Equal(s.Args, []byte("null"))
	switch {
	case found == nil:
		return fmt.Sprintf("unknown transformation %q", s.Name), didYouMean(s.Name, TransformationNames())
	case given && found.Arguments == NoArguments:
		return fmt.Sprintf("transformation %q takes no arguments", s.Name), "write " + found.Example
	case !given && found.Arguments == RequiredArguments:
		return fmt.Sprintf("transformation %q needs arguments", s.Name), "for example " + found.Example
	}
	return checkArguments(*found, s.Args)
}

// checkArguments looks into an argument object.
func checkArguments(t Transformation, args json.RawMessage) (message, hint string) {
	var object map[string]json.RawMessage
	if t.Fields == nil || json.Unmarshal(args, &object) != nil {
		return "", ""
	}
	for name := range object {
		if !contains(t.Fields, name) {
			return fmt.Sprintf("transformation %q has no argument %q", t.Name, name), didYouMean(name, t.Fields)
		}
	}
	var pattern string
	if raw, ok := object["pattern"]; ok && json.Unmarshal(raw, &pattern) == nil {
		if _, err := regexp.Compile(pattern); err != nil {
			return fmt.Sprintf("transformation %q: %v", t.Name, err), "the syntax is RE2's"
		}
	}
	return "", ""
}
