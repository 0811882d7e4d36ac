package tests

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/link/truth"
)

// linkModels are the models of account linking.
var linkModels = []string{"account_members", "account_link", "link_review", "master_id_changes", "master_id_history", "master_aliases"}

// group writes the exports of a group whose accounts are given, and a configuration that
// reads them and the steward's decisions. Contacts hold what an org keeps of an account's
// mailbox.
func group(t *testing.T, asOf string, accounts []link.Account) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	exported := map[string]any{"pattern": `_(\d{4}-\d{2}-\d{2})\.csv`}
	object := func(name, glob string) map[string]any {
		return map[string]any{"name": name, "files": []string{glob}, "optional": true}
	}
	cfg := map[string]any{
		"lake": "lake", "as_of": asOf,
		"gold_metrics": writeJSON(t, filepath.Join(dir, "gold_metrics.json"), map[string]any{"history": map[string]any{"month_ends": 0}}),
		"sources": []any{
			map[string]any{"name": "crm", "type": "csv", "region": "Group", "mapping": "salesforce", "path": filepath.Join(dir, "crm"), "csv": map[string]any{"exported_at": exported},
				"objects": []any{object("Account", "Account_[0-9]*.csv"), object("Contact", "Contact_[0-9]*.csv")}},
			map[string]any{"name": "steward", "type": "csv", "region": "Group", "mapping": "steward", "path": filepath.Join(dir, "steward"), "csv": map[string]any{"exported_at": exported},
				"objects": []any{object("manual_account_link", "manual_account_link_[0-9]*.csv")}},
		},
	}
	fewModels(t, linkModels...)(cfg)
	if err := os.MkdirAll(filepath.Join(dir, "steward"), 0o755); err != nil {
		t.Fatal(err)
	}
	export(t, dir, asOf, accounts)
	return dir, writeJSON(t, filepath.Join(dir, "pipeline.json"), cfg)
}

// orgID is an id as an org has it; without capitals its check is AAA.
func orgID(object, id string) string {
	if id == "" {
		return ""
	}
	return fmt.Sprintf("%s%012s", object, strings.ToLower(strings.ReplaceAll(id, "-", ""))) + "AAA"
}

// export writes accounts and their contacts as of a day.
func export(t *testing.T, dir, day string, accounts []link.Account) {
	t.Helper()
	rows := [][]string{{"Id", "Name", "Phone", "Website", "BillingCountry", "Region__c", "ParentId", "CreatedDate"}}
	contacts := [][]string{{"Id", "AccountId", "LastName", "Email", "Phone", "CreatedDate"}}
	for i, a := range accounts {
		created := time.Date(2020, 1, 1, 0, i, 0, 0, time.UTC).Format(time.RFC3339)
		if a.Recent {
			created = time.Date(2026, 1, 6, 0, i, 0, 0, time.UTC).Format(time.RFC3339)
		}
		rows = append(rows, []string{orgID("001", a.ID), a.Name, a.Phone, a.Domain, a.Country, a.Region, orgID("001", a.Parent), created})
		emails := slices.Clone(a.ContactEmails)
		if a.Email != "" {
			emails = append(emails, a.Email)
		}
		for j, email := range emails {
			contacts = append(contacts, []string{orgID("003", fmt.Sprintf("%s%d", a.ID, j)), orgID("001", a.ID), "Contact", email, "", created})
		}
	}
	for name, list := range map[string][][]string{"Account": rows, "Contact": contacts} {
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.WriteAll(list); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "crm", name+"_"+day+".csv"), b.String())
	}
}

// travel are companies of which two have one name, and two are written almost alike.
var travel = []link.Account{
	{ID: "A1", Name: "Corvanta Travel Ltd", Region: "Kenya", Country: "Kenya", Domain: "corvanta.test"},
	{ID: "A2", Name: "Corvanta Travel (Pty) Ltd", Region: "South Africa", Country: "South Africa", Domain: "corvanta.test"},
	{ID: "B1", Name: "Birchmere Steel", Region: "Kenya", Country: "Kenya"},
	{ID: "B2", Name: "Elmspire Media", Region: "South Africa", Country: "South Africa"},
	{ID: "D1", Name: "Drumsole Energy", Region: "Kenya", Country: "Kenya"},
}

// TestStewardDecides: what a steward decides counts at the next run, can be taken back, and
// moves ids so that the old ones still find their customers.
func TestStewardDecides(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	t.Parallel()
	dir, config := group(t, "2026-01-02", travel)
	root := filepath.Join(dir, "lake")
	var masters map[string]string
	night := func(day string) {
		t.Helper()
		must(t, "run", "--quiet", "--config", config, "--as-of", day)
		masters = map[string]string{}
		for _, row := range strings.Split(read(t, root, "").one(t, "SELECT string_agg(account_id || '=' || master_account_id, ' ' ORDER BY account_id) FROM gold.account_members"), " ") {
			id, master, _ := strings.Cut(row, "=")
			masters[strings.ToUpper(id[13:15])] = master
		}
	}
	alias := func(id string) string {
		t.Helper()
		return read(t, root, "").one(t, "SELECT master_account_id FROM gold.master_aliases WHERE old_master_account_id = '"+id+"'")
	}
	link := func(args ...string) result {
		t.Helper()
		for i, arg := range args {
			if len(arg) == 2 {
				args[i] = orgID("001", arg)
			}
		}
		return pipeline(t, append([]string{"link", "--config", config}, args...)...)
	}
	night("2026-01-02")
	if masters["A1"] != masters["A2"] || masters["B1"] == masters["B2"] {
		t.Fatalf("by the evidence alone: %v", masters)
	}
	first := masters

	// Join two that nothing speaks for, and part two that share a domain.
	for _, args := range [][]string{{"accept", "B2", "B1", "--by", "Ann", "--why", `one group, "Birch"`}, {"reject", "A1", "A2", "--by", "Ann", "--why", "sold in 2025"}} {
		if r := link(args...); r.code != 0 || !strings.Contains(r.stdout, "manual_account_link_2026-01-02.csv") {
			t.Fatalf("%v: %+v", args, r)
		}
	}
	night("2026-01-03")
	if masters["A1"] == masters["A2"] || masters["B1"] != masters["B2"] || masters["A1"] != first["A1"] {
		t.Errorf("after the decisions: %v, before: %v", masters, first)
	}
	for _, id := range []string{first["B1"], first["B2"]} {
		if got := alias(id); got != masters["B1"] {
			t.Errorf("the old id %s leads to %s, want %s", id, got, masters["B1"])
		}
	}
	history := read(t, root, "").one(t, "SELECT string_agg(event || ' ' || account_count, ', ' ORDER BY event) FROM gold.master_id_history WHERE as_of_date = '2026-01-03'")
	if history != "merged 1, split 1" {
		t.Errorf("history: %s", history)
	}
	var explained struct {
		Same  bool `json:"same_customer"`
		Links []struct{ Method, Decided string }
		Score float64
		Parts []struct {
			LogOdds float64 `json:"log_odds"`
		} `json:"score_parts"`
	}
	if err := json.Unmarshal([]byte(link("explain", "A2", "A1", "--json").stdout), &explained); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, p := range explained.Parts {
		sum += p.LogOdds
	}
	if explained.Same || len(explained.Links) != 2 || explained.Links[1].Decided != "rejected" || sum-explained.Score > 1e-6 || explained.Score-sum > 1e-6 {
		t.Errorf("explained: %+v, parts sum to %v", explained, sum)
	}
	if r := link("explain", "A1", "D1"); r.code != 0 || !strings.Contains(r.stdout, "no link") {
		t.Errorf("a pair that nobody looked at: %+v", r)
	}

	// Back to how it was.
	for _, pair := range [][]string{{"B1", "B2"}, {"A2", "A1"}} {
		if r := link("undo", pair[0], pair[1], "--by", "Bea", "--why", "mixed up"); r.code != 0 {
			t.Fatalf("undo %v: %+v", pair, r)
		}
	}
	split := masters["A2"]
	night("2026-01-04")
	if masters["A1"] != masters["A2"] || masters["B1"] == masters["B2"] {
		t.Errorf("after undo: %v, at first: %v", masters, first)
	}
	for _, id := range []string{split, first["A1"]} { // one account each: the smaller id stays
		if got := alias(id); got != masters["A1"] {
			t.Errorf("%s leads to %s, want %s", id, got, masters["A1"])
		}
	}
	if r := link("undo", "B1", "B2", "--by", "Bea", "--why", "again"); r.code != 2 || !strings.Contains(r.stderr, "no decision is in force") {
		t.Errorf("nothing to undo: %+v", r)
	}
	if r := link("accept", "B1", "X9", "--by", "Bea", "--why", "?"); r.code != 2 || !strings.Contains(r.stderr, "there is no account ") {
		t.Errorf("an unknown account: %+v", r)
	}
}

// TestNoStewardFile: without a source of decisions the command says how to configure one.
func TestNoStewardFile(t *testing.T) {
	t.Parallel()
	_, config := company(t)
	r := pipeline(t, "link", "accept", "a", "b", "--by", "x", "--why", "y", "--config", config)
	if r.code != 2 || !strings.Contains(r.stderr, "no source reads decisions") || !strings.Contains(r.stderr, "pipeline.json") {
		t.Errorf("%+v", r)
	}
}

// TestLinkingOfGroup: at test size the customers of gold are those of the truth, of accounts
// with homonyms, agency mailboxes, placeholder phones, resellers and renames; and ids stay
// when a tenth more accounts come. LINKING_ACCOUNTS sets another size.
func TestLinkingOfGroup(t *testing.T) {
	t.Parallel()
	size := 2000
	if n, err := strconv.Atoi(os.Getenv("LINKING_ACCOUNTS")); err == nil {
		size = n
	}
	made := truth.Generate(truth.Options{Seed: 4711, Accounts: size + size/10})
	dir, config := group(t, "2026-01-02", made.Accounts[:size])
	root := filepath.Join(dir, "lake")
	crosswalk := func() map[string]string {
		out := map[string]string{}
		for _, row := range strings.Split(read(t, root, "").one(t, "SELECT string_agg(account_id || '=' || master_account_id, ' ') FROM gold.account_members"), " ") {
			id, master, _ := strings.Cut(row, "=")
			out[id] = master
		}
		return out
	}
	must(t, "run", "--quiet", "--config", config)
	first := crosswalk()
	export(t, dir, "2026-01-03", made.Accounts)
	must(t, "run", "--quiet", "--config", config, "--as-of", "2026-01-03")
	second := crosswalk()
	kept := 0
	for id, master := range first {
		if second[id] == master {
			kept++
		}
	}
	if share := float64(kept) / float64(len(first)); share < 0.998 || len(second) != len(made.Accounts) {
		t.Errorf("%.2f %% of %d accounts keep their id, %d are known", 100*share, len(first), len(second))
	}
	customers := map[string]string{}
	for i, a := range made.Accounts {
		customers[orgID("001", a.ID)] = made.Cluster[i]
	}
	p, r, b3 := measure(customers, second)
	t.Logf("%d accounts, pairs: precision %.4f, recall %.4f; B³ F1 %.4f; %.2f %% keep their id", len(second), p, r, b3, 100*float64(kept)/float64(len(first)))
	if p < 0.985 || r < 0.86 || b3 < 0.965 {
		t.Errorf("pairs: precision %.4f, recall %.4f; B³ F1 %.4f", p, r, b3)
	}
}

// measure holds customers found against the truth.
func measure(customers, found map[string]string) (precision, recall, b3 float64) {
	type cell struct{ truth, found string }
	truths, founds, both := map[string]float64{}, map[string]float64{}, map[cell]float64{}
	for account, customer := range customers {
		c := cell{customer, found[account]}
		truths[c.truth]++
		founds[c.found]++
		both[c]++
	}
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	var same, inTruth, inFound, p, r float64
	for _, n := range truths {
		inTruth += pairs(n)
	}
	for _, n := range founds {
		inFound += pairs(n)
	}
	for c, n := range both {
		same += pairs(n)
		p += n * n / founds[c.found]
		r += n * n / truths[c.truth]
	}
	n := float64(len(customers))
	p, r = p/n, r/n
	return same / inFound, same / inTruth, 2 * p * r / (p + r)
}

// TestLinkingOfDemo: the demo's customers are found as linking_truth.csv has them.
func TestLinkingOfDemo(t *testing.T) {
	t.Parallel()
	b := openBase(t)
	customers, found := map[string]string{}, map[string]string{}
	text, err := os.ReadFile(filepath.Join(demo(t), "linking_truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		customers[l[0]] = l[1]
	}
	for _, row := range b.rows(t, "SELECT account_id, master_account_id FROM gold.account_members") {
		found[row[0]] = row[1]
	}
	for account := range customers {
		if found[account] == "" { // deleted, or rejected by a defect
			delete(customers, account)
		}
	}
	p, r, b3 := measure(customers, found)
	t.Logf("%d accounts, pairs: precision %.4f, recall %.4f; B³ F1 %.4f", len(customers), p, r, b3)
	if p < 0.985 || r < 0.86 || b3 < 0.965 {
		t.Errorf("pairs: precision %.4f, recall %.4f; B³ F1 %.4f", p, r, b3)
	}
}
