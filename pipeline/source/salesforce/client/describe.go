package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// ObjectInfo is what the global describe says of an object, and the head of its own.
type ObjectInfo struct {
	Name                string `json:"name"`
	Label               string `json:"label"`
	KeyPrefix           string `json:"keyPrefix"` // first three characters of its Ids; "" = none
	Custom              bool   `json:"custom"`
	CustomSetting       bool   `json:"customSetting"`
	DeprecatedAndHidden bool   `json:"deprecatedAndHidden"`
	Queryable           bool   `json:"queryable"`
	Replicateable       bool   `json:"replicateable"` // getDeleted works
	Retrieveable        bool   `json:"retrieveable"`
	Createable          bool   `json:"createable"`
	Updateable          bool   `json:"updateable"`
	Deletable           bool   `json:"deletable"`
	Undeletable         bool   `json:"undeletable"`
	Mergeable           bool   `json:"mergeable"`
	HasSubtypes         bool   `json:"hasSubtypes"`
}

// Object is the describe of one object. It is shared: treat it as read-only.
type Object struct {
	ObjectInfo
	Fields []Field `json:"fields"`
	byName map[string]int
}

// Field is the describe of one field: the part that extraction needs.
type Field struct {
	Name                  string   `json:"name"`
	Label                 string   `json:"label"`
	Type                  string   `json:"type"`
	SoapType              string   `json:"soapType"`
	Length                int      `json:"length"`
	ByteLength            int      `json:"byteLength"`
	Precision             int      `json:"precision"`
	Scale                 int      `json:"scale"`
	Digits                int      `json:"digits"`
	ReferenceTo           []string `json:"referenceTo"`
	RelationshipName      string   `json:"relationshipName"`
	CompoundFieldName     string   `json:"compoundFieldName"`
	ExtraTypeInfo         string   `json:"extraTypeInfo"`
	CalculatedFormula     string   `json:"calculatedFormula"`
	AutoNumber            bool     `json:"autoNumber"`
	Calculated            bool     `json:"calculated"`
	CaseSensitive         bool     `json:"caseSensitive"`
	Createable            bool     `json:"createable"`
	Custom                bool     `json:"custom"`
	DeprecatedAndHidden   bool     `json:"deprecatedAndHidden"`
	Encrypted             bool     `json:"encrypted"`
	ExternalID            bool     `json:"externalId"`
	Filterable            bool     `json:"filterable"`
	Groupable             bool     `json:"groupable"`
	IDLookup              bool     `json:"idLookup"`
	NameField             bool     `json:"nameField"`
	Nillable              bool     `json:"nillable"`
	Permissionable        bool     `json:"permissionable"` // field-level security applies
	PolymorphicForeignKey bool     `json:"polymorphicForeignKey"`
	Sortable              bool     `json:"sortable"`
	Unique                bool     `json:"unique"`
	Updateable            bool     `json:"updateable"`
}

// Field finds a field without regard to case.
func (o *Object) Field(name string) (Field, bool) {
	i, ok := o.byName[strings.ToLower(name)]
	if !ok {
		return Field{}, false
	}
	return o.Fields[i], true
}

// describeCache keeps describes with the stamp that the server can compare. A describe
// is asked for at the start of every object's run; mostly nothing has changed, and the
// answer is an empty 304.
type describeCache struct {
	mu      sync.Mutex
	entries map[string]described
}

type described struct {
	stamp string // Last-Modified, or else Date
	value any
}

func (d *describeCache) get(key string) described {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.entries[key]
}

func (d *describeCache) put(key string, entry described) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entries == nil {
		d.entries = map[string]described{}
	}
	d.entries[key] = entry
}

func (d *describeCache) drop(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, key)
}

// cached asks for a resource unless it is known and unchanged.
func cached[T any](ctx context.Context, c *Client, key, path string, finish func(*T) error) (*T, error) {
	old := c.cache.get(key)
	r := request{kind: KindDescribe, path: path}
	if old.stamp != "" {
		r.accept = http.StatusNotModified
		r.header = http.Header{"If-Modified-Since": {old.stamp}}
	}
	var fresh *T
	got, err := c.do(ctx, r, func(got reply, body io.Reader) error {
		fresh = new(T)
		if got.Status == http.StatusNotModified {
			return nil
		}
		if err := decodeJSON(body, fresh); err != nil {
			return err
		}
		return finish(fresh)
	})
	if err != nil {
		return nil, err
	}
	if got.Status == http.StatusNotModified {
		return old.value.(*T), nil
	}
	stamp := got.Header.Get("Last-Modified")
	if stamp == "" {
		stamp = got.Header.Get("Date")
	}
	c.cache.put(key, described{stamp: stamp, value: fresh})
	return fresh, nil
}

// Describe gives the fields of an object as the logged-in user sees them. It asks at
// every call, with If-Modified-Since once it has an answer.
func (c *Client) Describe(ctx context.Context, object string) (*Object, error) {
	if !ValidName(object) {
		return nil, fmt.Errorf("salesforce: describe: %q is not an object's name", object)
	}
	path := c.path("sobjects/" + url.PathEscape(object) + "/describe")
	return cached(ctx, c, cacheKey(object), path, func(o *Object) error {
		if !strings.EqualFold(o.Name, object) || len(o.Fields) == 0 {
			return fmt.Errorf("%w: it does not describe %s", ErrProtocol, object)
		}
		o.byName = make(map[string]int, len(o.Fields))
		for i, f := range o.Fields {
			o.byName[strings.ToLower(f.Name)] = i
		}
		return nil
	})
}

// Forget makes the next Describe of the object unconditional: a change within the
// second of the last answer would otherwise stay hidden behind a 304.
func (c *Client) Forget(object string) { c.cache.drop(cacheKey(object)) }

func cacheKey(object string) string { return "object/" + strings.ToLower(object) }

// Objects lists what the logged-in user can see.
func (c *Client) Objects(ctx context.Context) ([]ObjectInfo, error) {
	type global struct {
		Objects []ObjectInfo `json:"sobjects"`
	}
	g, err := cached(ctx, c, "global", c.path("sobjects"), func(g *global) error {
		if g.Objects == nil {
			return fmt.Errorf("%w: it lists no objects", ErrProtocol)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return g.Objects, nil
}
