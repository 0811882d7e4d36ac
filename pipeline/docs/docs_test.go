package docs

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
)

// small is a site with everything that pages tell apart.
func small() Site {
	table := func(layer, name string, inputs ...string) Table {
		return Table{
			Contract: config.Contract{Layer: layer, Table: name, Grain: "row", Key: []string{"id"}, Storage: "single", Description: "About <b> & " + name,
				Columns: []config.ContractColumn{{Name: "id", Type: "VARCHAR"}, {Name: "rate", Type: "DOUBLE", Nullable: true}}},
			Columns: []config.MetricDefinition{{GoldColumn: "id", Label: "Id", Description: "The id."},
				{GoldColumn: "rate", Label: "Rate", Description: "Won & lost.", Numerator: "won", Denominator: "won and lost", NullRule: "nothing closed", StandardRef: "F20"}},
			Inputs: inputs, Files: []string{layer + "/" + name}, SQL: "SELECT 1 < 2",
		}
	}
	return Site{
		Tables: []Table{
			table("gold", "a", "silver.x", "silver.y"), table("gold", "b", "gold.a", "silver.x"), table("ops", "log"),
			table("silver", "x", "salesforce/X", "silver.y"), table("silver", "y", "billing/Y"),
		},
		Checks:    []Check{{ID: "keys", Severity: "error", Table: "gold.a", Inputs: []string{"gold.a"}, SQL: "SELECT 1"}, {ID: "all", Severity: "warning"}},
		Questions: []Question{{ID: "X1", Title: "What?", AskedBy: "me", Tables: []string{"gold.b", "gold.later"}, Sources: []string{"x or y"}, Customer: true}},
	}
}

var (
	links = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	ids   = regexp.MustCompile(` id="([^"]+)"`)
)

// TestLinks: every link of every page leads somewhere on the site, and nowhere else.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, small()); err != nil {
		t.Fatal(err)
	}
	pages := 0
	err := filepath.WalkDir(dir, func(file string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".html" {
			return err
		}
		pages++
		for _, m := range links.FindAllStringSubmatch(string(mustRead(t, file)), -1) {
			to, fragment, _ := strings.Cut(m[1], "#")
			target := filepath.Join(filepath.Dir(file), filepath.FromSlash(to))
			if strings.Contains(to, ":") {
				t.Errorf("%s needs the network: %s", filepath.Base(file), to)
				continue
			}
			body, err := os.ReadFile(target)
			if err != nil {
				t.Errorf("%s leads to %s: %v", filepath.Base(file), m[1], err)
				continue
			}
			found := fragment == ""
			for _, id := range ids.FindAllStringSubmatch(string(body), -1) {
				found = found || id[1] == fragment
			}
			if !found {
				t.Errorf("%s leads to %s, which has no %s", filepath.Base(file), to, fragment)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages != 10 {
		t.Errorf("%d pages, want 5 and one for each of 5 tables", pages)
	}
}

// TestPage: a table's page says what there is to say, and texts cannot break it.
func TestPage(t *testing.T) {
	pages, err := small().pages()
	if err != nil {
		t.Fatal(err)
	}
	page := string(pages[path.Join("tables", "gold.a.html")])
	for _, want := range []string{"About &lt;b&gt; &amp; a", "won / (won and lost)", "nothing closed", "F20", "SELECT 1 &lt; 2", `data-node="salesforce/X"`, `data-node="gold.b"`, "checks.html#keys"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<b>") {
		t.Error("a text was taken for HTML")
	}
	for name, body := range pages {
		if path.Ext(name) != ".html" {
			continue
		}
		start := strings.Index(string(body), "<svg")
		if start < 0 {
			continue
		}
		end := strings.Index(string(body), "</svg>") + len("</svg>")
		d := xml.NewDecoder(strings.NewReader(string(body[start:end])))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: the drawing is no XML: %v", name, err)
				break
			}
		}
	}
}

// TestDepth: sources stand left, silver beside them, and a gold table right of all that
// it reads.
func TestDepth(t *testing.T) {
	g := small().graph()
	want := map[string]int{"salesforce/X": 0, "billing/Y": 0, "silver.x": 1, "silver.y": 1, "gold.a": 2, "gold.b": 3}
	if diff := cmp.Diff(want, g.depth(g.all())); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	around := g.around("silver.y")
	for _, n := range []string{"billing/Y", "silver.y", "gold.a", "silver.x"} {
		if !around[n] {
			t.Errorf("%s is missing around silver.y", n)
		}
	}
	if around["gold.b"] {
		t.Error("what reads the readers does not belong around a table")
	}
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
