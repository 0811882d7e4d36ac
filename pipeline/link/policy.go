package link

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
)

// Policy is what "the same customer" means, as data: the weights and what is decided by them.
type Policy struct {
	Schema   string   `json:"$schema,omitempty"`
	Name     string   `json:"policy"`
	Note     string   `json:"note"`
	FittedOn []string `json:"fitted_on"`

	// Confidence from which accounts are linked, and from which a steward is asked.
	LinkAt   float64 `json:"link_at"`
	ReviewAt float64 `json:"review_at"`
	// NameAloneAt is the confidence from which accounts are linked that share nothing but
	// their name: companies of one name exist, and a wrong merge costs more than a question.
	NameAloneAt float64 `json:"name_alone_at"`

	MaxBlock   int            `json:"max_block"`  // names compared all with all
	Neighbours int            `json:"neighbours"` // compared in larger blocks
	MaxNames   map[string]int `json:"max_names"`  // different names that may share an identifier, by kind
	MaxShared  int            `json:"max_shared"` // accounts that may share an identifier or are compared under one name
	Guard      Guard          `json:"guard"`

	Weights     map[string]float64 `json:"weights"`
	Calibration []Knot             `json:"calibration"`
	// Steps part the sums of weights when the calibration is fitted. The fewer customers are
	// labelled, the fewer: fine ones follow the chance of which they are.
	Steps []float64 `json:"calibration_steps"`

	weights [featureCount]float64
}

// Guard says when two clusters may become one.
type Guard struct {
	Sample        int     `json:"sample"`         // accounts of each side that are compared
	Mean          float64 `json:"mean"`           // least mean probability of the pairs
	Hopeless      float64 `json:"hopeless"`       // a pair below this probability is hopeless
	HopelessShare float64 `json:"hopeless_share"` // most of the pairs that may be
	SameRegions   int     `json:"same_regions"`   // regions in which both sides have accounts, from which they are two companies unless they share an identifier; 0 = however many
	CoreShare     float64 `json:"core_share"`     // or: share of names on both sides that hold one distinctive word; 0 = no way round
}

// Knot is a point of the calibration: a sum of weights and the log-odds it turned out to mean.
type Knot struct {
	Sum     float64 `json:"sum"`
	LogOdds float64 `json:"log_odds"`
}

// LoadPolicy reads a policy by name, for example entity.
func LoadPolicy(files fs.FS, name string) (*Policy, error) {
	if name == "" || strings.ContainsAny(name, `/\.`) {
		return nil, fmt.Errorf("link policy %q: not a name", name)
	}
	p := &Policy{}
	if err := readJSON(files, name+".json", p); err != nil {
		return nil, err
	}
	return p, p.compile()
}

// compile checks a policy and makes it ready for use.
func (p *Policy) compile() error {
	var problems []error
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("link policy %s: "+format, append([]any{p.Name}, args...)...))
	}
	if !(0 < p.ReviewAt && p.ReviewAt <= p.LinkAt && p.LinkAt <= 100) {
		bad("want 0 < review_at ≤ link_at ≤ 100")
	}
	if p.NameAloneAt < p.LinkAt || p.NameAloneAt > 100 {
		bad("want link_at ≤ name_alone_at ≤ 100")
	}
	if p.MaxBlock < 2 || p.Neighbours < 1 || p.MaxShared < 2 || p.Guard.Sample < 1 {
		bad("max_block, neighbours, max_shared and guard.sample must be positive")
	}
	for name := range p.MaxNames {
		if !slices.Contains(identifierNames[:], name) && name != "parent" {
			bad("max_names: unknown identifier %q", name)
		}
	}
	if !slices.IsSorted(p.Steps) {
		bad("calibration_steps must rise")
	}
	p.weights = [featureCount]float64{}
	for name, w := range p.Weights {
		i := slices.IndexFunc(featureTexts[:], func(t featureText) bool { return t.name == name })
		if i < 0 {
			bad("weights: unknown feature %q", name)
			continue
		}
		p.weights[i] = w
	}
	for i := 1; i < len(p.Calibration); i++ {
		if p.Calibration[i].Sum <= p.Calibration[i-1].Sum || p.Calibration[i].LogOdds < p.Calibration[i-1].LogOdds {
			bad("calibration: knots must rise")
			break
		}
	}
	return errors.Join(problems...)
}

// sure says whether an edge is enough for a link.
func (p *Policy) sure(e edge) bool {
	if e.alone {
		return float64(e.confidence) >= p.NameAloneAt
	}
	return float64(e.confidence) >= p.LinkAt
}

// sum adds up the parts of a pair.
func (p *Policy) sum(v *vector) float64 {
	s := 0.0
	for i, x := range v {
		if x != 0 {
			s += p.weights[i] * float64(x)
		}
	}
	return s
}

// mostLogOdds bounds what a score can say: one in ten thousand.
const mostLogOdds = 9.2

// calibrated turns a sum of weights into log-odds as they were found on data.
func (p *Policy) calibrated(sum float64) float64 {
	k := p.Calibration
	switch n := len(k); {
	case n == 0:
	case sum <= k[0].Sum:
		sum = k[0].LogOdds + (sum - k[0].Sum)
	case sum >= k[n-1].Sum:
		sum = k[n-1].LogOdds + (sum-k[n-1].Sum)*0.5
	default:
		for i := 1; i < n; i++ {
			if sum < k[i].Sum {
				share := (sum - k[i-1].Sum) / (k[i].Sum - k[i-1].Sum)
				sum = k[i-1].LogOdds + share*(k[i].LogOdds-k[i-1].LogOdds)
				break
			}
		}
	}
	return min(max(sum, -mostLogOdds), mostLogOdds)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
