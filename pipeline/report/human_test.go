package report

import "testing"

// TestPercentage: a small share keeps two digits that count.
func TestPercentage(t *testing.T) {
	for share, want := range map[float64]string{0: "0.0", 0.0004: "0.040", 0.00046: "0.046", 0.0012: "0.12", 0.005: "0.50", 0.00999: "1.00", 0.01: "1.0", 0.1234: "12.3",
		-0.0004: "-0.040", 0.000004: "0.0004", 1e-9: "0.0", -1e-17: "0.0"} {
		if got := percentage(100 * share); got != want {
			t.Errorf("%v is %s %%, want %s %%", share, got, want)
		}
	}
}
