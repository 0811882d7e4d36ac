package fit

import (
	"encoding/csv"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

func TestFitBGNBDPublished(t *testing.T) {
	customers, _ := cdnow(t)
	m, err := FitBGNBD(customers)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "r", m.R, 0.243, 0.005)
	near(t, "alpha", m.Alpha, 4.414, 0.005)
	near(t, "a", m.A, 0.793, 0.005)
	near(t, "b", m.B, 2.426, 0.005)
	c := Repeats{Frequency: 2, Recency: 30.43, Age: 38.86}
	near(t, "expected orders in 39 weeks", m.Expected(c, 39), 1.226, 0.001)
	near(t, "alive", m.Alive(c), 0.7266, 0.0005)
}

func TestFitGammaGammaPublished(t *testing.T) {
	_, spends := cdnow(t)
	n := 0.0
	for _, s := range spends {
		n += s.Customers
	}
	if n != 946 {
		t.Fatalf("%v customers repeated, want 946", n)
	}
	m, err := FitGammaGamma(spends)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", m.P, 6.25, 0.02)
	near(t, "q", m.Q, 3.74, 0.02)
	near(t, "v", m.V, 15.44, 0.02)
	// Between his own mean and that of all, 35.17, the nearer to his own the more he ordered.
	mean, ok := m.Mean(0, 0)
	near(t, "mean of all", mean, m.P*m.V/(m.Q-1), 1e-9)
	one, _ := m.Mean(1, 100)
	ten, _ := m.Mean(10, 100)
	if !ok || !(mean < one && one < ten && ten < 100) {
		t.Errorf("means %v, %v, %v", mean, one, ten)
	}
}

// The textbook form, with 2F1 from gonum: where it holds, the sum must give the same.
func TestExpectedAgainstHypergeometric(t *testing.T) {
	models := []BGNBD{{0.243, 4.414, 0.793, 2.426}, {0.9, 30, 0.2, 4}, {3, 12, 1.7, 0.9}, {1, 8, 2.5, 6}}
	for _, m := range models {
		for _, c := range []Repeats{{2, 30.43, 38.86, 1}, {0, 0, 20, 1}, {1, 3, 100, 1}, {25, 140, 150, 1}} {
			for _, ahead := range []float64{0.5, 4.345, 39, 260} {
				x := c.Frequency
				if x == 0 && m.A+m.B <= 1.05 {
					continue
				}
				z := ahead / (m.Alpha + c.Age + ahead)
				f := mathext.Hypergeo(m.R+x, m.B+x, m.A+m.B+x-1, z)
				want := (m.A + m.B + x - 1) / (m.A - 1) * (1 - math.Pow((m.Alpha+c.Age)/(m.Alpha+c.Age+ahead), m.R+x)*f)
				if got := m.IfAlive(c, ahead); math.Abs(got-want) > 1e-6*(1+want) {
					t.Errorf("%+v %+v %v ahead: %v, want %v", m, c, ahead, got, want)
				}
			}
		}
	}
}

// Where the textbook form fails, the sum has its limits.
func TestExpectedAtTheEdges(t *testing.T) {
	c := Repeats{Frequency: 4, Recency: 40, Age: 50}
	// a = 1: between its neighbours.
	at := func(a float64) float64 { return BGNBD{0.5, 5, a, 2}.IfAlive(c, 52) }
	near(t, "a = 1", at(1), (at(0.999)+at(1.001))/2, 1e-5)
	// Nobody leaves: orders at the mean rate (r+x)/(α+T).
	near(t, "nobody leaves", BGNBD{0.5, 5, 1e-9, 2}.IfAlive(c, 52), 4.5/55*52, 1e-6)
	// Everybody leaves with the next order: the chance of one.
	near(t, "all leave", BGNBD{0.5, 5, 1e9, 2}.IfAlive(c, 52), 1-math.Pow(55.0/107, 4.5), 1e-6)
	// So many orders that the chance of none underflows: still the mean rate.
	many := Repeats{Frequency: 3000, Recency: 99, Age: 100}
	near(t, "thousands of orders", BGNBD{1, 1, 1e-9, 2}.IfAlive(many, 100)/(3001.0/101*100), 1, 1e-6)
	if (BGNBD{0.5, 5, 1, 2}).IfAlive(c, 0) != 0 {
		t.Error("orders expected in no time")
	}
	if got := (BGNBD{0.5, 5, 1, 2}).Alive(Repeats{Age: 100}); got != 1 {
		t.Errorf("without a repeat alive is %v", got)
	}
}

func TestDiscounted(t *testing.T) {
	m, c := BGNBD{0.243, 4.414, 0.793, 2.426}, Repeats{Frequency: 3, Recency: 20, Age: 30}
	near(t, "undiscounted", m.Discounted(c, []float64{4, 8, 12}, []float64{1, 1, 1}), m.IfAlive(c, 12), 1e-12)
	want := 0.9*m.IfAlive(c, 4) + 0.8*(m.IfAlive(c, 8)-m.IfAlive(c, 4))
	near(t, "discounted", m.Discounted(c, []float64{4, 8}, []float64{0.9, 0.8}), want, 1e-12)
}

// Customers made by the models' own rules: the fits find the parameters again.
func TestFitsRecoverParameters(t *testing.T) {
	truth := BGNBD{R: 0.8, Alpha: 10, A: 0.6, B: 3}
	values := GammaGamma{P: 4, Q: 5, V: 3000}
	customers, spends := simulated(truth, values, 10000)
	m, err := FitBGNBD(customers)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean rate", (m.R/m.Alpha)/(truth.R/truth.Alpha), 1, 0.05)
	near(t, "r", m.R/truth.R, 1, 0.05)
	near(t, "mean chance of leaving", m.A/(m.A+m.B)/(truth.A/(truth.A+truth.B)), 1, 0.1)
	g, err := FitGammaGamma(spends)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", g.P/values.P, 1, 0.1)
	near(t, "q", g.Q/values.Q, 1, 0.1)
	fitted, _ := g.Mean(0, 0)
	meant, _ := values.Mean(0, 0)
	near(t, "mean value", fitted/meant, 1, 0.02)

	draws := m.Draws(customers, 30, 3)
	var rates []float64
	for _, d := range draws {
		rates = append(rates, d.R/d.Alpha)
	}
	low, _ := Quantile(rates, 0)
	high, _ := Quantile(rates, 1)
	if len(draws) < 28 || !(low < m.R/m.Alpha && m.R/m.Alpha < high && high/low < 1.2) {
		t.Errorf("%d draws of the rate within %v–%v, estimate %v", len(draws), low, high, m.R/m.Alpha)
	}
	if d := g.Draws(spends, 10, 3); len(d) < 9 {
		t.Errorf("%d draws of values", len(d))
	}
}

// Customers who never leave, or are all alike, have no finite maximum; predictions must hold.
func TestFitBGNBDNobodyLeaves(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var customers []Repeats
	for range 500 {
		customers = append(customers, buys(random, 0.1, 0, 150))
	}
	m, err := FitBGNBD(customers)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "orders in a year", m.Expected(Repeats{Frequency: 15, Recency: 148, Age: 150}, 52), 5.2, 0.5)
}

func TestFitsWithoutAnswer(t *testing.T) {
	same := []Spend{{1, 50, 10}, {3, 50, 10}}
	for _, c := range []struct {
		name string
		fit  func() error
		want error
	}{
		{"no customers", func() error { _, err := FitBGNBD(nil); return err }, ErrTooFew},
		{"no repeats", func() error { _, err := FitBGNBD([]Repeats{{0, 0, 10, 500}}); return err }, ErrTooFew},
		{"recency after age", func() error { _, err := FitBGNBD([]Repeats{{1, 11, 10, 500}}); return err }, ErrInvalid},
		{"half an order", func() error { _, err := FitBGNBD([]Repeats{{1.5, 9, 10, 500}}); return err }, ErrInvalid},
		{"not a number", func() error { _, err := FitBGNBD([]Repeats{{1, math.NaN(), 10, 500}}); return err }, ErrInvalid},
		{"no values", func() error { _, err := FitGammaGamma(nil); return err }, ErrTooFew},
		{"one value", func() error { _, err := FitGammaGamma(same); return err }, ErrDegenerate},
		{"single repeats", func() error { _, err := FitGammaGamma([]Spend{{1, 50, 10}, {1, 60, 10}}); return err }, ErrDegenerate},
		{"negative value", func() error { _, err := FitGammaGamma([]Spend{{1, -5, 10}}); return err }, ErrInvalid},
	} {
		if err := c.fit(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestCorrelation(t *testing.T) {
	got, ok := Correlation([]float64{1, 2, 3}, []float64{2, 4, 7}, []float64{1, 1, 1})
	near(t, "correlation", got, 0.99339927, 1e-8)
	doubled, _ := Correlation([]float64{1, 2, 3}, []float64{2, 4, 7}, []float64{1, 2, 1})
	twice, _ := Correlation([]float64{1, 2, 2, 3}, []float64{2, 4, 4, 7}, []float64{1, 1, 1, 1})
	near(t, "weighted", doubled, twice, 1e-12)
	if _, flat := Correlation([]float64{1, 1}, []float64{2, 4}, []float64{1, 1}); !ok || flat {
		t.Error("a flat side has a correlation")
	}
}

func BenchmarkFitBGNBD(b *testing.B) {
	customers, _ := simulated(BGNBD{0.8, 10, 0.6, 3}, GammaGamma{4, 5, 3000}, 100_000)
	b.Run("fit", func(b *testing.B) {
		for b.Loop() {
			if _, err := FitBGNBD(customers); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("draws", func(b *testing.B) {
		for b.Loop() {
			BGNBD{0.8, 10, 0.6, 3}.Draws(customers, 50, 1)
		}
	})
	b.Run("score", func(b *testing.B) {
		months := settings{horizonMonths: 60, discountRate: 0.1}.schedule(1)
		for b.Loop() {
			for _, c := range customers {
				BGNBD{0.8, 10, 0.6, 3}.Discounted(c, months.ends, months.factors)
			}
		}
	})
}

func BenchmarkFitGammaGamma(b *testing.B) {
	_, spends := simulated(BGNBD{0.8, 10, 0.6, 3}, GammaGamma{4, 5, 3000}, 100_000)
	b.Run("fit", func(b *testing.B) {
		for b.Loop() {
			if _, err := FitGammaGamma(spends); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("draws", func(b *testing.B) {
		for b.Loop() {
			GammaGamma{4, 5, 3000}.Draws(spends, 50, 1)
		}
	})
}

func BenchmarkFitSBG(b *testing.B) {
	var l Lifetimes
	for i := range 300 {
		l.Add(i, true, 100)
		l.Add(i, false, 233)
	}
	b.Run("fit", func(b *testing.B) {
		for b.Loop() {
			if _, err := FitSBG(l); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("draws", func(b *testing.B) {
		m, _ := FitSBG(l)
		for b.Loop() {
			m.Draws(l, 100, 1)
		}
	})
}

// cdnow is the data of the published estimates; its file names its origin.
func cdnow(t *testing.T) ([]Repeats, []Spend) {
	t.Helper()
	f, err := os.Open("testdata/cdnow.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var customers []Repeats
	var spends []Spend
	for _, row := range rows[1:] {
		var v [5]float64
		for i, text := range row {
			if v[i], err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		customers = append(customers, Repeats{Frequency: v[0], Recency: v[1], Age: v[2], Customers: v[4]})
		if v[0] > 0 {
			spends = append(spends, Spend{Frequency: v[0], Value: v[3], Customers: v[4]})
		}
	}
	return customers, spends
}

// simulated customers follow the models' stories, observed for 1 to 3 years of weeks.
func simulated(m BGNBD, g GammaGamma, n int) ([]Repeats, []Spend) {
	random := rand.New(rand.NewPCG(11, 13))
	var customers []Repeats
	var spends []Spend
	for range n {
		leaving := gammaDraw(random, m.A)
		leaving /= leaving + gammaDraw(random, m.B)
		c := buys(random, gammaDraw(random, m.R)/m.Alpha, leaving, 52+104*random.Float64())
		customers = append(customers, c)
		if c.Frequency > 0 {
			own := gammaDraw(random, g.Q) / g.V
			spends = append(spends, Spend{Frequency: c.Frequency, Value: gammaDraw(random, g.P*c.Frequency) / own / c.Frequency, Customers: 1})
		}
	}
	return customers, spends
}

func buys(random *rand.Rand, rate, leaving, age float64) Repeats {
	c := Repeats{Age: age, Customers: 1}
	for at := random.ExpFloat64() / rate; at < age; at += random.ExpFloat64() / rate {
		c.Frequency++
		c.Recency = at
		if random.Float64() < leaving {
			break
		}
	}
	return c
}

// gammaDraw is Marsaglia and Tsang's method, with scale 1.
func gammaDraw(random *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gammaDraw(random, shape+1) * math.Pow(random.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		z := random.NormFloat64()
		v := math.Pow(1+z/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(random.Float64()) < z*z/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
