package lake

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
	"github.com/zeebo/xxh3"

	"github.com/customer360/pipeline/pipeline/engine"
)

// boundLength is how many characters of a text bound a manifest keeps.
const boundLength = 32

// hashFile is the size and xxh3-128 of a file.
func hashFile(path string) (size int64, sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := xxh3.New()
	size, err = io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 1<<20))
	if err != nil {
		return 0, "", err
	}
	b := h.Sum128().Bytes()
	return size, hex.EncodeToString(b[:]), nil
}

// footer is what a Parquet file says about itself.
type footer struct {
	rows     int64
	min, max map[string]string
	nulls    map[string]int64  // of the columns that tell it
	comments map[string]string // on columns
}

func readFooter(path string) (footer, error) {
	f, err := os.Open(path)
	if err != nil {
		return footer{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return footer{}, err
	}
	pf, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return footer{}, fmt.Errorf("not a parquet file: %w", err)
	}
	md := pf.Metadata()
	out := footer{rows: md.NumRows, min: map[string]string{}, max: map[string]string{}, nulls: map[string]int64{}, comments: map[string]string{}}
	var leaves []*format.SchemaElement // in the order of a row group's columns
	for i := range md.Schema {
		if e := &md.Schema[i]; e.Type.Valid {
			leaves = append(leaves, e)
		}
	}
	var groups int64
	bounds := map[string]*bound{}
	for _, g := range md.RowGroups {
		groups += g.NumRows
		for i := range g.Columns {
			c := &g.Columns[i].MetaData
			if len(c.PathInSchema) != 1 || i >= len(leaves) {
				continue // nested: bounds of elements are not bounds of the column
			}
			name := c.PathInSchema[0]
			if bounds[name] == nil {
				bounds[name] = &bound{leaf: leaves[i]}
			}
			bounds[name].add(c)
		}
	}
	for i := range md.Schema {
		if text, ok := pf.Lookup(engine.CommentKey + md.Schema[i].Name); ok {
			out.comments[md.Schema[i].Name] = text
		}
	}
	if groups != md.NumRows {
		return footer{}, fmt.Errorf("its footer says %d rows, its row groups %d", md.NumRows, groups)
	}
	for name, b := range bounds {
		if b.counted == len(md.RowGroups) {
			out.nulls[name] = b.nulls
		}
		if lo, hi, ok := b.text(); ok {
			out.min[name] = lo
			if hi != "" || !b.isText() {
				out.max[name] = hi
			}
		}
	}
	return out, nil
}

// bound gathers the bounds of one column over row groups, still encoded.
type bound struct {
	leaf     *format.SchemaElement
	min, max []byte
	some     bool
	unknown  bool
	nulls    int64
	counted  int // row groups that told their NULLs
}

func (b *bound) isText() bool { return b.leaf.Type.V == format.ByteArray }

func (b *bound) add(c *format.ColumnMetaData) {
	s := &c.Statistics
	b.countNulls(c)
	if s.NullCount == c.NumValues && len(s.MaxValue) == 0 {
		return // only NULLs here
	}
	if len(s.MaxValue) == 0 || len(s.MinValue) == 0 && !b.isText() {
		b.unknown = true
		return
	}
	if !b.some {
		b.min, b.max, b.some = s.MinValue, s.MaxValue, true
		return
	}
	if b.less(s.MinValue, b.min) {
		b.min = s.MinValue
	}
	if b.less(b.max, s.MaxValue) {
		b.max = s.MaxValue
	}
}

// countNulls adds up the NULLs of a row group. A footer that does not tell them reads as
// one that tells of none, so that is believed only beside bounds.
func (b *bound) countNulls(c *format.ColumnMetaData) {
	if s := &c.Statistics; s.NullCount > 0 || len(s.MaxValue) > 0 {
		b.nulls += s.NullCount
		b.counted++
	}
}

func (b *bound) less(x, y []byte) bool {
	switch b.leaf.Type.V {
	case format.Int32, format.Int64, format.FixedLenByteArray:
		return b.integer(x).Cmp(b.integer(y)) < 0
	case format.Float, format.Double:
		return b.float(x) < b.float(y)
	default:
		return bytes.Compare(x, y) < 0
	}
}

func (b *bound) integer(v []byte) *big.Int {
	switch {
	case b.leaf.Type.V == format.Int32 && len(v) == 4:
		return big.NewInt(int64(int32(binary.LittleEndian.Uint32(v))))
	case b.leaf.Type.V == format.Int64 && len(v) == 8:
		return big.NewInt(int64(binary.LittleEndian.Uint64(v)))
	}
	n := new(big.Int).SetBytes(v) // big endian, two's complement
	if len(v) > 0 && v[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return n
}

func (b *bound) float(v []byte) float64 {
	switch len(v) {
	case 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v)))
	case 8:
		return math.Float64frombits(binary.LittleEndian.Uint64(v))
	}
	return math.NaN()
}

// text spells the bounds; ok is false for types that have none that a reader could use.
func (b *bound) text() (lo, hi string, ok bool) {
	if !b.some || b.unknown {
		return "", "", false
	}
	switch lt := b.logicalType().(type) {
	case *format.DecimalType:
		return decimal(b.integer(b.min), lt.Scale), decimal(b.integer(b.max), lt.Scale), true
	case *format.DateType:
		return date(b.integer(b.min)), date(b.integer(b.max)), true
	case *format.TimestampType:
		unit := lt.Unit.Value.Duration()
		return timestamp(b.integer(b.min), unit), timestamp(b.integer(b.max), unit), true
	case *format.StringType:
		return cutLow(string(b.min)), cutHigh(string(b.max)), utf8.Valid(b.min) && utf8.Valid(b.max)
	case *format.IntType:
		return b.integer(b.min).String(), b.integer(b.max).String(), lt.IsSigned
	case nil:
		return b.plain()
	}
	return "", "", false
}

// logicalType is the column's logical type; files of DuckDB name some by the older
// converted type only.
func (b *bound) logicalType() format.LogicalTypeValue {
	if lt := b.leaf.LogicalType.Value; lt != nil || !b.leaf.ConvertedType.Valid {
		return lt
	}
	switch b.leaf.ConvertedType.V {
	case deprecated.UTF8:
		return &format.StringType{}
	case deprecated.Date:
		return &format.DateType{}
	case deprecated.Decimal:
		return &format.DecimalType{Scale: b.leaf.Scale.V, Precision: b.leaf.Precision.V}
	case deprecated.TimestampMicros:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: format.TimeUnit{Value: &format.MicroSeconds{}}}
	case deprecated.TimestampMillis:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: format.TimeUnit{Value: &format.MilliSeconds{}}}
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return &format.IntType{BitWidth: 64, IsSigned: true}
	}
	return &format.NullType{} // any other: no bounds
}

func (b *bound) plain() (lo, hi string, ok bool) {
	switch b.leaf.Type.V {
	case format.Int32, format.Int64:
		return b.integer(b.min).String(), b.integer(b.max).String(), true
	case format.Boolean:
		return strconv.FormatBool(b.min[0] != 0), strconv.FormatBool(b.max[0] != 0), true
	case format.Float, format.Double:
		lo, hi := b.float(b.min), b.float(b.max)
		return strconv.FormatFloat(lo, 'g', -1, 64), strconv.FormatFloat(hi, 'g', -1, 64), !math.IsNaN(lo) && !math.IsNaN(hi)
	}
	return "", "", false
}

func decimal(n *big.Int, scale int32) string {
	digits := new(big.Int).Abs(n).String()
	if pad := int(scale) + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if scale > 0 {
		at := len(digits) - int(scale)
		digits = digits[:at] + "." + digits[at:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

func date(days *big.Int) string {
	return time.Unix(0, 0).UTC().AddDate(0, 0, int(days.Int64())).Format(time.DateOnly)
}

func timestamp(n *big.Int, unit time.Duration) string {
	perSecond := int64(time.Second / unit)
	sec, rest := new(big.Int).DivMod(n, big.NewInt(perSecond), new(big.Int))
	return time.Unix(sec.Int64(), rest.Int64()*int64(unit)).UTC().Format("2006-01-02T15:04:05.999999999Z")
}

// cutLow shortens a lower bound: a prefix is never greater.
func cutLow(s string) string {
	if r := []rune(s); len(r) > boundLength {
		return string(r[:boundLength])
	}
	return s
}

// cutHigh shortens an upper bound to the next greater prefix, or "" if there is none.
func cutHigh(s string) string {
	r := []rune(s)
	if len(r) <= boundLength {
		return s
	}
	for i := boundLength - 1; i >= 0; i-- {
		if next := r[i] + 1; utf8.ValidRune(next) {
			return string(append(r[:i:i], next))
		}
	}
	return ""
}
