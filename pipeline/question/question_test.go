package question_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/question"
	sqlfiles "github.com/customer360/pipeline/sql"
)

// TestBuiltin: the built-in questions are whole, and what their headers name exists.
func TestBuiltin(t *testing.T) {
	all, err := question.Load(sqlfiles.FS)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := config.LoadBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	per := map[string]int{}
	for _, q := range all {
		per[strings.TrimRight(q.ID, "0123456789")]++
		for _, table := range q.Tables {
			if _, ok := loaded.Contracts[strings.Replace(table, ".", "/", 1)]; !ok {
				t.Errorf("%s: there is no table %s", q.File, table)
			}
			if !strings.Contains(q.SQL, table) {
				t.Errorf("%s does not read %s", q.File, table)
			}
		}
		for _, group := range q.Sources {
			for _, table := range group {
				if _, ok := loaded.Contracts[strings.Replace(table, ".", "/", 1)]; !ok {
					t.Errorf("%s: there is no table %s", q.File, table)
				}
			}
		}
	}
	want := map[string]int{"BC": 5, "CEO": 5, "OPS": 5, "SAL": 5, "SVC": 5, "BIL": 5, "AM": 5}
	if diff := cmp.Diff(want, per); diff != "" {
		t.Errorf("questions by asker (-want +got):\n%s", diff)
	}
	if all[0].ID != "BC1" || all[len(all)-1].ID != "AM5" {
		t.Errorf("the list begins with %s and ends with %s", all[0].ID, all[len(all)-1].ID)
	}
}

const header = "-- question: X1 What?\n-- asked by: me\n-- tables: gold.accounts\n-- variables: as_of\n-- sources: silver.account\n"

// TestHeaders: what is wrong with a header is said.
func TestHeaders(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"no question":      {"x1_a.sql", "SELECT 1", "needs a line like"},
		"other file":       {"y1_a.sql", header + "SELECT 1", "belongs in a file that begins with x1_"},
		"no sources":       {"x1_a.sql", strings.Replace(header, "-- sources: silver.account\n", "", 1) + "SELECT 1", `"-- sources: …"`},
		"no table":         {"x1_a.sql", strings.Replace(header, "gold.accounts", "accounts", 1) + "SELECT 1", `"accounts" is no table`},
		"unused variable":  {"x1_a.sql", strings.Replace(header, "as_of", "as_of, me", 1) + "SELECT 1", "does not use getvariable('me')"},
		"unknown variable": {"x1_a.sql", strings.Replace(header, "as_of", "as_of, you", 1) + "SELECT 1", `unknown variable "you"`},
		"unknown format":   {"x1_a.sql", header + "-- columns: a dollars\nSELECT 1 AS a", `unknown format "dollars" of column a`},
		"no sentence":      {"x1_a.sql", header + "-- none: a\nSELECT true AS a", `"-- none: a" needs a column of the statement and a sentence`},
		"no such column":   {"x1_a.sql", header + "-- none: zz It is so.\nSELECT true AS a", "needs a column of the statement"},
		"no statement":     {"x1_a.sql", header, "there is no statement"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := question.Load(fstest.MapFS{"questions/" + c.file: {Data: []byte(c.text)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	both := fstest.MapFS{"questions/x1_a.sql": {Data: []byte(header + "SELECT 1")}, "questions/x1_b.sql": {Data: []byte(header + "SELECT 1")}}
	if _, err := question.Load(both); err == nil || !strings.Contains(err.Error(), "X1 is also asked by") {
		t.Errorf("%v, want a complaint about two of one id", err)
	}
}

// TestCoverage: a question is unanswered where no alternative of a group has a source
// anywhere, and speaks for some where regions lack one.
func TestCoverage(t *testing.T) {
	q := question.Question{Sources: [][]string{{"silver.asset", "silver.contract"}, {"silver.invoice"}}}
	c := question.Coverage{"silver.account": {"Kenya", "Nigeria"}, "silver.contract": {"Kenya"}}
	if diff := cmp.Diff([][]string{{"silver.invoice"}}, c.Missing(q)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"no source in Nigeria: asset or contract"}, c.Partial(q)); diff != "" {
		t.Errorf("partial (-want +got):\n%s", diff)
	}
}
