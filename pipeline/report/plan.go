package report

import (
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline"
)

// Plan draws what would run and why.
func Plan(p *pipeline.Plan, style Style, verbose bool) string {
	var b strings.Builder
	head := "Plan · as of " + p.AsOf
	if p.Published > 0 {
		head += fmt.Sprintf(" · version %d is published", p.Published)
	}
	if p.Historical {
		head += " · historical: current would stay"
	}
	b.WriteString(style.Bold(head) + "\n")
	count := map[pipeline.Layer]int{}
	var rows [][]string
	for _, it := range p.Items {
		count[it.Layer]++
		rows = append(rows, []string{" " + string(it.Layer), strings.TrimPrefix(it.Table, string(it.Layer)+"/"), shorten(it.Reason, verbose)})
		if verbose {
			for _, f := range it.Files {
				rows = append(rows, []string{"", "", "  " + f})
			}
		}
	}
	b.WriteString(Table(rows, nil))
	if len(p.Items) == 0 {
		b.WriteString("Nothing to do: all tables are up to date\n")
		return b.String()
	}
	var parts []string
	for _, l := range []pipeline.Layer{pipeline.Bronze, pipeline.Silver, pipeline.Gold} {
		if n := count[l]; n > 0 {
			noun := "table"
			if l == pipeline.Bronze {
				noun = "object"
			}
			parts = append(parts, Plural(n, string(l)+" "+noun))
		}
	}
	b.WriteString("A run would work on at most " + strings.Join(parts, ", ") + "\n")
	return b.String()
}

func shorten(reason string, verbose bool) string {
	const limit = 90
	if r := []rune(reason); !verbose && len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return reason
}
