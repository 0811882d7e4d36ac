package lake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kinds of watermark.
const (
	WatermarkFiles  = "files"        // the files that were loaded, by content
	WatermarkWindow = "window_upper" // the upper bound of the last finished window of an API
)

// Watermark says how far an object of a source has been loaded. It becomes durable in
// the same commit as the rows: that is what makes extraction exactly-once.
type Watermark struct {
	Kind  string
	Value string
	// GreatestExportedAt is reported, never used to filter.
	GreatestExportedAt *time.Time
	Files              map[string]FileMark // by content hash
	// Details are what else a source must remember of an object, and what it decided; the
	// lake does not look into them.
	Details map[string]string
}

// FileMark is one loaded source file.
type FileMark struct {
	Name       string     `json:"name"`
	ExportedAt *time.Time `json:"exported_at,omitempty"`
	FileNo     int64      `json:"file_no"`
	Records    int64      `json:"records"`
}

// WatermarkRef is a Watermark as a commit stores it: file marks live in segments
// beside the manifests, so that a night with one new file rewrites one segment, not
// the history. Lake.Watermarks turns it back.
type WatermarkRef struct {
	Kind               string            `json:"kind"`
	Value              string            `json:"value,omitempty"`
	GreatestExportedAt *time.Time        `json:"greatest_exported_at,omitempty"`
	FileCount          int               `json:"file_count"`
	Segments           []string          `json:"segments,omitempty"` // sha256 of _lake/manifests/<sha256>.json
	Details            map[string]string `json:"details,omitempty"`
}

// segmentSize is how many file marks a segment holds. It decides the stored bytes,
// not their meaning: readers take segments of any size.
const segmentSize = 256

type segment struct {
	Marks []segmentMark `json:"loaded_files"`
}

type segmentMark struct {
	Hash string `json:"hash"`
	FileMark
}

// segments splits file marks in the order of their file number, which only rises: all
// segments but the last stay the same when files are added.
func (w Watermark) segments() []segment {
	marks := make([]segmentMark, 0, len(w.Files))
	for hash, m := range w.Files {
		marks = append(marks, segmentMark{hash, m})
	}
	slices.SortFunc(marks, func(a, b segmentMark) int {
		return cmp.Or(cmp.Compare(a.FileNo, b.FileNo), cmp.Compare(a.Hash, b.Hash))
	})
	var out []segment
	for part := range slices.Chunk(marks, segmentSize) {
		out = append(out, segment{part})
	}
	return out
}

// Watermarks reads all watermarks of a commit, "source/object" to watermark. A nil
// commit has none.
func (l *Lake) Watermarks(c *Commit) (map[string]Watermark, error) {
	out := map[string]Watermark{}
	if c == nil {
		return out, nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.Watermarks)) {
		ref := c.Watermarks[name]
		w := Watermark{Kind: ref.Kind, Value: ref.Value, GreatestExportedAt: ref.GreatestExportedAt, Files: map[string]FileMark{}, Details: ref.Details}
		for _, sha := range ref.Segments {
			var s segment
			if err := l.readDocument(sha, &s); err != nil {
				return nil, fmt.Errorf("watermark of %s: %w", name, err)
			}
			for _, m := range s.Marks {
				w.Files[m.Hash] = m.FileMark
			}
		}
		if len(w.Files) != ref.FileCount {
			return nil, corrupt("read watermark of", name, "%d files are marked, %d are listed", ref.FileCount, len(w.Files))
		}
		out[name] = w
	}
	return out, nil
}
