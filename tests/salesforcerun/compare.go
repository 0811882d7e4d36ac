package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/report"
)

// compare holds every gold table of one lake against that of the other, in both
// directions. Nothing is left out: no column, no table.
func (w *walk) compare(ctx context.Context) (err error) {
	e, err := duckdb.Open(ctx, engine.Options{})
	if err != nil {
		return err
	}
	sess, err := e.Session(ctx)
	if err != nil {
		return errors.Join(err, e.Close())
	}
	defer func() { err = errors.Join(err, sess.Close(), e.Close()) }()
	tables, err := os.ReadDir(filepath.Join(w.dir, "lake-exports", "current", "gold"))
	if err != nil {
		return err
	}
	var rows int64
	var differ []string
	compared := 0
	for _, t := range tables {
		name := strings.TrimSuffix(t.Name(), ".parquet")
		if strings.HasPrefix(name, "_") {
			continue
		}
		n, diff, err := w.table(ctx, sess, t.Name())
		if err != nil {
			return fmt.Errorf("gold.%s: %w", name, err)
		}
		rows += n
		compared++
		if diff != "" {
			differ = append(differ, "gold."+name+": "+diff)
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("%d of %d gold tables differ:\n  %s", len(differ), compared, strings.Join(differ, "\n  "))
	}
	if compared == 0 || rows == 0 {
		return errors.New("there is nothing in gold to compare")
	}
	fmt.Fprintf(w.out, "  %d gold tables with %s rows are equal\n", compared, report.Count(rows))
	return nil
}

// table compares one table; diff says in words how it differs.
func (w *walk) table(ctx context.Context, sess engine.Session, entry string) (rows int64, diff string, err error) {
	read := func(lake string) (string, error) {
		path := filepath.Join(w.dir, lake, "current", "gold", entry)
		if !strings.HasSuffix(entry, ".parquet") {
			path = filepath.Join(path, "*.parquet")
		}
		found, err := filepath.Glob(path)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("%s has no such table", lake)
		}
		return duckdb.ReadParquet(found), err
	}
	orgs, err := read("lake-orgs")
	if err != nil {
		return 0, "", err
	}
	files, err := read("lake-exports")
	if err != nil {
		return 0, "", err
	}
	number := func(query string) (n int64, err error) {
		r, err := sess.Query(ctx, query)
		if err != nil {
			return 0, err
		}
		defer r.Close() // read only
		if r.Next() {
			err = r.Scan(&n)
		}
		return n, errors.Join(err, r.Err())
	}
	if rows, err = number("SELECT count(*) FROM " + files); err != nil {
		return rows, "", err
	}
	only := func(a, b string) (int64, error) {
		return number(fmt.Sprintf("SELECT count(*) FROM (SELECT * FROM %s EXCEPT ALL SELECT * FROM %s)", a, b))
	}
	a, err := only(orgs, files)
	if err != nil {
		return rows, "", err
	}
	b, err := only(files, orgs)
	if err != nil || a+b == 0 {
		return rows, "", err
	}
	return rows, fmt.Sprintf("%d rows only from the orgs, %d only from the exports, of %d", a, b, rows), nil
}
