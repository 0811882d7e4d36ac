package linking

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/link"
)

// ReadRows makes accounts and decisions of rows as gold.link_pairs gathers them: kind
// ("account" or "decision"), the account, and then what linking looks at or what a steward
// decided, and whether the account is recent.
func ReadRows(rows *sql.Rows) (accounts []link.Account, decisions []link.Decision, err error) {
	var kind, id string
	var region, name, phone, domain, parent, country, other, by, reason sql.NullString
	var emails, phones []any
	var same, recent sql.NullBool
	var at sql.NullTime
	for rows.Next() {
		if err := rows.Scan(&kind, &id, &region, &name, &phone, &domain, &parent, &country, scanList{&emails}, scanList{&phones}, &other, &same, &by, &reason, &at, &recent); err != nil {
			return nil, nil, err
		}
		switch kind {
		case "account":
			accounts = append(accounts, link.Account{ID: id, Region: region.String, Name: name.String, Phone: phone.String, Domain: domain.String,
				Parent: parent.String, Country: country.String, ContactEmails: texts(emails), ContactPhones: texts(phones), Recent: recent.Bool})
		case "decision":
			decisions = append(decisions, link.Decision{A: id, B: other.String, Same: same.Bool, By: by.String, Reason: reason.String, At: at.Time.UTC()})
		default:
			return nil, nil, fmt.Errorf("row of kind %q, want account or decision", kind)
		}
	}
	return accounts, decisions, rows.Err()
}

// scanList takes a list column as the driver gives it.
type scanList struct{ into *[]any }

// Scan implements sql.Scanner.
func (s scanList) Scan(value any) error {
	*s.into = nil
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%T is no list", value)
	}
	*s.into = list
	return nil
}

func texts(list []any) []string {
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// writePairs links the accounts and writes every considered pair, with the customers that
// both accounts ended up in, each named by its first account.
func writePairs(ctx context.Context, l *link.Linker, in gold.FitInput, u *updates, write func(...any) error) error {
	accounts, decisions, err := ReadRows(in.Rows)
	if err != nil || len(accounts) == 0 {
		return err
	}
	found, err := u.run(ctx, l, in, accounts, decisions)
	if err != nil {
		return err
	}
	labels := found.MasterLabel()
	ids := make([]string, len(labels))
	place := make(map[string]int32, len(labels))
	for i, id := range found.AccountIDs() {
		ids[i], place[id] = id, int32(i)
	}
	customer := func(account string) string { return ids[labels[place[account]]] }
	for p := range found.Links() {
		parts, err := json.Marshal(p.Parts)
		if err != nil {
			return fmt.Errorf("pair %s, %s: %w", p.AccountID, p.MatchedAccountID, err)
		}
		decidedBy, decidedAt := any(nil), any(nil)
		if p.Method == link.Manual {
			decidedBy, decidedAt = textOrNil(p.By), timeOrNil(p.At)
		}
		if err := write(p.AccountID, p.MatchedAccountID, p.Method.String(), customer(p.AccountID), customer(p.MatchedAccountID), string(p.Decided), textOrNil(p.Reason),
			p.Confidence, p.LogOdds, string(parts), p.NameSimilarity, textOrNil(p.Evidence), decidedBy, decidedAt); err != nil {
			return err
		}
	}
	return nil
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
