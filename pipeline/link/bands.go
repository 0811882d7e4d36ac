package link

import (
	"math"
	"sync/atomic"
)

// Band is one row of the calibration table: pairs whose confidence lies in [From, To).
type Band struct {
	From, To int     `json:"-"`
	Band     string  `json:"band"`
	Pairs    int     `json:"pairs"`
	Expected float64 `json:"expected"` // mean confidence
	Right    float64 `json:"right"`    // percent of pairs that belong together
	Margin   float64 `json:"margin"`   // two standard errors of that, pairs of one customer taken as alike
}

// tells is the margin, in points, up to which a band says whether confidence is right.
const tells = 5

// Tells says whether the customers are enough to tell by.
func (b Band) Tells() bool { return b.Pairs > 0 && b.Margin <= tells }

// bandGroups is into how many groups customers are put for the margins. With more customers
// than that a few share a group, which changes little.
const bandGroups = 4096

// calibration collects the bands, from all cores at once.
type calibration struct{ bands [10]bandSums }

// bandSums are of each group of customers.
type bandSums struct {
	expected     atomic.Int64 // in millionths, so that the order of adding is all one
	pairs, right [bandGroups]atomic.Int64
}

// add takes in a pair. The pairs of one large customer come out alike, right or wrong together,
// so that customer tells of whom the pair is: what is known grows with customers, not pairs.
func (c *calibration) add(confidence float64, same bool, customer int32) {
	b := &c.bands[min(int(confidence/10), 9)]
	group := uint32(customer) % bandGroups
	b.expected.Add(int64(confidence * 1e6))
	b.pairs[group].Add(1)
	if same {
		b.right[group].Add(1)
	}
}

var bandNames = [10]string{"0–10", "10–20", "20–30", "30–40", "40–50", "50–60", "60–70", "70–80", "80–90", "90–100"}

func (c *calibration) table() []Band {
	var bands []Band
	for i := range c.bands {
		bands = append(bands, c.bands[i].band(i))
	}
	return bands
}

func (s *bandSums) band(i int) Band {
	b := Band{From: 10 * i, To: 10*i + 10, Band: bandNames[i]}
	pairs, right, groups := 0.0, 0.0, 0.0
	for g := range s.pairs {
		if n := s.pairs[g].Load(); n > 0 {
			pairs, right, groups = pairs+float64(n), right+float64(s.right[g].Load()), groups+1
		}
	}
	if pairs == 0 {
		return b
	}
	share, squares := right/pairs, 0.0
	for g := range s.pairs {
		d := float64(s.right[g].Load()) - share*float64(s.pairs[g].Load())
		squares += d * d
	}
	b.Pairs, b.Expected, b.Right = int(pairs), float64(s.expected.Load())/1e6/pairs, 100*share
	// Where all are right or all wrong, three in so many customers might yet be otherwise.
	b.Margin = min(100, max(200*math.Sqrt(squares*groups/max(groups-1, 1))/pairs, 300/groups))
	return b
}
