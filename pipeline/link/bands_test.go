package link

import "testing"

// TestBandsTellByCustomers: a thousand pairs of one customer say less than a thousand customers.
func TestBandsTellByCustomers(t *testing.T) {
	var few, many calibration
	for i := range int32(4000) {
		right := i%4 != 0
		few.add(75, i%8 >= 2, i%8) // all pairs of a customer are right, or none
		many.add(75, right, i)
	}
	a, b := few.table()[7], many.table()[7]
	if a.Pairs != 4000 || b.Pairs != 4000 || a.Right != 75 || b.Right != 75 || a.Expected != 75 {
		t.Errorf("%+v, %+v", a, b)
	}
	if a.Tells() || !b.Tells() {
		t.Errorf("margins %v of 8 customers, %v of 4,000", a.Margin, b.Margin)
	}
	var none, sure calibration
	sure.add(95, true, 1)
	if none.table()[3].Tells() || sure.table()[9].Tells() {
		t.Error("nothing, or one pair, tells")
	}
}
