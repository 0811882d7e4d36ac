package lake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Commit is one atomic state of all tables, watermarks included: the content of
// _lake/commits/%020d.json. Unknown fields of a newer program are ignored.
type Commit struct {
	Version      int64     `json:"version"`       // 1, 2, 3 … without gaps
	Parent       int64     `json:"parent"`        // Version - 1; 0 = none
	ParentSHA256 string    `json:"parent_sha256"` // of the parent's file bytes; "" = no parent
	LakeID       string    `json:"lake_id"`
	Run          string    `json:"run"`
	Operation    string    `json:"operation"`
	CreatedAt    time.Time `json:"created_at"` // never before the parent's
	AsOf         string    `json:"as_of,omitempty"`
	ConfigHash   string    `json:"config_hash,omitempty"`
	CodeVersion  string    `json:"code_version,omitempty"`
	// Tables is the current state: table name to manifest sha256.
	Tables map[string]string `json:"tables"`
	// Historical commits leave Tables as they were and hold the silver, gold and ops
	// tables of an earlier as-of here.
	Historical       bool              `json:"historical,omitempty"`
	HistoricalTables map[string]string `json:"historical_tables,omitempty"`
	// Release is the version whose releases/<version> shows silver, gold and ops of
	// Tables: this one if it changed any of them, else the parent's. 0 = none.
	Release int64 `json:"release"`
	// KeepFrom: older versions may have lost files to vacuum, which raises this
	// number in a commit before it deletes anything.
	KeepFrom int64 `json:"keep_from,omitempty"`
	// Pins are versions that vacuum keeps whole, whatever their age.
	Pins []Pin `json:"pins,omitempty"`
	// Delta are the layers whose tables have a Delta log beside their files.
	Delta []string `json:"delta,omitempty"`

	Fingerprints map[string]string       `json:"fingerprints,omitempty"`
	Watermarks   map[string]WatermarkRef `json:"watermarks,omitempty"` // "source/object"
	NextFileNo   int64                   `json:"next_file_no"`
	// Checksum is sha256 over the file with this value empty. It is the last field.
	Checksum string `json:"checksum"`
}

var (
	commitName   = regexp.MustCompile(`^[0-9]{20}\.json$`)
	checksumTail = regexp.MustCompile(`"checksum": "([0-9a-f]{64})"\n}\n$`)
)

const emptyChecksumTail = "\"checksum\": \"\"\n}\n"

func commitFile(version int64) string { return fmt.Sprintf("%020d.json", version) }

// encodeCommit sets the checksum and returns the file's bytes.
func encodeCommit(c *Commit) ([]byte, error) {
	c.Checksum = ""
	canonical, err := encodeJSON(c)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(canonical, []byte(emptyChecksumTail)) {
		return nil, errors.New("encode commit: the checksum is not the last field")
	}
	c.Checksum = sha256Hex(canonical)
	body := bytes.TrimSuffix(canonical, []byte(emptyChecksumTail))
	return append(body, fmt.Sprintf("\"checksum\": %q\n}\n", c.Checksum)...), nil
}

// decodeCommit checks the checksum over the bytes as they are, so that any changed
// bit is found, fields unknown to this program included.
func decodeCommit(raw []byte) (*Commit, error) {
	m := checksumTail.FindSubmatchIndex(raw)
	if m == nil {
		return nil, errors.New("it does not end with a checksum")
	}
	canonical := append(slices.Clone(raw[:m[0]]), emptyChecksumTail...)
	if sum := sha256Hex(canonical); sum != string(raw[m[2]:m[3]]) {
		return nil, errors.New("its checksum does not hold")
	}
	c := new(Commit)
	if err := json.Unmarshal(raw, c); err != nil {
		return nil, err
	}
	return c, nil
}

// readCommit reads one commit by itself: checksum, version and lake, not its parent.
func (l *Lake) readCommit(version int64) (*Commit, []byte, error) {
	path := l.path(commitsDir, commitFile(version))
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &Error{Op: "read commit", Path: path, Kind: ErrNotFound, Err: fmt.Errorf("there is no version %d", version),
			Advice: "`pipeline lake log` lists the versions"}
	}
	if err != nil {
		return nil, nil, readError("read commit", path, err)
	}
	c, err := decodeCommit(raw)
	if err != nil {
		return nil, nil, corrupt("read commit", path, "%w", err)
	}
	if c.Version != version || c.Parent != version-1 || c.LakeID != l.id {
		return nil, nil, corrupt("read commit", path, "it says version %d, parent %d, lake %s", c.Version, c.Parent, c.LakeID)
	}
	return c, raw, nil
}

// readLinked reads a commit and checks that its parent is the one it was made on.
func (l *Lake) readLinked(version int64) (*Commit, error) {
	c, _, err := l.readCommit(version)
	if err != nil {
		return nil, err
	}
	return c, l.checkParent(c)
}

func (l *Lake) checkParent(c *Commit) error {
	path := l.path(commitsDir, commitFile(c.Version))
	if c.Parent == 0 {
		if c.ParentSHA256 != "" {
			return corrupt("read commit", path, "the first version names a parent")
		}
		return nil
	}
	parent := l.path(commitsDir, commitFile(c.Parent))
	raw, err := os.ReadFile(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return corrupt("read commit", parent, "missing, although version %d was made on it", c.Version)
	}
	if err != nil {
		return readError("read commit", parent, err)
	}
	if sha256Hex(raw) != c.ParentSHA256 {
		return corrupt("read commit", parent, "it is not the version that version %d was made on", c.Version)
	}
	return nil
}

// versions lists the commit files, ascending, and names that are not commits.
func (l *Lake) versions() (versions []int64, strange []string, err error) {
	dir := l.path(commitsDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, readError("list commits", dir, err)
	}
	for _, e := range entries {
		if !commitName.MatchString(e.Name()) {
			strange = append(strange, e.Name())
			continue
		}
		v, err := strconv.ParseInt(strings.TrimSuffix(e.Name(), ".json"), 10, 64)
		if err != nil || v < 1 {
			strange = append(strange, e.Name())
			continue
		}
		versions = append(versions, v)
	}
	slices.Sort(versions)
	return versions, strange, nil
}

func (l *Lake) headVersion() (int64, error) {
	versions, _, err := l.versions()
	if err != nil || len(versions) == 0 {
		return 0, err
	}
	return versions[len(versions)-1], nil
}

// Head is the highest commit, or nil if nothing was committed yet. Its checksum and
// its parent's sha256 hold; otherwise it is an error, never an older version.
func (l *Lake) Head() (*Commit, error) {
	v, err := l.headVersion()
	if err != nil || v == 0 {
		return nil, err
	}
	return l.readLinked(v)
}

// Log yields the commits, newest first, each checked against its child. It ends with
// an error at the first one that does not hold.
func (l *Lake) Log() iter.Seq2[*Commit, error] {
	return func(yield func(*Commit, error) bool) {
		v, err := l.headVersion()
		if err != nil {
			yield(nil, err)
			return
		}
		want := ""
		for ; v > 0; v-- {
			c, raw, err := l.readCommit(v)
			if errors.Is(err, ErrNotFound) {
				err = corrupt("read commit", l.path(commitsDir, commitFile(v)), "missing in the chain")
			}
			if err == nil && want != "" && sha256Hex(raw) != want {
				err = corrupt("read commit", l.path(commitsDir, commitFile(v)), "it is not the version that version %d was made on", v+1)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			want = c.ParentSHA256
			if !yield(c, nil) {
				return
			}
		}
	}
}

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// encodeJSON is the one spelling of our JSON: two spaces, map keys sorted, no HTML
// escapes, a final newline. Equal values give equal bytes.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}
