package silver

import (
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// sensitiveWords mark source columns that hold personal data whatever the mapping says.
var sensitiveWords = []string{"email", "phone", "mobile", "fax", "firstname", "lastname", "birth"}

// sensitiveSteps mark the columns they stand in.
var sensitiveSteps = []string{"email", "phone_e164", "hash"}

// sensitive tells whether the raw values of a column must not be shown.
func (c *inputCompiler) sensitive(spec config.Column) bool {
	if hasStep(spec.Transformation, sensitiveSteps...) {
		return true
	}
	return slices.ContainsFunc(spec.SourceColumn, c.in.sensitiveName)
}

func (in *inputPlan) sensitiveName(source string) bool {
	if slices.ContainsFunc(in.mapping.Sensitive, func(s string) bool { return strings.EqualFold(s, source) }) {
		return true
	}
	plain := strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.ToLower(source))
	return slices.ContainsFunc(sensitiveWords, func(w string) bool { return strings.Contains(plain, w) })
}

// sensitiveSources are the source columns to mask among those that bronze has.
func (in *inputPlan) sensitiveSources(have []string) map[string]bool {
	out := map[string]bool{}
	for _, name := range have {
		out[name] = in.sensitiveName(name)
	}
	for _, col := range in.columns {
		if !col.mask {
			continue
		}
		for _, source := range col.spec.SourceColumn {
			for _, name := range have {
				if strings.EqualFold(name, source) {
					out[name] = true
				}
			}
		}
	}
	return out
}
