package silver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// nights are random exports of invoices under the shipped mapping, in the order in which
// bronze got them.
type nights struct {
	batches []bronzeBatch // one per night
	asOf    []string      // of each night, ascending
	rates   [][]map[string]any
	b       []bool // whether a night's batch is of source b
}

func drawNights(t *rapid.T) nights {
	day := rapid.SampledFrom([]string{"2025-11-03", "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-14", "2026-03-01", "2026-03-31", "2026-04-01", "2026-05-20", "", "n/a"})
	row := rapid.Custom(func(t *rapid.T) map[string]string {
		return map[string]string{
			"invoice_id":   rapid.SampledFrom([]string{"i1", "i2", "i3", "i4", "i5", "i6", "i7", "i8", "i9", ""}).Draw(t, "id"),
			"account_id":   "001bm00001ZL8U9",
			"invoice_date": day.Draw(t, "date"), "due_date": "2026-03-01",
			"cancelled_on": rapid.SampledFrom([]string{"", "", "2026-01-05", "2026-03-31", "2026-05-20"}).Draw(t, "cancelled"),
			"total_amount": rapid.SampledFrom([]string{"10", "20.50", "x", ""}).Draw(t, "amount"),
			"net_amount":   "5", "currency": rapid.SampledFrom([]string{"ZAR", "USD", "XXX", "KES"}).Draw(t, "currency"),
			"status":     rapid.SampledFrom([]string{"Issued", "Cancelled", "odd"}).Draw(t, "status"),
			"is_deleted": rapid.SampledFrom([]string{"", "", "", "true"}).Draw(t, "deleted"),
		}
	})
	rate := rapid.Custom(func(t *rapid.T) map[string]any {
		return map[string]any{"currency_iso_code": rapid.SampledFrom([]string{"ZAR", "KES"}).Draw(t, "rated"), "rate_date": rapid.SampledFrom([]string{"2025-11-01", "2026-01-15", "2026-03-31", "2026-04-02"}).Draw(t, "day"),
			"units_per_usd": rapid.SampledFrom([]string{"18", "20"}).Draw(t, "rate"), "rate_source": "r", "priority": 1,
			"rate_kind": rapid.SampledFrom([]string{"dated", "dated", "dated", "static"}).Draw(t, "kind")}
	})
	unique := func(r map[string]any) string {
		return fmt.Sprint(r["currency_iso_code"], r["rate_date"], r["rate_kind"])
	}
	n := nights{asOf: []string{"2026-03-30", "2026-03-31", "2026-04-01"}}
	for i := range n.asOf {
		rows := rapid.SliceOfN(row, 1, 2)
		if i == 0 {
			rows = rapid.SliceOfN(row, 8, 14)
		}
		n.batches = append(n.batches, bronzeBatch{Run: fmt.Sprintf("01%c", 'A'+i), Rows: rows.Draw(t, "rows"),
			ExportedAt: rapid.SampledFrom([]string{"", n.asOf[i] + "T00:00:00Z"}).Draw(t, "exported")})
		n.b = append(n.b, rapid.Bool().Draw(t, "b"))
		rates := rapid.SliceOfNDistinct(rate, 1, 4, unique).Draw(t, "rates")
		if i > 0 && rapid.IntRange(0, 2).Draw(t, "new rates") > 0 {
			rates = n.rates[i-1]
		}
		n.rates = append(n.rates, rates)
	}
	// old bills that no night touches: their months stay unless a static rate changes
	for i := range 6 {
		n.batches[0].Rows = append(n.batches[0].Rows, map[string]string{"invoice_id": fmt.Sprintf("old%d", i), "account_id": "001bm00001ZL8U9",
			"invoice_date": []string{"2025-06-10", "2025-07-10"}[i%2], "total_amount": "7", "net_amount": "5", "currency": "USD", "status": "Issued"})
	}
	return n
}

// TestHeldEqualsWhole: a table that keeps parts of the night before is the table that is
// built from everything, to the byte, with the same account; and in what order its rows were
// put down (ClusterRows) does not show.
func TestHeldEqualsWhole(t *testing.T) {
	sess := openSession(t, 2)
	all, kept := contracts(t), 0
	runs := 25
	if testing.Short() {
		runs = 3
	}
	few(t, runs, func(rt *rapid.T) {
		n, dir := drawNights(rt), t.TempDir()
		p := compileInvoices(rt, all)
		var before *Held
		bronze := map[string][]string{}
		for i, asOf := range n.asOf {
			source := "a"
			if n.b[i] {
				source = "b"
			}
			path := filepath.Join(dir, fmt.Sprintf("bronze%d", i))
			writeBronze(t, sess, path, source, "invoice", i+1, n.batches[i:i+1])
			bronze[source+"/invoice"] = append(slices.Clone(bronze[source+"/invoice"]), path)
			rates := filepath.Join(dir, fmt.Sprintf("rates%d", i))
			writeSilver(t, sess, rates, all["silver/"+RateTable], n.rates[i])
			in := BuildInput{AsOf: asOf, Bronze: bronze, Silver: map[string][]string{RateTable: {rates}}, SpanRows: 2}
			whole := buildInto(rt, p, sess, in, filepath.Join(dir, fmt.Sprint("whole", i)))
			if before != nil {
				in.Held, in.ClusterRows = before, 1
				in.Held.RatesSince = ratesSince(n.rates[i-1], n.rates[i])
				parts := buildInto(rt, p, sess, in, filepath.Join(dir, fmt.Sprint("held", i)))
				kept += len(parts.Kept)
				sameTable(rt, whole, parts)
			}
			before = &Held{Parts: whole.Parts, RejectedRows: []string{whole.RejectedRows.Path}, RejectedValues: []string{whole.RejectedValues.Path}}
		}
	})
	if kept == 0 {
		t.Error("no part was ever kept")
	}
}

// TestSameRowsStay: a row of opportunity_history ends where the next one begins, so all rows
// are made anew every night. Months in which none came out otherwise keep their files.
func TestSameRowsStay(t *testing.T) {
	sess := openSession(t, 2)
	all, kept, written := contracts(t), 0, 0
	change := rapid.Custom(func(t *rapid.T) map[string]string {
		return map[string]string{
			"Id": rapid.StringMatching("0Ba[0-9]{12}").Draw(t, "id"), "OpportunityId": rapid.SampledFrom([]string{"006000000000001", "006000000000002", "006000000000003"}).Draw(t, "deal"),
			"CreatedDate": rapid.SampledFrom([]string{"2025-11-03", "2025-12-31", "2026-01-31", "2026-02-14", "2026-03-29"}).Draw(t, "day") + "T08:00:00Z",
			"StageName":   "Proposal", "Amount": "10", "CurrencyIsoCode": "ZAR",
		}
	})
	few(t, 6, func(rt *rapid.T) {
		p, dir := compileObject(rt, all, "salesforce", "OpportunityHistory", "a"), t.TempDir()
		var before *Held
		var bronze []string
		rates := filepath.Join(dir, "rates")
		writeSilver(t, sess, rates, all["silver/"+RateTable], []map[string]any{{"currency_iso_code": "ZAR", "rate_date": "2025-11-01", "units_per_usd": "18", "rate_source": "r", "priority": 1, "rate_kind": "dated"}})
		for i, asOf := range []string{"2026-03-30", "2026-03-31"} {
			rows := rapid.SliceOfN(change, 1, 2).Draw(rt, "rows")
			if i == 0 {
				rows = rapid.SliceOfN(change, 12, 20).Draw(rt, "first rows")
			}
			path := filepath.Join(dir, fmt.Sprint("bronze", i))
			writeBronze(t, sess, path, "a", "OpportunityHistory", i+1, []bronzeBatch{{Run: fmt.Sprintf("01%c", 'A'+i), Rows: rows}})
			bronze = append(bronze, path)
			in := BuildInput{AsOf: asOf, Bronze: map[string][]string{"a/opportunityhistory": bronze}, Silver: map[string][]string{RateTable: {rates}}, SpanRows: 2}
			whole := buildTable(rt, p, sess, "opportunity_history", in, filepath.Join(dir, fmt.Sprint("whole", i)))
			if before != nil {
				in.Held = before
				parts := buildTable(rt, p, sess, "opportunity_history", in, filepath.Join(dir, fmt.Sprint("held", i)))
				kept, written = kept+len(parts.Kept), written+len(parts.Parts)
				sameTable(rt, whole, parts)
			}
			before = &Held{Parts: whole.Parts, RejectedRows: []string{whole.RejectedRows.Path}, RejectedValues: []string{whole.RejectedValues.Path}}
		}
	})
	if kept == 0 || written == 0 {
		t.Errorf("%d parts were kept and %d written", kept, written)
	}
}

func compileInvoices(rt rapid.TB, all map[string]config.Contract) *Project {
	rt.Helper()
	return compileObject(rt, all, "billing", "invoice", "a", "b")
}

// compileObject compiles one object of some sources.
func compileObject(rt rapid.TB, all map[string]config.Contract, mapping, object string, sources ...string) *Project {
	rt.Helper()
	var pipeline config.Pipeline
	for _, name := range sources {
		pipeline.Sources = append(pipeline.Sources, config.Source{Name: name, Region: "Kenya", Mapping: mapping, Objects: []config.Object{{Name: object}}})
	}
	p, err := Compile(pipeline, builtInMappings(rt), all)
	if err != nil {
		rt.Fatal(err)
	}
	return p
}

func buildInto(rt *rapid.T, p *Project, sess engine.Session, in BuildInput, dir string) BuildResult {
	rt.Helper()
	return buildTable(rt, p, sess, "invoice", in, dir)
}

func buildTable(rt rapid.TB, p *Project, sess engine.Session, table string, in BuildInput, dir string) BuildResult {
	rt.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		rt.Fatal(err)
	}
	in.Part = func(name string) string { return filepath.Join(dir, name+".part") }
	res, err := p.Build(context.Background(), sess, table, in)
	if err != nil {
		rt.Fatal(err)
	}
	return res
}

// ratesSince is the first day on which rates differ.
func ratesSince(before, now []map[string]any) string {
	first := ""
	differ := func(a, b []map[string]any) {
		for _, r := range a {
			if slices.ContainsFunc(b, func(o map[string]any) bool { return fmt.Sprint(o) == fmt.Sprint(r) }) {
				continue
			}
			day := fmt.Sprint(r["rate_date"])
			if r["rate_kind"] == "static" {
				day = "0001-01-01"
			}
			if first == "" || day < first {
				first = day
			}
		}
	}
	differ(before, now)
	differ(now, before)
	return first
}

func sameTable(rt *rapid.T, whole, held BuildResult) {
	rt.Helper()
	describe := func(r BuildResult) (out []string) {
		for _, p := range append(slices.Concat(r.Parts, r.Kept), r.RejectedRows, r.RejectedValues) {
			text, err := os.ReadFile(p.Path)
			if err != nil {
				rt.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s %d %+v %x", p.Label, p.Rows, p.Facts, text))
		}
		slices.Sort(out)
		for _, c := range r.Counts {
			out = append(out, fmt.Sprintf("%+v", c))
		}
		return append(out, r.Warnings...)
	}
	want, got := describe(whole), describe(held)
	if !slices.Equal(want, got) {
		short := func(lines []string) string {
			for i, l := range lines {
				if len(l) > 200 {
					lines[i] = l[:200]
				}
			}
			return strings.Join(lines, "\n")
		}
		rt.Fatalf("built whole:\n%s\n\nwith %d parts kept:\n%s", short(want), len(held.Kept), short(got))
	}
}

// TestCanHold names the shipped event tables whose rows are all made anew every time, and why.
func TestCanHold(t *testing.T) {
	whole := map[string]string{
		"opportunity_history": "a row ends where the next of its opportunity begins",
		"process_event":       "a stage ends where the next of its process begins",
		"support_case":        "where it stood at an earlier as-of stands in its history, another table",
	}
	var pipeline config.Pipeline
	for _, m := range builtInMappings(t) {
		pipeline.Sources = append(pipeline.Sources, config.Source{Name: fmt.Sprintf("s%d", len(pipeline.Sources)), Region: "Kenya", Mapping: m.Set, Objects: []config.Object{{Name: m.SourceObject}}})
	}
	p, err := Compile(pipeline, builtInMappings(t), contracts(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range p.Tables() {
		if why := whole[table.Name]; table.partitioned() && table.canHold() != (why == "") {
			t.Errorf("%s can keep its parts: %v; expected otherwise: %q", table.Name, table.canHold(), why)
		}
	}
}
