package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// initOptions are the flags of init.
type initOptions struct {
	dir    string
	source string
}

func (a *app) initCommand() *cobra.Command {
	var opt initOptions
	cmd := &cobra.Command{
		Use:   "init --dir DIR",
		Short: "Write a configuration to start from",
		Long: "init writes a pipeline.json and a README of the next steps. With --source csv it reads a\n" +
			"Salesforce org's CSV exports, and the directory to put them in is made; with --source salesforce\n" +
			"it reads the org itself. It changes no file that exists.",
		Example: "  pipeline init --dir my-company\n  pipeline init --dir my-company --source salesforce",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if opt.dir == "" {
				return &usageError{err: errors.New("--dir is missing"), hint: "name the directory to write to: pipeline init --dir my-company"}
			}
			s, ok := scaffolds[opt.source]
			if !ok {
				return usagef("--source %s: the kinds of source are: csv, salesforce", opt.source)
			}
			return a.scaffold(opt.dir, s)
		},
	}
	cmd.Flags().StringVar(&opt.dir, "dir", "", "the `DIR` to write to; made if absent")
	cmd.Flags().StringVar(&opt.source, "source", "csv", "the `KIND` of source to configure: csv or salesforce")
	return cmd
}

// scaffold is what a kind of source begins with.
type scaffold struct {
	config, readme string
	exports        string // directory to make, "" = none
	next           string // what to do first
}

var scaffolds = map[string]scaffold{
	"csv":        {scaffoldConfig, scaffoldReadme, "exports/salesforce", "put your exports into %s"},
	"salesforce": {scaffoldOrg, scaffoldOrgReadme, "", "write your org's address into %s, and set SF_CLIENT_ID and SF_CLIENT_SECRET"},
}

// scaffold writes the files of a new configuration, or none if one exists.
func (a *app) scaffold(dir string, s scaffold) error {
	files := []struct{ name, content string }{
		{"pipeline.json", s.config},
		{"README.md", strings.ReplaceAll(s.readme, "DIR", filepath.ToSlash(filepath.Clean(dir)))},
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if _, err := os.Lstat(path); err == nil {
			return &usageError{err: fmt.Errorf("%s exists", path), hint: "name another --dir, or move it away; nothing was written"}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("init: %w", err)
		}
	}
	exports := filepath.Join(dir, filepath.FromSlash(s.exports))
	if err := os.MkdirAll(exports, 0o755); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	for _, f := range files {
		if err := writeNew(filepath.Join(dir, f.name), f.content); err != nil {
			return fmt.Errorf("init: %w", err)
		}
	}
	config := filepath.Join(dir, "pipeline.json")
	result := map[string]string{"config": config}
	next := fmt.Sprintf(s.next, config)
	if s.exports != "" {
		result["exports"], next = exports, fmt.Sprintf(s.next, exports)
	}
	if a.Flags.JSON {
		return a.printJSON(result)
	}
	_, err := fmt.Fprintf(a.Stdout, "Wrote %s\nNext: %s, then run\n  pipeline doctor --config %s\n  pipeline run --layer all --config %s\n",
		config, next, config, config)
	return err
}

// writeNew writes a file that must not exist.
func writeNew(path, content string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString(content)
	return err
}

// scaffoldConfig is the pipeline.json to start from. Every object is optional, so that
// a first run works with the exports there are.
const scaffoldConfig = `{
  "lake": "lake",
  "time_zone": "UTC",
  "sources": [
    {
      "name": "salesforce",
      "type": "csv",
      "region": "Group",
      "mapping": "salesforce",
      "currency": "USD",
      "path": "exports/salesforce",
      "csv": {
        "encoding": "utf-8",
        "delimiter": ",",
        "date_formats": ["%Y-%m-%d"],
        "time_zone": "UTC"
      },
      "objects": [
        {"name": "Account", "files": ["Account.csv*", "Account_*.csv*"], "optional": true},
        {"name": "Contact", "files": ["Contact.csv*", "Contact_*.csv*"], "optional": true},
        {"name": "Lead", "files": ["Lead.csv*", "Lead_*.csv*"], "optional": true},
        {"name": "User", "files": ["User.csv*", "User_*.csv*"], "optional": true},
        {"name": "Opportunity", "files": ["Opportunity.csv*", "Opportunity_*.csv*"], "optional": true},
        {"name": "OpportunityHistory", "files": ["OpportunityHistory.csv*", "OpportunityHistory_*.csv*"], "optional": true},
        {"name": "OpportunityLineItem", "files": ["OpportunityLineItem.csv*", "OpportunityLineItem_*.csv*"], "optional": true},
        {"name": "Product2", "files": ["Product2.csv*", "Product2_*.csv*"], "optional": true},
        {"name": "Contract", "files": ["Contract.csv*", "Contract_*.csv*"], "optional": true},
        {"name": "Case", "files": ["Case.csv*", "Case_*.csv*"], "optional": true}
      ]
    }
  ],
  "rates": []
}
`

const scaffoldReadme = `# Your Customer 360

1. Put the CSV exports of your Salesforce org into exports/salesforce/, one or more files per object:
   Account.csv or Account_2026-11-21.csv, Contact.csv, Opportunity.csv and so on. Files may be compressed (.gz, .zst).
2. Adapt pipeline.json: the region's name, the currency of amounts that name none, how your files write dates
   and numbers, and which objects you have. An editor that knows JSON Schema completes every field.
3. See whether all is well: pipeline doctor --config DIR/pipeline.json
4. Run: pipeline run --layer all --config DIR/pipeline.json
5. Look: pipeline query --config DIR/pipeline.json "SELECT * FROM gold.customer_360 LIMIT 10"

Amounts in other currencies than USD need exchange rates: add a source under "rates".
Columns of your own need a mapping of your own: name a directory under "mappings".
docs/configuration.md of the project describes every field.
`
