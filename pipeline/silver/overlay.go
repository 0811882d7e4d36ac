package silver

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Overlays are the endings of tables that bronze may hold beside that of an object: what
// became of records that the object's table does not tell, and fields that changed
// without the record being stamped.
var Overlays = []string{deletedOverlay, refreshOverlay}

const (
	deletedOverlay = "__deleted"
	refreshOverlay = "__refresh"
)

// overlayStamps are the fields of an API that say when a record changed, the best first.
var overlayStamps = []string{"SystemModstamp", "LastModifiedDate", "CreatedDate"}

// registerOverlaid makes the bronze table of an input visible as bronze.in<n>, with what
// overlays say of its rows. It returns the columns.
func (b *builder) registerOverlaid(ctx context.Context, in *inputPlan, files []string) ([]string, error) {
	name := in.bronze()
	deleted, refreshed := b.in.Bronze[name+deletedOverlay], b.in.Bronze[name+refreshOverlay]
	if len(deleted)+len(refreshed) == 0 {
		return b.registerBronze(ctx, in.view(), name, files)
	}
	rows := in.view() + "_rows"
	have, err := b.registerBronze(ctx, rows, name, files)
	if err != nil {
		return nil, err
	}
	query := "SELECT * FROM bronze." + id(rows)
	if len(refreshed) > 0 {
		fresh, err := b.registerBronze(ctx, in.view()+"_refresh", name+refreshOverlay, refreshed)
		if err != nil {
			return nil, err
		}
		if fields := common(have, fresh); len(fields) > 0 {
			if err := b.run(ctx, "refreshed fields of "+name, in.freshSQL(fields)); err != nil {
				return nil, err
			}
			query = in.refreshedSQL(fields)
		}
	}
	if len(deleted) > 0 {
		if _, err := b.registerBronze(ctx, in.view()+"_log", name+deletedOverlay, deleted); err != nil {
			return nil, err
		}
		if err := b.run(ctx, "deletions of "+name, in.deadSQL(have)); err != nil {
			return nil, err
		}
		query += " UNION ALL BY NAME SELECT * FROM bronze." + id(in.view()+"_dead")
	}
	return have, b.run(ctx, "bronze "+name, "CREATE VIEW bronze."+id(in.view())+" AS "+query)
}

// common are the fields, not metadata, that an object's table and its refresh share, but
// for those that say which record it is and when it changed.
func common(have, fresh []string) (out []string) {
	for _, f := range fresh {
		same := func(h string) bool { return strings.EqualFold(h, f) }
		if strings.HasPrefix(f, "_") || same("Id") || slices.ContainsFunc(overlayStamps, same) || !slices.ContainsFunc(have, same) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// freshSQL finds for each version the last refresh that was known by the as-of and came
// before the next version: that one brought its own values.
func (in *inputPlan) freshSQL(fields []string) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = "r." + id(f)
	}
	return fmt.Sprintf(`CREATE TABLE bronze.%[1]s_fresh AS
SELECT o._seq AS "#version", %[2]s
FROM (SELECT "Id", _seq, coalesce(lead(_seq) OVER (PARTITION BY "Id" ORDER BY _seq), 9223372036854775807) AS until FROM bronze.%[1]s_rows) o
ASOF JOIN (SELECT * FROM bronze.%[1]s_refresh WHERE _watermark < as_of_end()) r ON r."Id" = o."Id" AND o.until > r._seq
WHERE r._seq > o._seq`, in.view(), strings.Join(list, ", "))
}

// refreshedSQL are the versions with the fields of their refresh.
func (in *inputPlan) refreshedSQL(fields []string) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = fmt.Sprintf(`CASE WHEN f."#version" IS NULL THEN o.%[1]s ELSE f.%[1]s END AS %[1]s`, id(f))
	}
	return fmt.Sprintf(`SELECT o.* REPLACE (%[2]s) FROM bronze.%[1]s_rows o LEFT JOIN bronze.%[1]s_fresh f ON f."#version" = o._seq`,
		in.view(), strings.Join(list, ", "))
}

// deadSQL makes a version of each entry of the log: a copy of the version before it, that
// became known when the record was deleted. An entry says nothing of a version that is
// younger than the deletion, for then the record came back, nor of one that is deleted by
// its own word. An entry that takes a deletion back makes a version that lives.
func (in *inputPlan) deadSQL(have []string) string {
	field := func(names ...string) string {
		for _, name := range names {
			if i := slices.IndexFunc(have, func(h string) bool { return strings.EqualFold(h, name) }); i >= 0 {
				return "o." + id(have[i])
			}
		}
		return "NULL::VARCHAR"
	}
	return fmt.Sprintf(`CREATE TABLE bronze.%[1]s_dead AS
SELECT o.* REPLACE (d.at AS _watermark, d.seq AS _seq, d.extracted AS _extracted_at, d.batch AS _batch_id, d.file AS _source_file, d.how <> 'revived' AS _is_deleted)
FROM (SELECT "Id" AS id, how, TRY_CAST(deleted_at AS TIMESTAMPTZ) AS at, _seq AS seq, _extracted_at AS extracted, _batch_id AS batch, _source_file AS file FROM bronze.%[1]s_log) d
ASOF JOIN bronze.%[1]s_rows o ON o."Id" = d.id AND d.seq > o._seq
WHERE d.how = 'revived' OR (d.at >= coalesce(TRY_CAST(%[2]s AS TIMESTAMPTZ), d.at) AND NOT coalesce(lower(%[3]s) = 'true', false))`,
		in.view(), field(overlayStamps...), field("IsDeleted"))
}

// overlaid tells whether an overlay says something of the rows of a group.
func (g *group) overlaid(b *builder) bool {
	return slices.ContainsFunc(g.inputs, func(in *inputPlan) bool {
		return slices.ContainsFunc(Overlays, func(o string) bool { return len(b.in.Bronze[in.bronze()+o]) > 0 })
	})
}

// unionSQL makes the rows of all inputs visible as one table, overlays applied.
func (g *group) unionSQL() string {
	parts := make([]string, len(g.inputs))
	for i, in := range g.inputs {
		parts[i] = "SELECT * FROM bronze." + id(in.view())
	}
	return "CREATE VIEW bronze." + id(g.view()) + " AS " + strings.Join(parts, " UNION ALL BY NAME ")
}
