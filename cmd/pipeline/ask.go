package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/question"
	"github.com/customer360/pipeline/pipeline/report"
	sqlfiles "github.com/customer360/pipeline/sql"
)

// askFlags are what a question is asked about, and how the answer is written.
type askFlags struct {
	Customer, Owner string
	At, Format      string
	Output          string
}

func (a *app) askCommand() *cobra.Command {
	var f askFlags
	c := &cobra.Command{
		Use:   "ask [list | ID]",
		Short: "Answer a question of the business",
		Long: "ask answers one of the questions that the board, sales, service, billing and account managers ask, from one\n" +
			"consistent state of the published tables; without an id, or with `list`, it lists them. What has no source is\n" +
			"answered \"no source\", never 0. The questions are the files of sql/questions; those in the configured SQL\n" +
			"directory win over the built-in ones.",
		Example: "  pipeline ask list\n" +
			"  pipeline ask bil1 --owner \"Jane Mwangi\"\n" +
			"  pipeline ask am1 --customer M-000001 --format markdown\n" +
			"  pipeline ask bc1 --format json",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.Flags.JSON {
				f.Format = string(report.FormatJSON)
			}
			switch f.Format {
			case "table", "csv", "json", "markdown":
			default:
				return usagef("unknown format %q: use table, csv, json or markdown", f.Format)
			}
			all, err := a.questions()
			if err != nil {
				return err
			}
			if len(args) == 0 || strings.EqualFold(args[0], "list") {
				return a.listQuestions(all, f)
			}
			q, ok := question.Find(all, args[0])
			if !ok {
				return unknownQuestion(args[0], all)
			}
			return a.ask(cmd.Context(), q, f)
		},
	}
	c.Flags().StringVar(&f.Customer, "customer", "", "of this customer: `NAME` or id of the customer or of one of its accounts")
	c.Flags().StringVar(&f.Owner, "owner", "", "of the accounts of this user: `NAME` or id")
	atFlag(c, &f.At)
	c.Flags().StringVar(&f.Format, "format", "table", "table, csv, json or markdown")
	c.Flags().StringVarP(&f.Output, "output", "o", "", "write to `FILE` instead of standard output")
	return c
}

// questions reads the built-in questions and, over them, the configured ones. Reading a
// lake needs no configuration, so a missing one is no error if --lake is given.
func (a *app) questions() ([]question.Question, error) {
	files := config.Layered{Lower: sqlfiles.FS}
	loaded, err := a.loadPipeline()
	switch {
	case err == nil && loaded.SQL != "":
		files.Upper = os.DirFS(loaded.SQL)
	case err != nil && isProblems(err):
		return nil, err
	}
	all, err := question.Load(files)
	if err != nil {
		return nil, &usageError{err: err, hint: "see the built-in questions in sql/questions"}
	}
	return all, nil
}

func unknownQuestion(given string, all []question.Question) error {
	ids := make([]string, len(all))
	for i, q := range all {
		ids[i] = q.ID
	}
	e := &usageError{err: fmt.Errorf("there is no question %q", given), hint: "`pipeline ask list` lists them"}
	if near := config.Nearest(strings.ToUpper(given), ids); near != "" {
		e.hint = fmt.Sprintf("did you mean %s? %s", near, e.hint)
	}
	return e
}

// listQuestions prints what can be asked, and what each needs.
func (a *app) listQuestions(all []question.Question, f askFlags) error {
	lines := make([]report.QuestionLine, len(all))
	for i, q := range all {
		lines[i] = report.QuestionLine{ID: q.ID, Title: q.Title, AskedBy: q.AskedBy, Tables: q.Tables,
			Customer: need(q, question.VarCustomer), Owner: need(q, question.VarOwner)}
		for _, group := range q.Sources {
			lines[i].Sources = append(lines[i].Sources, question.Alternatives(group))
		}
	}
	return a.write(f.Output, func(w io.Writer) error { return report.Questions(w, lines, report.Format(f.Format)) })
}

func need(q question.Question, variable string) string {
	switch {
	case !q.Takes(variable):
		return ""
	case strings.Contains(strings.Join(q.Required, " "), variable):
		return "needed"
	}
	return "possible"
}

func (a *app) ask(ctx context.Context, q question.Question, f askFlags) (err error) {
	sess, view, closeReader, err := a.openPublished(ctx, reading{at: f.At}, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeReader()) }()
	for _, table := range q.Tables {
		if !slices.Contains(view.Tables(), strings.Replace(table, ".", "/", 1)) {
			return &usageError{err: fmt.Errorf("question %s needs %s, which this state of the lake does not have", q.ID, table), hint: "`pipeline run` builds it"}
		}
	}
	scope := question.Scope{AsOf: view.Commit().AsOf}
	if scope.Customer, err = a.someone(ctx, sess, f.Customer, question.FindCustomer); err != nil {
		return err
	}
	if scope.Owner, err = a.someone(ctx, sess, f.Owner, question.FindOwner); err != nil {
		return err
	}
	coverage, err := question.ReadCoverage(ctx, sess)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	answer := report.Answer{ID: q.ID, Title: q.Title, AsOf: scope.AsOf, Empty: q.Empty, About: q.About,
		Notes: coverage.Partial(q), None: q.None, Kinds: map[string]string{}, Labels: config.Label}
	for column, format := range q.Formats {
		answer.Kinds[column] = string(format)
	}
	if scope.Customer.ID != "" {
		answer.Customer = scope.Customer.String()
	}
	if scope.Owner.ID != "" {
		answer.Owner = scope.Owner.String()
	}
	if missing := coverage.Missing(q); len(missing) > 0 {
		for _, group := range missing {
			answer.NoSource = append(answer.NoSource, question.Alternatives(group))
		}
		if f.Format == string(report.FormatCSV) {
			fmt.Fprintf(a.Stderr, "no source: %s\n", strings.Join(answer.NoSource, "; "))
		}
		return a.write(f.Output, func(w io.Writer) error { return answer.Write(w, nil, report.Format(f.Format)) })
	}
	rows, err := q.Ask(ctx, sess, scope)
	var wrong *question.ScopeError
	if errors.As(err, &wrong) {
		return &usageError{err: err, hint: wrong.Hint()}
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	return a.write(f.Output, func(w io.Writer) error { return answer.Write(w, rows, report.Format(f.Format)) })
}

// someone finds whom a flag names; a flag that is not given names nobody.
func (a *app) someone(ctx context.Context, sess engine.Session, given string,
	find func(context.Context, engine.Session, string) (question.Someone, error)) (question.Someone, error) {
	if given == "" {
		return question.Someone{}, nil
	}
	who, err := find(ctx, sess, given)
	var name *question.NameError
	if errors.As(err, &name) {
		return who, &usageError{err: err, hint: name.Hint()}
	}
	return who, err
}
