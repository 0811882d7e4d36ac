package report

import (
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline"
)

// Checks draws check results: those that failed with examples, the passed ones too
// when verbose.
func Checks(title string, results []pipeline.CheckResult, s Style, verbose bool) string {
	var b strings.Builder
	b.WriteString(s.Bold(title) + "\n")
	for _, c := range results {
		switch {
		case c.Passed && !verbose:
			continue
		case c.Passed:
			fmt.Fprintf(&b, " %s %s\n", s.Good("✓"), c.ID)
			continue
		case c.Blocking():
			fmt.Fprintf(&b, " %s %s", s.Bad("✗"), s.Bold(c.ID))
		default:
			fmt.Fprintf(&b, " %s %s", s.Warn("!"), s.Bold(c.ID))
		}
		fmt.Fprintf(&b, "  %s: %s of %s rows\n", c.Table, Count(c.FailingRows), Count(c.TotalRows))
		if c.About != "" {
			b.WriteString("     " + c.About + "\n")
		}
		if len(c.SampleKeys) > 0 {
			b.WriteString(s.Dim("     e.g. "+strings.Join(c.SampleKeys, ", ")) + "\n")
		}
	}
	return b.String()
}
