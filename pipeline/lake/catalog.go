package lake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	_ "github.com/duckdb/duckdb-go/v2" // the database/sql driver "duckdb"

	"golang.org/x/sys/unix"

	"github.com/customer360/pipeline/pipeline/engine"
)

// CatalogName is the DuckDB file of a release: views over its Parquet files. (A file
// called gold.duckdb could not have a schema gold.)
const CatalogName = "customer360.duckdb"

const (
	catalogNote   = "catalog.json"
	projectionDir = "projection"
)

// catalogPlace is releases/<v>/catalog.json: for which place the catalog was written.
// Its views hold absolute paths, so that they work from any working directory.
type catalogPlace struct {
	Release int64  `json:"release"`
	Lake    string `json:"lake"`
}

// catalogHolds says whether the release has a catalog for the lake's present place.
func (l *Lake) catalogHolds(v int64) bool {
	at, err := l.catalogPlace(v)
	if err != nil || at.Lake != l.root || at.Release != v {
		return false
	}
	_, err = os.Stat(filepath.Join(l.releaseDir(v), CatalogName))
	return err == nil
}

// Catalog is the path of a release's catalog. False if there is none, or if its views
// lead elsewhere because the lake was moved or copied: then read a View's files.
func (l *Lake) Catalog(v int64) (string, bool) {
	return filepath.Join(l.releaseDir(v), CatalogName), l.catalogHolds(v)
}

func (l *Lake) catalogPlace(v int64) (catalogPlace, error) {
	var at catalogPlace
	raw, err := os.ReadFile(filepath.Join(l.releaseDir(v), catalogNote))
	if err == nil {
		err = json.Unmarshal(raw, &at)
	}
	return at, err
}

// writeCatalog builds the DuckDB file beside the tables' staging and renames it into
// the release: a reader has the old file or the new one open, both whole.
func (l *Lake) writeCatalog(ctx context.Context, v int64) error {
	release, dir := l.releaseDir(v), l.path(tmpDir, projectionDir)
	part, note := filepath.Join(dir, CatalogName+".part"), filepath.Join(dir, catalogNote+".part")
	raw, err := encodeJSON(catalogPlace{Release: v, Lake: l.root})
	if err != nil {
		return err
	}
	err = l.disk.do(StepWriteCatalog, func() error {
		if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
			return err
		}
		if err := buildCatalog(ctx, part, release); err != nil {
			return err
		}
		return writeSynced(note, raw)
	})
	if err != nil {
		// The engine tells a full disk in words only; the disk itself says it better.
		if full(l.root) {
			err = errors.Join(syscall.ENOSPC, err)
		}
		return ioError("write catalog of release", release, errors.Join(err, os.RemoveAll(dir)))
	}
	err = l.disk.do(StepNameCatalog, func() error {
		return errors.Join(os.Rename(part, filepath.Join(release, CatalogName)),
			os.Rename(note, filepath.Join(release, catalogNote)), syncDir(release), os.RemoveAll(dir))
	})
	return ioError("write catalog of release", release, err)
}

// full says that there is too little space for even one catalog.
func full(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Bavail*uint64(st.Bsize) < 1<<20
}

// buildCatalog writes a DuckDB file with one view per table of the release, in one
// transaction: a statement of its own would be a sync of its own.
func buildCatalog(ctx context.Context, file, release string) error {
	views, err := catalogViews(release)
	if err != nil {
		return err
	}
	stmts := append([]string{"SET threads = 1", "ATTACH " + engine.Literal(file) + " AS catalog", "USE catalog", "BEGIN"}, views...)
	stmts = append(stmts, "COMMIT", "CHECKPOINT catalog", "USE memory", "DETACH catalog")
	if err := withDuckDB(func(conn *sql.Conn) error {
		for _, stmt := range stmts {
			if _, err := conn.ExecContext(ctx, stmt); err != nil {
				return fmt.Errorf("catalog: %s: %w", stmt, err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if _, err := os.Stat(file + ".wal"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("catalog %s was not written out whole", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	return errors.Join(syncOrAbandon(f), f.Close())
}

// withDuckDB runs f on a connection to an empty in-memory DuckDB. Files are attached
// to it: as a connection string, a path could be mistaken for options.
func withDuckDB(f func(conn *sql.Conn) error) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return fmt.Errorf("open duckdb: %w", err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return errors.Join(fmt.Errorf("open duckdb: %w", err), db.Close())
	}
	return errors.Join(f(conn), conn.Close(), db.Close())
}

// catalogViews are the statements for a release as it lies on disk.
func catalogViews(release string) ([]string, error) {
	var out []string
	for _, layer := range projectedLayers {
		out = append(out, "CREATE SCHEMA "+engine.Ident(layer))
		entries, err := os.ReadDir(filepath.Join(release, layer))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			table, isFile := strings.CutSuffix(e.Name(), ".parquet")
			files := []string{filepath.Join(release, layer, e.Name())}
			if !isFile {
				if files, err = parquetIn(files[0]); err != nil {
					return nil, err
				}
			}
			view := engine.Ident(layer) + "." + engine.Ident(table)
			out = append(out, fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM %s", view, readParquet(files)))
			comments, err := commentStatements(view, files[len(files)-1])
			if err != nil {
				return nil, err
			}
			out = append(out, comments...)
		}
	}
	return out, nil
}

func parquetIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".parquet" {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}

// readParquet names files one by one; a character that DuckDB would take as a pattern
// stands in brackets.
func readParquet(files []string) string {
	escape := strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]")
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = engine.Literal(escape.Replace(f))
	}
	return "read_parquet([" + strings.Join(quoted, ", ") + "], union_by_name = true, hive_partitioning = false)"
}

// catalogRows opens a release's catalog as a reader would and counts each view's rows.
func catalogRows(ctx context.Context, file string) (map[string]int64, error) {
	rows := map[string]int64{}
	err := withDuckDB(func(conn *sql.Conn) error {
		attach := "SET threads = 1; ATTACH " + engine.Literal(file) + " AS catalog (READ_ONLY); USE catalog"
		if _, err := conn.ExecContext(ctx, attach); err != nil {
			return fmt.Errorf("open catalog: %w", err)
		}
		views, err := viewNames(ctx, conn)
		if err != nil {
			return fmt.Errorf("read catalog: %w", err)
		}
		for _, v := range views {
			var n int64
			query := fmt.Sprintf("SELECT count(*) FROM %s.%s", engine.Ident(v[0]), engine.Ident(v[1]))
			if err := conn.QueryRowContext(ctx, query).Scan(&n); err != nil {
				return fmt.Errorf("read view %s.%s: %w", v[0], v[1], err)
			}
			rows[v[0]+"/"+v[1]] = n
		}
		return nil
	})
	return rows, err
}

func viewNames(ctx context.Context, conn *sql.Conn) (views [][2]string, err error) {
	rows, err := conn.QueryContext(ctx, "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'catalog' AND NOT internal")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v [2]string
		if err := rows.Scan(&v[0], &v[1]); err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, rows.Err()
}

// Relocate rewrites customer360.duckdb of every release for the lake's present place,
// and brings the projections to the head. It takes the lock.
func (l *Lake) Relocate(ctx context.Context) (releases []int64, err error) {
	lock, err := l.Lock("relocate")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if _, err := l.recoverLocked(ctx, lock); err != nil {
		return nil, err
	}
	all, err := l.releases()
	if err != nil {
		return nil, ioError("relocate", l.path(releasesDir), err)
	}
	for _, v := range all {
		if err := l.writeCatalog(ctx, v); err != nil {
			return releases, err
		}
		releases = append(releases, v)
	}
	return releases, nil
}
