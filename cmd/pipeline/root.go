package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/config"
)

// defaultConfig is where the configuration is looked for without --config.
const defaultConfig = "configs/pipeline.json"

// app is everything a subcommand may use of the world outside. A subcommand is a
// method that returns its cobra command, in a file of its own, listed in commands.
type app struct {
	Stdin  io.Reader
	Stdout io.Writer // results only
	Stderr io.Writer // progress, logs, errors
	Now    func() time.Time
	Env    func(string) (string, bool)
	Flags  commonFlags

	loaded *config.Loaded // what load read: it knows the secrets
}

// commonFlags are the flags every subcommand understands.
type commonFlags struct {
	Config  string
	Lake    string
	AsOf    string
	JSON    bool
	Quiet   bool
	Verbose bool
}

// commands lists the subcommands in the order help shows them.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCommand(),
		a.initCommand(),
		a.doctorCommand(),
		a.validateCommand(),
		a.planCommand(),
		a.runCommand(),
		a.checkCommand(),
		a.rejectsCommand(),
		a.runsCommand(),
		a.askCommand(),
		a.queryCommand(),
		a.docsCommand(),
		a.linkCommand(),
		a.lakeCommand(),
		a.versionCommand(),
	}
}

// run executes one command line and returns the exit code of the process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second signal ends the process at once
		<-ctx.Done()
		stop()
	}()
	a := &app{Stdin: stdin, Stdout: stdout, Stderr: stderr, Now: time.Now, Env: os.LookupEnv}
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	a.printError(err)
	return exitCode(err)
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pipeline",
		Short: "Customer 360: exports in, customer tables out",
		Long: "pipeline loads the exports of Salesforce orgs, billing, usage and survey systems,\n" +
			"cleans them by JSON mapping, and publishes customer tables as Parquet.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{err: err, hint: fmt.Sprintf("see %s --help", cmd.CommandPath())}
	})
	f := root.PersistentFlags()
	f.StringVar(&a.Flags.Config, "config", defaultConfig, "the configuration `FILE`")
	f.StringVar(&a.Flags.Lake, "lake", "", "the lake's `DIR` (default: from the configuration)")
	f.StringVar(&a.Flags.AsOf, "as-of", "", "compute as of the end of this `DATE` (default: from the configuration, else yesterday)")
	f.BoolVar(&a.Flags.JSON, "json", false, "print the result as JSON")
	f.BoolVarP(&a.Flags.Quiet, "quiet", "q", false, "no progress, only the result and errors")
	f.BoolVarP(&a.Flags.Verbose, "verbose", "v", false, "log every step")
	root.AddCommand(a.commands()...)
	root.InitDefaultHelpCmd() // now, so that their usage errors are ours too
	root.InitDefaultCompletionCmd()
	typeUsageErrors(root)
	return root
}

// typeUsageErrors makes wrong arguments and unknown subcommands usage errors, all the
// way down. A command that only groups others shows its help.
func typeUsageErrors(c *cobra.Command) {
	check := c.Args
	switch {
	case c.HasSubCommands() && !c.Runnable():
		check = knownSubcommand
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	case c.Name() == "help" && c.Parent() == c.Root():
		check = helpTopic
	case check == nil:
		check = cobra.ArbitraryArgs
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{err: err, hint: fmt.Sprintf("see %s --help", cmd.CommandPath())}
		}
		return nil
	}
	for _, sub := range c.Commands() {
		typeUsageErrors(sub)
	}
}

// helpTopic refuses to explain a command there is not.
func helpTopic(cmd *cobra.Command, args []string) error {
	found, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) == 0 {
		return err
	}
	return knownSubcommand(found, rest)
}

func knownSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %q for %q; did you mean %q?", args[0], cmd.CommandPath(), near[0])
	}
	return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
}

// load reads the configuration that the common flags name and applies those flags.
func (a *app) load() (*config.Loaded, error) { return a.loadBy(config.Load) }

// loadPipeline reads pipeline.json alone, quickly: enough to find the lake.
func (a *app) loadPipeline() (*config.Loaded, error) { return a.loadBy(config.LoadPipeline) }

func (a *app) loadBy(read func(string, func(string) (string, bool)) (*config.Loaded, error)) (*config.Loaded, error) {
	loaded, err := read(a.Flags.Config, a.Env)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !isProblems(err):
		return nil, &usageError{
			err: fmt.Errorf("there is no configuration at %s", a.Flags.Config),
			hint: "name one with --config FILE, write one with `pipeline init --dir DIR`, " +
				"or see a finished one with `make run` or `pipeline demo --out DIR`",
		}
	case err != nil:
		return nil, err
	}
	if err := a.override(&loaded.Pipeline); err != nil {
		return nil, err
	}
	a.loaded = loaded
	return loaded, nil
}

// override lets --lake and --as-of win over the file.
func (a *app) override(p *config.Pipeline) error {
	if a.Flags.Lake != "" {
		lake, err := filepath.Abs(a.Flags.Lake)
		if err != nil {
			return fmt.Errorf("--lake: %w", err)
		}
		p.Lake = lake
	}
	if a.Flags.AsOf != "" {
		if _, err := time.Parse(time.DateOnly, a.Flags.AsOf); err != nil {
			return usagef("--as-of %s: want a date, YYYY-MM-DD", a.Flags.AsOf)
		}
		p.AsOf = a.Flags.AsOf
	}
	return nil
}

func isProblems(err error) bool {
	var p *config.Problems
	return errors.As(err, &p)
}
