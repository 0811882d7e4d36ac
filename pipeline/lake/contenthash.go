package lake

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// contentHash identifies a set of rows whatever their order and files: their number, and
// two sums of independent 64-bit hashes of each row. A row that is lost, doubled or changed
// changes it.
type contentHash struct {
	rows          int64
	first, second string // decimal, up to 128 bits
}

func (h contentHash) String() string { return fmt.Sprintf("%d:%s:%s", h.rows, h.first, h.second) }

// add makes h the hash of its rows and those of o.
func (h *contentHash) add(o contentHash) {
	h.rows += o.rows
	h.first, h.second = sumOf(h.first, o.first), sumOf(h.second, o.second)
}

func sumOf(a, b string) string {
	x, y := new(big.Int), new(big.Int)
	x.SetString(a, 10)
	y.SetString(b, 10)
	return x.Add(x, y).String()
}

// hashContent computes the hash of files' rows in the engine. Every column is hashed with
// its type's text, so that -0 and 0, and NULL and a text, differ.
func hashContent(ctx context.Context, sess engine.Session, paths []string, columns []engine.Column) (contentHash, error) {
	h := contentHash{}
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = "CAST(" + engine.Ident(c.Name) + " AS VARCHAR)"
		if strings.EqualFold(c.Type, "BLOB") {
			texts[i] = "hex(" + engine.Ident(c.Name) + ")"
		}
	}
	list := strings.Join(texts, ", ")
	query := fmt.Sprintf("SELECT count(*), coalesce(sum(CAST(hash(%[1]s) AS HUGEINT)), 0)::VARCHAR, coalesce(sum(CAST(hash('second', %[1]s) AS HUGEINT)), 0)::VARCHAR FROM %[2]s",
		list, readParquet(paths))
	rows, err := sess.Query(ctx, query)
	if err != nil {
		return h, fmt.Errorf("hash rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&h.rows, &h.first, &h.second); err != nil {
			return h, fmt.Errorf("hash rows: %w", err)
		}
	}
	return h, rows.Err()
}
