package silver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Statuses of a version. Every bronze row that a mapping claims has one.
const (
	statusLatest      = "latest"
	statusSuperseded  = "superseded"
	statusNotYetKnown = "not_yet_known"
	statusSoftDeleted = "soft_deleted"
)

// Statuses of rows of exchange rates besides these.
const (
	statusRejected = "rejected"
	statusNoQuote  = "no_quote" // a day without a rate, which is no defect
)

// versionsSQL creates the table versions: for every bronze row of the table's inputs its
// key, when it became known, and what becomes of it. Only narrow columns take part,
// so that deciding does not cost as much as cleaning.
func (t *Table) versionsSQL(groups []*group, have func(*inputPlan) []string) string {
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = "(\n" + g.versionsSQL(g.have(have)) + "\n)"
	}
	all := strings.Join(parts, "\nUNION ALL\n")
	keys := keyList(len(groups[0].lead().keyNames))
	partition := strings.Join(keys, ", ") + `, "#keyless"`
	var b strings.Builder
	b.WriteString("CREATE TABLE versions AS\nWITH all_versions AS (\n" + all + "\n),\n")
	b.WriteString(`cut AS (
  SELECT *, "#known_at" < as_of_end() AS "#known" FROM all_versions
),
`)
	if t.history() {
		b.WriteString(historySQL(partition, t.reconstructs()))
	} else {
		b.WriteString(latestSQL(partition, t.reconstructs()))
	}
	return b.String()
}

// latestSQL picks the latest known version of each key, and, where none was known by
// the as-of though the record existed, the oldest one. Between the version that counts
// and the next one, which is not known yet, the record may have changed more than once:
// such a row is outdated, and its history may know better.
func latestSQL(partition string, reconstruct bool) string {
	ranked := fmt.Sprintf(`ranked AS (
  SELECT *, row_number() OVER (PARTITION BY %s, "#known" ORDER BY "#modified" DESC NULLS LAST, "#seq" DESC) AS "#rank" FROM cut
)`, partition)
	if !reconstruct {
		return ranked + `
SELECT * EXCLUDE ("#known", "#rank", "#created", "#reconstructs"), false AS "#reconstructed", false AS "#outdated", NULL::TIMESTAMPTZ AS "#valid_to", NULL::TIMESTAMPTZ AS "#valid_from",
  CASE WHEN NOT "#known" THEN 'not_yet_known' WHEN "#rank" > 1 THEN 'superseded' WHEN "#deleted" THEN 'soft_deleted' ELSE 'latest' END AS "#status"
FROM ranked`
	}
	return ranked + fmt.Sprintf(`,
oldest AS (
  SELECT *, NOT bool_or("#known") OVER (PARTITION BY %[1]s)
      AND "#reconstructs" AND "#created" < as_of_end()
      AND row_number() OVER (PARTITION BY %[1]s ORDER BY "#modified" NULLS FIRST, "#seq") = 1 AS "#reconstructed",
    "#known" AND "#rank" = 1 AND NOT bool_and("#known") OVER (PARTITION BY %[1]s) AS "#outdated"
  FROM ranked
)
SELECT * EXCLUDE ("#known", "#rank", "#created", "#reconstructs") REPLACE (
    CASE WHEN "#reconstructed" THEN "#created" ELSE "#known_at" END AS "#known_at",
    CASE WHEN "#reconstructed" THEN 'reconstructed' ELSE "#basis" END AS "#basis"),
  NULL::TIMESTAMPTZ AS "#valid_to", NULL::TIMESTAMPTZ AS "#valid_from",
  CASE WHEN "#reconstructed" THEN 'latest' WHEN NOT "#known" THEN 'not_yet_known' WHEN "#rank" > 1 THEN 'superseded'
    WHEN "#deleted" THEN 'soft_deleted' ELSE 'latest' END AS "#status"
FROM oldest`, partition)
}

// historySQL keeps every known version, from when it was known until the next. A
// deletion ends the version before it.
func historySQL(partition string, reconstruct bool) string {
	from, basis := `"#known_at"`, `"#basis"`
	if reconstruct {
		first := fmt.Sprintf(`"#reconstructs" AND "#created" < "#known_at" AND NOT "#deleted" AND row_number() OVER (PARTITION BY %s ORDER BY "#known_at", "#modified" NULLS FIRST, "#seq") = 1`, partition)
		from = fmt.Sprintf(`CASE WHEN %s THEN "#created" ELSE "#known_at" END`, first)
		basis = fmt.Sprintf(`CASE WHEN %s THEN 'reconstructed' ELSE "#basis" END`, first)
	}
	return fmt.Sprintf(`started AS (
  SELECT * REPLACE (%s AS "#basis"), %s AS "#valid_from" FROM cut
),
distinct_times AS (
  SELECT *, row_number() OVER (PARTITION BY %[3]s, "#valid_from" ORDER BY "#modified" DESC NULLS LAST, "#seq" DESC) AS "#rank",
    "#valid_from" < as_of_end() AS "#held"
  FROM started
)
SELECT * EXCLUDE ("#known", "#rank", "#created", "#reconstructs", "#held")
    REPLACE (CASE WHEN "#basis" = 'reconstructed' THEN "#valid_from" ELSE "#known_at" END AS "#known_at"), false AS "#reconstructed", false AS "#outdated",
  CASE WHEN "#held" THEN lead("#valid_from") OVER (PARTITION BY %[3]s, "#held", "#rank" = 1 ORDER BY "#valid_from", "#seq") END AS "#valid_to",
  CASE WHEN NOT "#held" THEN 'not_yet_known' WHEN "#rank" > 1 THEN 'superseded' WHEN "#deleted" THEN 'soft_deleted' ELSE 'latest' END AS "#status"
FROM distinct_times`, basis, from, partition)
}

func keyList(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = id(fmt.Sprintf("#key%d", i+1))
	}
	return out
}

func (t *Table) history() bool {
	return len(t.inputs) > 0 && t.inputs[0].history()
}

func (t *Table) reconstructs() bool {
	for _, in := range t.inputs {
		if in.mapping.Reconstruct != nil {
			return true
		}
	}
	return false
}

// versionsSQL is the group's part of versions.
func (g *group) versionsSQL(have []string) string {
	in := g.lead()
	c := &chain{group: g, missing: in.missingSources(have)}
	c.source("bronze."+g.view(), "*, "+g.inputSQL()+` AS "#input"`)
	c.filter()
	need := in.versionNeeds()
	c.columns(func(col *column) bool { return need[col] }, g.versionMeta())
	event := "NULL::TIMESTAMPTZ"
	if in.mapping.KnownAt != "" {
		c.extend("event", []assignment{{"#event", "(" + in.mapping.KnownAt + ")"}}, "")
		event = fmt.Sprintf(`silver_instant("#event", %s)`, lit(in.pipeline))
	}
	m := in.mapping
	known := []assignment{{"#modified", g.stampSQL(m.Modified)}, {"#stamped", anyTextSQL(m.Modified)}, {"#created", g.stampSQL(m.Created)},
		{"#event_at", event}, {"#first", g.firstLoadSQL()}}
	c.extend("known", append(known, g.keys()...), "")
	return c.query(g.knownSQL(c.last()))
}

// keys are the key columns as silver stores them, under positional names.
func (g *group) keys() []assignment {
	var out []assignment
	for i, name := range g.lead().keyNames {
		value := g.each(func(in *inputPlan) string {
			if in.keys[i] == nil {
				return in.automatic(name)
			}
			return prefixed(in.keys[i])
		})
		out = append(out, assignment{fmt.Sprintf("#key%d", i+1), value})
	}
	return out
}

// prefixed is a key or reference column with the id namespace it carries.
func prefixed(col *column) string {
	if col.prefix == "" {
		return id(col.name)
	}
	return fmt.Sprintf("CASE WHEN %s = '' THEN '' ELSE %s || %s END", id(col.name), lit(col.prefix), id(col.name))
}

// automatic is the SQL of an automatic column that does not depend on the row.
func (in *inputPlan) automatic(name string) string {
	if name == "source_system" {
		return lit(in.Source)
	}
	return lit(in.Region) // source_region, and region
}

// versionMeta are the columns of bronze that decide about a version.
func (g *group) versionMeta() []assignment {
	m := g.lead().mapping
	deleted := "_is_deleted"
	if m.SoftDelete != "" {
		deleted = "_is_deleted OR coalesce((" + m.SoftDelete + "), false)"
	}
	meta := []assignment{{"#input", `"#input"`}, {"#seq", "_seq"}, {"#hash", "_row_hash"}, {"#batch", "_batch_id"}, {"#exported", "_watermark"},
		{"#extracted", "_extracted_at"}, {"#tombstone", "_is_deleted"}, {"#deleted", deleted}}
	for _, source := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(m.Modified, m.Created)))) {
		meta = append(meta, assignment{stampText(source), "trim(" + id(source) + ")"})
	}
	return append(meta, g.visible(nil)...)
}

// originSQL are the automatic columns that say where a row comes from.
func (g *group) originSQL() map[string]string {
	return map[string]string{
		"source_system": g.each(func(in *inputPlan) string { return lit(in.Source) }),
		"source_region": g.each(func(in *inputPlan) string { return lit(in.Region) }),
		"source_object": g.each(func(in *inputPlan) string { return lit(in.Object) }),
		"record_hash":   "lower(hex(_row_hash))",
	}
}

// visible are automatic values that expressions may use under plain names, unless the
// mapping has columns of those names: where a row comes from, and more.
func (g *group) visible(more map[string]string) []assignment {
	values := g.originSQL()
	maps.Copy(values, more)
	return g.lead().visible(values)
}

func (in *inputPlan) visible(values map[string]string) []assignment {
	var out []assignment
	for _, name := range sortedKeys(values) {
		if in.byName[name] == nil {
			out = append(out, assignment{name, values[name]})
		}
	}
	return out
}

// stampText names the column with the text of a stamp.
func stampText(source string) string { return "#stamp " + source }

// stampSQL parses the first source column that holds a timestamp.
func (g *group) stampSQL(sources []string) string {
	if len(sources) == 0 {
		return "NULL::TIMESTAMPTZ"
	}
	return g.each(func(in *inputPlan) string {
		dates := sourceFormats(in.csv, in.zone)
		parts := make([]string, len(sources))
		for i, s := range sources {
			parts[i] = dates.timestampSQL(id(stampText(s)))
		}
		return coalesce(parts)
	})
}

// anyTextSQL tells whether any of the source columns holds text.
func anyTextSQL(sources []string) string {
	if len(sources) == 0 {
		return "false"
	}
	parts := make([]string, len(sources))
	for i, s := range sources {
		parts[i] = "coalesce(" + id(stampText(s)) + " <> '', false)"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// firstLoadSQL tells the rows of the object's first load, where it matters: in mappings
// that say when a record was created.
func (g *group) firstLoadSQL() string {
	if len(g.lead().mapping.Created) == 0 {
		return "false"
	}
	return `"#batch" = ` + g.each(func(in *inputPlan) string { return lit(g.firstBatch[in.index]) })
}

// knownSQL derives known_at and its basis. A tombstone copies the fields of the version
// it ends, stamps included, so only the export or the load can say when it was known.
func (g *group) knownSQL(from string) string {
	in := g.lead()
	keys := keyList(len(in.keyNames))
	keyless := "CASE WHEN " + strings.Join(keys, " IS NULL OR ") + ` IS NULL THEN "#hash" END`
	hash := ""
	if g.hashes {
		hash = `"#hash", `
	}
	return fmt.Sprintf(`SELECT "#input", "#seq", %s%s, %s AS "#keyless", "#modified", "#created", "#deleted", %t AS "#reconstructs",
  NOT "#tombstone" AND "#stamped" AND "#modified" IS NULL AS "#unreadable",
  CASE WHEN "#tombstone" THEN coalesce("#exported", "#extracted")
    ELSE coalesce("#modified", "#event_at", "#exported", CASE WHEN "#first" THEN "#created" END, "#extracted") END AS "#known_at",
  CASE WHEN NOT "#tombstone" AND "#modified" IS NOT NULL THEN 'modified' WHEN NOT "#tombstone" AND "#event_at" IS NOT NULL THEN 'event'
    WHEN "#exported" IS NOT NULL THEN 'exported' WHEN NOT "#tombstone" AND "#first" AND "#created" IS NOT NULL THEN 'assumed' ELSE 'loaded' END AS "#basis"
FROM %s`, hash, strings.Join(keys, ", "), keyless, in.mapping.Reconstruct != nil, from)
}
