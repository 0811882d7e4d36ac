package salesforce

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// The transports, as the configuration and the journal name them.
const (
	rest = "rest"
	bulk = "bulk"
	auto = "auto"
)

// choice is a transport and why it was taken.
type choice struct {
	transport string
	reason    string
	forced    bool
}

// transport decides how a task is read: by what is forced, by what is possible, and then
// by size. REST takes a call per 2,000 rows, Bulk about eight in all.
func (x *extraction) transport(ctx context.Context, t task, w Window) (choice, error) {
	wish := x.org.cfg.Transport
	if s := x.request.Object.Salesforce; s != nil && s.Transport != "" {
		wish = s.Transport
	}
	soql := t.query(w, "")
	fits := x.client.FitsREST(soql, t.all)
	switch {
	case wish == rest && !fits:
		return choice{}, fmt.Errorf("%s: its query of %d bytes does not fit a URL: %w", x.object, len(soql), client.ErrQueryTooLong)
	case wish != auto:
		return choice{wish, "forced by the configuration", true}, nil
	case !fits:
		return choice{bulk, fmt.Sprintf("its query of %d bytes does not fit a URL", len(soql)), false}, nil
	case x.noBulk != "":
		return choice{rest, x.noBulk, false}, nil
	}
	limit := int64(x.org.cfg.BulkAbove)
	rows, known := x.org.counts[strings.ToLower(x.object)]
	if known && rows <= limit {
		return choice{rest, fmt.Sprintf("the object has about %d rows, at most %d go by REST", rows, limit), false}, nil
	}
	rows, err := x.client.Count(ctx, client.Select{Object: x.object, Fields: []string{"COUNT()"}, Where: t.where(w)}.String(), t.all)
	switch {
	case errors.Is(err, client.ErrQueryTimeout):
		return choice{bulk, "counting the rows took too long", false}, nil
	case err != nil:
		return choice{}, err
	case rows <= limit:
		return choice{rest, fmt.Sprintf("the window has %d rows, at most %d go by REST", rows, limit), false}, nil
	}
	return choice{bulk, fmt.Sprintf("the window has %d rows, more than %d", rows, limit), false}, nil
}
