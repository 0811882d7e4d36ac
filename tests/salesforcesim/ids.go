package salesforcesim

import "strings"

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// makeID returns the 18-character id number n: three characters that name the kind of
// record, three that name the org, nine of a number. Ids sort as their numbers do.
func makeID(prefix, pod string, n uint64) string {
	var b [18]byte
	appendID(b[:0], prefix, pod, n)
	return string(b[:])
}

func appendID(dst []byte, prefix, pod string, n uint64) []byte {
	at := len(dst)
	dst = append(append(append(dst, prefix...), pod...), "000000000"...)
	for i := at + 14; n > 0 && i > at+5; i-- {
		dst[i] = base62[n%62]
		n /= 62
	}
	return appendSuffix(dst, dst[at:at+15])
}

// appendSuffix adds the three characters that say which of the 15 are capitals.
func appendSuffix(dst, id15 []byte) []byte {
	for i := range 3 {
		bits := 0
		for j := range 5 {
			if c := id15[i*5+j]; c >= 'A' && c <= 'Z' {
				bits |= 1 << j
			}
		}
		dst = append(dst, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits])
	}
	return dst
}

// fullID returns the 18-character form of an id.
func fullID(id string) string {
	if len(id) != 15 || strings.ContainsAny(id, " -_") {
		return id
	}
	return string(appendSuffix([]byte(id), []byte(id)))
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// hash turns a text into a number.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}
