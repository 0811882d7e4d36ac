package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Planted is one defect in planted.json.
type Planted struct {
	Kind    string `json:"kind"`
	Source  string `json:"source"`
	Object  string `json:"object"`
	File    string `json:"file"` // below exports/, with its folder
	Line    int64  `json:"line"` // where the record starts in the decoded text, from 1
	Row     int64  `json:"row"`  // number of the record in the file, from 1, the header not counted
	Key     string `json:"key"`  // of the record, in clean form; several columns joined by |
	Column  string `json:"column,omitempty"`
	Clean   string `json:"clean"`   // the value as it should be
	Planted string `json:"planted"` // the value as it stands in the file
	Outcome string `json:"outcome"` // what must become of it
}

// planter spoils records on their way into the base files and notes what it did.
type planter struct {
	due    map[*file][]*planting
	clean  bool // plant nothing, only note
	disk   *os.File
	out    *bufio.Writer
	counts map[string]map[string]int // kind, outcome
	noted  int
	err    error
}

// planting is a defect at work on one file.
type planting struct {
	*defect
	next int64
	done int
	at   int // place of the column
}

func newPlanter(path string, clean bool) (*planter, error) {
	disk, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create list of defects: %w", err)
	}
	p := &planter{due: map[*file][]*planting{}, clean: clean, disk: disk, out: bufio.NewWriter(disk), counts: map[string]map[string]int{}}
	_, p.err = p.out.WriteString("[")
	return p, nil
}

// watch makes ready the defects of a file.
func (p *planter) watch(f *file) {
	p.due[f] = nil
	if p.clean {
		return
	}
	for i := range defects {
		if d := &defects[i]; d.source == f.system.name && d.object == f.object.name {
			p.due[f] = append(p.due[f], &planting{defect: d, next: int64(d.first), at: f.object.index(d.column)})
		}
	}
}

// put writes a record, spoilt if it is the turn of a defect.
func (p *planter) put(f *file, r *record) {
	for _, d := range p.due[f] {
		if d.done < d.most && f.rows+1 >= d.next && p.plant(f, r, d) {
			d.done++
			d.next = max(d.next+int64(d.every), f.rows+1)
			return
		}
	}
	f.put(r)
}

// plant writes a record with a defect. It returns false, and writes nothing, if the
// record does not fit the defect.
func (p *planter) plant(f *file, r *record, d *planting) bool {
	if d.at < 0 || deleted(r) || !d.fits(r) {
		return false
	}
	clean := string(r.cell(d.at))
	value, fits := d.spoil.value(r.dialect, podOf(f.system), int(f.rows), clean)
	if !fits || d.spoil.extra == older && !touched(r) {
		return false
	}
	note := Planted{Kind: d.kind, Source: f.system.name, Object: f.object.name, File: f.system.name + "/" + f.name, Key: keyOf(r), Column: d.noted(), Clean: clean, Planted: value, Outcome: d.outcome}
	if d.spoil.extra != noExtra {
		f.put(r)
	}
	note.Line, note.Row = f.line, f.rows+1
	switch d.spoil.extra {
	case again:
		note.Planted = clean
		f.put(r)
	case tooFew, tooMany:
		line := ragged(r, d.spoil.extra)
		note.Planted = strings.TrimRight(string(line), "\r\n")
		f.write(line)
	case short15:
		note.Planted = clean[:15]
		r.set(d.at, clean[:15])
		f.put(r)
	case older:
		created := string(r.cell(r.object.index("CreatedDate")))
		r.set(r.object.index("LastModifiedDate"), created)
		r.set(r.object.index("SystemModstamp"), created)
		fallthrough
	default:
		r.set(d.at, value)
		f.put(r)
	}
	p.note(note)
	return true
}

// fits says whether the record is of those the defect is for.
func (d *planting) fits(r *record) bool {
	column, value, some := strings.Cut(d.only, "=")
	return !some || string(r.cell(r.object.index(column))) == value
}

// noted is the column to name in the list: none where the whole record is the defect.
func (d *planting) noted() string {
	if d.spoil.extra == again || d.spoil.extra == tooFew || d.spoil.extra == tooMany {
		return ""
	}
	return d.column
}

// note adds a defect to the list.
func (p *planter) note(n Planted) {
	if p.counts[n.Kind] == nil {
		p.counts[n.Kind] = map[string]int{}
	}
	p.counts[n.Kind][n.Outcome]++
	defer func() { p.noted++ }()
	line, err := json.Marshal(n)
	if err == nil && p.noted > 0 {
		_, err = p.out.WriteString(",")
	}
	if err == nil {
		_, err = p.out.WriteString("\n" + string(line))
	}
	if p.err == nil {
		p.err = err
	}
}

func (p *planter) close() error {
	if p.err == nil {
		_, p.err = p.out.WriteString("\n]\n")
	}
	for _, err := range []error{p.out.Flush(), p.disk.Close()} {
		if p.err == nil {
			p.err = err
		}
	}
	return p.err
}

// deleted says whether the record is marked as deleted.
func deleted(r *record) bool {
	i := max(r.object.index("IsDeleted"), r.object.index("is_deleted"))
	return i >= 0 && string(r.cell(i)) == r.dialect.yes
}

// touched says whether the record was modified after its creation.
func touched(r *record) bool {
	c, m := r.object.index("CreatedDate"), r.object.index("LastModifiedDate")
	return c >= 0 && m >= 0 && string(r.cell(c)) != string(r.cell(m))
}

// keyOf joins the record's key columns.
func keyOf(r *record) string {
	parts := make([]string, len(r.object.key))
	for i, k := range r.object.key {
		parts[i] = string(r.cell(r.object.index(k)))
	}
	return strings.Join(parts, "|")
}

// podOf returns the org whose ids a system uses.
func podOf(s *system) int {
	for org := range orgCount {
		if s.region == salesforceSystems[org].region {
			return org
		}
	}
	return orgGroup
}

// ragged returns the record as a line with the wrong number of fields.
func ragged(r *record, how extra) []byte {
	wrong := &record{dialect: r.dialect, object: r.object, buf: append([]byte(nil), r.buf...), ends: append([]int(nil), r.ends...)}
	if how == tooFew {
		wrong.ends = wrong.ends[:len(wrong.ends)-2]
	} else {
		wrong.text("?")
	}
	return wrong.appendLine(nil)
}
