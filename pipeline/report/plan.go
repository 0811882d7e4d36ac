package report

import (
	"fmt"
	"strings"
	"time"

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
	if h := p.History; h != nil {
		b.WriteString(" " + historyHead(h) + "\n")
	}
	if len(p.Items) == 0 && p.History == nil {
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
	if len(parts) > 0 {
		b.WriteString("A run would work on at most " + strings.Join(parts, ", ") + "\n")
	}
	return b.String()
}

// historyHead says which earlier dates are filled and how long that will take.
func historyHead(h *pipeline.HistoryFill) string {
	return fmt.Sprintf("history: %s of %s to fill, %s to %s, in about %s", Plural(len(h.Dates), "earlier date"),
		Plural(len(h.Tables), "state table"), h.Dates[0], h.Dates[len(h.Dates)-1], Duration(roughly(h.Predicted)))
}

// roughly rounds a prediction to what it is worth.
func roughly(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Second:
		return d.Round(time.Second)
	case d < 2*time.Minute:
		return d.Round(5 * time.Second)
	}
	return d.Round(time.Minute)
}

func shorten(reason string, verbose bool) string {
	const limit = 90
	if r := []rune(reason); !verbose && len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return reason
}
