package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/command-line.md")

const referenceIntro = `# Command line

<!-- Generated from the commands by go test ./cmd/pipeline -run Reference -update. Do not edit. -->

` + "`make build` leaves the program at `bin/pipeline`; `pipeline COMMAND --help` says what stands here." + `

- The result goes to standard output, progress and messages to standard error. A terminal shows live progress, a pipe one line per finished
  table; ` + "`NO_COLOR`" + ` is honoured, ` + "`--json`" + ` prints the result for programs.
- A message says what is wrong, where (file and field, or table and row), and what to do.
- The configuration is ` + "`configs/pipeline.json`" + ` unless ` + "`--config`" + ` names another. Commands that only read a lake need none if ` + "`--lake`" + ` names the lake.

| Exit code | Meaning |
|---|---|
| 0 | done, or nothing was new |
| 1 | failed; nothing is half-published, readers keep the previous state |
| 2 | the command line or the configuration is wrong |
| 3 | ` + "`plan --exit-code`" + `: something would run |
| 4 | another run holds the lock |
| 5 | the budget of API calls of an org is used up; what was read is kept, the next run goes on |
| 130 | interrupted; the lake is as it was |

`

// TestReference compares docs/command-line.md with the commands.
func TestReference(t *testing.T) {
	root := (&app{Stdin: strings.NewReader(""), Stdout: &strings.Builder{}, Stderr: &strings.Builder{}}).rootCommand()
	root.InitDefaultCompletionCmd()
	var b strings.Builder
	b.WriteString(referenceIntro)
	b.WriteString("## Flags of every command\n\n")
	writeFlags(&b, root.PersistentFlags())
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			writeCommand(&b, c)
		}
	}
	const file = "../../docs/command-line.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("docs/command-line.md is not current: run go test ./cmd/pipeline -run Reference -update")
	}
}

func writeCommand(b *strings.Builder, c *cobra.Command) {
	use := c.CommandPath() + strings.TrimPrefix(c.Use, c.Name())
	fmt.Fprintf(b, "\n## %s\n\n`%s`\n\n%s\n", c.CommandPath(), use, strings.TrimSpace(about(c)))
	if c.Example != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", c.Example)
	}
	if c.LocalNonPersistentFlags().HasAvailableFlags() {
		b.WriteString("\n")
		writeFlags(b, c.LocalNonPersistentFlags())
	}
	for _, sub := range c.Commands() {
		writeCommand(b, sub)
	}
}

func about(c *cobra.Command) string {
	switch {
	case strings.HasPrefix(c.CommandPath(), "pipeline completion"): // cobra's own text is about shells, not about pipeline
		return c.Short + "."
	case c.Long != "":
		return c.Short + ".\n\n" + c.Long
	}
	return c.Short + "."
}

func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| Flag | Default | |\n|---|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		spelled := "--" + f.Name
		if f.Shorthand != "" {
			spelled = "-" + f.Shorthand + ", " + spelled
		}
		value := ""
		if f.Value.Type() != "bool" {
			spelled += " " + name
			if value = f.DefValue; value == "[]" || value == "0" {
				value = ""
			}
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", strings.TrimSpace(spelled), value, strings.ReplaceAll(usage, "|", `\|`))
	})
}
