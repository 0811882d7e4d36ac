package link_test

import (
	"context"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/link"
)

func words(t testing.TB) *link.Vocabulary {
	t.Helper()
	files, err := fs.Sub(configs.FS, "linking")
	if err != nil {
		t.Fatal(err)
	}
	v, err := link.LoadVocabulary(files)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestNormalise: made-up names that show one rule each.
func TestNormalise(t *testing.T) {
	v := words(t)
	for _, c := range []struct{ raw, country, want string }{
		{"Acme Trading (Pty) Ltd", "ZA", "acme trading"},
		{"ACME TRADING", "", "acme trading"},
		{"Acme Intl. Svcs. Ltd", "", "acme international service"},
		{"B & Q Foods Inc", "", "bq food"},
		{"Hill & Dale Co Inc", "", "hill dale"},
		{"A.O. Weber Corp", "US", "ao weber"},
		{"АО Вебер", "RU", "veber"},
		{"ООО «Ромашка»", "", "romashka"},
		{"Ελληνική Τράπεζα ΑΕ", "GR", "elliniki trapeza"},
		{"Limited", "", "limited"},
		{"The Company", "", "company"},
		{"S.A.", "", "sa"},
		{"Muster GmbH & Co. KG", "DE", "muster"},
		{"Société Générique S.A.R.L.", "FR", "societe generique"},
		{"GÃ©nie Civil SA", "", "genie civil"},
		{"Acme Fund Corp. III", "", "acme fund 3"},
		{"Acme Holdings /DE/", "", "acme holding"},
		{"Blue Crane (The)", "", "blue crane"},
		{"株式会社青空", "JP", "青空"},
		{"???", "", ""},
	} {
		n := v.Normalise(c.raw, c.country)
		if got := n.String(); got != c.want {
			t.Errorf("%q (%s) is %q, want %q", c.raw, c.country, got, c.want)
		}
	}
}

// scripts are what random names are drawn from.
var scripts = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Han, unicode.Devanagari, unicode.Hangul, unicode.Ethiopic, unicode.Hebrew, unicode.Thai}

// names draws a name: words of one script, legal forms, punctuation.
func names() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		script := rapid.SampledFrom(scripts).Draw(t, "script")
		word := rapid.StringOfN(rapid.RuneFrom(nil, script), 1, 12, -1)
		parts := rapid.SliceOfN(rapid.OneOf(word, word, rapid.SampledFrom([]string{"Ltd", "(Pty) Ltd", "GmbH & Co. KG", "S.A.", "ООО", "the", "and", "&", "/DE/", "(", ")", "t/a", "III", "-", "有限公司", "d/b/a", "%", "'"})), 1, 6).Draw(t, "parts")
		return strings.Join(parts, rapid.SampledFrom([]string{" ", "", "-", " & "}).Draw(t, "joint"))
	})
}

func hasLetters(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// TestNeverEmpty: a name with a letter or digit, in any script, has a word left.
func TestNeverEmpty(t *testing.T) {
	v := words(t)
	rapid.Check(t, func(t *rapid.T) {
		raw := names().Draw(t, "name")
		country := rapid.SampledFrom([]string{"", "RU", "ZA", "DE", "JP", "GR", "ID"}).Draw(t, "country")
		checkName(t, v, raw, country)
	})
}

type failer interface {
	Fatalf(format string, args ...any)
}

func checkName(t failer, v *link.Vocabulary, raw, country string) {
	n := v.Normalise(raw, country)
	if hasLetters(strings.ToValidUTF8(raw, "")) && n.Compact() == "" {
		t.Fatalf("%q (%s) is normalised to nothing", raw, country)
	}
	for _, w := range n.Words {
		if w.Text == "" || strings.ContainsAny(w.Text, " \t\n") {
			t.Fatalf("%q (%s): word %q", raw, country, w.Text)
		}
	}
	if again := v.Normalise(raw, country); again.Key() != n.Key() {
		t.Fatalf("%q: %q, then %q", raw, n.Key(), again.Key())
	}
	if spaced := v.Normalise("  "+strings.ReplaceAll(raw, " ", "  ")+" ", country); spaced.Key() != n.Key() && !strings.ContainsAny(raw, "/\\") {
		t.Fatalf("%q: spaces change %q to %q", raw, n.Key(), spaced.Key())
	}
}

func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"Acme (Pty) Ltd", "ООО Ромашка", "AT&T", "A & B", "/DE/", "株式会社", "Ã©", "Ë©", "Ъ", "\xff\xfe", "t/a", "(((", "S p A", "& Co", "the the", "İŞ", "़"} {
		f.Add(seed, "")
	}
	v := words(f)
	f.Fuzz(func(t *testing.T, raw, country string) { checkName(t, v, raw, country) })
}

// TestLabelled holds the built-in policies to what they reached on labelled files, if those
// are there.
func TestLabelled(t *testing.T) {
	for _, c := range []struct {
		file, policy          string
		precision, recall, b3 float64
	}{{"us_listed_dev.csv", "entity", .995, .925, .978}, {"ietf_dev.csv", "family", .93, .60, .83}} {
		t.Run(c.policy, func(t *testing.T) {
			f, err := os.Open("../../../shared/data/linking/" + c.file)
			if err != nil {
				t.Skip("skipped: no ../shared/data")
			}
			defer f.Close()
			data, err := link.ReadLabelled(f)
			if err != nil {
				t.Fatal(err)
			}
			e, err := newLinker(t, c.policy).Evaluate(context.Background(), data, 0, fixedClock)
			if err != nil {
				t.Fatal(err)
			}
			if e.PairPrecision < c.precision || e.PairRecall < c.recall || e.B3F1 < c.b3 {
				t.Errorf("pair precision %.4f, recall %.4f, B³ F1 %.4f; want %.3f, %.3f, %.3f", e.PairPrecision, e.PairRecall, e.B3F1, c.precision, c.recall, c.b3)
			}
		})
	}
}

func sorted(list []string) []string { slices.Sort(list); return list }
