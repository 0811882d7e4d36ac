package soql

// Query is a parsed SELECT.
type Query struct {
	Select  []Item
	From    string
	FromAt  int // where it stands in the text
	Where   Expr
	GroupBy []string
	OrderBy []Order
	Limit   int // -1: none
	Offset  int // -1: none
	AllRows bool
	Text    string
}

// Item is one entry of the SELECT list.
type Item struct {
	Path  string // field, or Parent.Field; the argument of a function
	Func  string // COUNT, MIN…, FIELDS; "" for a field
	Alias string
	Sub   *Query // a query of child records
	Type  bool   // TYPEOF
	At    int
}

// Order is one key of ORDER BY.
type Order struct {
	Path      string
	Desc      bool
	NullsLast bool
	At        int
}

// Expr is a condition: And, Or, Not or *Compare.
type Expr interface{ expr() }

// And holds if all of its parts do.
type And []Expr

// Or holds if one of its parts does.
type Or []Expr

// Not holds if its part does not.
type Not struct{ Of Expr }

// Compare holds a field against values.
type Compare struct {
	Path   string
	Op     string // = != < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES
	Values []Value
	Sub    *Query // IN (SELECT …)
	At     int
}

func (And) expr()      {}
func (Or) expr()       {}
func (Not) expr()      {}
func (*Compare) expr() {}

// ValueKind is what a literal is.
type ValueKind byte

// Kinds of literals.
const (
	Null ValueKind = iota
	Text
	Number
	Bool
	Date     // 2026-10-31
	DateTime // 2026-10-31T00:00:00Z
	Time     // 08:00:00Z
	Period   // TODAY, LAST_N_DAYS:7
)

// Value is a literal.
type Value struct {
	Kind ValueKind
	Text string // as written, unescaped; the upper-case name of a Period
	N    int    // of LAST_N_DAYS:n
	At   int
}

// Paths calls f for every field path of the query but those of child queries.
func (q *Query) Paths(f func(path string, at int)) {
	for _, it := range q.Select {
		if it.Path != "" && it.Func != "FIELDS" {
			f(it.Path, it.At)
		}
	}
	paths(q.Where, f)
	for _, o := range q.OrderBy {
		f(o.Path, o.At)
	}
}

func paths(e Expr, f func(string, int)) {
	switch e := e.(type) {
	case And:
		for _, p := range e {
			paths(p, f)
		}
	case Or:
		for _, p := range e {
			paths(p, f)
		}
	case Not:
		paths(e.Of, f)
	case *Compare:
		f(e.Path, e.At)
	}
}
