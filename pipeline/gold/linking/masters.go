package linking

import (
	"cmp"
	"database/sql"
	"slices"

	"github.com/customer360/pipeline/pipeline/link"
)

// member is an account as gold.master_ids gathers it.
type member struct {
	account           string
	customer, founder string // accounts that name the customer, and of whose id a new id is made; "" = the account is gone
	before            string // the id it had at the last as-of, "" = none
	ever              []string
}

// writeMasters gives every customer its id, and writes that of every account that is known.
func writeMasters(rows *sql.Rows, write func(...any) error) error {
	members, err := readMembers(rows)
	if err != nil {
		return err
	}
	var c link.Customers
	var earlier []link.Assignment
	var used []string
	place := map[string]int32{}
	for _, m := range members {
		if m.before != "" {
			earlier = append(earlier, link.Assignment{AccountID: m.account, MasterAccountID: m.before})
		}
		used = append(used, m.ever...)
		if m.customer != "" {
			place[m.account] = int32(len(c.Accounts))
			c.Accounts = append(c.Accounts, m.account)
		}
	}
	for _, m := range members {
		if m.customer != "" {
			c.Label, c.Founder = append(c.Label, place[m.customer]), append(c.Founder, place[m.founder])
		}
	}
	ids, _ := link.AssignIDs(c, earlier, used)
	for _, a := range ids {
		if err := write(a.AccountID, a.MasterAccountID); err != nil {
			return err
		}
	}
	return nil
}

func readMembers(rows *sql.Rows) ([]member, error) {
	var members []member
	for rows.Next() {
		var m member
		var customer, founder, before sql.NullString
		var ever []any
		if err := rows.Scan(&m.account, &customer, &founder, &before, scanList{&ever}); err != nil {
			return nil, err
		}
		m.customer, m.founder, m.before, m.ever = customer.String, founder.String, before.String, texts(ever)
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.account, b.account) })
	return members, rows.Err()
}
