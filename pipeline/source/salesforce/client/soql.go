package client

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of a query by REST. The server takes 16,384 bytes of URI and headers; the
// lower bound leaves room for a token and for what proxies add.
const (
	maxRequestBytes = 16384
	maxQueryBytes   = 14000
)

// Select is a query of one object.
type Select struct {
	Object  string
	Fields  []string
	Where   []string // conditions, all of which must hold
	OrderBy []string
	Limit   int // 0 = none
}

// String is the SOQL text. Names must be valid (ValidName) and values literals made by
// Quote, DateTime and Date.
func (s Select) String() string {
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(s.Fields, ",") + " FROM " + s.Object)
	for i, condition := range s.Where {
		if i == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		if len(s.Where) > 1 {
			condition = "(" + condition + ")"
		}
		b.WriteString(condition)
	}
	if len(s.OrderBy) > 0 {
		b.WriteString(" ORDER BY " + strings.Join(s.OrderBy, ","))
	}
	if s.Limit > 0 {
		b.WriteString(" LIMIT " + strconv.Itoa(s.Limit))
	}
	return b.String()
}

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// ValidName says that a text can be the name of an object or a field. Only such names
// may go into a query: SOQL has no quotes for names.
func ValidName(name string) bool { return nameForm.MatchString(name) && len(name) <= 255 }

// ValidPath says that a text can be a field of the object or of a parent, e.g.
// Owner.Name.
func ValidPath(path string) bool {
	for _, name := range strings.Split(path, ".") {
		if !ValidName(name) {
			return false
		}
	}
	return true
}

// soqlEscapes are the reserved characters of a SOQL string.
var soqlEscapes = strings.NewReplacer(
	`\`, `\\`, `'`, `\'`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`,
)

// Quote makes a string literal.
func Quote(text string) string { return "'" + soqlEscapes.Replace(text) + "'" }

// QuoteLike makes a literal for LIKE in which the text's own wildcards stand for
// themselves; before and after are added as wildcards, e.g. "" and "%".
func QuoteLike(before, text, after string) string {
	escaped := strings.NewReplacer(`%`, `\%`, `_`, `\_`).Replace(soqlEscapes.Replace(text))
	return "'" + before + escaped + after + "'"
}

// DateTime makes a literal of an instant, in UTC with milliseconds. What is finer is
// cut off: a bound must not move forward.
func DateTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Date makes a literal of a day.
func Date(t time.Time) string { return t.Format("2006-01-02") }

// In makes a condition on a list of texts.
func In(field string, texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = Quote(t)
	}
	return field + " IN (" + strings.Join(quoted, ",") + ")"
}

// queryPath is the resource of a query by REST.
func (c *Client) queryPath(soql string, all bool) string {
	resource := "query"
	if all {
		resource = "queryAll"
	}
	return c.path(resource + "?q=" + escapeQuery(soql))
}

// escapeQuery writes commas, colons and brackets as they are, which a query string may
// hold: a list of 800 fields stays a third shorter than url.QueryEscape makes it.
func escapeQuery(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case ch == ' ':
			b.WriteByte('+')
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9',
			strings.IndexByte("-_.~,:()", ch) >= 0:
			b.WriteByte(ch)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[ch>>4])
			b.WriteByte(hex[ch&15])
		}
	}
	return b.String()
}

// RequestBytes is what a query by REST sends: request line and headers.
func (c *Client) RequestBytes(soql string, all bool) int {
	s := c.tokens.known()
	headers := len("GET  HTTP/1.1\r\n") + len("Host: \r\n") + len(s.base.Host) +
		len("Authorization: Bearer \r\n") + max(len(s.token.Reveal()), 256) +
		len("User-Agent: \r\n") + len(c.cfg.UserAgent) +
		len("Accept: application/json\r\nAccept-Encoding: gzip\r\nSforce-Query-Options: batchSize=2000\r\n\r\n")
	return len(c.queryPath(soql, all)) + headers
}

// FitsREST says that a query can be sent by REST. A longer one goes by Bulk, whose
// query is in the body.
func (c *Client) FitsREST(soql string, all bool) bool {
	return len(escapeQuery(soql)) <= maxQueryBytes && c.RequestBytes(soql, all) <= maxRequestBytes
}
