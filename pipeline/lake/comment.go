package lake

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/customer360/pipeline/pipeline/engine"
)

// commentStatements describe the columns of a view by the comments that a file of its
// table carries, so that BI tools show them beside the columns.
func commentStatements(view, file string) ([]string, error) {
	texts, err := comments(file)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		out = append(out, fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", view, engine.Ident(name), engine.Literal(texts[name])))
	}
	return out, err
}

// comments reads a file's comments on its columns.
func comments(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	pf, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%s is not a parquet file: %w", file, err)
	}
	out := map[string]string{}
	for _, e := range pf.Metadata().Schema {
		if text, ok := pf.Lookup(engine.CommentKey + e.Name); ok {
			out[e.Name] = text
		}
	}
	return out, nil
}
