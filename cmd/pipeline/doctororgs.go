package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/report"
	"github.com/customer360/pipeline/pipeline/source/salesforce"
)

// maxSkew is how far this machine's clock may be off before it is worth a note: windows
// go by the org's clock, but tokens and logs by this one.
const maxSkew = 30 * time.Second

// examineOrg logs in to an org, and asks what a first extraction would meet.
func (a *app) examineOrg(ctx context.Context, d *diagnosis, l *config.Loaded, s config.Source) {
	problem := func(about string, err error) {
		d.add(levelProblem, about, hintOf(err), "%s", a.redact(err.Error()))
	}
	org, err := salesforce.Open(l, s, salesforce.Options{Now: a.Now})
	if err != nil {
		problem(s.Name, err)
		return
	}
	for _, w := range org.Warnings() {
		d.add(levelNote, s.Name, "", "%s", w)
	}
	if err := org.Connect(ctx); err != nil {
		problem(s.Name+" login", err)
		return
	}
	h, err := org.Health(ctx)
	if err != nil {
		problem(s.Name, err)
		return
	}
	kind := "production"
	if org.Sandbox {
		kind = "sandbox"
	}
	d.add(levelOK, s.Name+" login", "", "%s, org %s (%s), API %s", org.Name, org.ID, kind, h.APIVersion)
	if org.Sandbox {
		d.add(levelNote, s.Name+" login", "a refreshed sandbox is another org: give it a source of its own", "the org is a sandbox")
	}
	examineClock(d, s.Name, h)
	examineLimits(d, s, h)
	switch h.SeesAll {
	case "yes":
		d.add(levelOK, s.Name+" permissions", "", "the user sees all records (View All Data)")
	case "no":
		d.add(levelNote, s.Name+" permissions", "grant View All Data, or View All on each object, in a permission set", "the user lacks View All Data: records that are not shared with it are missing, and nothing says so")
	default:
		d.add(levelNote, s.Name+" permissions", "make sure it has View All Data, or View All on each object", "whether the user sees all records cannot be told: %s", h.SeesAll)
	}
	var calls int64
	var takes time.Duration
	for _, o := range s.Objects {
		found := org.Examine(ctx, salesforce.Request{Object: o, Reads: l.Reads(s, o)})
		calls, takes = calls+found.Calls, takes+found.Takes
		examineOrgObject(d, s.Name+"/"+o.Name, found, problem)
	}
	side := time.Duration(max(1, s.Salesforce.Concurrency))
	d.add(levelOK, s.Name, "", "a first extraction takes roughly %s calls and %s; a night a fraction of it", report.Count(calls), report.Duration((takes / side).Round(time.Second)))
}

func examineOrgObject(d *diagnosis, about string, h salesforce.ObjectHealth, problem func(string, error)) {
	switch {
	case h.Problem != nil:
		problem(about, h.Problem)
		return
	case h.Skipped != "":
		d.add(levelNote, about, "", "%s: it is left out", h.Skipped)
		return
	}
	cursor := "read as a whole every time, for want of a stamp"
	if h.Cursor != "" {
		cursor = "by " + h.Cursor
	}
	d.add(levelOK, about, "", "%s rows, %d fields, %s, %s in roughly %s calls and %s", report.Count(h.Rows), h.Fields, cursor,
		strings.ToUpper(h.Transport), report.Count(h.Calls), report.Duration(h.Takes.Round(time.Second)))
	if len(h.Missing) > 0 {
		d.add(levelProblem, about, "let the user see them (field-level security, in a permission set), or correct \"expected\"", "expected fields are missing or hidden: %s", strings.Join(h.Missing, ", "))
	}
	if len(h.Absent) > 0 {
		d.add(levelNote, about, "if the org has them, let the user see them (field-level security)", "mappings read fields that the user does not see: %s", strings.Join(h.Absent, ", "))
	}
	if len(h.Excluded) > 0 {
		d.add(levelNote, about, "", "left out for their type: %s", strings.Join(h.Excluded, ", "))
	}
}

func examineClock(d *diagnosis, source string, h salesforce.Health) {
	switch {
	case !h.SkewKnown:
		d.add(levelNote, source+" clock", "", "the org does not tell the time")
	case h.Skew.Abs() > maxSkew:
		d.add(levelNote, source+" clock", "set this machine's clock (NTP); a login by JWT needs it right", "this machine's clock is %s off the org's", h.Skew.Abs().Round(time.Second))
	default:
		d.add(levelOK, source+" clock", "", "within %s of the org's", h.Skew.Abs().Round(time.Second))
	}
}

func examineLimits(d *diagnosis, s config.Source, h salesforce.Health) {
	for _, l := range h.Limits {
		level, do := levelOK, ""
		if l.Max > 0 && l.Used*100 >= l.Max*int64(s.Salesforce.Budget.OrgPercent) {
			level, do = levelProblem, fmt.Sprintf("wait, or raise salesforce.budget.org_percent (%d)", s.Salesforce.Budget.OrgPercent)
		}
		d.add(level, s.Name+" limits", do, "%s", l)
	}
}
