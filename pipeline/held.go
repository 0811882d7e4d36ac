package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/silver"
)

// held is what a build of a partitioned table may keep of the one before; nil = nothing:
// another definition, an earlier as-of, a full refresh, or a build for a date in the past.
func (u *run) held(ctx context.Context, t silver.Table) (*silver.Held, error) {
	table := "silver/" + t.Name
	was, old := parseFingerprint(u.state.fingerprints[table]), u.state.manifests[table]
	if u.opt.FullRefresh || u.draft != nil || u.offHead() || old == nil || t.Contract.Storage != lake.StoragePartitioned ||
		was.Definition != t.Fingerprint || was.AsOf > u.res.AsOf {
		return nil, nil
	}
	since, ok, err := u.ratesSince(ctx, t, was)
	if err != nil || !ok {
		return nil, err
	}
	h := &silver.Held{RatesSince: since}
	for _, f := range old.Files {
		part := silver.Part{Label: f.Partition, Path: u.state.path(f), Rows: f.Rows}
		if len(f.Facts) == 0 || json.Unmarshal(f.Facts, &part.Facts) != nil {
			return nil, nil //nolint:nilerr // of an older version of the program, or compacted
		}
		h.Parts = append(h.Parts, part)
	}
	for name, files := range map[string]*[]string{silver.RejectedRowTable: &h.RejectedRows, silver.RejectedValueTable: &h.RejectedValues} {
		*files = u.state.pathsOf(u.state.setsOf("silver/"+name, t.Name))
	}
	return h, nil
}

// heldFiles are the files of an earlier build that the next one reads.
func heldFiles(h *silver.Held) map[string][]string {
	if h == nil {
		return nil
	}
	files := map[string][]string{"rows": h.RejectedRows, "values": h.RejectedValues}
	for _, p := range h.Parts {
		files["parts"] = append(files["parts"], p.Path)
	}
	return files
}

// ratesSince is the first day whose exchange rates differ from those that the table was
// built with, "" if none do. Not ok = that build used other silver tables than the last
// published, so that nobody can tell.
func (u *run) ratesSince(ctx context.Context, t silver.Table, was fingerprint) (day string, ok bool, err error) {
	if was.Silver == u.silverDigest(t, u.state.hash) {
		return "", true, nil
	}
	published := func(table string) string { return contentHash(u.state.published[table]) }
	if was.Silver != u.silverDigest(t, published) || !slices.Equal(t.DependsOn, []string{silver.RateTable}) {
		return "", false, nil
	}
	if u.newRates == "" {
		u.newRates, err = u.firstNewRate(ctx)
	}
	return u.newRates, err == nil, err
}

// silverDigest identifies the silver tables that a table is built from.
func (u *run) silverDigest(t silver.Table, hash func(table string) string) string {
	if len(t.DependsOn) == 0 {
		return ""
	}
	inputs := map[string]string{}
	for _, d := range t.DependsOn {
		inputs[d] = hash("silver/" + d)
	}
	return digest(inputs)
}

// firstDay stands for all days, lastDay for none.
const firstDay, lastDay = "0001-01-01", "9999-12-31"

// firstNewRate is the first day (YYYY-MM-DD) on which rates that this run built differ from
// the published ones. A static rate counts for all days.
func (u *run) firstNewRate(ctx context.Context) (day string, err error) {
	table := "silver/" + silver.RateTable
	before, now := u.state.published[table], u.state.manifests[table]
	if before == nil || now == nil {
		return firstDay, nil
	}
	if err := u.verified.check(ctx, u.state.pathsOf(before.Files)...); err != nil {
		return "", err
	}
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	columns := columnsOf(u.Config.Contracts[table])
	for schema, files := range map[string][]string{"before": u.state.pathsOf(before.Files), "now": u.state.pathsOf(now.Files)} {
		if err := sess.RegisterParquet(ctx, schema, silver.RateTable, files, columns); err != nil {
			return "", err
		}
	}
	const rates = "SELECT currency_iso_code, rate_date, rate_source, rate_kind, priority, units_per_usd FROM %s." + silver.RateTable
	old, fresh := fmt.Sprintf(rates, "before"), fmt.Sprintf(rates, "now")
	query := fmt.Sprintf(`SELECT CAST(min(CASE WHEN rate_kind = 'dated' THEN coalesce(rate_date, DATE '0001-01-01') ELSE DATE '0001-01-01' END) AS VARCHAR)
FROM ((%[1]s EXCEPT %[2]s) UNION ALL (%[2]s EXCEPT %[1]s))`, old, fresh)
	rows, err := sess.Query(ctx, query)
	if err != nil {
		return "", fmt.Errorf("what exchange rates changed: %w", err)
	}
	defer rows.Close()
	var first *string
	for rows.Next() {
		if err := rows.Scan(&first); err != nil {
			return "", err
		}
	}
	if first == nil { // other columns changed, which no amount depends on
		return lastDay, rows.Err()
	}
	return *first, rows.Err()
}

// keptFiles are the published files of parts that stay.
func (u *run) keptFiles(table string, kept []silver.Part) (out []lake.File) {
	if len(kept) == 0 {
		return nil
	}
	for _, f := range u.state.manifests[table].Files {
		if slices.ContainsFunc(kept, func(p silver.Part) bool { return p.Label == f.Partition }) {
			out = append(out, f)
		}
	}
	return out
}

// spanFacts are noted about a file of a partitioned gold table.
type spanFacts struct {
	Rows string `json:"rows"` // gold.Part.Digest
}

// heldSpans are the published parts of a partitioned gold table that its definition made.
func (u *run) heldSpans(m gold.Model, fp fingerprint) (held []gold.Part) {
	table := m.Schema + "/" + m.Name
	old := u.state.published[table]
	if m.Storage != lake.StoragePartitioned || u.opt.FullRefresh || u.draft != nil || u.offHead() || old == nil ||
		u.state.manifests[table] != old || parseFingerprint(u.state.fingerprints[table]).Definition != fp.Definition {
		return nil
	}
	for _, f := range old.Files {
		var facts spanFacts
		if len(f.Facts) > 0 && json.Unmarshal(f.Facts, &facts) == nil {
			held = append(held, gold.Part{Path: u.state.path(f), Partition: f.Partition, Rows: f.Rows, Digest: facts.Rows})
		}
	}
	return held
}

// heldFile is the published file that a build left as it is.
func (u *run) heldFile(m gold.Model, part gold.Part) lake.File {
	for _, f := range u.state.published[m.Schema+"/"+m.Name].Files {
		if u.state.path(f) == part.Path {
			return f
		}
	}
	return lake.File{} // a part is kept only if it was published
}
