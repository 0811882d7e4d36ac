package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/link/truth"
	"github.com/customer360/pipeline/pipeline/report"
)

func (a *app) linkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "link",
		Short: "Which accounts are the same customer: review it, measure it, fit it",
		Long: "link groups what belongs to account linking. evaluate and fit work on labelled files alone and need neither\n" +
			"configuration nor lake.",
	}
	c.AddCommand(a.stewardCommands()...)
	c.AddCommand(a.linkEvaluateCommand(), a.linkFitCommand(), a.linkGenerateCommand())
	return c
}

// linkFlags are what evaluate and fit have in common.
type linkFlags struct {
	Policy, Data, Half string
	Files              []string
	Out, Clusters      string
	Worst              int
	Refit              bool
}

func (f *linkFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.Policy, "policy", "entity", "what \"the same customer\" means: entity or family, or another `POLICY` of --data")
	c.Flags().StringVar(&f.Data, "data", "", "a `DIR` with words, legal forms and policies (default: the built-in ones)")
	c.Flags().StringVar(&f.Half, "half", "", "use only the customers of one half, `a or b`: what was fitted on one is tested on the other")
}

func (a *app) linkEvaluateCommand() *cobra.Command {
	var f linkFlags
	c := &cobra.Command{
		Use:   "evaluate --accounts FILE",
		Short: "Link labelled accounts and measure the result",
		Long: "evaluate links the accounts of a CSV file (id, region, name, cluster; if known email, phone, domain, parent,\n" +
			"country, contact_emails, contact_phones) without looking at the labels, and compares: precision, recall and F1\n" +
			"of pairs and B³, whether confidence means what it says, and the clusters that went wrong.",
		Example: "  pipeline link evaluate --accounts labelled.csv --policy entity\n  pipeline link evaluate --accounts labelled.csv --policy family --half b --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.linkEvaluate(cmd.Context(), f) },
	}
	f.add(c)
	c.Flags().StringArrayVar(&f.Files, "accounts", nil, "the labelled `FILE`")
	c.Flags().StringArrayVar(&f.Files, "truth", nil, "the same as --accounts `FILE`")
	c.Flags().StringVar(&f.Clusters, "clusters", "", "write what was found to a CSV `FILE`: account_id, cluster")
	c.Flags().BoolVar(&f.Refit, "refit", false, "fit the policy anew on four fifths of the customers and measure the fifth, five times over")
	c.Flags().IntVar(&f.Worst, "worst", 10, "how many of the clusters that went wrong to list")
	return c
}

func (a *app) linkFitCommand() *cobra.Command {
	var f linkFlags
	c := &cobra.Command{
		Use:   "fit --truth FILE --out FILE",
		Short: "Fit the weights of a policy to labelled accounts",
		Long: "fit finds the weights of a policy by logistic regression on the considered pairs of labelled files, each file\n" +
			"counting alike, calibrates them, and writes the policy with a note of what it was fitted on.",
		Example: "  pipeline link fit --truth labelled.csv --half a --policy entity --out entity.json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.linkFit(cmd.Context(), f) },
	}
	f.add(c)
	c.Flags().StringArrayVar(&f.Files, "truth", nil, "a labelled `FILE`; may be repeated")
	c.Flags().StringVar(&f.Out, "out", "", "the policy `FILE` to write (default: standard output)")
	return c
}

// linker opens what linking needs and passes it to f.
func (a *app) linker(ctx context.Context, f linkFlags, use func(*link.Linker) error) (err error) {
	files, err := fs.Sub(configs.FS, "linking")
	if err != nil {
		return err
	}
	if f.Data != "" {
		files = os.DirFS(f.Data)
	}
	words, err := link.LoadVocabulary(files)
	if err != nil {
		return err
	}
	policy, err := link.LoadPolicy(files, f.Policy)
	if err != nil {
		return &usageError{err: err, hint: "use --policy entity or --policy family"}
	}
	dir, err := os.MkdirTemp("", "pipeline-link-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := duckdb.Open(ctx, engine.Options{TempDirectory: dir})
	if err != nil {
		return err
	}
	defer db.Close()
	sess, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer sess.Close()
	return use(&link.Linker{Vocabulary: words, Policy: policy, Session: sess, Dir: dir})
}

// labelled reads the labelled files of the flags.
func (f linkFlags) labelled() ([]*link.Labelled, error) {
	if len(f.Files) == 0 {
		return nil, &usageError{err: fmt.Errorf("no labelled file"), hint: "name one with columns id, region, name, cluster"}
	}
	var all []*link.Labelled
	for _, path := range f.Files {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		l, err := link.ReadLabelled(file)
		_ = file.Close() // read only
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		switch strings.ToLower(f.Half) {
		case "":
		case "a":
			l = l.Part(0)
		case "b":
			l = l.Part(1)
		default:
			return nil, usagef("--half %s: want a or b", f.Half)
		}
		all = append(all, l)
	}
	return all, nil
}

func (a *app) linkFit(ctx context.Context, f linkFlags) error {
	files, err := f.labelled()
	if err != nil {
		return err
	}
	return a.linker(ctx, f, func(l *link.Linker) error {
		bands, err := l.Fit(ctx, files)
		if err != nil {
			return err
		}
		l.Policy.FittedOn = nil
		for i, path := range f.Files {
			half := ""
			if f.Half != "" {
				half = ", half " + strings.ToLower(f.Half)
			}
			l.Policy.FittedOn = append(l.Policy.FittedOn, fmt.Sprintf("%s: %s accounts%s", filepath.Base(path), report.Count(int64(len(files[i].Accounts))), half))
		}
		policy, err := json.MarshalIndent(l.Policy, "", "  ")
		if err != nil {
			return err
		}
		policy = append(policy, '\n')
		if f.Out == "" {
			_, err := a.Stdout.Write(policy)
			return err
		}
		if err := os.WriteFile(f.Out, policy, 0o666); err != nil {
			return err
		}
		fmt.Fprintln(a.Stdout, "What confidence means for customers it was not fitted on:")
		printBands(a.Stdout, bands)
		return nil
	})
}

func (a *app) linkEvaluate(ctx context.Context, f linkFlags) error {
	files, err := f.labelled()
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return usagef("--accounts: want one file")
	}
	return a.linker(ctx, f, func(l *link.Linker) error {
		evaluate := func() (*link.Evaluation, error) { return l.Evaluate(ctx, files[0], f.Worst, a.Now) }
		if f.Refit {
			evaluate = func() (*link.Evaluation, error) { return l.CrossValidate(ctx, files[0], a.Now) }
		}
		e, err := evaluate()
		if err != nil {
			return err
		}
		if f.Clusters != "" {
			if err := writeClusters(f.Clusters, e.Clusters); err != nil {
				return err
			}
		}
		if a.Flags.JSON {
			return a.printJSON(e)
		}
		printEvaluation(a.Stdout, e)
		return nil
	})
}

// writeClusters writes which accounts were found to be one customer.
func writeClusters(path string, clusters []link.Assignment) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := csv.NewWriter(file)
	if err := w.Write([]string{"account_id", "cluster"}); err != nil {
		return err
	}
	for _, c := range clusters {
		if err := w.Write([]string{c.AccountID, c.MasterAccountID}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func (a *app) linkGenerateCommand() *cobra.Command {
	var o truth.Options
	var path string
	c := &cobra.Command{
		Use:     "generate --accounts N --out FILE",
		Short:   "Write made-up accounts whose customers are known",
		Long:    "generate writes a labelled file to measure linking on: homonyms, agency mailboxes, placeholder phones, resellers,\nrenames and bad spelling. The same seed writes the same bytes.",
		Example: "  pipeline link generate --accounts 100000 --seed 7 --out accounts.csv",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) (err error) {
			if path == "" || o.Accounts < 1 {
				return &usageError{err: fmt.Errorf("--accounts and --out are needed"), hint: "pipeline link generate --accounts 100000 --out accounts.csv"}
			}
			file, err := os.Create(path)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, file.Close()) }()
			return truth.WriteCSV(file, truth.Generate(o))
		},
	}
	c.Flags().IntVar(&o.Accounts, "accounts", 100000, "how many accounts")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "the seed")
	c.Flags().StringVar(&path, "out", "", "the `FILE` to write")
	return c
}
