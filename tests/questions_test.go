package tests

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/question"
	sqlfiles "github.com/customer360/pipeline/sql"
)

// TestThreeQueries: what must never be in gold, asked the way a user asks.
func TestThreeQueries(t *testing.T) {
	root := atOnce(t)
	for _, sql := range []string{
		"SELECT account_id, COUNT(*) FROM gold.accounts GROUP BY account_id HAVING COUNT(*) > 1",
		"SELECT DISTINCT currency FROM gold.revenue_metrics WHERE currency != 'USD'",
		"SELECT * FROM gold.opportunities WHERE account_id NOT IN (SELECT account_id FROM gold.accounts)",
	} {
		out := must(t, "query", "--lake", root, "--format", "csv", sql)
		if strings.Count(out, "\n") != 1 { // the header
			t.Errorf("%s gives\n%s", sql, out)
		}
	}
}

// TestAnswers asks every question of the demo and compares each answer with figures that
// are found another way: by SQL over the text of bronze that shares nothing with the
// mappings and the models (answers/<id>.sql: the exports' side; "-- answer", the same
// labels and figures from the rows of the answer, which are the table answer).
func TestAnswers(t *testing.T) {
	t.Parallel()
	root := atOnce(t)
	r := read(t, root, "")
	r.exec(t, fmt.Sprintf("CREATE TEMP MACRO as_of_day() AS DATE '%s'", reports(t, root)[0].AsOf))
	for _, prelude := range []string{"audit/prelude.sql", "answers/prelude.sql"} {
		for _, statement := range strings.Split(answerFile(t, prelude), ";\n") {
			r.exec(t, statement)
		}
	}
	all, err := question.Load(sqlfiles.FS)
	if err != nil {
		t.Fatal(err)
	}
	scope := question.Scope{AsOf: reports(t, root)[0].AsOf, Customer: r.busiest(t, "SELECT customer, count(*) FROM bill JOIN belongs USING (account) GROUP BY customer"),
		Owner: r.busiest(t, "SELECT a.owner_id, count(*) FROM bill b JOIN gold.accounts a ON left(a.account_id, 15) = b.account GROUP BY a.owner_id")}
	for _, q := range all {
		t.Run(q.ID, func(t *testing.T) {
			exports, answer, found := strings.Cut(answerFile(t, "answers/"+strings.ToLower(q.ID)+".sql"), "-- answer\n")
			if !found {
				t.Fatal("no answer side")
			}
			r.answer(t, q, scope)
			want, got := r.amounts(t, exports), r.amounts(t, answer)
			if len(want) == 0 {
				t.Error("nothing is compared")
			}
			for label, w := range want {
				if g, ok := got[label]; !ok || math.Abs(g-w) > 0.05+1e-5*math.Abs(w) {
					t.Errorf("%s: %.4f by the exports, %.4f in the answer", label, w, g)
				}
			}
			for label, g := range got {
				if _, ok := want[label]; !ok {
					t.Errorf("%s: %.4f in the answer, nothing in the exports", label, g)
				}
			}
		})
	}
}

// answer makes the rows that answer a question the table answer; required variables are
// given, optional ones are not.
func (r *reader) answer(t *testing.T, q question.Question, s question.Scope) {
	t.Helper()
	given := question.Scope{AsOf: s.AsOf}
	for _, v := range q.Required {
		switch v {
		case question.VarCustomer:
			given.Customer = s.Customer
		case question.VarOwner:
			given.Owner = s.Owner
		}
	}
	rows, err := q.Ask(context.Background(), r.s, given)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	r.exec(t, "CREATE OR REPLACE TEMP TABLE answer AS "+q.SQL)
}

// busiest is the first of a query of ids and counts.
func (r *reader) busiest(t *testing.T, sql string) question.Someone {
	t.Helper()
	return question.Someone{ID: r.one(t, "SELECT id FROM ("+sql+") q(id, n) WHERE id IS NOT NULL ORDER BY n DESC, id LIMIT 1")}
}

func answerFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
