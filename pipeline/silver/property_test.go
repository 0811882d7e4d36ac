package silver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// dirtyCase is a case with random rows under the mapping of the benchmark.
func dirtyCase(t *rapid.T) testCase {
	var m config.Mapping
	if err := json.Unmarshal([]byte(benchMapping), &m); err != nil {
		t.Fatal(err)
	}
	value := func(name string, options ...string) string {
		return rapid.SampledFrom(append(options, "", " ", "?", "ünï \u00a0", "-1", "1e400", "2026-13-01")).Draw(t, name)
	}
	row := rapid.Custom(func(*rapid.T) map[string]string {
		return map[string]string{
			"Id":              value("id", "001bm00001ZL8U9", "001bm00001ZL8U9AAL", "006Ec00000AieKFIAZ", "006Nq00000BGi8PIAT"),
			"AccountId":       value("account", "001bm00001ZL8U9"),
			"Amount":          value("amount", "10", "1.005", "99999999999999999.99", "0.10"),
			"CurrencyIsoCode": value("currency", "ZAR", "usd", "XXX"),
			"CloseDate":       value("close", "2026-01-01", "2027-01-01", "epoch"),
			"IsDeleted":       value("deleted", "true", "false", "1"),
			"SystemModstamp":  value("stamp", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00.000+0000", "2026-05-01T00:00:00Z"),
		}
	})
	batch := rapid.Custom(func(t *rapid.T) bronzeBatch {
		return bronzeBatch{Run: rapid.SampledFrom([]string{"01A", "01B", "01C"}).Draw(t, "run"), Rows: rapid.SliceOfN(row, 1, 12).Draw(t, "rows"),
			Deleted: rapid.Bool().Draw(t, "tombstones"), ExportedAt: rapid.SampledFrom([]string{"", "2026-02-15T00:00:00Z", "2026-05-15T00:00:00Z"}).Draw(t, "exported")}
	})
	source := func(name string) config.Source {
		return config.Source{Name: name, Region: "Kenya", Mapping: "salesforce", Objects: []config.Object{{Name: "Opportunity"}}}
	}
	return testCase{AsOf: "2026-03-31", Table: "opportunity", Pipeline: config.Pipeline{Sources: []config.Source{source("a"), source("b")}},
		Mappings: []caseMapping{{Set: "salesforce", Mapping: m}},
		Bronze: map[string][]bronzeBatch{
			"a/opportunity": rapid.SliceOfN(batch, 1, 3).Draw(t, "a"),
			"b/opportunity": rapid.SliceOfN(batch, 1, 3).Draw(t, "b"),
		},
		Silver: map[string][]map[string]any{RateTable: {{"currency_iso_code": "ZAR", "rate_date": "2025-12-31", "units_per_usd": "18", "rate_source": "r", "priority": 1, "rate_kind": "dated"}}},
	}
}

// TestConservation: whatever the rows, every one is accounted for, keys are unique and
// nothing unknown by the as-of is in the table. Build itself compares the counts with
// the files; here they are compared with the input.
func TestConservation(t *testing.T) {
	sess := openSession(t, 2)
	few(t, 10, func(rt *rapid.T) {
		c := dirtyCase(rt)
		b := c.build(t, sess, t.TempDir())
		if b.err != nil {
			rt.Fatal(b.err)
		}
		for _, count := range b.result.Counts {
			rows := 0
			for _, batch := range c.Bronze[count.Source+"/opportunity"] {
				rows += len(batch.Rows)
			}
			if int64(rows) != count.Bronze || count.Bronze != count.Superseded+count.NotYetKnown+count.SoftDeleted+count.Rejected+count.Silver {
				rt.Fatalf("%d rows: %+v", rows, count)
			}
		}
		var keys, distinct, late, unflagged int64
		query := fmt.Sprintf(`SELECT count(*), count(DISTINCT opportunity_id), count(*) FILTER (known_at >= TIMESTAMPTZ '2026-04-01'),
  count(*) FILTER (amount IS NOT NULL AND (amount_usd IS NULL) <> (fx_status = 'missing')) FROM read_parquet(%s)`, lit(b.result.Paths()[0]))
		if err := queryRow(context.Background(), sess, query, &keys, &distinct, &late, &unflagged); err != nil {
			rt.Fatal(err)
		}
		if keys != distinct || late != 0 || unflagged != 0 {
			rt.Fatalf("%d rows, %d keys, %d not yet known, %d amounts that are neither converted nor missing", keys, distinct, late, unflagged)
		}
	})
}

// evaluate applies a SQL expression over column x to texts.
func evaluate(t *testing.T, sess engine.Session, expression string, texts []string) []string {
	t.Helper()
	list, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sess.Query(context.Background(), fmt.Sprintf("SELECT coalesce(%s, '<null>') FROM (SELECT unnest(from_json(CAST(? AS JSON), '[\"VARCHAR\"]')) AS x)", expression), string(list))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func withMacros(t *testing.T) engine.Session {
	t.Helper()
	sess := openSession(t, 2)
	if err := sess.Exec(context.Background(), macros); err != nil {
		t.Fatal(err)
	}
	return sess
}

func TestCompanyNormaliserIsNeverEmpty(t *testing.T) {
	sess := withMacros(t)
	word := rapid.SampledFrom([]string{"Ltd", "PLC", "(Pty)", "Inc.", "GmbH & Co. KG", "Company", "S.A.", "Acme", "Söhne", "株式会社", "!!!", "&", "MTN", " ", "the", "ООО"})
	name := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 1, 5).Draw(t, "words"), " ") })
	few(t, 20, func(rt *rapid.T) {
		names := rapid.SliceOfN(name.Filter(func(s string) bool { return strings.TrimSpace(s) != "" }), 30, 30).Draw(rt, "names")
		for i, got := range evaluate(t, sess, "silver_company(x)", names) {
			if strings.TrimSpace(got) == "" || got == "<null>" {
				rt.Fatalf("%q became %q", names[i], got)
			}
		}
	})
}

// few is rapid.Check for properties whose runs are dear: after n the rest is skipped.
func few(t *testing.T, n int, property func(*rapid.T)) {
	t.Helper()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs <= n {
			property(rt)
		}
	})
}

// checksum is the reference for silver_sfdc_id.
func checksum(id15 string) string {
	out := id15
	for block := range 3 {
		bits := 0
		for i := range 5 {
			if c := id15[block*5+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		out += string("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits])
	}
	return out
}

func TestSalesforceIDs(t *testing.T) {
	sess := withMacros(t)
	few(t, 40, func(rt *rapid.T) {
		short := rapid.StringMatching(`[A-Za-z0-9]{15}`).Draw(rt, "id")
		long := checksum(short)
		broken := long[:17] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[(strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", long[17])+1)%32])
		got := evaluate(t, sess, "silver_sfdc_id(x)", []string{short, long, broken, short[:14], long + "A", short[:14] + "-"})
		want := []string{long, long, "<null>", "<null>", "<null>", "<null>"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("%s: got %v, want %v", short, got, want)
		}
	})
	real := []string{"001bm00001ZL8U9AAL", "006Ec00000AieKFIAZ", "006x0000001YtCrAAK", "001Nq00000HwuT4IAJ"}
	for i, got := range evaluate(t, sess, "silver_sfdc_id(substr(x, 1, 15))", real) {
		if got != real[i] {
			t.Errorf("%s: got %s", real[i], got)
		}
	}
}

func TestSameBytesOnAnyThreads(t *testing.T) {
	for _, file := range []string{"latest", "money", "text_transformations", "rates_layouts", "web_and_country"} {
		text, err := os.ReadFile("testdata/cases/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var c testCase
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		var first [3][]byte
		for _, threads := range []int{1, 8} {
			b := c.build(t, openSession(t, threads), t.TempDir())
			if b.err != nil {
				t.Fatal(b.err)
			}
			for i, part := range []Part{b.result.Parts[0], b.result.RejectedRows, b.result.RejectedValues} {
				got, err := os.ReadFile(part.Path)
				if err != nil {
					t.Fatal(err)
				}
				if threads == 1 {
					first[i] = got
				} else if !bytes.Equal(first[i], got) {
					t.Errorf("%s: file %d differs between 1 and 8 threads", file, i)
				}
			}
		}
	}
}
