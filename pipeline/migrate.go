package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
)

// migrations are the configured ones, as the lake understands them.
func migrations(cfg *config.Loaded) map[string]lake.Migration {
	out := map[string]lake.Migration{}
	for _, m := range cfg.Pipeline.Migrations {
		out[m.Table] = lake.Migration{Rename: m.Rename, Drop: m.Drop, Retype: m.Retype}
	}
	return out
}

// checkSchemas holds every contract against the published table before any work is done:
// a change that readers must be told of needs a migration in the configuration.
func (u *run) checkSchemas(published map[string]*lake.Manifest) error {
	allowed := migrations(u.Config)
	var problems []error
	for _, table := range sortedKeys(published) {
		contract, known := u.Config.Contracts[table]
		if !known {
			continue // a table that is no longer built stays as it is
		}
		if err := lake.CheckSchema(table, published[table], contractColumns(contract), allowed[table]); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return &DefinitionError{errors.Join(problems...)}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// migrate writes the files of tables anew that keep rows of earlier runs, where a migration
// renames, drops or retypes columns: nobody builds those rows again.
func (u *run) migrate(ctx context.Context) error {
	for table, by := range migrations(u.Config) {
		m := u.state.manifests[table]
		contract, known := u.Config.Contracts[table]
		if m == nil || !known || m.Storage == lake.StorageSingle || !concerns(m, by, contract) {
			continue
		}
		if err := u.migrateTable(ctx, m, by, contract); err != nil {
			return fmt.Errorf("migrate %s: %w", table, err)
		}
	}
	return nil
}

// concerns says whether a migration still has something to do.
func concerns(m *lake.Manifest, by lake.Migration, contract config.Contract) bool {
	return slices.ContainsFunc(m.Schema, func(c lake.Column) bool {
		for _, now := range contract.Columns {
			if strings.EqualFold(now.Name, c.Name) {
				return by.Retypes(c.Name) && lake.CheckSchema(m.Table, m, contractColumns(contract), lake.Migration{Rename: by.Rename, Drop: by.Drop}) != nil
			}
		}
		return true // it is renamed or goes
	})
}

func (u *run) migrateTable(ctx context.Context, m *lake.Manifest, by lake.Migration, contract config.Contract) (err error) {
	sess, err := u.engine.Session(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	ids := u.state.fieldIDs(m.Table, contract.ColumnNames())
	out := *m
	out.Schema, out.Files = u.state.schema(m.Table, contractColumns(contract)), nil
	for _, f := range m.Files {
		from := duckdb.ReadParquet([]string{u.state.path(f)})
		have, err := sess.Describe(ctx, "SELECT * FROM "+from)
		if err != nil {
			return err
		}
		var list []string
		var columns []engine.Column
		for _, now := range contract.Columns {
			i := slices.IndexFunc(have, func(c engine.Column) bool { return strings.EqualFold(by.Renamed(c.Name), now.Name) })
			if i < 0 {
				continue
			}
			list = append(list, fmt.Sprintf("CAST(%s AS %s) AS %s", engine.Ident(have[i].Name), now.Type, engine.Ident(now.Name)))
			columns = append(columns, engine.Column{Name: now.Name, Type: now.Type, FieldID: ids[now.Name]})
		}
		part := u.part(path.Base(m.Table) + "_migrated")
		if _, err := sess.WriteParquet(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+from, part, columns); err != nil {
			return err
		}
		g, err := u.tx.Add(m.Table, part, lake.FileOptions{Partition: f.Partition})
		if err != nil {
			return err
		}
		u.state.paths[g.Path] = part
		out.Files = append(out.Files, g)
	}
	u.state.set(out, "")
	return nil
}
