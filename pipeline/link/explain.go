package link

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"
)

// Part is one summand of a score.
type Part struct {
	Feature string  `json:"feature"`
	Value   float64 `json:"value"`
	LogOdds float64 `json:"log_odds"`
}

// Words says what a part means.
func (p Part) Words() string {
	for _, t := range featureTexts {
		if t.name == p.Feature {
			return t.words
		}
	}
	switch p.Feature {
	case "manual":
		return "a steward decided"
	case "calibration":
		return "what such a sum turned out to mean"
	}
	return p.Feature
}

// Decided is what became of a pair.
type Decided string

// What becomes of a pair.
const (
	Accepted Decided = "accepted" // the accounts are one customer
	Review   Decided = "review"   // a steward is asked
	Rejected Decided = "rejected" // a steward said no, of these two or of others of their customers
)

// Link is a considered pair of accounts above the review line.
type Link struct {
	AccountID, MatchedAccountID string
	Method                      Method
	Confidence                  float64 // 0 to 100
	LogOdds                     float64 // the score; its parts sum to it
	Parts                       []Part
	NameSimilarity              float64 // Jaro-Winkler of the names without spaces; alone it decides nothing
	Evidence                    string
	Decided                     Decided
	Reason                      string // why it is not accepted, "" if it is
	By                          string // the steward, for manual ones
	At                          time.Time
}

// MasterLabel gives, for each account in the order of ids, the smallest account of its customer.
func (r *Result) MasterLabel() []int32 { return r.labels }

// AccountIDs are the ids in order.
func (r *Result) AccountIDs() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := range r.accounts {
			if !yield(i, r.accounts[i].ID) {
				return
			}
		}
	}
}

// Links are all considered pairs above the review line, by account ids; manual decisions and
// parents included.
func (r *Result) Links() iter.Seq[Link] {
	return func(yield func(Link) bool) {
		for _, d := range r.decisions {
			if !yield(r.manualLink(d)) {
				return
			}
		}
		if !r.parentLinks(yield) {
			return
		}
		for i := range r.edges {
			if !yield(r.link(i)) {
				return
			}
		}
	}
}

func (r *Result) manualLink(d placedDecision) Link {
	l := Link{AccountID: r.accounts[d.a].ID, MatchedAccountID: r.accounts[d.b].ID, Method: Manual, Confidence: 100, LogOdds: mostLogOdds,
		Parts: []Part{{"manual", 1, mostLogOdds}}, NameSimilarity: r.similarity(d.a, d.b), Evidence: d.Reason, By: d.By, At: d.At, Decided: Accepted}
	switch {
	case !d.Same:
		l.Decided, l.Reason, l.Confidence, l.LogOdds, l.Parts[0].LogOdds = Rejected, "a steward keeps them apart", 0, -mostLogOdds, -mostLogOdds
	case r.labels[d.a] != r.labels[d.b]:
		l.Decided, l.Reason = Review, "stewards contradict each other, or their parent companies differ"
	}
	return l
}

// parentConfidence is that of accounts of one parent company.
const parentConfidence = 99

// parentLinks yields, for each account under a parent company, its link to the first one.
func (r *Result) parentLinks(yield func(Link) bool) bool {
	for a, b := range r.ofOneParent() {
		root := r.root[a]
		x := logit(parentConfidence / 100.0)
		l := Link{AccountID: r.accounts[b].ID, MatchedAccountID: r.accounts[a].ID, Method: ParentCompany, Confidence: parentConfidence, LogOdds: x,
			Parts: []Part{{"parent", 1, x}}, NameSimilarity: r.similarity(b, a), Evidence: "parent company " + r.rootKeys[root], Decided: Accepted}
		if r.labels[a] != r.labels[b] {
			l.Decided, l.Reason = Rejected, refusalWords[decidedApart]
		}
		if !yield(l) {
			return false
		}
	}
	return true
}

func (r *Result) link(i int) Link {
	e := r.edges[i]
	l := r.explain(e.a, e.b)
	l.Method, l.Decided = e.method, Accepted
	switch {
	case e.refused == decidedApart:
		l.Decided, l.Reason = Rejected, refusalWords[decidedApart]
	case e.refused != allowed:
		l.Decided, l.Reason = Review, refusalWords[e.refused]
	case r.labels[e.a] == r.labels[e.b]:
	case e.alone && float64(e.confidence) >= r.policy.LinkAt:
		l.Decided, l.Reason = Review, "nothing but the name speaks for it"
	case !r.policy.sure(e):
		l.Decided, l.Reason = Review, "not sure enough"
	default:
		l.Decided, l.Reason = Review, refusalWords[unlikeMembers]
	}
	return l
}

// Explain compares any two accounts, whatever blocking thought of them.
func (r *Result) Explain(a, b string) (Link, error) {
	i, okA := position(r.accounts, a)
	j, okB := position(r.accounts, b)
	switch {
	case !okA:
		return Link{}, fmt.Errorf("explain: no account %q", a)
	case !okB:
		return Link{}, fmt.Errorf("explain: no account %q", b)
	}
	l := r.explain(min(i, j), max(i, j))
	l.Method = FuzzyName
	l.Decided = Review
	if r.labels[i] == r.labels[j] {
		l.Decided = Accepted
	}
	return l, nil
}

// explain gives the parts of a pair's score, rounded so that they sum to it exactly.
func (r *Result) explain(a, b int32) Link {
	var v vector
	r.pairFeatures(a, b, nil, &v)
	sum := r.policy.sum(&v)
	total := round4(r.policy.calibrated(sum))
	l := Link{AccountID: r.accounts[a].ID, MatchedAccountID: r.accounts[b].ID, LogOdds: total, NameSimilarity: r.similarity(a, b)}
	l.Confidence = math.Round(1e4*logistic(total)) / 100
	left := int64(math.Round(total * 1e4))
	for f, x := range v {
		if part := round4(r.policy.weights[f] * float64(x)); part != 0 {
			l.Parts = append(l.Parts, Part{featureTexts[f].name, float64(x), part})
			left -= int64(math.Round(part * 1e4))
		}
	}
	if left != 0 {
		l.Parts = append(l.Parts, Part{"calibration", 1, float64(left) / 1e4})
	}
	l.Evidence = r.evidence(a, b, &v)
	return l
}

func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func (r *Result) similarity(a, b int32) float64 {
	x, y := r.nameOf[a], r.nameOf[b]
	if x < 0 || y < 0 {
		return 0
	}
	return round4(jaroWinkler(r.names[x].compact, r.names[y].compact, 0))
}

// evidence says in words what speaks for a pair, with the identifiers shared.
func (r *Result) evidence(a, b int32, v *vector) string {
	var words []string
	switch {
	case v[fExact] == 1:
		words = append(words, "same name")
	case v[fCore] == 1:
		words = append(words, "same name apart from places and trades")
	case v[fAcronym] == 1:
		words = append(words, "initials of the name")
	case v[fContained] == 1:
		words = append(words, "one name contains the other")
	case v[fDice] > 0:
		words = append(words, fmt.Sprintf("%.0f %% of the name in common", 100*v[fDice]))
	}
	texts := map[identifier]string{}
	r.words.identifiers(&r.accounts[a], func(kind identifierKind, text string) { texts[hashIdentifier(kind, text)] = text })
	seen := map[int64]bool{}
	r.words.identifiers(&r.accounts[b], func(kind identifierKind, text string) {
		id := hashIdentifier(kind, text)
		if seen[id.hash] || r.many[id.hash] {
			return
		}
		for other := range texts {
			if other.hash == id.hash && (kind != labelIdentifier || v[fDomainLabel] == 1) {
				seen[id.hash] = true
				words = append(words, strings.ReplaceAll(identifierNames[kind], "_", " ")+" "+shown(kind, text))
			}
		}
	})
	if v[fParent] == 1 {
		words = append(words, "parent "+r.rootKeys[r.root[a]])
	}
	return strings.Join(words, "; ")
}

// shown is an identifier as evidence names it: enough to recognise it, not enough to reach a
// person by.
func shown(kind identifierKind, text string) string {
	switch kind {
	case emailIdentifier, contactIdentifier:
		local, host, _ := strings.Cut(text, "@")
		return string([]rune(local)[:1]) + "…@" + host
	case phoneIdentifier:
		return "…" + text[max(0, len(text)-4):]
	}
	return text
}
