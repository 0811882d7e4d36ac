package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	shellBlock = regexp.MustCompile("(?s)```(?:sh|cron)\n(.*?)```")
	comment    = regexp.MustCompile(`\s+#.*$`)
	target     = regexp.MustCompile(`(?m)^([a-z-]+):`)
)

// TestDocumentedCommands runs the commands of README and guide, as they stand, where
// `make run` leaves a reader: beside bin/, demo/ and lake/.
func TestDocumentedCommands(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(binary, filepath.Join(dir, "bin/pipeline")); err != nil {
		t.Fatal(err)
	}
	copyTree(t, demo(t), filepath.Join(dir, "demo"))
	copyTree(t, atOnce(t), filepath.Join(dir, "lake"))
	must(t, "lake", "relocate", "--lake", filepath.Join(dir, "lake"))
	config := filepath.Join(dir, "demo", "pipeline.json")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	there := strings.Replace(string(text), `"lake": "lake"`, `"lake": "../lake"`, 1) // as make run has it
	if err := os.WriteFile(config, []byte(there), 0o644); err != nil {
		t.Fatal(err)
	}
	sampleExports(t, dir)
	ran := 0
	for _, doc := range []string{"../README.md", "../docs/guide.md"} {
		for _, line := range documented(t, doc) {
			t.Run(filepath.Base(doc)+"/"+line, func(t *testing.T) { documentedCommand(t, dir, line) })
			if made := filepath.Join(dir, "mine", "pipeline.json"); strings.Contains(line, " init ") {
				withoutHistory(t, made)
			}
			ran++
		}
	}
	if ran < 12 {
		t.Errorf("only %d commands found", ran)
	}
}

// sampleExports is what a reader is told to have before she uses a configuration of her own.
func sampleExports(t *testing.T, dir string) {
	t.Helper()
	writeFiles(t, dir, map[string]string{
		"mine/exports/salesforce/Account_2026-01-01.csv":     oldAccounts,
		"mine/exports/salesforce/Opportunity_2026-01-01.csv": oldDeals,
	})
}

// documented lists the commands of a document's shell blocks.
func documented(t *testing.T, doc string) (out []string) {
	t.Helper()
	data, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range shellBlock.FindAllStringSubmatch(string(data), -1) {
		for _, line := range strings.Split(block[1], "\n") {
			if line = strings.TrimSpace(comment.ReplaceAllString(line, "")); line != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

func documentedCommand(t *testing.T, dir, line string) {
	if name, ok := strings.CutPrefix(line, "make "); ok {
		knownTarget(t, name)
		return
	}
	if _, job, ok := strings.Cut(line, "cd /srv/customer360 && "); ok { // a line of a crontab
		line = job
	}
	if !strings.Contains(line, "bin/pipeline ") {
		t.Fatalf("what is this? Commands begin with bin/pipeline or make")
	}
	c := exec.Command("sh", "-ec", line)
	c.Dir = dir
	if r := command(t, c); r.code != 0 {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func knownTarget(t *testing.T, name string) {
	t.Helper()
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range target.FindAllStringSubmatch(string(makefile), -1) {
		if m[1] == name {
			return
		}
	}
	t.Errorf("the Makefile has no target %s", name)
}
