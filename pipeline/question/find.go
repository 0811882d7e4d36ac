package question

import (
	"context"
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Someone is a customer or an owner that was named.
type Someone struct{ ID, Name string }

// String is how an answer names them.
func (s Someone) String() string {
	if s.Name == "" || s.Name == s.ID {
		return s.ID
	}
	return s.Name + " (" + s.ID + ")"
}

// NameError says that a name fits nobody, or more than one.
type NameError struct {
	Kind  string // customer | owner
	Given string
	Fits  []Someone // several that are so called
	Near  []Someone // the nearest, if nobody is
}

func (e *NameError) Error() string {
	if len(e.Fits) > 0 {
		return fmt.Sprintf("%d %ss are called %q: %s", len(e.Fits), e.Kind, e.Given, names(e.Fits))
	}
	return fmt.Sprintf("there is no %s %q", e.Kind, e.Given)
}

// Hint says what to do.
func (e *NameError) Hint() string {
	switch {
	case len(e.Fits) > 0:
		return fmt.Sprintf("name one by its id, e.g. --%s %s", e.Kind, e.Fits[0].ID)
	case len(e.Near) > 0:
		return "did you mean " + names(e.Near) + "?"
	}
	return ""
}

func names(people []Someone) string {
	texts := make([]string, len(people))
	for i, p := range people {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}

// customers are all names under which a global customer is known.
const customers = `SELECT DISTINCT master_account_id AS id, master_account_name AS shown, unnest([master_account_id, master_account_name]) AS called
	FROM gold.account_master
	UNION
	SELECT m.master_account_id, m.master_account_name, unnest([a.account_id, a.account_name])
	FROM gold.accounts a JOIN gold.account_master m USING (master_account_id)`

// owners are all names of users who own accounts.
const owners = `SELECT DISTINCT owner_id AS id, owner_name AS shown, unnest([owner_id, owner_name]) AS called
	FROM gold.accounts WHERE owner_id IS NOT NULL`

// FindCustomer finds the global customer with this id or name, or with an account of
// this id or name; case does not matter. The error is a *NameError if it fits none or
// several.
func FindCustomer(ctx context.Context, sess engine.Session, given string) (Someone, error) {
	return find(ctx, sess, "customer", customers, given)
}

// FindOwner finds the user with this id or name among those who own accounts.
func FindOwner(ctx context.Context, sess engine.Session, given string) (Someone, error) {
	return find(ctx, sess, "owner", owners, given)
}

func find(ctx context.Context, sess engine.Session, kind, called, given string) (Someone, error) {
	given = strings.TrimSpace(given)
	fits, err := people(ctx, sess, `SELECT DISTINCT id, shown FROM (`+called+`) WHERE lower(called) = lower($1) ORDER BY shown, id LIMIT 6`, given)
	switch {
	case err != nil:
		return Someone{}, fmt.Errorf("find %s: %w", kind, err)
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		return Someone{}, &NameError{Kind: kind, Given: given, Fits: fits}
	}
	near, err := people(ctx, sess, `SELECT id, shown FROM (`+called+`) WHERE called IS NOT NULL
		GROUP BY id, shown
		ORDER BY max(contains(lower(called), lower($1))::INTEGER) DESC, max(jaro_winkler_similarity(lower(called), lower($1))) DESC, shown, id LIMIT 3`, given)
	if err != nil {
		return Someone{}, fmt.Errorf("find %s: %w", kind, err)
	}
	return Someone{}, &NameError{Kind: kind, Given: given, Near: near}
}

func people(ctx context.Context, sess engine.Session, query, given string) (out []Someone, err error) {
	rows, err := sess.Query(ctx, query, given)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s Someone
		var name *string
		if err := rows.Scan(&s.ID, &name); err != nil {
			return nil, err
		}
		if name != nil {
			s.Name = *name
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
