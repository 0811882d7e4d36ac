package link

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Labelled is accounts with the customers they are known to belong to.
type Labelled struct {
	Accounts []Account
	Cluster  []string // of each account
}

// ErrLabels says that a labelled file cannot be used.
var ErrLabels = errors.New("labelled accounts")

// ReadLabelled reads CSV with the columns id, region, name, cluster, and if they are there
// email, phone, domain, parent, country, contact_emails and contact_phones (several by ;).
func ReadLabelled(r io.Reader) (*Labelled, error) {
	in := csv.NewReader(r)
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrLabels, err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, name := range []string{"id", "name", "cluster"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%w: no column %s; want id, region, name, cluster and, if known, email, phone, domain, parent, country", ErrLabels, name)
		}
	}
	l := &Labelled{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLabels, err)
		}
		get := func(name string) string {
			if i, ok := column[name]; ok {
				return row[i]
			}
			return ""
		}
		list := func(name string) []string {
			return strings.FieldsFunc(get(name), func(r rune) bool { return r == ';' })
		}
		l.Accounts = append(l.Accounts, Account{ID: get("id"), Region: get("region"), Name: get("name"), Email: get("email"), Phone: get("phone"), Domain: get("domain"),
			Parent: get("parent"), Country: get("country"), ContactEmails: list("contact_emails"), ContactPhones: list("contact_phones")})
		l.Cluster = append(l.Cluster, get("cluster"))
	}
}

// truth numbers the customers, in the order of sorted accounts, and says which fold each
// account's customer is in.
func (l *Labelled) truth(accounts []Account) (truth []int32, fold []uint8) {
	byAccount := make(map[string]string, len(l.Accounts))
	for i := range l.Accounts {
		byAccount[l.Accounts[i].ID] = l.Cluster[i]
	}
	numbers := map[string]int32{}
	truth, fold = make([]int32, len(accounts)), make([]uint8, len(accounts))
	for i := range accounts {
		cluster := byAccount[accounts[i].ID]
		n, ok := numbers[cluster]
		if !ok {
			n = int32(len(numbers))
			numbers[cluster] = n
		}
		truth[i], fold[i] = n, foldOf(cluster)
	}
	return truth, fold
}

// Part is the half of the customers that belongs to a part, 0 or 1, by a hash of the
// customer: what one half was fitted on, the other tests.
func (l *Labelled) Part(part int) *Labelled {
	half := &Labelled{}
	for i, cluster := range l.Cluster {
		if int(hashIdentifier(domainIdentifier, "half|"+cluster).hash>>7&1) == part {
			half.Accounts, half.Cluster = append(half.Accounts, l.Accounts[i]), append(half.Cluster, cluster)
		}
	}
	return half
}

// Evaluation is what `pipeline link evaluate` prints.
type Evaluation struct {
	Policy string `json:"policy"`
	Measures
	Calibration []Band  `json:"calibration"`
	Worst       []Worst `json:"worst"`
	Links       int     `json:"links"`
	Review      int     `json:"review"`
	Compared    int     `json:"compared"`
	Seconds     float64 `json:"seconds"`

	// Clusters is what was found: the account ids with the smallest one of their customer.
	Clusters []Assignment `json:"-"`
}

// Evaluate links labelled accounts without looking at the labels, and measures the result. most
// bounds the list of what went wrong.
func (l *Linker) Evaluate(ctx context.Context, data *Labelled, most int, now func() time.Time) (*Evaluation, error) {
	began := now()
	accounts, err := sortAccounts(data.Accounts)
	if err != nil {
		return nil, err
	}
	truth, _ := data.truth(accounts)
	var cal calibration
	r, err := l.run(ctx, accounts, nil, &observer{see: func(a, b int32, _ *vector, logOdds float64) {
		cal.add(100*logistic(logOdds), truth[a] == truth[b], truth[a])
	}})
	if err != nil {
		return nil, err
	}
	e := &Evaluation{Policy: l.Policy.Name, Measures: measure(r.labels, truth), Calibration: cal.table(), Worst: worst(accounts, r.labels, truth, most), Compared: r.Compared}
	for i := range r.edges {
		if r.linked(i) {
			e.Links++
		} else {
			e.Review++
		}
	}
	for i := range accounts {
		e.Clusters = append(e.Clusters, Assignment{accounts[i].ID, accounts[r.labels[i]].ID})
	}
	e.Seconds = now().Sub(began).Seconds()
	return e, nil
}

// CrossValidate measures what the policy reaches on customers it was not fitted on: for each
// of five parts of the customers it is fitted anew on the pairs of the others, links all
// accounts, and what it makes of the part's accounts counts.
func (l *Linker) CrossValidate(ctx context.Context, data *Labelled, now func() time.Time) (*Evaluation, error) {
	began := now()
	accounts, err := sortAccounts(data.Accounts)
	if err != nil {
		return nil, err
	}
	truth, fold := data.truth(accounts)
	all, err := l.allSamples(ctx, []*Labelled{data})
	if err != nil {
		return nil, err
	}
	e, sum := &Evaluation{Policy: l.Policy.Name}, tally{}
	kept := *l.Policy
	defer func() { *l.Policy = kept }()
	for part := range uint8(folds) {
		l.fit(without(all, part))
		if err := l.Policy.compile(); err != nil {
			return nil, err
		}
		r, err := l.run(ctx, accounts, nil, nil)
		if err != nil {
			return nil, err
		}
		sum.add(r.labels, truth, func(i int) bool { return fold[i] == part })
		e.Compared += r.Compared
	}
	*l.Policy = kept
	e.Measures, e.Calibration = sum.measures(), l.fit(all)
	e.Seconds = now().Sub(began).Seconds()
	return e, nil
}

// Measure compares a result with the labels of its accounts.
func (r *Result) Measure(data *Labelled) Measures {
	truth, _ := data.truth(r.accounts)
	return measure(r.labels, truth)
}

// linked says whether an edge holds: confident enough and not refused.
func (r *Result) linked(i int) bool {
	return r.policy.sure(r.edges[i]) && r.edges[i].refused == allowed
}
