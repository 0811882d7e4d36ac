package report

import (
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline"
)

// Run prints a run as it happens: one line per finished table on out, and, when
// live is a terminal, what is being worked on now.
type Run struct {
	Out     io.Writer
	Live    io.Writer // terminal for the progress line; nil = none
	Style   Style
	Quiet   bool // only the last line
	Verbose bool // unchanged tables and reasons too

	object  string // bronze object whose sources are being added up
	group   pipeline.Step
	sources int
	skipped map[pipeline.Layer]int
	live    bool
}

var _ pipeline.Observer = (*Run)(nil)

// RunStarted prints the heading.
func (p *Run) RunStarted(r *pipeline.Result) {
	p.skipped = map[pipeline.Layer]int{}
	if p.Quiet {
		return
	}
	head := fmt.Sprintf("Run %s · as of %s · %s", r.Run, r.AsOf, Plural(r.Sources, "source"))
	if r.Historical {
		head += " · historical"
	}
	fmt.Fprintln(p.Out, p.Style.Bold(head))
}

// HistoryStarted says how long the one filling of earlier dates will take.
func (p *Run) HistoryStarted(h *pipeline.HistoryFill) {
	p.clearLive()
	p.flush()
	if !p.Quiet {
		fmt.Fprintln(p.Out, p.Style.Dim(" "+historyHead(h)))
	}
}

// StepStarted shows what is being worked on, on a terminal.
func (p *Run) StepStarted(layer pipeline.Layer, table string) {
	if p.Live == nil || p.Quiet {
		return
	}
	fmt.Fprintf(p.Live, "\r\x1b[K %-7s … %s", layer, strings.TrimPrefix(table, string(layer)+"/"))
	p.live = true
}

func (p *Run) clearLive() {
	if p.live {
		fmt.Fprint(p.Live, "\r\x1b[K")
		p.live = false
	}
}

// StepFinished prints the table's line. Bronze objects of several sources are added
// up into one line, since a reader thinks of "account", not of three files.
func (p *Run) StepFinished(s pipeline.Step) {
	p.clearLive()
	if s.Layer != pipeline.Bronze {
		p.flush()
		p.print(s, path.Base(s.Table), 1)
		return
	}
	object := path.Base(s.Table)
	if object != p.object {
		p.flush()
		p.object, p.group, p.sources = object, s, 1
		return
	}
	p.group, p.sources = addSteps(p.group, s), p.sources+1
}

func addSteps(a, b pipeline.Step) pipeline.Step {
	a.RowsIn += b.RowsIn
	a.RowsOut += b.RowsOut
	a.Unchanged += b.Unchanged
	a.Malformed += b.Malformed
	a.Deleted += b.Deleted
	a.BytesIn += b.BytesIn
	a.BytesOut += b.BytesOut
	a.Elapsed += b.Elapsed
	a.Notes = append(a.Notes, b.Notes...)
	if b.Status == pipeline.Failed || a.Status == pipeline.Skipped {
		a.Status = b.Status
	}
	if a.Error == "" {
		a.Error = b.Error
	}
	return a
}

func (p *Run) flush() {
	if p.object != "" {
		p.print(p.group, p.object, p.sources)
	}
	p.object = ""
}

func (p *Run) print(s pipeline.Step, name string, sources int) {
	if p.Quiet {
		return
	}
	if s.Status == pipeline.Skipped && !p.Verbose {
		p.skipped[s.Layer] += sources
		return
	}
	fmt.Fprintln(p.Out, p.line(s, name))
	if s.Error != "" {
		fmt.Fprintln(p.Out, "           "+p.Style.Bad(s.Error))
	}
	if p.Verbose {
		bytes := ""
		if s.BytesIn+s.BytesOut > 0 {
			bytes = "read " + Bytes(s.BytesIn) + ", wrote " + Bytes(s.BytesOut)
		}
		for _, n := range append([]string{s.Reason, bytes}, s.Notes...) {
			if n != "" {
				fmt.Fprintln(p.Out, "           "+p.Style.Dim(n))
			}
		}
	}
}

func (p *Run) line(s pipeline.Step, name string) string {
	mark := p.Style.Good("✓")
	switch {
	case s.Status == pipeline.Failed:
		mark = p.Style.Bad("✗")
	case s.Status == pipeline.Skipped:
		mark = p.Style.Dim("=")
	case s.Malformed+s.Rejected+s.RejectedValues+s.FxMissing > 0:
		mark = p.Style.Warn("!")
	}
	in, out, rest := "", "", []string(nil)
	add := func(n int64, what string) {
		if n > 0 {
			rest = append(rest, Count(n)+" "+what)
		}
	}
	switch s.Layer {
	case pipeline.Bronze:
		in, out = Count(s.RowsIn)+" in", Count(s.RowsOut)+" new"
		add(s.Malformed, "malformed")
		add(s.Deleted, "deleted")
	case pipeline.Silver:
		in, out = Count(s.RowsIn)+" in", Count(s.RowsOut)+" out"
		add(s.Rejected, "rejected")
		add(s.RejectedValues, "values nulled")
		add(s.NotYetKnown, "not yet known")
		add(s.FxMissing, "without rate")
	case pipeline.History:
		in, out = Count(s.RowsOut)+" rows", Plural(s.Files, "table")
	default:
		in = Count(s.RowsOut) + " rows"
	}
	return fmt.Sprintf(" %-7s %s %-26s %13s %13s  %-30s %7s", s.Layer, mark, name, in, out,
		strings.Join(rest, ", "), Duration(s.Elapsed))
}

// RunFinished prints checks, warnings and what was published.
func (p *Run) RunFinished(r *pipeline.Result) {
	p.clearLive()
	p.flush()
	if !p.Quiet {
		p.unchanged()
		if h := r.History; h != nil && h.Elapsed > 0 {
			fmt.Fprintln(p.Out, p.Style.Dim(" "+historyDone(h)))
		}
		p.problems(r)
	}
	fmt.Fprintln(p.Out, p.outcome(r))
}

func (p *Run) unchanged() {
	var parts []string
	for _, l := range []pipeline.Layer{pipeline.Bronze, pipeline.Silver, pipeline.Gold} {
		if n := p.skipped[l]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, l))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintln(p.Out, p.Style.Dim(" unchanged: "+strings.Join(parts, ", ")+" (see --verbose)"))
	}
}

// historyDone holds the prediction against what it took.
func historyDone(h *pipeline.HistoryFill) string {
	said := fmt.Sprintf("history: filled %s in %s (predicted %s)", Plural(len(h.Dates), "earlier date"),
		Duration(h.Elapsed), Duration(roughly(h.Predicted)))
	if h.Kept > 0 {
		said += fmt.Sprintf("; %s had been finished by a run before", Plural(h.Kept, "date"))
	}
	if n := len(h.Skipped); n > 0 {
		said += fmt.Sprintf("; %s lie before any data", Plural(n, "date"))
	}
	return said
}

func (p *Run) problems(r *pipeline.Result) {
	for _, c := range r.Checks {
		if c.Passed {
			continue
		}
		mark := p.Style.Warn("warning")
		if c.Blocking() {
			mark = p.Style.Bad("error  ")
		}
		fmt.Fprintf(p.Out, " %s %s: %s of %s rows. %s\n", mark, c.ID, Count(c.FailingRows), Count(c.TotalRows), c.About)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(p.Out, " %s %s\n", p.Style.Warn("warning"), w)
	}
}

func (p *Run) outcome(r *pipeline.Result) string {
	passed, warnings, failed := r.CheckTally()
	checks := fmt.Sprintf("Checks %d passed", passed)
	if warnings > 0 {
		checks += " · " + p.Style.Warn(Plural(warnings, "warning"))
	}
	if failed > 0 {
		checks += " · " + p.Style.Bad(Plural(failed, "error"))
	}
	if len(r.Checks) == 0 {
		checks = "No checks were due"
	}
	took := p.Style.Dim("  in " + Duration(r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond)))
	said := Outcome(r)
	switch {
	case r.Status == pipeline.Failed && r.Published > 0:
		said = p.Style.Bad(fmt.Sprintf("Published version %d without what failed", r.Published)) + was(r.Previous)
	case r.Status == pipeline.Failed && r.Bronze > 0:
		said = p.Style.Bad("Nothing was published") + fmt.Sprintf("; what was extracted is in bronze, version %d", r.Bronze) + showing(r.Previous)
	case r.Status == pipeline.Failed:
		said = p.Style.Bad("Nothing was published") + showing(r.Previous)
	case r.Published > 0 && !r.Historical:
		said = p.Style.Good(said) + was(r.Previous)
	}
	if r.Published == 0 && r.Out == "" && r.Status != pipeline.Failed {
		return said + took // nothing was built, so no check was due
	}
	return checks + "    " + said + took
}

// Outcome says in a few words how a run ended.
func Outcome(r *pipeline.Result) string {
	switch {
	case r.Status == pipeline.Failed:
		return "failed: " + firstLine(r.Error)
	case r.Out != "":
		return "Written to " + r.Out
	case r.Historical:
		return fmt.Sprintf("Published version %d as historical: read it with --at %d, current stays", r.Published, r.Published)
	case r.Published > 0:
		return fmt.Sprintf("Published version %d", r.Published)
	case r.Bronze > 0:
		return fmt.Sprintf("Committed bronze as version %d%s", r.Bronze, showing(r.Previous))
	case r.Previous == 0:
		return "Nothing new, and nothing is published yet"
	}
	if n := len(r.Mended); n > 0 {
		return fmt.Sprintf("Mended %s of version %d, which is current: %s", Plural(n, "file"), r.Previous, strings.Join(r.Mended, ", "))
	}
	return fmt.Sprintf("Nothing new: version %d is current", r.Previous)
}

func firstLine(s string) string {
	for i, r := range s {
		if r == '\n' || i > 100 {
			return s[:i] + " …"
		}
	}
	return s
}

func showing(v int64) string {
	if v == 0 {
		return "; nothing is published yet"
	}
	return fmt.Sprintf("; readers still see version %d", v)
}

func was(v int64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(" (was %d)", v)
}
