package tests

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	badConfig = `{
  "lake": "lake",
  "as_of": "2026-01-31",
  "gold_metrics": "gold_metrics.json",
  "engine": {"threads": 1},
  "sources": [
    {
      "name": "crm", "type": "csv", "region": "Kenya", "mapping": "salesforce", "currency": "USD", "path": "in",
      "csv": {"exported_at": {"pattern": "_(\\d{4}-\\d{2}-\\d{2})\\.csv"}},
      "objects": [
        {"name": "Account", "files": ["Account_*.csv*"], "load_mode": "snapshot", "missing_is_deleted": true},
        {"name": "Opportunity", "files": ["Opportunity_*.csv"]}
      ]
    }
  ]
}
`
	accountHeader = "Id,Name,BillingCountry,SystemModstamp\n"
	oldAccounts   = accountHeader + "001000000000001AAA,Alpha,Kenya,2026-01-01T08:00:00Z\n001000000000002AAA,Beta,Kenya,2026-01-01T08:00:00Z\n"
	newAccounts   = oldAccounts + "001000000000003AAA,Gamma,Kenya,2026-01-02T08:00:00Z\n"
	oldDeals      = "Id,Name,AccountId,Amount,StageName,CloseDate,IsClosed,IsWon,SystemModstamp\n006000000000001AAA,Deal,001000000000001AAA,100,Prospecting,2026-02-01,false,false,2026-01-01T08:00:00Z\n"
	newFile       = "in/Account_2026-01-02.csv"
	failingModel  = "-- grain: g\n-- key: source_region, silver_table\n-- storage: single\n-- about: a\n" +
		"SELECT source_region, 'account' AS silver_table,\n  CAST(account_name AS BIGINT) AS row_count, CAST(NULL AS DECIMAL(18,2)) AS amount_usd\nFROM silver.account"
	modelHeader = "-- grain: g\n-- key: account_id\n-- storage: single\n-- about: a\n"
)

// badInput is one thing that goes wrong on the second night.
type badInput struct {
	name     string
	files    map[string]string               // written in place of the good new file
	spoil    func(t *testing.T, dir string)  // or anything else
	mend     func(t *testing.T, dir string)  // besides taking the files away again
	command  func(dir string) *exec.Cmd      // nil: run with the directory's configuration
	code     int                             // 0: the input is accepted
	whole    bool                            // all layers run once the input is mended, not bronze alone
	says     []string                        // what, where, what to do
	accounts string                          // in gold once it is mended or accepted; "" = 3
	accepted func(t *testing.T, root string) // what must hold of an accepted input
}

// TestBadInput: every bad input has its message and exit code, leaves the lake's state
// as it was to the byte, and is over once the input is mended.
func TestBadInput(t *testing.T) {
	for _, c := range badInputs() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			copyLinks(t, firstNight(t), dir)
			root := filepath.Join(dir, "lake")
			before := lakeFiles(t, root)
			writeFiles(t, dir, c.files)
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			run := exec.Command(binary, "run", "--config", filepath.Join(dir, "pipeline.json"))
			if c.command != nil {
				run = c.command(dir)
			}
			r := command(t, run)
			if r.code != c.code {
				t.Fatalf("exit %d, want %d\n%s%s", r.code, c.code, r.stdout, r.stderr)
			}
			for _, piece := range c.says {
				if !strings.Contains(r.stdout+r.stderr, piece) {
					t.Errorf("it does not say %q:\n%s%s", piece, r.stdout, r.stderr)
				}
			}
			if c.code != 0 {
				if diff := cmp.Diff(before, lakeFiles(t, root)); diff != "" {
					t.Errorf("the lake changed (-before +after):\n%s", diff)
				}
				mend(t, dir, c)
				if !c.everything() {
					got := must(t, "query", "--lake", root, "--format", "csv", `SELECT count(*) AS n FROM bronze."crm__account"`)
					if got != "n\n3\n" {
						t.Errorf("accounts in bronze in the end: %s", got)
					}
					return
				}
			}
			want := c.accounts
			if want == "" {
				want = "3"
			}
			if got := askLake(t, root, "SELECT count(*) FROM gold.accounts")[0][0]; got != want {
				t.Errorf("%s accounts in the end, want %s", got, want)
			}
			if c.accepted != nil {
				c.accepted(t, root)
			}
			if got := askLake(t, root, "SELECT count(*) FROM gold.opportunities")[0][0]; got != "1" {
				t.Errorf("%s opportunities in the end", got)
			}
			balanced(t, root)
			if lost := strays(t, root); len(lost) > 0 {
				t.Errorf("files that no version names: %v", lost)
			}
		})
	}
}

// mend takes back what was spoiled, puts the good new file in place and runs again.
func mend(t *testing.T, dir string, c badInput) {
	t.Helper()
	for name := range c.files {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if c.mend != nil {
		c.mend(t, dir)
	}
	writeFiles(t, dir, map[string]string{newFile: newAccounts, "pipeline.json": badConfig})
	layer := "bronze"
	if c.everything() {
		layer = "all"
	}
	must(t, "run", "--quiet", "--layer", layer, "--config", filepath.Join(dir, "pipeline.json"))
}

// everything tells whether all layers run in the end. Bad files and configurations are
// refused before anything else happens, so bronze is enough for most of them.
func (c badInput) everything() bool { return c.whole || c.code == 0 }

func badInputs() []badInput {
	with := func(text string) map[string]string { return map[string]string{newFile: text} }
	zipped := func(edit func([]byte) []byte) map[string]string {
		return map[string]string{newFile + ".gz": string(edit(zip(newAccounts)))}
	}
	config := func(from, to string) map[string]string {
		return map[string]string{newFile: newAccounts, "pipeline.json": strings.Replace(badConfig, from, to, 1)}
	}
	override := func(field string, files map[string]string) map[string]string {
		files["pipeline.json"] = strings.Replace(badConfig, `"lake": "lake",`, `"lake": "lake", `+field+",", 1)
		files[newFile] = newAccounts
		return files
	}
	return []badInput{
		{name: "missing directory", code: 1, whole: true, says: []string{"in: directory does not exist", `correct the path of source "crm"`},
			spoil: func(t *testing.T, dir string) { rename(t, dir, "in", "away") },
			mend:  func(t *testing.T, dir string) { rename(t, dir, "away", "in") }},
		{name: "no file of an object", code: 1, says: []string{"no file of Opportunity matches Opportunity_*.csv", `"optional": true`},
			spoil: func(t *testing.T, dir string) { rename(t, dir, "in/Opportunity_2026-01-01.csv", "deals") },
			mend:  func(t *testing.T, dir string) { rename(t, dir, "deals", "in/Opportunity_2026-01-01.csv") }},
		{name: "unreadable file", code: 1, says: []string{"Account_2026-01-02.csv: cannot be read", "permission denied"},
			files: with(newAccounts), spoil: unreadable, command: asNobody},
		{name: "empty file", code: 1, says: []string{"Account_2026-01-02.csv: is empty", "check the export"}, files: with("")},
		{name: "header only", code: 1, whole: true, says: []string{"Account_2026-01-02.csv holds no record", "would delete all 2 records held", "export it again"}, files: with(accountHeader)},
		{name: "header only of an increment", accounts: "2", files: map[string]string{"in/Opportunity_2026-01-02.csv": strings.SplitAfter(oldDeals, "\n")[0]}},
		{name: "truncated gzip", code: 1, says: []string{"Account_2026-01-02.csv.gz", "truncated", "export it again"}, files: zipped(func(b []byte) []byte { return b[:len(b)-20] })},
		{name: "gzip with a bad checksum", code: 1, says: []string{"Account_2026-01-02.csv.gz", "checksum"}, files: zipped(func(b []byte) []byte { b[len(b)-8] ^= 1; return b })},
		{name: "binary file without a known head", code: 1, says: []string{"Account_2026-01-02.csv"}, files: with("\x01\x02\xfe\x00\x00\x81\x7f\n\x00")},
		{name: "unterminated quote", code: 1, says: []string{"Account_2026-01-02.csv:4", "quote"}, files: with(strings.Replace(newAccounts, "Gamma", `"Gamma`, 1))},
		{name: "binary file", code: 1, says: []string{"Account_2026-01-02.csv: is not CSV", "export it as CSV"}, files: with("PK\x03\x04\x14\x00\x06\x00\x08\x00")},
		{name: "wrong encoding", code: 1, says: []string{"Account_2026-01-02.csv", "UTF-8", "csv.encoding"}, files: with(strings.Replace(newAccounts, "Gamma", "G\xe4mma", 1))},
		{name: "NUL bytes", code: 1, says: []string{"Account_2026-01-02.csv", "NUL"}, files: with(strings.Replace(newAccounts, "Gamma", "Gam\x00ma", 1))},
		{name: "duplicate header names", code: 1, says: []string{"Account_2026-01-02.csv:1", `"NAME" twice`, "rename or leave out"}, files: with(strings.Replace(newAccounts, "BillingCountry", "NAME", 1))},
		{name: "ragged rows", says: []string{"1 malformed"}, files: with(newAccounts + "001000000000004AAA,Delta\n"),
			accepted: func(t *testing.T, root string) {
				out := must(t, "rejects", "--config", filepath.Join(filepath.Dir(root), "pipeline.json"), "--format", "csv")
				if !strings.Contains(out, "001000000000004AAA,Delta") || !strings.Contains(out, "has 2 fields, the header has 4") {
					t.Errorf("the ragged record is not listed with its text:\n%s", out)
				}
			}},
		{name: "field of 10 MiB", files: with(strings.Replace(newAccounts, "Gamma", strings.Repeat("g", 10<<20), 1)),
			accepted: func(t *testing.T, root string) {
				if got := askLake(t, root, "SELECT max(length(account_name)) FROM gold.accounts")[0][0]; got != fmt.Sprint(10<<20) {
					t.Errorf("the longest name has %s characters", got)
				}
			}},
		{name: "unknown mapping column", code: 2, says: []string{"my/salesforce/account.json", "acount_name", "account_name"},
			files: override(`"mappings": "my"`, map[string]string{"my/salesforce/account.json": `{"source_object": "Account", "target_table": "account", "key": ["account_id"],
				"columns": [{"source_column": "Id", "target_column": "account_id", "data_type": "string", "nullable": false},
				{"source_column": "Name", "target_column": "acount_name", "data_type": "string", "nullable": true}]}`})},
		{name: "cyclic gold models", code: 2, whole: true, says: []string{"accounts.sql", "account_metrics.sql", "→"},
			files: override(`"sql": "my"`, map[string]string{"my/gold/accounts.sql": modelHeader + "SELECT account_id FROM gold.account_metrics",
				"my/gold/account_metrics.sql": modelHeader + "SELECT account_id FROM gold.accounts"})},
		{name: "SQL that cannot be parsed", code: 2, says: []string{"gold/accounts.sql:6:", "syntax error"},
			files: override(`"sql": "my"`, map[string]string{"my/gold/accounts.sql": modelHeader + "SELECT account_id\nFORM silver.account"})},
		{name: "SQL that names an unknown column", code: 2, says: []string{"gold/accounts.sql:5:8", "acount_id"},
			files: override(`"sql": "my"`, map[string]string{"my/gold/accounts.sql": modelHeader + "SELECT acount_id AS account_id FROM silver.account"})},
		{name: "SQL that fails on the data", code: 1, whole: true, says: []string{"gold/unassigned_facts.sql:", "Could not convert string 'Alpha'"},
			files: map[string]string{"my/gold/unassigned_facts.sql": failingModel, "pipeline.json": strings.Replace(badConfig, `"lake": "lake",`, `"lake": "lake", "sql": "my",`, 1)}},
		{name: "unknown configuration field", code: 2, says: []string{"pipeline.json:", "sources[0]", `"regoin"`, `did you mean "region"`}, files: config(`"region"`, `"regoin"`)},
		{name: "invalid JSON", code: 2, says: []string{"pipeline.json:3:3"}, files: config(`"lake": "lake",`, `"lake": "lake"`)},
		{name: "read-only lake", code: 1, whole: true, says: []string{"read-only"}, files: with(newAccounts), spoil: readOnly, command: asNobody,
			mend: func(t *testing.T, dir string) { chmodTree(t, filepath.Join(dir, "lake"), 0o755, 0o644) }},
	}
}

var firstNightDir = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(filepath.Dir(binary), "first-night")
	if err := os.MkdirAll(filepath.Join(dir, "in"), 0o755); err != nil {
		return "", err
	}
	for name, text := range map[string]string{"in/Account_2026-01-01.csv": oldAccounts, "in/Opportunity_2026-01-01.csv": oldDeals, "pipeline.json": badConfig, "gold_metrics.json": `{"history": {"month_ends": 0}}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	out, err := exec.Command(binary, "run", "--config", filepath.Join(dir, "pipeline.json")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the first night: %w\n%s", err, out)
	}
	return dir, nil
})

// firstNight is a configuration, its files and the lake they made; to be copied.
func firstNight(t *testing.T) string {
	t.Helper()
	dir, err := firstNightDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyLinks copies a directory with its symbolic links.
func copyLinks(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			return errors.Join(err, os.Symlink(link, target))
		}
		data, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(target, data, 0o644))
	})
	if err != nil {
		t.Fatal(err)
	}
	must(t, "lake", "relocate", "--lake", filepath.Join(to, "lake"))
}

func zip(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // into memory
	_ = w.Close()
	return b.Bytes()
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}

const nobody = 65534

// asNobody runs without the rights of root, for whom nothing is unreadable.
func asNobody(dir string) *exec.Cmd {
	c := exec.Command(binary, "run", "--config", filepath.Join(dir, "pipeline.json"))
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return c
}

// handOver gives a directory to the user that asNobody runs as, and lets him reach it.
func handOver(t *testing.T, dir string) {
	t.Helper()
	for _, reach := range []string{filepath.Dir(dir), filepath.Dir(binary)} {
		if err := os.Chmod(reach, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() != 0 {
		return
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody))
	})
	if err != nil {
		t.Skipf("skipped: files cannot be given to another user here: %v", err)
	}
}

func unreadable(t *testing.T, dir string) {
	t.Helper()
	handOver(t, dir)
	if err := os.Chmod(filepath.Join(dir, newFile), 0); err != nil {
		t.Fatal(err)
	}
}

func readOnly(t *testing.T, dir string) {
	t.Helper()
	handOver(t, dir)
	chmodTree(t, filepath.Join(dir, "lake"), 0o555, 0o444)
	t.Cleanup(func() { chmodTree(t, filepath.Join(dir, "lake"), 0o755, 0o644) })
}

func chmodTree(t *testing.T, root string, dirs, files fs.FileMode) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.Chmod(path, dirs)
		case d.Type()&fs.ModeSymlink != 0:
			return nil
		}
		return os.Chmod(path, files)
	})
	if err != nil {
		t.Fatal(err)
	}
}
