package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// finding is one line of the doctor's report.
type finding struct {
	Level string `json:"level"` // ok | note | problem
	About string `json:"about"`
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"`
}

// The levels of a finding; only a problem makes doctor fail.
const (
	levelOK      = "ok"
	levelNote    = "note"
	levelProblem = "problem"
)

// diagnosis collects findings.
type diagnosis struct {
	Findings []finding `json:"findings"`
}

func (d *diagnosis) add(level, about, do, format string, args ...any) {
	d.Findings = append(d.Findings, finding{Level: level, About: about, Text: fmt.Sprintf(format, args...), Do: do})
}

func (d *diagnosis) problems() int {
	n := 0
	for _, f := range d.Findings {
		if f.Level == levelProblem {
			n++
		}
	}
	return n
}

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would keep a run from working",
		Long: "doctor checks the configuration, the files it names, the orgs it names, the lake's directory and\n" +
			"this machine, and says what to do about each problem. It logs in to an org, and asks for its\n" +
			"permissions, hidden fields, limits and clock, and how many rows, calls and how much time each\n" +
			"object takes. It changes nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := a.load()
			if err != nil {
				return err
			}
			var d diagnosis
			d.add(levelOK, "configuration", "", "%s is valid", a.Flags.Config)
			a.examineSources(cmd.Context(), &d, loaded)
			examineLake(&d, loaded.Lake)
			examineMachine(&d, loaded)
			return a.printDiagnosis(&d)
		},
	}
}

func (a *app) printDiagnosis(d *diagnosis) error {
	if a.Flags.JSON {
		if err := a.printJSON(d); err != nil {
			return err
		}
	} else {
		marks := map[string]string{levelOK: "✓", levelNote: "·", levelProblem: "✗"}
		for _, f := range d.Findings {
			if a.Flags.Quiet && f.Level != levelProblem {
				continue
			}
			fmt.Fprintf(a.Stdout, "%s %-28s %s\n", marks[f.Level], f.About, f.Text)
			if f.Do != "" {
				fmt.Fprintf(a.Stdout, "  %-28s → %s\n", "", f.Do)
			}
		}
	}
	if n := d.problems(); n > 0 {
		return fmt.Errorf("doctor found %d of %d checks wanting", n, len(d.Findings))
	}
	if !a.Flags.JSON && !a.Flags.Quiet {
		fmt.Fprintln(a.Stdout, "All is well.")
	}
	return nil
}
