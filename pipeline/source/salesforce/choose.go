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

// forced is why a transport is taken that the configuration names.
const forced = "forced by the configuration"

// choice is a transport and why it was taken.
type choice struct {
	transport string
	reason    string
	forced    bool
}

// wish is the transport that the configuration names, or auto.
func (x *extraction) wish() string {
	if s := x.request.Object.Salesforce; s != nil && s.Transport != "" {
		return s.Transport
	}
	return x.org.cfg.Transport
}

// obey switches windows that an earlier run began by another transport than the one that
// is forced now: perhaps because they did not come by that one.
func (x *extraction) obey(parts []*part) error {
	wish := x.wish()
	for _, p := range parts {
		if wish == auto || p.state.Done || p.state.Transport == wish {
			continue
		}
		p.state.Forced = true
		if err := x.switchTo(p, wish, forced); err != nil {
			return err
		}
	}
	return nil
}

// transport decides how a task is read: by what is forced, by what is possible, and then
// by size. REST takes a call per 2,000 rows, Bulk about eight in all.
func (x *extraction) transport(ctx context.Context, t task, w Window) (choice, error) {
	wish := x.wish()
	soql := t.query(w, "")
	fits := x.client.FitsREST(soql, t.all)
	switch {
	case wish == rest && !fits:
		return choice{}, fmt.Errorf("%s: its query of %d bytes does not fit a URL: %w", x.object, len(soql), client.ErrQueryTooLong)
	case wish != auto:
		return choice{wish, forced, true}, nil
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
