package salesforcesim

import "testing"

func TestNumbersKeepTheirDigits(t *testing.T) {
	for given, want := range map[string]string{"1e21": "1000000000000000000000", "-1.50E1": "-15", "12.5e-3": "0.0125", "9007199254740993": "9007199254740993", "0e5": "0", "1.25": "1.25", "-0.5e0": "-0.5"} {
		if got := plainNumber(given); got != want {
			t.Errorf("%s is written %s, want %s", given, got, want)
		}
	}
	for given, want := range map[string]string{"10": "10.0", "1000000000000000000000": "1.0E21", "-1234567.5": "-1.2345675E6", "0.001": "0.001"} {
		if got := string(appendExponent(nil, given, 7)); got != want {
			t.Errorf("%s is written %s, want %s", given, got, want)
		}
	}
}

func TestPackedRowsUnpack(t *testing.T) {
	long := make([]byte, 200_000)
	row := []string{"a", "", string(long), "d", ""}
	got := make([]string, 6)
	got[5] = "old"
	unpack(pack(row), got, nil)
	for i, v := range append(row, "") {
		if got[i] != v {
			t.Errorf("value %d differs", i)
		}
	}
	wanted := make([]string, 5)
	unpack(pack(row), wanted, []bool{true, true, false, false, false})
	if wanted[0] != "a" || wanted[3] != "" {
		t.Errorf("wanted: %q", wanted)
	}
}

func TestFullIDs(t *testing.T) {
	for given, want := range map[string]string{"001Ke0000001NFA": "001Ke0000001NFAIA2", "001Ke0000001NFAIA2": "001Ke0000001NFAIA2", "short": "short"} {
		if got := fullID(given); got != want {
			t.Errorf("%s is %s, want %s", given, got, want)
		}
	}
	if a, b := makeID("001", "S00", 61), makeID("001", "S00", 62); a >= b {
		t.Errorf("%s does not come before %s", a, b)
	}
}
