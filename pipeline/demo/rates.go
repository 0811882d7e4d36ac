package demo

// walk is the rate of a currency to the dollar: where it stood at the start, where
// it is drawn to, and its daily swing in millionths.
type walk struct {
	currency     string
	start, level int64 // in 10^-6 units per dollar
	swing        int
}

var walks = []walk{
	{"EUR", 930_000, 900_000, 3500},
	{"KES", 115_000_000, 131_000_000, 2500},
	{"NGN", 460_000_000, 1_480_000_000, 5000},
	{"ZAR", 16_200_000, 18_300_000, 7000},
}

// rates shows the daily rates of business days in (from, to].
func (e *emitter) rates(g *settings, from, to day) {
	first := g.start - 800
	for _, w := range walks {
		s := newStream(g.seed, purposeRates, uint64(w.currency[0])<<8|uint64(w.currency[1]))
		rate := w.start
		for d := first; d <= to; d++ {
			if d.isWeekend() {
				continue
			}
			step := int64(s.IntN(2*w.swing+1)+s.IntN(2*w.swing+1)) - 2*int64(w.swing)
			rate += rate*step/1_000_000 + (w.level-rate)/600
			if d > from {
				e.row(&rateSystem, objRate).date(d).text(w.currency).decimal(rate, 6)
				e.put()
			}
		}
	}
}
