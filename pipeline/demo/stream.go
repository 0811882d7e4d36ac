package demo

import "math/rand/v2"

// stream is a source of random integers. Only integers are drawn: floating point
// may differ in the last bit from one processor to another.
type stream struct{ *rand.Rand }

// Purposes of streams, so that a change in one part leaves the others alone.
const (
	purposePlan uint64 = iota + 1
	purposeAccount
	purposeUsage
	purposeRates
	purposeStaff
)

func newStream(seed, purpose, n uint64) stream {
	return stream{rand.New(rand.NewPCG(mix(seed^purpose*0x9E3779B97F4A7C15), mix(n+purpose<<56)))}
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// between returns a number in [lo, hi].
func (s stream) between(lo, hi int) int {
	if hi <= lo {
		return lo
	}
	return lo + s.IntN(hi-lo+1)
}

// chance is true in permille of 1,000 cases.
func (s stream) chance(permille int) bool { return s.IntN(1000) < permille }

// pick returns one of the list.
func pick[T any](s stream, list []T) T { return list[s.IntN(len(list))] }

// weighted returns an index, drawn in proportion to the weights.
func (s stream) weighted(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := s.IntN(sum)
	for i, w := range weights {
		if n < w {
			return i
		}
		n -= w
	}
	return len(weights) - 1
}

// quantiles is a distribution by its 0, 10, 25, 50, 75, 90 and 100 % points.
type quantiles [7]int

var quantileAt = [7]int{0, 100, 250, 500, 750, 900, 1000}

// draw returns a number from the distribution.
func (s stream) draw(q quantiles) int {
	p := s.IntN(1000)
	for i := 1; i < len(q); i++ {
		if p < quantileAt[i] {
			lo, hi := quantileAt[i-1], quantileAt[i]
			return q[i-1] + (q[i]-q[i-1])*(p-lo)/(hi-lo)
		}
	}
	return q[6]
}

// Fractions of the golden ratio and of four square roots: multiples of each fill the
// range evenly, and no two of them together.
const (
	spreadRung  uint64 = 0x9E3779B97F4A7C15
	spreadFate  uint64 = 0x6A09E667F3BCC908
	spreadUsage uint64 = 0xBB67AE8584CAA73B
	spreadStops uint64 = 0xA54FF53A5F1D36F1
	spreadTaken uint64 = 0x510E527FADE682D1
)

// spread returns a number in [0, 1000) for n that fills the range evenly: shares
// taken from it come out even in small demos too.
func spread(seed, step uint64, n int) int {
	x := uint64(n)*step + mix(seed^step)
	return int((x >> 32) * 1000 >> 32)
}
