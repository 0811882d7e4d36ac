package lake

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// checkProjection compares current, its release and its views to the head.
func (v *verifier) checkProjection() error {
	l, want := v.lake, v.head.Release
	if want == 0 {
		return nil
	}
	bad := func(path, format string, args ...any) {
		if v.busy {
			v.report.Notes = append(v.report.Notes, path+" is not at the head yet; a run is at work")
			return
		}
		v.problem(Problem{Code: ProblemProjection, Path: path, Version: want, Message: fmt.Sprintf(format, args...), Hint: hintRecover})
	}
	release := fmt.Sprintf("%s/%d", releasesDir, want)
	if have := l.currentRelease(); have != want {
		bad(currentLink, "it points to release %d, the head's is %d", have, want)
	}
	links, damaged := l.releaseLinks(v.head)
	if damaged != nil {
		return nil //nolint:nilerr // the damaged manifest is reported where it is read
	}
	if !l.releaseHolds(want, links) {
		bad(release, "its files are not those of the head")
		return nil
	}
	if !l.catalogHolds(want) {
		at, _ := l.catalogPlace(want)
		if at.Lake != "" && at.Lake != l.root {
			v.problem(Problem{Code: ProblemProjection, Path: release + "/" + CatalogName, Version: want,
				Message: "it was written for " + at.Lake + "; the lake was moved", Hint: "run `pipeline lake relocate`"})
		} else {
			bad(release+"/"+CatalogName, "it is missing or was not finished")
		}
		return nil
	}
	if v.report.Quick {
		return nil
	}
	if err := v.checkCopies(want, links); err != nil {
		return err
	}
	return v.checkViews(want, links, bad)
}

// checkCopies compares release files that are not links to the table's file, as a copy
// of the lake may have them.
func (v *verifier) checkCopies(release int64, links map[string]File) error {
	for rel, f := range links {
		path := filepath.Join(v.lake.releaseDir(release), filepath.FromSlash(rel))
		a, errA := os.Stat(path)
		b, errB := os.Stat(v.lake.abs(f.Path))
		if errA == nil && errB == nil && os.SameFile(a, b) {
			continue
		}
		_, sum, err := hashFile(path)
		if err != nil {
			return readError("verify", path, err)
		}
		if sum != f.XXH3 {
			v.problem(Problem{Code: ProblemProjection, Path: v.relative(path), Version: release,
				Message: "its bytes are not those of " + f.Path, Hint: "remove releases/" + fmt.Sprint(release) + ", then " + hintRecover})
		}
	}
	return nil
}

func (v *verifier) checkViews(release int64, links map[string]File, bad func(path, format string, args ...any)) error {
	want := map[string]int64{}
	for rel, f := range links {
		parts := strings.SplitN(strings.TrimSuffix(rel, ".parquet"), "/", 3)
		want[parts[0]+"/"+parts[1]] += f.Rows
	}
	file := filepath.Join(v.lake.releaseDir(release), CatalogName)
	have, err := catalogRows(v.ctx, file)
	if v.ctx.Err() != nil {
		return v.ctx.Err()
	}
	if err != nil {
		bad(v.relative(file), "%v", err)
		return nil
	}
	for table, rows := range want {
		if n, ok := have[table]; !ok || n != rows {
			bad(v.relative(file), "view %s shows %d rows, the head has %d", strings.Replace(table, "/", ".", 1), n, rows)
		}
	}
	if len(have) != len(want) {
		bad(v.relative(file), "it has %d views, the head has %d tables", len(have), len(want))
	}
	return nil
}
