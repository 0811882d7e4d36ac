package gold

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
		FitData            string `json:",omitempty"`
		Contract           any
		Params             map[string]any
		Definitions        json.RawMessage `json:",omitempty"`
	}{SQL: m.SQL, Prelude: p.prelude.sql, Contract: []any{m.Contract.Key, m.Contract.Storage, m.Contract.PartitionBy, columnTypes(m)}, Params: params}
	if m.UsesAsOf || m.Storage == "state" {
		doc.AsOf = asOf
	}
	if m.Fit != "" {
		doc.FitData = p.opt.Fits[m.Fit].Data
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

// Digest changes whenever binding could end otherwise: with any SQL file or contract, or
// with the data files of a fit.
func (p *Project) Digest() string {
	h := sha256.New()
	write := func(parts ...string) {
		for _, s := range parts {
			fmt.Fprintf(h, "%d:%s\n", len(s), s)
		}
	}
	write(p.prelude.sql)
	for _, m := range p.models {
		write(m.Path, m.SQL)
		if m.Fit != "" {
			write(p.opt.Fits[m.Fit].Data)
		}
	}
	for _, c := range p.checks {
		write(c.Path, c.SQL)
	}
	for _, name := range slices.Sorted(maps.Keys(p.contracts)) {
		c := p.contracts[name]
		write(name, c.Storage, fmt.Sprint(c.Key))
		for _, col := range c.Columns {
			write(col.Name, col.Type)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// columnTypes holds the comments too: they are bytes of the table's files.
func columnTypes(m Model) [][3]string {
	types := make([][3]string, len(m.Contract.Columns))
	for i, c := range m.Contract.Columns {
		types[i] = [3]string{c.Name, fmt.Sprint(c.Type, c.Nullable), c.Description}
	}
	return types
}
