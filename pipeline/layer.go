package pipeline

import "fmt"

// Layer is a stage of the flow.
type Layer string

// The layers of a run, in order. All means every one of them.
const (
	Bronze Layer = "bronze"
	Silver Layer = "silver"
	Gold   Layer = "gold"
	All    Layer = "all"
)

// History marks the step that fills state tables at one earlier as-of. It is part of gold;
// nobody asks for it by name.
const History Layer = "history"

// ParseLayer reads the value of --layer.
func ParseLayer(s string) (Layer, error) {
	switch l := Layer(s); l {
	case Bronze, Silver, Gold, All:
		return l, nil
	}
	return "", &UsageError{Problem: fmt.Sprintf("unknown layer %q", s), Advice: "use bronze, silver, gold or all"}
}

func (l Layer) includes(other Layer) bool { return l == All || l == other }

// UsageError is a request that cannot be carried out as it was put.
type UsageError struct{ Problem, Advice string }

func (e *UsageError) Error() string { return e.Problem }

// Hint says what to do instead.
func (e *UsageError) Hint() string { return e.Advice }
