package timespan

import (
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Digest identifies rows whatever their order: how many they are, and the sum (modulo 2^64)
// and the exclusive or of their 64-bit hashes. Digests of parts add up to that of the whole.
type Digest struct {
	Rows     int64
	Sum, Xor uint64
}

// Add is the digest of both.
func (d Digest) Add(o Digest) Digest { return Digest{d.Rows + o.Rows, d.Sum + o.Sum, d.Xor ^ o.Xor} }

func (d Digest) String() string { return fmt.Sprintf("%d-%016x-%016x", d.Rows, d.Sum, d.Xor) }

// HashSQL is the hash of a row of these columns.
func HashSQL(columns []string) string {
	list := make([]string, len(columns))
	for i, name := range columns {
		list[i] = engine.Ident(name)
	}
	return "hash(" + strings.Join(list, ", ") + ")"
}

// DigestSQL are the three parts of the digest of rows with a hash in column h.
const DigestSQL = "count(*), CAST(sum(CAST(h AS HUGEINT)) % 18446744073709551616 AS UBIGINT), bit_xor(h)"
