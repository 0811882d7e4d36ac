package silver

import (
	"fmt"
	"slices"
	"strings"
)

// group is the inputs of a table that share one mapping. Their rows go through one chain
// of layers, so that the engine plans a mapping once however many sources it reads:
// planning a wide mapping takes longer than running it over a small table. What differs
// from source to source, such as the way dates are written, becomes a CASE on "#input".
type group struct {
	inputs []*inputPlan

	// What is found out before the statements are written; empty where nothing is read.
	types      map[string]string // SQL types of the expression columns
	firstBatch map[int]string    // by input: the batch of its first load
	hashes     bool              // versions carry the hash of their fields
	wanted     *wantedRows       // nil = every row that counts is cleaned
}

// groupInputs sorts inputs into groups. Within a group every input is another source:
// bronze tells the rows of sources apart by name.
func groupInputs(inputs []*inputPlan) []*group {
	var out []*group
	for _, in := range inputs {
		i := slices.IndexFunc(out, func(g *group) bool {
			return g.lead().mapping == in.mapping && !slices.ContainsFunc(g.inputs, func(o *inputPlan) bool { return o.Source == in.Source })
		})
		if i < 0 {
			i = len(out)
			out = append(out, &group{})
		}
		out[i].inputs = append(out[i].inputs, in)
	}
	return out
}

// lead is the input that stands for the group in everything that comes from the mapping.
func (g *group) lead() *inputPlan { return g.inputs[0] }

// view is the bronze table with the rows of all inputs.
func (g *group) view() string {
	if len(g.inputs) == 1 {
		return g.lead().view()
	}
	return fmt.Sprintf("group%d", g.lead().index)
}

// have lists the source columns that any input has, nil if they are not known.
func (g *group) have(of func(*inputPlan) []string) []string {
	var out []string
	for _, in := range g.inputs {
		out = append(out, of(in)...)
	}
	return out
}

// each is the SQL that value gives for the inputs, by "#input" where they differ.
func (g *group) each(value func(*inputPlan) string) string {
	var texts []string
	inputs := map[string][]string{}
	for _, in := range g.inputs {
		text := value(in)
		if inputs[text] == nil {
			texts = append(texts, text)
		}
		inputs[text] = append(inputs[text], fmt.Sprint(in.index))
	}
	if len(texts) == 1 {
		return texts[0]
	}
	var b strings.Builder
	b.WriteString("CASE")
	for _, text := range texts {
		fmt.Fprintf(&b, ` WHEN "#input" IN (%s) THEN %s`, strings.Join(inputs[text], ", "), text)
	}
	return b.String() + " END"
}

// inputSQL tells of a bronze row which input it belongs to.
func (g *group) inputSQL() string {
	if len(g.inputs) == 1 {
		return fmt.Sprint(g.lead().index)
	}
	var b strings.Builder
	b.WriteString("CASE _source_system")
	for _, in := range g.inputs {
		fmt.Fprintf(&b, " WHEN %s THEN %d", lit(in.Source), in.index)
	}
	return b.String() + " END"
}

// list names the inputs by number.
func (g *group) list() string {
	out := make([]string, len(g.inputs))
	for i, in := range g.inputs {
		out[i] = fmt.Sprint(in.index)
	}
	return strings.Join(out, ", ")
}

// steps lines up the transformations of the n-th column over the inputs. Where the sources
// write numbers differently, some have a closing parse_number that others do without.
func (g *group) steps(n int) []step {
	longest := g.lead().columns[n].steps
	for _, in := range g.inputs {
		if s := in.columns[n].steps; len(s) > len(longest) {
			longest = s
		}
	}
	out := slices.Clone(longest)
	for i := range out {
		of := func(in *inputPlan) step {
			if s := in.columns[n].steps; i < len(s) {
				return s[i]
			}
			return step{sql: func(in string) string { return in }}
		}
		if out[i].sql != nil {
			out[i].sql = func(text string) string { return g.each(func(in *inputPlan) string { return of(in).sql(text) }) }
		}
		if out[i].final != nil {
			out[i].final = func(text string) string { return g.each(func(in *inputPlan) string { return of(in).final(text) }) }
		}
		if l := out[i].lookup; l != nil && l.phone != nil {
			region := g.each(func(in *inputPlan) string { return lit(of(in).lookup.region) })
			shared := *g.lead().columns[n].steps[i].lookup
			shared.key = func(text string) string { return region + " || chr(31) || " + text }
			out[i].lookup = &shared
		}
	}
	return out
}
