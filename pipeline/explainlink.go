package pipeline

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/gold/linking"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/link"
)

// LinkExplanation is what speaks for and against two accounts being one customer, whatever
// blocking thought of the pair, and what was decided.
type LinkExplanation struct {
	link.Link
	Policy *link.Policy
	// Decisions are those of stewards on the pair.
	Decisions []link.Decision
}

// linkState names what account linking leaves for later runs.
const linkState = "link"

// linkPairs is the model that gathers what linking looks at.
const linkPairs = "gold.link_pairs"

// ExplainLink compares two accounts of a published state as account linking does.
func (r *Runner) ExplainLink(ctx context.Context, eng engine.Engine, view *lake.View, a, b string) (*LinkExplanation, error) {
	_, project, err := compile(ctx, eng, r.Config, boundBefore(r.LakeRoot), false)
	if err != nil {
		return nil, err
	}
	asOf, err := time.Parse(dateLayout, view.Commit().AsOf)
	if err != nil {
		return nil, fmt.Errorf("as-of of the published state: %w", err)
	}
	model, err := project.Model(linkPairs)
	if err != nil {
		return nil, err
	}
	in := gold.BuildInput{AsOf: asOf, TimeZone: r.Config.Pipeline.TimeZone, Inputs: map[string][]string{}}
	for _, name := range model.Inputs {
		if in.Inputs[name], err = view.Files(strings.Replace(name, ".", "/", 1)); err != nil {
			return nil, err
		}
	}
	var accounts []link.Account
	var decisions []link.Decision
	err = project.Gather(ctx, eng, linkPairs, in, func(rows *sql.Rows) (err error) {
		accounts, decisions, err = linking.ReadRows(rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.compareAccounts(ctx, eng, accounts, decisions, a, b)
}

func (r *Runner) compareAccounts(ctx context.Context, eng engine.Engine, accounts []link.Account, decisions []link.Decision, a, b string) (out *LinkExplanation, err error) {
	sess, err := eng.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	dir, err := os.MkdirTemp("", "pipeline-link-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	policy, _ := r.Config.Metrics[linking.PolicyParameter].(string)
	l, err := linking.Linker(linkingFiles(r.Config), policy, sess, dir)
	if err != nil {
		return nil, err
	}
	found, err := l.Prepare(ctx, accounts)
	if err != nil {
		return nil, err
	}
	out = &LinkExplanation{Policy: l.Policy}
	if out.Link, err = found.Explain(a, b); err != nil {
		return nil, &UsageError{Problem: err.Error(), Advice: "gold.accounts lists the accounts; write the id as it stands there"}
	}
	for _, d := range decisions {
		if d.A == a && d.B == b || d.A == b && d.B == a {
			out.Decisions = append(out.Decisions, d)
		}
	}
	return out, nil
}
