package config

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Default is pipeline.json before the file is read.
func Default() Pipeline {
	return Pipeline{Lake: "lake", TimeZone: "UTC"}
}

// DefaultCSV is how a CSV file is written if nothing is said.
func DefaultCSV() CSV {
	return CSV{Encoding: "utf-8", Delimiter: ",", Quote: `"`, Decimal: ".", Footer: "refuse"}
}

// merge returns c with the fields that over gives. An empty field gives nothing.
func (c CSV) merge(over CSV) CSV {
	pick := func(to *string, from string) {
		if from != "" {
			*to = from
		}
	}
	pick(&c.Encoding, over.Encoding)
	pick(&c.Delimiter, over.Delimiter)
	pick(&c.Quote, over.Quote)
	pick(&c.TimeZone, over.TimeZone)
	pick(&c.Decimal, over.Decimal)
	pick(&c.Thousands, over.Thousands)
	pick(&c.Footer, over.Footer)
	if len(over.DateFormats) > 0 {
		c.DateFormats = slices.Clone(over.DateFormats)
	}
	if len(over.TimestampFormats) > 0 {
		c.TimestampFormats = slices.Clone(over.TimestampFormats)
	}
	if over.SkipLines != 0 {
		c.SkipLines = over.SkipLines
	}
	if over.ExportedAt != nil {
		at := *over.ExportedAt
		c.ExportedAt = &at
	}
	return c
}

// DeltaLayers are the layers whose tables have a Delta Lake log: gold unless said otherwise.
func (p Pipeline) DeltaLayers() []string {
	if p.Delta == nil {
		return []string{"gold"}
	}
	return p.Delta
}

// EffectiveCSV is how the files of one object are written: the defaults, the
// pipeline's time zone, the source's options, the object's.
func (p Pipeline) EffectiveCSV(s Source, o Object) CSV {
	csv := DefaultCSV()
	csv.TimeZone = p.TimeZone
	csv = csv.merge(s.CSV)
	if o.CSV != nil {
		csv = csv.merge(*o.CSV)
	}
	if csv.ExportedAt != nil && csv.ExportedAt.Pattern != "" && csv.ExportedAt.Layout == "" {
		csv.ExportedAt.Layout = "%Y-%m-%d"
	}
	return csv
}

// complete fills in what depends on other fields. It is the only place that does.
func complete(p *Pipeline) {
	for i := range p.Sources {
		s := &p.Sources[i]
		if s.Type == "" {
			s.Type = "csv"
		}
		if s.IDNamespace == nil {
			namespace := s.Name
			if s.Mapping == "salesforce" { // Salesforce ids are unique in the world
				namespace = ""
			}
			s.IDNamespace = &namespace
		}
		if s.Type == TypeSalesforce {
			completeSalesforce(s)
		}
		for j := range s.Objects {
			o := &s.Objects[j]
			if o.LoadMode == "" {
				o.LoadMode = "increment"
			}
			csv := p.EffectiveCSV(*s, *o)
			o.CSV = &csv
		}
		s.CSV = p.EffectiveCSV(*s, Object{})
	}
	for i := range p.Rates {
		r := &p.Rates[i]
		r.CSV = p.EffectiveCSV(r.AsSource(), Object{})
		if r.Period == "" {
			r.Period = "day"
		}
		if r.Layout == "generic" {
			r.Columns = r.Columns.withDefaults()
		}
	}
}

func (c RateColumns) withDefaults() RateColumns {
	for _, field := range []struct {
		to       *string
		fallback string
	}{{&c.Date, "rate_date"}, {&c.Currency, "currency_iso_code"}, {&c.Rate, "rate"}} {
		if *field.to == "" {
			*field.to = field.fallback
		}
	}
	return c
}

// RateObject is the object name under which rate files are kept in bronze.
const RateObject = "rates"

// AsSource is the source that loads a rate file into bronze. Its records have no key
// in the source: every distinct row is kept.
func (r Rate) AsSource() Source {
	none, csv := "", r.CSV
	return Source{
		Name: r.Name, Type: "csv", Region: "Group", IDNamespace: &none, Path: r.Path, CSV: r.CSV,
		Objects: []Object{{Name: RateObject, Files: r.Files, LoadMode: "increment", CSV: &csv}},
	}
}

// absolute resolves paths against the directory of pipeline.json.
func (l *loading) absolute(p *Pipeline) {
	resolve := func(to *string) {
		if *to != "" && !filepath.IsAbs(*to) {
			*to = filepath.Join(l.dir, filepath.FromSlash(*to))
		}
	}
	for _, field := range p.paths() {
		resolve(field.value)
	}
}

// pathField is a field that holds a path, and may hold ${NAME}.
type pathField struct {
	name  string
	value *string
}

// paths lists the fields of pipeline.json that hold paths.
func (p *Pipeline) paths() []pathField {
	fields := []pathField{
		{"lake", &p.Lake}, {"mappings", &p.Mappings}, {"gold_metrics", &p.GoldMetrics}, {"sql", &p.SQL}, {"definitions", &p.Definitions}, {"tables", &p.Tables}, {"linking", &p.Linking},
	}
	for i := range p.Sources {
		fields = append(fields, pathField{indexPath("sources", i) + ".path", &p.Sources[i].Path})
	}
	for i := range p.Rates {
		fields = append(fields, pathField{indexPath("rates", i) + ".path", &p.Rates[i].Path})
	}
	return fields
}

// variable is ${NAME} in a string.
var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// lookup asks the environment; without one no variable is set.
func (l *loading) lookup(name string) (string, bool) {
	if l.Env == nil {
		return "", false
	}
	return l.Env(name)
}

// expand replaces ${NAME} by the environment's value. An unset variable is a problem.
func (l *loading) expand(p *Pipeline) {
	for _, field := range p.paths() {
		*field.value = variable.ReplaceAllStringFunc(*field.value, func(found string) string {
			name := strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")
			value, ok := l.lookup(name)
			if !ok {
				l.problems.List = append(l.problems.List, l.main.problem(field.name,
					"the environment variable "+name+" is not set", "set it, or write the value"))
			}
			l.out.Redact.note(name, value)
			return value
		})
	}
}
