package client

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCanonical(t *testing.T) {
	cases := []struct {
		kind, in, want string
		misfit         bool
	}{
		// Empty is NULL; nothing else is (pitfall: "N/A" became null).
		{kind: "string", in: "", want: ""},
		{kind: "int", in: "", want: ""},
		{kind: "string", in: "N/A", want: "N/A"},
		{kind: "string", in: " blank around ", want: " blank around "},
		{kind: "textarea", in: "line\r\n\"quoted\"\x00 and NUL", want: "line\r\n\"quoted\"\x00 and NUL"},
		{kind: "string", in: "10.0", want: "10.0"},
		{kind: "picklist", in: "null", want: "null"},
		{kind: "multipicklist", in: "A;B", want: "A;B"},
		{kind: "string", in: "\xff!", want: "\ufffd!", misfit: true},
		// Pitfall: whole numbers arrived as 0.0.
		{kind: "int", in: "0.0", want: "0"},
		{kind: "int", in: "10.0", want: "10"},
		{kind: "int", in: "10", want: "10"},
		{kind: "int", in: "1E1", want: "10"},
		{kind: "int", in: "-0", want: "0"},
		{kind: "int", in: "10.5", want: "10.5", misfit: true},
		{kind: "int", in: "ten", want: "ten", misfit: true},
		{kind: "long", in: "9007199254740993", want: "9007199254740993"},
		{kind: "double", in: "9007199254740993.0", want: "9007199254740993"},
		{kind: "double", in: "1e21", want: "1000000000000000000000"},
		{kind: "currency", in: "9.5E8", want: "950000000"},
		{kind: "currency", in: "950000000.0", want: "950000000"},
		{kind: "currency", in: "1.50", want: "1.5"},
		{kind: "currency", in: "1200.00", want: "1200"},
		{kind: "percent", in: "0.10", want: "0.1"},
		{kind: "percent", in: "-0.0", want: "0"},
		{kind: "double", in: "1.25e-3", want: "0.00125"},
		{kind: "double", in: "-1.5e2", want: "-150"},
		{kind: "double", in: "+7", want: "7"},
		{kind: "double", in: "007.10", want: "7.1"},
		{kind: "double", in: ".5", want: "0.5"},
		{kind: "double", in: "5.", want: "5"},
		{kind: "double", in: "100", want: "100"},
		{kind: "double", in: "1e9999", want: "1e9999", misfit: true},
		{kind: "double", in: "1,5", want: "1,5", misfit: true},
		{kind: "double", in: " 5", want: " 5", misfit: true},
		{kind: "double", in: "-", want: "-", misfit: true},
		{kind: "double", in: ".", want: ".", misfit: true},
		{kind: "double", in: "1e", want: "1e", misfit: true},
		{kind: "double", in: "NaN", want: "NaN", misfit: true},
		{kind: "boolean", in: "true", want: "true"},
		{kind: "boolean", in: "False", want: "false"},
		{kind: "boolean", in: "1", want: "1", misfit: true},
		// Both spellings of an instant.
		{kind: "datetime", in: "2020-10-22T21:03:23.000+0000", want: "2020-10-22T21:03:23.000Z"},
		{kind: "datetime", in: "2020-10-22T21:03:23.000Z", want: "2020-10-22T21:03:23.000Z"},
		{kind: "datetime", in: "2020-10-22T21:03:23.000+00:00", want: "2020-10-22T21:03:23.000Z"},
		{kind: "datetime", in: "2020-10-22T21:03:23Z", want: "2020-10-22T21:03:23.000Z"},
		{kind: "datetime", in: "2020-10-22T21:03:23.5Z", want: "2020-10-22T21:03:23.500Z"},
		{kind: "datetime", in: "2020-10-22T21:03:23.123000Z", want: "2020-10-22T21:03:23.123Z"},
		{kind: "datetime", in: "2020-12-31T23:30:00.000-0200", want: "2021-01-01T01:30:00.000Z"},
		{kind: "datetime", in: "2021-01-01T01:30:00+02:00", want: "2020-12-31T23:30:00.000Z"},
		{kind: "datetime", in: "2020-10-22T21:03:23.1234Z", want: "2020-10-22T21:03:23.1234Z", misfit: true},
		{kind: "datetime", in: "2020-02-30T21:03:23.000Z", want: "2020-02-30T21:03:23.000Z", misfit: true},
		{kind: "datetime", in: "2020-10-22T25:03:23.000Z", want: "2020-10-22T25:03:23.000Z", misfit: true},
		{kind: "datetime", in: "2020-10-22T21:03:23.000", want: "2020-10-22T21:03:23.000", misfit: true},
		{kind: "datetime", in: "2020-10-22", want: "2020-10-22", misfit: true},
		{kind: "date", in: "2024-02-29", want: "2024-02-29"},
		{kind: "date", in: "2023-02-29", want: "2023-02-29", misfit: true},
		{kind: "date", in: "22/10/2020", want: "22/10/2020", misfit: true},
		{kind: "time", in: "21:03:23.000Z", want: "21:03:23.000Z"},
		{kind: "time", in: "21:03:23", want: "21:03:23.000Z"},
		{kind: "time", in: "21:03:23.5+0000", want: "21:03:23.500Z"},
		{kind: "time", in: "21:03", want: "21:03", misfit: true},
		{kind: "time", in: "21:03:23+0100", want: "21:03:23+0100", misfit: true},
		{kind: "anyType", in: "10.0", want: "10.0"},
		{kind: "anyType", in: "2020-10-22T21:03:23.000+0000", want: "2020-10-22T21:03:23.000Z"},
		{kind: "anyType", in: "2020-10-22 21:03:23Z", want: "2020-10-22 21:03:23Z"},
		{kind: "a type of tomorrow", in: "1e3", want: "1e3"},
	}
	for _, c := range cases {
		t.Run(c.kind+" "+c.in, func(t *testing.T) {
			got, fits := Canonical(c.kind, c.in)
			if got != c.want || fits == c.misfit {
				t.Errorf("Canonical(%q, %q) = %q, %v; want %q, %v", c.kind, c.in, got, fits, c.want, !c.misfit)
			}
		})
	}
}

// Numbers keep their value to the last digit, in one form only, and that form is a
// fixed point.
func TestCanonicalNumberIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`[-+]?[0-9]{0,25}(\.[0-9]{0,25})?([eE][-+]?[0-9]{1,3})?`).Draw(t, "literal")
		out, fits := Canonical("double", in)
		want, ok := new(big.Rat).SetString(in)
		if !ok || !fits {
			if in != "" && fits != ok {
				t.Fatalf("%q: fits %v, but a number: %v", in, fits, ok)
			}
			return
		}
		got, ok := new(big.Rat).SetString(out)
		if !ok || got.Cmp(want) != 0 {
			t.Fatalf("%q became %q", in, out)
		}
		if strings.ContainsAny(out, "eE+") || strings.Contains(out, ".") && strings.HasSuffix(out, "0") ||
			strings.HasPrefix(out, "00") || out == "-0" {
			t.Fatalf("%q became %q, which is not the one form", in, out)
		}
		if again, _ := Canonical("double", out); again != out {
			t.Fatalf("%q became %q and then %q", in, out, again)
		}
	})
}

// Every spelling of an instant gives the same text.
func TestCanonicalInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-8e12, 64e12).Draw(t, "ms")).UTC() // 1716 to 3998
		want := at.Format("2006-01-02T15:04:05.000Z")
		zone := time.FixedZone("", 60*rapid.IntRange(-720, 720).Draw(t, "minutes east"))
		for _, form := range []string{"2006-01-02T15:04:05.000Z07:00", "2006-01-02T15:04:05.000-0700", "2006-01-02T15:04:05.000000-0700"} {
			for _, in := range []string{at.Format(form), at.In(zone).Format(form)} {
				if got, fits := Canonical("datetime", in); got != want || !fits {
					t.Fatalf("%q became %q, not %q", in, got, want)
				}
			}
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"10.0", "1e21", "-0", "2020-10-22T21:03:23.000+0000", "21:03:23.5", "N/A", "\xff", "-.e", "true"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for kind := range forms {
			out, fits := Canonical(kind, in)
			again, fitsAgain := Canonical(kind, out)
			if again != out || fits && !fitsAgain {
				t.Errorf("%s %q became %q and then %q", kind, in, out, again)
			}
			if (in == "") != (out == "") {
				t.Errorf("%s %q became %q", kind, in, out)
			}
			if !fits && out != strings.ToValidUTF8(in, "") && !strings.Contains(out, "\ufffd") {
				t.Errorf("%s %q does not fit but became %q", kind, in, out)
			}
		}
	})
}
