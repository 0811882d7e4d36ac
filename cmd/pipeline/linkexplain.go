package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/engine"
)

func (a *app) linkExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ACCOUNT ACCOUNT",
		Short: "Say why two accounts are, or are not, one customer",
		Long: "explain compares two accounts of the published state as account linking does, also a pair that it never looked at:\n" +
			"what speaks for and against it, in words and in log-odds that add up, and what was decided.",
		Example: "  pipeline link explain 001Za00000004GGIAY 001Ke0000000CmmIAE",
		Args:    cobra.ExactArgs(2),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.linkExplain(cmd.Context(), args[0], args[1]) },
	}
}

// explained is an explanation with what the lake says of both accounts.
type explained struct {
	Accounts       []explainedAccount `json:"accounts"`
	SameCustomer   bool               `json:"same_customer"`
	Links          []explainedLink    `json:"links"` // rows of gold.account_link on the pair
	Evidence       string             `json:"evidence"`
	Confidence     float64            `json:"confidence_score"`
	Score          float64            `json:"score"`
	Parts          []explainedPart    `json:"score_parts"`
	NameSimilarity float64            `json:"name_similarity"`
	LinkAt         float64            `json:"link_at"`
	NameAloneAt    float64            `json:"name_alone_at"`
	ReviewAt       float64            `json:"review_at"`
}

type explainedAccount struct {
	ID       string `json:"account_id"`
	Name     string `json:"account_name"`
	Region   string `json:"region"`
	MasterID string `json:"master_account_id"`
}

type explainedLink struct {
	Method  string `json:"method"`
	Decided string `json:"decided"`
	Reason  string `json:"reason,omitempty"`
	By      string `json:"decided_by,omitempty"`
}

type explainedPart struct {
	Feature string  `json:"feature"`
	Words   string  `json:"words"`
	Value   float64 `json:"value"`
	LogOdds float64 `json:"log_odds"`
}

func (a *app) linkExplain(ctx context.Context, one, other string) (err error) {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	const accounts = "SELECT account_id, coalesce(account_name, ''), region, master_account_id FROM gold.account_members WHERE list_contains($1, account_id) ORDER BY account_id"
	const links = `SELECT method, decided, coalesce(reason, ''), coalesce(decided_by, '') FROM gold.account_link WHERE account_id = $1 AND matched_account_id = $2 ORDER BY method`
	sess, view, closeReader, err := a.openPublished(ctx, reading{}, accounts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeReader()) }()
	db, closeEngine, err := openEngine(ctx, engine.Options{Threads: cfg.Engine.Threads, MemoryLimit: cfg.Engine.MemoryLimit})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeEngine()) }()
	r := pipeline.Runner{Config: cfg, LakeRoot: cfg.Lake, Now: a.Now}
	found, err := r.ExplainLink(ctx, db, view, one, other)
	if err != nil {
		return err
	}
	out := explained{Evidence: found.Evidence, Confidence: found.Confidence, Score: found.LogOdds, NameSimilarity: found.NameSimilarity,
		LinkAt: found.Policy.LinkAt, NameAloneAt: found.Policy.NameAloneAt, ReviewAt: found.Policy.ReviewAt, Links: []explainedLink{}}
	for _, p := range found.Parts {
		out.Parts = append(out.Parts, explainedPart{p.Feature, p.Words(), p.Value, p.LogOdds})
	}
	if out.Accounts, err = scanAll(ctx, sess, accounts, func(x *explainedAccount) []any { return []any{&x.ID, &x.Name, &x.Region, &x.MasterID} }, []string{one, other}); err != nil {
		return err
	}
	if out.Links, err = scanAll(ctx, sess, links, func(x *explainedLink) []any { return []any{&x.Method, &x.Decided, &x.Reason, &x.By} }, min(one, other), max(one, other)); err != nil {
		return err
	}
	out.SameCustomer = len(out.Accounts) == 2 && out.Accounts[0].MasterID == out.Accounts[1].MasterID
	if a.Flags.JSON {
		return a.printJSON(out)
	}
	printExplained(a.Stdout, out)
	return nil
}

// scanAll reads the rows of a query.
func scanAll[T any](ctx context.Context, sess engine.Session, query string, into func(*T) []any, args ...any) ([]T, error) {
	rows, err := sess.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		var x T
		if err := rows.Scan(into(&x)...); err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, rows.Err()
}

func printExplained(w io.Writer, e explained) {
	for _, x := range e.Accounts {
		fmt.Fprintf(w, "%s  %s (%s)  customer %s\n", x.ID, x.Name, x.Region, x.MasterID)
	}
	fmt.Fprintf(w, "\n%s\n", map[bool]string{true: "They are one customer.", false: "They are different customers."}[e.SameCustomer])
	for _, l := range e.Links {
		text := l.Method + ": " + l.Decided
		if l.By != "" {
			text += " by " + l.By
		}
		if l.Reason != "" {
			text += " (" + l.Reason + ")"
		}
		fmt.Fprintln(w, " ", text)
	}
	if len(e.Links) == 0 {
		fmt.Fprintln(w, "  no link: the pair did not come out above the review line")
	}
	evidence := e.Evidence
	if evidence == "" {
		evidence = "nothing that a word is for"
	}
	fmt.Fprintf(w, "\nBy the evidence alone: %.1f of 100 (%s)\n", e.Confidence, evidence)
	fmt.Fprintf(w, "  linked from %g, from %g if they share nothing but the name; a steward is asked from %g\n\n", e.LinkAt, e.NameAloneAt, e.ReviewAt)
	parts := slices.Clone(e.Parts)
	slices.SortStableFunc(parts, func(x, y explainedPart) int {
		switch {
		case x.LogOdds > y.LogOdds:
			return -1
		case x.LogOdds < y.LogOdds:
			return 1
		}
		return 0
	})
	for _, p := range parts {
		fmt.Fprintf(w, "  %+8.4f  %s\n", p.LogOdds, p.Words)
	}
	fmt.Fprintf(w, "  %+8.4f  together, in log-odds\n", e.Score)
}
