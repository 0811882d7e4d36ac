package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/config"
)

// validated is the result of validate.
type validated struct {
	Config    string   `json:"config"`
	Hash      string   `json:"config_hash"`
	Sources   int      `json:"sources"`
	Objects   int      `json:"objects"`
	Rates     int      `json:"rate_sources"`
	Mappings  int      `json:"mappings"`
	Contracts int      `json:"table_contracts"`
	Metrics   int      `json:"gold_metrics"`
	Unmapped  []string `json:"unmapped_objects,omitempty"`
	Files     []string `json:"files"`
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check every configuration, mapping, schema and SQL file",
		Long: "validate reads everything a run would read of its configuration and says what is wrong,\n" +
			"all at once. It opens no lake and no source file.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			loaded, err := a.load()
			if err != nil {
				return err
			}
			result := newValidated(a.Flags.Config, loaded)
			if a.Flags.JSON {
				return a.printJSON(result)
			}
			return a.printValidated(result)
		},
	}
}

func newValidated(path string, l *config.Loaded) validated {
	v := validated{
		Config: path, Hash: l.Hash, Sources: len(l.Sources), Rates: len(l.Rates), Mappings: len(l.Mappings),
		Contracts: len(l.Contracts), Metrics: len(l.Metrics), Unmapped: l.Unmapped(), Files: l.Files,
	}
	for _, s := range l.Sources {
		v.Objects += len(s.Objects)
	}
	return v
}

func (a *app) printValidated(v validated) error {
	if a.Flags.Quiet {
		return nil
	}
	if a.Flags.Verbose {
		for _, f := range v.Files {
			fmt.Fprintf(a.Stderr, "read %s\n", f)
		}
	}
	for _, name := range v.Unmapped {
		fmt.Fprintf(a.Stderr, "note: %s has no mapping: it is kept in bronze only\n", name)
	}
	_, err := fmt.Fprintf(a.Stdout, "%s is valid: %d sources with %d objects, %d rate sources, %d mappings, %d table contracts, "+
		"%d gold parameters\n",
		v.Config, v.Sources, v.Objects, v.Rates, v.Mappings, v.Contracts, v.Metrics)
	return err
}
