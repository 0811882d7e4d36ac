package docs

import (
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// definition is an entry as pages show it.
type definition struct {
	config.MetricDefinition
	Formula string
}

// newDefinition puts the formula together: what the entry says, else the ratio.
func newDefinition(m config.MetricDefinition) definition {
	d := definition{MetricDefinition: m, Formula: m.Expression}
	if d.Formula == "" && m.Numerator != "" {
		d.Formula = m.Numerator
		if m.Denominator != "" {
			d.Formula = parenthesised(m.Numerator) + " / " + parenthesised(m.Denominator)
		}
	}
	return d
}

func parenthesised(s string) string {
	if strings.ContainsAny(s, "+-/,") || strings.Contains(s, " and ") {
		return "(" + s + ")"
	}
	return s
}
