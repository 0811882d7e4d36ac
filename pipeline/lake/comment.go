package lake

import (
	"fmt"
	"os"

	"github.com/parquet-go/parquet-go"

	"github.com/customer360/pipeline/pipeline/engine"
)

// commentStatements describe the columns of a view by the comments that a file of its
// table carries, so that BI tools show them beside the columns.
func commentStatements(view, file string) ([]string, error) {
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
	var out []string
	for _, e := range pf.Metadata().Schema {
		if text, ok := pf.Lookup(engine.CommentKey + e.Name); ok {
			out = append(out, fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", view, engine.Ident(e.Name), engine.Literal(text)))
		}
	}
	return out, nil
}
