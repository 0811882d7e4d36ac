package fit

import (
	"errors"
	"math"
	"testing"
)

// The data of Fader and Hardie, "How to Project Customer Retention" (2007), table 1:
// percent of two segments surviving after 0–12 years; the model sees years 0–7.
func TestFitSBGPublished(t *testing.T) {
	for _, c := range []struct {
		name           string
		survivors      []float64
		holdout        []float64
		alpha, beta    float64
		holdoutPercent float64 // greatest distance of the projection from what happened
	}{
		{"high end", []float64{100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1}, []float64{46.8, 44.5, 42.7, 40.9, 39.4}, 0.668, 3.806, 2},
		{"regular", []float64{100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1}, []float64{22.3, 20.7, 19.4, 18.3, 17.3}, 0.704, 1.182, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := FitSBG(FromSurvivors(c.survivors...))
			if err != nil {
				t.Fatal(err)
			}
			near(t, "alpha", m.Alpha, c.alpha, 0.001)
			near(t, "beta", m.Beta, c.beta, 0.001)
			for i, want := range c.holdout {
				near(t, "holdout", 100*m.Survival(float64(len(c.survivors)+i)), want, c.holdoutPercent)
			}
			near(t, "survival of survivors", m.Conditional(7, 5), m.Survival(12)/m.Survival(7), 1e-12)
		})
	}
}

// Survival by the recursion of the paper: P(1) = α/(α+β), P(t) = (β+t−2)/(α+β+t−1)·P(t−1).
func TestSBGSurvivalByRecursion(t *testing.T) {
	m := SBG{Alpha: 0.668, Beta: 3.806}
	p, left := m.Alpha/(m.Alpha+m.Beta), 1.0
	for k := 1.0; k <= 72; k++ {
		if k > 1 {
			p *= (m.Beta + k - 2) / (m.Alpha + m.Beta + k - 1)
		}
		left -= p
		near(t, "survival", m.Survival(k), left, 1e-12)
	}
	near(t, "between periods", m.Survival(2.5), math.Sqrt(m.Survival(2)*m.Survival(3)), 0.003)
	if m.Survival(0) != 1 || m.Conditional(10, -3) != 1 {
		t.Error("survival of no time is not 1")
	}
}

// Lives counted one by one are the same data as the curve.
func TestLifetimesAdd(t *testing.T) {
	var one Lifetimes
	one.Add(0, true, 40) // left in the first period
	one.Add(2, true, 10) // lasted two, left in the third
	one.Add(3, false, 50)
	one.Add(0, false, 7) // says nothing
	curve := FromSurvivors(100, 60, 60, 50)
	for i := range curve.AtRisk {
		if one.AtRisk[i] != curve.AtRisk[i] || one.Lost[i] != curve.Lost[i] {
			t.Fatalf("period %d: %v %v, want %v %v", i+1, one.AtRisk[i], one.Lost[i], curve.AtRisk[i], curve.Lost[i])
		}
	}
	if len(one.AtRisk) != 3 || one.Churns() != 50 {
		t.Errorf("%+v", one)
	}
}

func TestFitSBGWithoutAnswer(t *testing.T) {
	for _, c := range []struct {
		name string
		data Lifetimes
		want error
	}{
		{"nobody", Lifetimes{}, ErrTooFew},
		{"nobody left", FromSurvivors(100, 100, 100), ErrDegenerate},
		{"all left at once", FromSurvivors(100, 0), ErrDegenerate},
		{"more than there were", Lifetimes{AtRisk: []float64{1}, Lost: []float64{2}}, ErrInvalid},
		{"not a number", FromSurvivors(100, math.NaN()), ErrInvalid},
		{"ragged", Lifetimes{AtRisk: []float64{1}}, ErrInvalid},
	} {
		if _, err := FitSBG(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// Customers who are all alike have no finite maximum; the curve must be right all the same.
func TestFitSBGHomogeneous(t *testing.T) {
	for _, churn := range []float64{0.3, 0.02, 0.0005} {
		left := []float64{1e6}
		for len(left) < 61 {
			left = append(left, left[len(left)-1]*(1-churn))
		}
		m, err := FitSBG(FromSurvivors(left...))
		if err != nil {
			t.Fatalf("%v: %v", churn, err)
		}
		near(t, "survival", m.Survival(48), math.Pow(1-churn, 48), 0.002)
	}
}

func TestSBGDraws(t *testing.T) {
	lives := FromSurvivors(1000, 869, 743, 653, 593, 551, 517, 491)
	m, err := FitSBG(lives)
	if err != nil {
		t.Fatal(err)
	}
	draws := m.Draws(lives, 200, 7)
	if len(draws) < 195 {
		t.Fatalf("%d draws", len(draws))
	}
	var at7 []float64
	for i, d := range m.Draws(lives, 200, 7) {
		if d != draws[i] {
			t.Fatal("the same seed gave other draws")
		}
		at7 = append(at7, d.Survival(7))
	}
	// Binomial: 49.1 % of 1000, standard error 1.58 points; 90 % within ± 2.6.
	low, _ := Quantile(at7, 0.05)
	high, _ := Quantile(at7, 0.95)
	near(t, "low", low, 0.491-0.026, 0.008)
	near(t, "high", high, 0.491+0.026, 0.008)
}

// Samples of a large set are scaled: its interval is as narrow as the whole set makes it.
func TestDrawsOfLargeSets(t *testing.T) {
	width := func(scale float64) float64 {
		lives := FromSurvivors(5000*scale, 4345*scale, 3715*scale, 3265*scale, 2965*scale, 2755*scale, 2585*scale, 2455*scale)
		m, err := FitSBG(lives)
		if err != nil {
			t.Fatal(err)
		}
		var at7 []float64
		for _, d := range m.Draws(lives, 100, 1) {
			at7 = append(at7, d.Survival(7))
		}
		low, _ := Quantile(at7, 0.1)
		high, _ := Quantile(at7, 0.9)
		return high - low
	}
	near(t, "width at 16 times the customers", 4*width(16)/width(1), 1, 0.25)
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, want %v ± %v", what, got, want, within)
	}
}
