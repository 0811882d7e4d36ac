package question

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Scope is what a question is asked about.
type Scope struct {
	AsOf            string // YYYY-MM-DD
	Customer, Owner Someone
}

// Ask sets the variables and runs the statement; the caller closes the rows. A question
// that lacks a required variable is a *ScopeError.
func (q Question) Ask(ctx context.Context, sess engine.Session, s Scope) (*sql.Rows, error) {
	if _, err := time.Parse(time.DateOnly, s.AsOf); err != nil {
		return nil, fmt.Errorf("ask %s: as-of: %w", q.ID, err)
	}
	given := map[string]string{VarAsOf: "DATE " + engine.Literal(s.AsOf)}
	for name, who := range map[string]Someone{VarCustomer: s.Customer, VarOwner: s.Owner} {
		if who.ID != "" {
			given[name] = engine.Literal(who.ID)
		}
	}
	for _, name := range q.Required {
		if given[name] == "" {
			return nil, &ScopeError{Question: q.ID, Variable: name}
		}
	}
	for _, name := range []string{VarAsOf, VarCustomer, VarOwner} {
		set := "RESET VARIABLE " + name
		if value, ok := given[name]; ok {
			if name != VarAsOf && !q.Takes(name) {
				return nil, &ScopeError{Question: q.ID, Variable: name, Useless: true}
			}
			set = "SET VARIABLE " + name + " = " + value
		}
		if err := sess.Exec(ctx, set); err != nil {
			return nil, fmt.Errorf("ask %s: %w", q.ID, err)
		}
	}
	rows, err := sess.Query(ctx, q.SQL)
	if err != nil {
		return nil, fmt.Errorf("ask %s (%s): %w", q.ID, q.File, err)
	}
	return rows, nil
}

// ScopeError says that a question needs a customer or an owner, or has no use for one.
type ScopeError struct {
	Question string
	Variable string
	Useless  bool
}

func (e *ScopeError) Error() string {
	if e.Useless {
		return fmt.Sprintf("question %s is not about one %s", e.Question, e.who())
	}
	return fmt.Sprintf("question %s is about one %s: say which", e.Question, e.who())
}

// Hint says what to do.
func (e *ScopeError) Hint() string {
	if e.Useless {
		return "leave out --" + e.who()
	}
	return "add --" + e.who() + " NAME or ID"
}

func (e *ScopeError) who() string {
	if e.Variable == VarCustomer {
		return "customer"
	}
	return "owner"
}

// Find looks a question up by its id; case does not matter.
func Find(all []Question, id string) (Question, bool) {
	for _, q := range all {
		if strings.EqualFold(q.ID, strings.TrimSpace(id)) {
			return q, true
		}
	}
	return Question{}, false
}
