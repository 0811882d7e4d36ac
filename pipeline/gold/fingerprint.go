package gold

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Fingerprint changes whenever the table could, its inputs being equal: with the SQL,
// the prelude, the contract's columns, the parameters it uses and, where it uses it, the as-of.
func (p *Project) Fingerprint(m Model, asOf string) (string, error) {
	params := map[string]any{}
	for _, path := range m.Params {
		params[path] = p.opt.Metrics[path]
	}
	doc := struct {
		SQL, Prelude, AsOf string
		Contract           any
		Params             map[string]any
		Definitions        json.RawMessage `json:",omitempty"`
	}{SQL: m.SQL, Prelude: p.prelude.sql, Contract: []any{m.Contract.Key, m.Contract.Storage, m.Contract.PartitionBy, columnTypes(m)}, Params: params}
	if m.UsesAsOf || m.Storage == "state" {
		doc.AsOf = asOf
	}
	if m.definitions {
		doc.Definitions = p.opt.Definitions
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s: %w", m.Table(), err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// columnTypes holds the comments too: they are bytes of the table's files.
func columnTypes(m Model) [][3]string {
	types := make([][3]string, len(m.Contract.Columns))
	for i, c := range m.Contract.Columns {
		types[i] = [3]string{c.Name, fmt.Sprint(c.Type, c.Nullable), c.Description}
	}
	return types
}
