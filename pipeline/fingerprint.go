package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
)

// fingerprint says from what a table was built: its definition, the as-of if it
// depends on one, and its inputs. An equal fingerprint means an equal table, which is
// not built again. It is kept in the commit, readable, so that plan can say what changed.
type fingerprint struct {
	Definition string // hash of the compiled SQL, contract and parameters
	AsOf       string // "" when the table does not depend on it
	Inputs     string // hash over the inputs' names and manifests
	Silver     string // hash over those inputs that are silver tables; "" where there are none, and in gold
}

func (f fingerprint) String() string {
	text := "definition=" + f.Definition + ";as_of=" + f.AsOf + ";inputs=" + f.Inputs
	if f.Silver != "" {
		text += ";silver=" + f.Silver
	}
	return text
}

func parseFingerprint(s string) (f fingerprint) {
	for _, part := range strings.Split(s, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "definition":
			f.Definition = value
		case "as_of":
			f.AsOf = value
		case "inputs":
			f.Inputs = value
		case "silver":
			f.Silver = value
		}
	}
	return f
}

// because says in words why a table with fingerprint was is built again as now;
// "" means that it is not.
func because(was string, now fingerprint) string {
	if was == "" {
		return "never built"
	}
	old := parseFingerprint(was)
	var why []string
	if old.Definition != now.Definition {
		why = append(why, "its definition changed")
	}
	if old.Inputs != now.Inputs {
		why = append(why, "its inputs changed")
	}
	if old.AsOf != now.AsOf {
		why = append(why, "as-of moved from "+old.AsOf+" to "+now.AsOf)
	}
	return strings.Join(why, ", ")
}

// digest hashes names and values independently of their order.
func digest(parts map[string]string) string {
	names := make([]string, 0, len(parts))
	for n := range parts {
		names = append(names, n)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, n := range names {
		h.Write([]byte(n + "\x1f" + parts[n] + "\x1e"))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
