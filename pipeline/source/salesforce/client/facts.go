package client

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Organization is the org that answers: to refuse rows of another one, and to know a
// sandbox.
type Organization struct {
	ID               string
	Name             string
	InstanceName     string
	OrganizationType string
	IsSandbox        bool
}

// Organization asks which org this is.
func (c *Client) Organization(ctx context.Context) (Organization, error) {
	columns := []Column{
		{Name: "Id", Type: "id"}, {Name: "Name", Type: "string"}, {Name: "InstanceName", Type: "string"},
		{Name: "OrganizationType", Type: "picklist"}, {Name: "IsSandbox", Type: "boolean"},
	}
	var rows rowCollector
	q := Query{SOQL: Select{Object: "Organization", Fields: names(columns)}.String(), Columns: columns}
	if _, _, err := c.QueryPage(ctx, q, QueryCursor{}, &rows); err != nil {
		return Organization{}, err
	}
	if len(rows) != 1 {
		return Organization{}, fmt.Errorf("salesforce: organization: %w: %d records instead of one", ErrProtocol, len(rows))
	}
	r := rows[0]
	return Organization{ID: r[0], Name: r[1], InstanceName: r[2], OrganizationType: r[3], IsSandbox: r[4] == "true"}, nil
}

// rowCollector is a Sink for results of a few rows.
type rowCollector [][]string

func (s *rowCollector) Begin() error {
	*s = nil
	return nil
}

func (s *rowCollector) Row(values [][]byte) error {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = string(v)
	}
	*s = append(*s, row)
	return nil
}

func names(columns []Column) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
	}
	return list
}

// Limit is one limit of the org.
type Limit struct {
	Max       int64
	Remaining int64
}

// Limits asks for the org's limits by name, and feeds the meter.
func (c *Client) Limits(ctx context.Context) (map[string]Limit, error) {
	var limits map[string]Limit
	_, err := c.getJSON(ctx, request{kind: KindLimits, path: c.path("limits")}, &limits)
	if err != nil {
		return nil, err
	}
	if daily, ok := limits["DailyApiRequests"]; ok && daily.Max > 0 {
		for _, m := range c.meters() {
			m.set(Gauge{Used: daily.Max - daily.Remaining, Max: daily.Max, Known: true})
		}
	}
	return limits, nil
}

// RecordCounts gives approximate numbers of records. An object that the server leaves
// out is left out here too: it may have none, or may not be counted – Count knows.
func (c *Client) RecordCounts(ctx context.Context, objects ...string) (map[string]int64, error) {
	counts := make(map[string]int64, len(objects))
	const atOnce = 100 // keeps the URL short
	for len(objects) > 0 {
		some := objects[:min(atOnce, len(objects))]
		objects = objects[len(some):]
		var list struct {
			Objects []struct {
				Name  string `json:"name"`
				Count int64  `json:"count"`
			} `json:"sObjects"`
		}
		path := c.path("limits/recordCount?sObjects=" + url.QueryEscape(strings.Join(some, ",")))
		if _, err := c.getJSON(ctx, request{kind: KindCount, path: path}, &list); err != nil {
			return nil, err
		}
		for _, o := range list.Objects {
			for _, asked := range some { // the caller's spelling
				if strings.EqualFold(asked, o.Name) {
					counts[asked] = o.Count
				}
			}
		}
	}
	return counts, nil
}

// Count runs a "SELECT COUNT() FROM …".
func (c *Client) Count(ctx context.Context, soql string, all bool) (int64, error) {
	var result struct {
		Total *int64 `json:"totalSize"`
	}
	r := request{kind: KindCount, path: c.queryPath(soql, all)}
	_, err := c.do(ctx, r, func(_ reply, body io.Reader) error {
		result.Total = nil
		if err := decodeJSON(body, &result); err != nil {
			return err
		}
		if result.Total == nil || *result.Total < 0 {
			return fmt.Errorf("%w: it holds no totalSize", ErrProtocol)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return *result.Total, nil
}
