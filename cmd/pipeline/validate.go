package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/source/csv"
)

// validated is the result of validate.
type validated struct {
	Config       string   `json:"config"`
	Hash         string   `json:"config_hash"`
	Sources      int      `json:"sources"`
	Objects      int      `json:"objects"`
	Rates        int      `json:"rate_sources"`
	Mappings     int      `json:"mappings"`
	Contracts    int      `json:"table_contracts"`
	Parameters   int      `json:"gold_parameters"`
	SilverTables int      `json:"silver_tables"`
	Models       int      `json:"models"`
	Checks       int      `json:"checks"`
	Unmapped     []string `json:"unmapped_objects,omitempty"`
	Warnings     []string `json:"warnings,omitempty"`
	Files        []string `json:"files"`
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check every configuration, mapping, schema and SQL file",
		Long: "validate reads everything a run would read of its configuration and says what is wrong,\n" +
			"all at once. It opens no lake and no source file; it warns of files that two objects read.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := a.load()
			if err != nil {
				return err
			}
			result := newValidated(a.Flags.Config, loaded)
			if err := result.compile(cmd.Context(), loaded); err != nil {
				return &usageError{err: err, hint: hintOf(err)}
			}
			if a.Flags.JSON {
				return a.printJSON(result)
			}
			return a.printValidated(result)
		},
	}
}

func newValidated(path string, l *config.Loaded) *validated {
	v := &validated{
		Config: path, Hash: l.Hash, Sources: len(l.Sources), Rates: len(l.Rates), Mappings: len(l.Mappings),
		Contracts: len(l.Contracts), Parameters: len(l.Metrics), Unmapped: l.Unmapped(), Files: l.Files,
	}
	for _, s := range l.Sources {
		v.Objects += len(s.Objects)
		if s.Type == config.TypeSalesforce {
			continue
		}
		for _, file := range csv.SharedFiles(s) {
			v.Warnings = append(v.Warnings, fmt.Sprintf(`%s: %s is read as %s; if that is not meant, narrow "files"`, s.Name, file.File, strings.Join(file.Objects, " and as ")))
		}
	}
	return v
}

// compile compiles mappings and SQL as a run would, without data.
func (v *validated) compile(ctx context.Context, l *config.Loaded) (err error) {
	db, err := duckdb.Open(ctx, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	v.SilverTables, v.Models, v.Checks, err = pipeline.Validate(ctx, db, l)
	return err
}

func (a *app) printValidated(v *validated) error {
	if a.Flags.Verbose {
		for _, f := range v.Files {
			fmt.Fprintf(a.Stderr, "read %s\n", f)
		}
	}
	if a.Flags.Quiet {
		return nil
	}
	for _, name := range v.Unmapped {
		fmt.Fprintf(a.Stderr, "note: %s has no mapping: it is kept in bronze only\n", name)
	}
	for _, w := range v.Warnings {
		fmt.Fprintf(a.Stderr, "warning: %s\n", w)
	}
	_, err := fmt.Fprintf(a.Stdout, "%s is valid\n"+
		"  configuration  %d sources with %d objects, %d rate sources, %d gold parameters\n"+
		"  mappings       %d, into %d silver tables\n"+
		"  contracts      %d\n"+
		"  SQL            %d models, %d checks\n",
		v.Config, v.Sources, v.Objects, v.Rates, v.Parameters, v.Mappings, v.SilverTables, v.Contracts, v.Models, v.Checks)
	return err
}
