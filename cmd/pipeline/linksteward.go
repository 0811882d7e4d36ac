package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/report"
	"github.com/customer360/pipeline/pipeline/steward"
)

// stewardFlags are what a decision is made of.
type stewardFlags struct{ By, Why, Source string }

// stewardCommands are the steward's part of link.
func (a *app) stewardCommands() []*cobra.Command {
	return []*cobra.Command{
		a.linkReviewCommand(), a.linkExplainCommand(),
		a.decideCommand("accept", steward.Same, "Decide that two accounts are one customer"),
		a.decideCommand("reject", steward.Different, "Decide that two accounts are not one customer"),
		a.linkUndoCommand(),
	}
}

func (a *app) linkReviewCommand() *cobra.Command {
	var format string
	var limit int
	c := &cobra.Command{
		Use:   "review",
		Short: "List the pairs of accounts that wait for a steward",
		Long: "review lists the queue (gold.link_review), the surest pairs first: accounts that may be one customer and are not\n" +
			"linked, with what speaks for it and why they are not. Decide with `pipeline link accept` and `reject`.",
		Example: "  pipeline link review\n  pipeline link review --limit 5 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.Flags.JSON {
				format = string(report.FormatJSON)
			}
			return a.linkReview(cmd.Context(), format, limit)
		},
	}
	c.Flags().IntVarP(&limit, "limit", "n", 20, "how many pairs; 0 = all")
	c.Flags().StringVar(&format, "format", "", "table, csv, json or markdown (default: a list to read)")
	return c
}

const reviewQuery = `SELECT account_id, account_name, region, matched_account_id, matched_account_name, matched_region, confidence_score, method, reason, evidence, score_parts,
       master_account_id, matched_master_account_id
FROM gold.link_review ORDER BY confidence_score DESC NULLS LAST, account_id, matched_account_id`

func (a *app) linkReview(ctx context.Context, format string, limit int) (err error) {
	query := reviewQuery
	if limit > 0 {
		query += fmt.Sprint(" LIMIT ", limit)
	}
	sess, _, closeReader, err := a.openPublished(ctx, reading{}, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeReader()) }()
	if format != "" {
		rows, err := sess.Query(ctx, query)
		if err != nil {
			return fmt.Errorf("review: %w", err)
		}
		defer rows.Close()
		_, err = report.Rows(a.Stdout, rows, report.Format(format))
		return err
	}
	return a.printReview(ctx, sess, query)
}

// printReview writes the queue as a list to read.
func (a *app) printReview(ctx context.Context, sess engine.Session, query string) error {
	rows, err := sess.Query(ctx, `SELECT account_id, coalesce(account_name, '(no name)'), region, matched_account_id, coalesce(matched_account_name, '(no name)'), matched_region,
		coalesce(CAST(round(confidence_score, 1) AS VARCHAR), '–'), coalesce(reason, ''), coalesce(evidence, 'only small signs'), (SELECT count(*) FROM gold.link_review) FROM (`+query+`)`)
	if err != nil {
		return fmt.Errorf("review: %w", err)
	}
	defer rows.Close()
	shown, all, waiting := 0, 0, a.decisions()
	for rows.Next() {
		var id, name, region, otherID, otherName, otherRegion, confidence, reason, evidence string
		if err := rows.Scan(&id, &name, &region, &otherID, &otherName, &otherRegion, &confidence, &reason, &evidence, &all); err != nil {
			return err
		}
		shown++
		if d, decided := waiting[[2]string{min(id, otherID), max(id, otherID)}]; decided {
			reason += fmt.Sprintf("\n       decided: %s, by %s: %s (from the next run on)", decidedWords[d.Decision], d.By, d.Reason)
		}
		fmt.Fprintf(a.Stdout, "%5s  %s  %s (%s)\n       %s  %s (%s)\n       for: %s · not linked: %s\n", confidence, id, name, region, otherID, otherName, otherRegion, evidence, reason)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if shown == 0 {
		fmt.Fprintln(a.Stdout, "No pair waits for a steward.")
		return nil
	}
	fmt.Fprintf(a.Stdout, "\n%d of %d pairs. Decide: pipeline link accept|reject ACCOUNT ACCOUNT --by NAME --why TEXT\n", shown, all)
	return nil
}

// decidedWords say what a decision means.
var decidedWords = map[string]string{steward.Same: "one customer", steward.Different: "different customers"}

// decisions are those that stand in the stewards' files, counted or not yet; none if no source
// reads such files.
func (a *app) decisions() map[[2]string]steward.Decision {
	cfg, err := a.load()
	if err != nil {
		return nil
	}
	book, err := steward.Find(cfg, "")
	if err != nil {
		return nil
	}
	force, err := book.InForce()
	if err != nil {
		return nil // it is a remark in a list; whoever decides is told what is wrong
	}
	return force
}

func (a *app) decideCommand(name, decision, short string) *cobra.Command {
	var f stewardFlags
	c := &cobra.Command{
		Use:   name + " ACCOUNT ACCOUNT",
		Short: short,
		Long: name + " adds a line to the files that the configured source of decisions reads (silver.manual_account_link). It counts\n" +
			"from the as-of of the next run, over whatever account linking would say; `pipeline link undo` takes it back.",
		Example: "  pipeline link " + name + " 001Za00000004GGIAY 001Ke0000000CmmIAE --by \"Ann Otieno\" --why \"Same company registration\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.decide(cmd.Context(), args[0], args[1], f, func(b *steward.Book, d steward.Decision) (said, file string, err error) {
				d.Decision = decision
				file, err = b.Decide(d)
				return fmt.Sprintf("%s and %s are %s", args[0], args[1], decidedWords[decision]), file, err
			})
		},
	}
	f.add(c)
	return c
}

func (a *app) linkUndoCommand() *cobra.Command {
	var f stewardFlags
	c := &cobra.Command{
		Use:     "undo ACCOUNT ACCOUNT",
		Short:   "Take back the last decision on two accounts",
		Long:    "undo takes back the last decision on two accounts: the one before counts again, if there was one. Nothing is\ndeleted; a line is added.",
		Example: "  pipeline link undo 001Za00000004GGIAY 001Ke0000000CmmIAE --by \"Ann Otieno\" --why \"Mixed up two pairs\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.decide(cmd.Context(), args[0], args[1], f, func(b *steward.Book, d steward.Decision) (said, file string, err error) {
				undone, file, err := b.Undo(d)
				return fmt.Sprintf("the decision %q of %s on %s and %s is taken back", undone.Decision, undone.By, args[0], args[1]), file, err
			})
		},
	}
	f.add(c)
	return c
}

func (f *stewardFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.By, "by", "", "the steward's `NAME`")
	c.Flags().StringVar(&f.Why, "why", "", "the reason, as `TEXT`")
	c.Flags().StringVar(&f.Source, "source", "", "the `NAME` of the source that reads decisions, if there are several")
}

// decide checks what was asked for, has it written, and says what comes of it.
func (a *app) decide(ctx context.Context, one, other string, f stewardFlags, write func(*steward.Book, steward.Decision) (said, file string, err error)) error {
	if f.By == "" || f.Why == "" {
		return &usageError{err: errors.New("--by and --why are needed"), hint: "whoever reads the evidence later wants to know who decided, and why"}
	}
	if one == other {
		return usagef("%s and %s are one account", one, other)
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	book, err := steward.Find(cfg, f.Source)
	if err != nil {
		return asUsage(err)
	}
	if err := a.knownAccounts(ctx, one, other); err != nil {
		return err
	}
	now := a.Now().UTC().Truncate(time.Second)
	from, err := a.countsFrom(cfg, now)
	if err != nil {
		return err
	}
	said, file, err := write(book, steward.Decision{AccountID: one, MatchedAccountID: other, By: f.By, Reason: f.Why, At: now, From: from})
	if err != nil {
		return asUsage(err)
	}
	if a.Flags.JSON {
		return a.printJSON(map[string]any{"account_id": one, "matched_account_id": other, "said": said, "file": file, "counts_from": from})
	}
	fmt.Fprintf(a.Stdout, "Noted: %s. Written to %s.\nIt counts from the next run on: pipeline run --layer all\n", said, file)
	return nil
}

// countsFrom is the instant from which a decision of now counts: before now, and before the
// end of the as-of that the next run has, so that this run sees it.
func (a *app) countsFrom(cfg *config.Loaded, now time.Time) (time.Time, error) {
	end, err := pipeline.EndOfAsOf(cfg.AsOf, cfg.TimeZone, now)
	if err != nil {
		return time.Time{}, err
	}
	if now.Before(end) {
		end = now
	}
	return end.Add(-time.Second).UTC(), nil
}

func asUsage(err error) error {
	var e *steward.Error
	if errors.As(err, &e) {
		return &usageError{err: err, hint: e.Hint()}
	}
	return err
}

// knownAccounts refuses ids that no account has: a decision on them would never count.
func (a *app) knownAccounts(ctx context.Context, ids ...string) (err error) {
	const query = "SELECT account_id FROM silver.account WHERE list_contains($1, account_id)"
	sess, _, closeReader, err := a.openPublished(ctx, reading{}, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeReader()) }()
	rows, err := sess.Query(ctx, query, ids)
	if err != nil {
		return err
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		found = append(found, id)
	}
	for _, id := range ids {
		if !slices.Contains(found, id) {
			return &usageError{err: fmt.Errorf("there is no account %s", id), hint: "gold.accounts lists the accounts; write the id as it stands there"}
		}
	}
	return rows.Err()
}
