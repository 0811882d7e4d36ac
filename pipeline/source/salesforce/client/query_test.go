package client

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

var accountQuery = Query{SOQL: "SELECT Id FROM Account ORDER BY Id", All: true, Columns: idColumn}

// pages reads a query to its end.
func pages(c *Client, q Query) (rows []string, err error) {
	at := QueryCursor{}
	for !at.Done {
		var sink kept
		if at, _, err = c.QueryPage(context.Background(), q, at, &sink); err != nil {
			return rows, err
		}
		rows = append(rows, sink.rows...)
	}
	return rows, nil
}

func TestQueryPages(t *testing.T) {
	// nextRecordsUrl says query even for queryAll, and is used as given: a library puts
	// the version's path before it a second time.
	const link = "/services/data/v64.0/query/01gXX-2000"
	broken := pageAnswer(3, link, record("a"), record("b"))
	broken.hangUp = true
	cut := pageAnswer(3, link, record("a"), record("b"))
	cut.gzip = 60
	garbled := jsonAnswer(`{"totalSize":3,"done":false,"records":[{"Id":"a"},{"Id":`)
	unordered := jsonAnswer(`{"records":[{"Id":"a"},{"Id":"b"}],"nextRecordsUrl":"` + link + `","done":false,"totalSize":3}`)
	last := pageAnswer(3, "", record("c"))
	never := func(a answer) []answer { return []answer{a, a, a, a, a, a} }
	cases := []struct {
		name   string
		script []answer
		rows   string
		want   error
		count  bool // a CountError
		lost   bool // Restartable
	}{
		{name: "two pages", script: []answer{pageAnswer(3, link, record("a"), record("b")), last}, rows: "a b c"},
		{name: "none", script: []answer{pageAnswer(0, "")}},
		{name: "keys in another order", script: []answer{unordered, last}, rows: "a b c"},
		{name: "pages smaller than asked", script: []answer{pageAnswer(3, link, record("a")), pageAnswer(3, link+"1", record("b")), last}, rows: "a b c"},
		{name: "page breaks after records were handed over", script: []answer{broken, pageAnswer(3, link, record("a"), record("b")), last}, rows: "a b c"},
		{name: "truncated gzip", script: []answer{cut, pageAnswer(3, link, record("a"), record("b")), last}, rows: "a b c"},
		{name: "truncated JSON", script: []answer{garbled, pageAnswer(3, link, record("a"), record("b")), last}, rows: "a b c"},
		{name: "html in the middle", script: []answer{pageAnswer(3, link, record("a"), record("b")), html(503), last}, rows: "a b c"},
		// Pitfall: done:false without a link ended the read as if whole, or looped for ever.
		{name: "not done, no link", script: never(jsonAnswer(`{"totalSize":3,"done":false,"records":[{"Id":"a"}]}`)), want: ErrProtocol, lost: true},
		{name: "endless link", script: append([]answer{pageAnswer(3, link, record("a"))}, never(pageAnswer(3, link, record("b")))...), rows: "a", want: ErrProtocol, lost: true},
		{name: "fewer than totalSize", script: append([]answer{pageAnswer(3, link, record("a"))}, never(last)...), rows: "a", count: true, lost: true},
		{name: "a lost row comes at the second try", script: []answer{pageAnswer(1, ""), pageAnswer(1, "", record("a"))}, rows: "a"},
		{name: "more than totalSize", script: never(pageAnswer(1, "", record("a"), record("b"))), count: true, lost: true},
		{name: "no totalSize", script: never(jsonAnswer(`{"done":true,"records":[]}`)), want: ErrProtocol, lost: true},
		{name: "no records", script: never(jsonAnswer(`{"done":true,"totalSize":0}`)), want: ErrProtocol, lost: true},
		{name: "a field is missing", script: never(pageAnswer(1, "", `{"Name":"x"}`)), want: ErrProtocol, lost: true},
		// Pitfall: a new token cannot go on from an old session's cursor.
		{name: "401 in mid-paging", script: []answer{pageAnswer(3, link, record("a"), record("b")), apiError(401, "INVALID_SESSION_ID", "Session expired or invalid")}, rows: "a b", want: ErrLocatorLost, lost: true},
		{name: "locator lost", script: []answer{pageAnswer(3, link, record("a"), record("b")), apiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")}, rows: "a b", want: ErrLocatorLost, lost: true},
		{name: "cursor expired", script: []answer{pageAnswer(3, link, record("a"), record("b")), apiError(404, "NOT_FOUND", "no")}, rows: "a b", want: ErrLocatorLost, lost: true},
		// Pitfall: a field deleted between describe and query.
		{name: "field gone", script: []answer{apiError(400, "INVALID_FIELD", "No such column 'Gone__c' on entity 'Account'")}, want: ErrInvalidField},
		{name: "object gone", script: []answer{apiError(400, "INVALID_TYPE", "sObject type 'XYZZY' is not supported")}, want: ErrInvalidType},
		// Pitfall: a timeout was swallowed and the object called finished.
		{name: "query timeout", script: []answer{apiError(400, "QUERY_TIMEOUT", "Your query request was running for too long.")}, want: ErrQueryTimeout},
		{name: "quota in the middle", script: []answer{pageAnswer(3, link, record("a")), apiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}, rows: "a", want: ErrDailyLimit},
		{name: "no permission", script: []answer{apiError(400, "OPERATION_TOO_LARGE", "exceeded 100000 distinct who/what's")}, want: ErrNoPermission},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.script...)
			rows, err := pages(s.client(), accountQuery)
			s.done()
			var count *CountError
			switch {
			case strings.Join(rows, " ") != c.rows:
				t.Errorf("rows %v, not %s", rows, c.rows)
			case (err != nil) != (c.want != nil || c.count), c.want != nil && !errors.Is(err, c.want), c.count && !errors.As(err, &count):
				t.Errorf("error %v", err)
			case Restartable(err) != c.lost:
				t.Errorf("%v: restartable %v", err, !c.lost)
			}
			if len(c.script) > 1 && s.uri(len(c.script)-1) != s.uri(0) && !strings.HasPrefix(s.uri(len(c.script)-1), link) {
				t.Errorf("asked for %s", s.uri(len(c.script)-1))
			}
		})
	}
}

func TestQueryAsksForAll(t *testing.T) {
	s := newServer(t, pageAnswer(0, ""), pageAnswer(0, ""))
	c := s.client()
	for _, all := range []bool{true, false} {
		q := accountQuery
		q.All = all
		if _, err := pages(c, q); err != nil {
			t.Fatal(err)
		}
	}
	if s.uri(0) != "/services/data/v64.0/queryAll?q=SELECT+Id+FROM+Account+ORDER+BY+Id" || s.uri(1) != "/services/data/v64.0/query?q=SELECT+Id+FROM+Account+ORDER+BY+Id" {
		t.Errorf("asked for %s and %s", s.uri(0), s.uri(1))
	}
	if h := s.calls[0].Header.Get("Sforce-Query-Options"); h != "batchSize=2000" {
		t.Errorf("options %q", h)
	}
}

// The nasty values of one record, by REST and by Bulk, give the same bytes.
func TestRESTAndBulkAreByteEqual(t *testing.T) {
	big := strings.Repeat("a\"b,\n", 26215) // 128 KB
	values := []struct{ name, kind, rest, bulk, want string }{
		{"Id", "id", `"001000000000001AAA"`, "001000000000001AAA", "001000000000001AAA"},
		{"Quotes", "string", `"say \"hi\", she said"`, `say "hi", she said`, `say "hi", she said`},
		{"Lines", "textarea", `"one\r\ntwo\nthree\r"`, "one\r\ntwo\nthree\r", "one\r\ntwo\nthree\r"},
		{"NA", "string", `"N/A"`, "N/A", "N/A"},
		{"Blanks", "string", `"  x  "`, "  x  ", "  x  "},
		{"Null", "string", `null`, "", ""},
		{"Empty", "string", `""`, "", ""},
		{"Big", "double", `9007199254740993`, "9007199254740993", "9007199254740993"},
		{"Whole", "double", `10.0`, "10.0", "10"},
		{"Int", "int", `10`, "10.0", "10"},
		{"Huge", "double", `1e21`, "1.0E21", "1000000000000000000000"},
		{"Price", "currency", `950000000.0`, "9.5E8", "950000000"},
		{"Emoji", "string", `"\ud83d\ude00 ünï"`, "😀 ünï", "😀 ünï"},
		{"Long", "textarea", fmt.Sprintf("%q", big), big, big},
		{"Yes", "boolean", `true`, "true", "true"},
		{"At", "datetime", `"2020-10-22T21:03:23.000+0000"`, "2020-10-22T21:03:23.000Z", "2020-10-22T21:03:23.000Z"},
		{"Day", "date", `"2020-10-22"`, "2020-10-22", "2020-10-22"},
		{"Time", "time", `"21:03:23.000Z"`, "21:03:23.000Z", "21:03:23.000Z"},
		{"Owner.Name", "string", `—`, "Ann", "Ann"},
		{"Parent.Owner.Name", "string", `—`, "", ""},
	}
	var columns []Column
	var members, header, fields, want []string
	for _, v := range values {
		columns = append(columns, Column{Name: v.name, Type: v.kind})
		if v.rest != "—" {
			members = append(members, fmt.Sprintf("%q:%s", v.name, v.rest))
		}
		header = append(header, `"`+v.name+`"`)
		fields = append(fields, `"`+strings.ReplaceAll(v.bulk, `"`, `""`)+`"`)
		want = append(want, v.want)
	}
	members = append(members, `"Owner":{"attributes":{"type":"User"},"Name":"Ann","Extra":[1,{"x":2}]}`, `"Parent":null`, `"Address":{"city":"x"}`)
	rest := pageAnswer(1, "", `{"attributes":{"type":"Account","url":"x"},`+strings.Join(members, ",")+`}`)
	bulk := csvAnswer(1, "null", strings.Join(header, ",")+"\n"+strings.Join(fields, ",")+"\n")
	s := newServer(t, rest, bulk)
	c := s.client()
	var byREST, byBulk kept
	_, p1, err1 := c.QueryPage(context.Background(), Query{SOQL: "SELECT", Columns: columns}, QueryCursor{}, &byREST)
	_, p2, err2 := c.BulkPage(context.Background(), jobOf(1), columns, BulkCursor{}, 0, &byBulk)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(byREST.rows, byBulk.rows) || byBulk.rows[0] != strings.Join(want, "|") {
		t.Errorf("REST\n%.600q\nBulk\n%.600q\nwant\n%.600q", byREST.rows, byBulk.rows, want)
	}
	for i, v := range values {
		if p1.Misfits[i]+p2.Misfits[i] != 0 {
			t.Errorf("%s counts as a misfit", v.name)
		}
	}
}

func TestMisfitsAreKeptAndCounted(t *testing.T) {
	s := newServer(t, pageAnswer(2, "", `{"A":"soon","B":{"city":"x"}}`, `{"A":"2020-01-01","B":null}`))
	var sink kept
	_, page, err := s.client().QueryPage(context.Background(), Query{SOQL: "S", Columns: []Column{{"A", "date"}, {"B", "complexvalue"}}}, QueryCursor{}, &sink)
	if err != nil || !reflect.DeepEqual(page.Misfits, []int64{1, 1}) || !reflect.DeepEqual(sink.rows, []string{`soon|{"city":"x"}`, "2020-01-01|"}) {
		t.Errorf("%v %v %v", sink.rows, page, err)
	}
}

// An error of the caller is the caller's: no call is made again because of it.
func TestSinkErrorComesBackUnchanged(t *testing.T) {
	full := errors.New("disk is full")
	s := newServer(t, pageAnswer(1, "", record("a")), csvAnswer(1, "null", "Id\na\n"))
	c := s.client()
	_, _, err1 := c.QueryPage(context.Background(), accountQuery, QueryCursor{}, &kept{fail: full})
	_, _, err2 := c.BulkPage(context.Background(), jobOf(1), idColumn, BulkCursor{}, 0, &kept{fail: full})
	if err1 != full || err2 != full { //nolint:errorlint // unchanged, not wrapped
		t.Errorf("got %v, %v", err1, err2)
	}
	s.done()
}

func TestSOQL(t *testing.T) {
	s := Select{Object: "Account", Fields: []string{"Id", "Owner.Name"}, Where: []string{"Name = " + Quote(`O'Br\n"`+"\n"), "A = 1 OR B = 2"}, OrderBy: []string{"Id"}, Limit: 5}
	const want = `SELECT Id,Owner.Name FROM Account WHERE (Name = 'O\'Br\\n\"\n') AND (A = 1 OR B = 2) ORDER BY Id LIMIT 5`
	if s.String() != want {
		t.Errorf("got %s", s)
	}
	if got := QuoteLike("%", "50%_a'", ""); got != `'%50\%\_a\''` {
		t.Errorf("got %s", got)
	}
	for name, ok := range map[string]bool{"Account": true, "My__c": true, "ns__My__c": true, "": false, "1a": false, "a b": false, "a;": false, "a'": false} {
		if ValidName(name) != ok {
			t.Errorf("ValidName(%q) is %v", name, !ok)
		}
	}
	if !ValidPath("Owner.Manager.Name") || ValidPath("Owner..Name") {
		t.Error("ValidPath is wrong")
	}
}

// Pitfall: 414. A wide query is told from one that fits before it is sent.
func TestQueryThatFitsREST(t *testing.T) {
	c := newServer(t).client()
	fields := make([]string, 0, 800)
	for i := range 800 {
		fields = append(fields, fmt.Sprintf("Custom_Field_%03d__c", i))
	}
	narrow, wide := Select{Object: "A", Fields: fields[:600]}.String(), Select{Object: "A", Fields: fields}.String()
	if !c.FitsREST(narrow, true) || c.FitsREST(wide, true) {
		t.Errorf("%d bytes fit: %v; %d bytes fit: %v", c.RequestBytes(narrow, true), c.FitsREST(narrow, true), c.RequestBytes(wide, true), c.FitsREST(wide, true))
	}
	// What is not ASCII grows threefold on its way.
	if c.FitsREST("SELECT Id FROM A WHERE Name = '"+strings.Repeat("é", 2400)+"'", true) {
		t.Error("counted characters instead of bytes as sent")
	}
}
