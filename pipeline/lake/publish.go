package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Publish is what a new commit changes; all else is taken over from the head.
type Publish struct {
	Operation   string // e.g. "bronze", "publish"; for people and `lake log`
	AsOf        string
	ConfigHash  string
	CodeVersion string
	// Tables are full new manifests. Files in them were added in this Tx or are
	// already in the lake.
	Tables map[string]Manifest
	Drop   []string // tables that end
	// Fingerprints and Watermarks replace those of the same key; an empty fingerprint
	// removes the key. Dropping a table does not touch them.
	Fingerprints map[string]string
	Watermarks   map[string]Watermark
	NextFileNo   int64 // 0 = as it is; it never falls
	// Historical: Tables is the whole silver, gold and ops of an earlier as-of. It
	// becomes historical_tables; current tables, their fingerprints (Fingerprints is
	// ignored) and releases stay as they are.
	Historical bool
	KeepFrom   int64 // see Commit.KeepFrom; 0 = as it is
	// Pins replaces the pinned versions; nil = as they are.
	Pins *[]Pin
	// Migrations allow changes of columns that would otherwise be refused, by table.
	Migrations map[string]Migration
	// Restore makes the watermarks those of an earlier commit, which must be whole.
	Restore *Commit
	// Delta are the layers whose tables have a Delta log; nil = as it is.
	Delta []string
	// restores says that columns go back to what they were: a rollback.
	restores bool
}

// Publish makes one new version: data files, manifests, then the commit, each durable
// before the next, then the projections. If it returns a commit, that is published and
// durable even if the error is not nil (*ProjectionError). An error without a commit
// means that nothing was published, except ErrUnknownOutcome. A cancelled context
// stops it before the commit point, not after.
func (t *Tx) Publish(ctx context.Context, p Publish) (*Commit, error) {
	t.mu.Lock()
	err := t.broken
	t.mu.Unlock()
	if err != nil {
		return nil, err
	}
	c, err := t.publish(ctx, p)
	return c, t.fail(err)
}

func (t *Tx) publish(ctx context.Context, p Publish) (*Commit, error) {
	parent, parentSHA, err := t.parent()
	if err != nil {
		return nil, err
	}
	n, err := t.plan(parent, parentSHA, p)
	if err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	if err := t.writeIntent(n); err != nil {
		return nil, err
	}
	if err := t.linkData(ctx, n); err != nil {
		return nil, err
	}
	if err := t.linkDocuments(ctx, n); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := t.linkCommit(n); err != nil {
		return nil, err
	}
	t.unstage(n)
	err = t.lake.disk.do(StepClearIntent, func() error { return os.Remove(t.intentPath()) })
	if err == nil {
		_, err = t.lake.project(context.WithoutCancel(ctx), n.commit)
	}
	if err != nil {
		return n.commit, &ProjectionError{Version: n.commit.Version, Err: ioError("publish", t.lake.root, err)}
	}
	return n.commit, nil
}

// unstage forgets linked parts and unlinks them: who writes to such a path again must
// not write into a published file. Failing to is harmless, Close removes them all.
func (t *Tx) unstage(n *next) {
	for file, part := range n.link {
		delete(t.staged, file)
		_ = os.Remove(part)
	}
}

// parent is the head with the sha256 of its file.
func (t *Tx) parent() (*Commit, string, error) {
	head, err := t.lake.Head()
	if err != nil || head == nil {
		return nil, "", err
	}
	_, raw, err := t.lake.readCommit(head.Version)
	return head, sha256Hex(raw), err
}

// next is a planned version: everything is checked, nothing is written yet.
type next struct {
	commit    *Commit
	raw       []byte
	link      map[string]string // final relative path to part
	newDirs   []string          // absolute directories of tables that the parent does not have
	documents map[string][]byte // sha256 to manifest or segment
}

func (t *Tx) plan(parent *Commit, parentSHA string, p Publish) (*next, error) {
	l := t.lake
	snapshot, err := l.Snapshot(parent)
	if err != nil {
		return nil, err
	}
	c := &Commit{Version: 1, LakeID: l.id, Run: t.run, Operation: p.Operation, CreatedAt: l.now().UTC(),
		AsOf: p.AsOf, ConfigHash: p.ConfigHash, CodeVersion: p.CodeVersion, Historical: p.Historical,
		Tables: map[string]string{}, Fingerprints: map[string]string{}, Watermarks: map[string]WatermarkRef{}}
	if parent != nil {
		c.inherit(parent, parentSHA)
	}
	n := &next{commit: c, link: map[string]string{}, documents: map[string][]byte{}}
	for _, table := range slices.Sorted(maps.Keys(p.Tables)) {
		if err := t.planTable(n, snapshot, table, p); err != nil {
			return nil, err
		}
	}
	for _, table := range p.Drop {
		delete(c.Tables, table)
	}
	if err := n.planMarks(p); err != nil {
		return nil, err
	}
	if p.Delta != nil {
		c.Delta = p.Delta
	}
	if parent == nil || !sameProjection(parent.Tables, c.Tables) {
		c.Release = c.Version
	}
	if !hasProjection(c.Tables) {
		c.Release = 0
	}
	n.raw, err = encodeCommit(c)
	return n, err
}

func (c *Commit) inherit(parent *Commit, parentSHA string) {
	c.Version, c.Parent, c.ParentSHA256 = parent.Version+1, parent.Version, parentSHA
	if c.CreatedAt.Before(parent.CreatedAt) {
		c.CreatedAt = parent.CreatedAt // a clock set back must not reorder history
	}
	maps.Copy(c.Tables, parent.Tables)
	maps.Copy(c.Fingerprints, parent.Fingerprints)
	maps.Copy(c.Watermarks, parent.Watermarks)
	c.NextFileNo, c.KeepFrom, c.Release = parent.NextFileNo, parent.KeepFrom, parent.Release
	c.Pins = parent.Pins
	c.Delta = parent.Delta
}

// planTable checks one manifest, its files included, and plans what must be written.
func (t *Tx) planTable(n *next, snapshot *Snapshot, table string, p Publish) error {
	if p.Historical && layerOf(table) == layerBronze {
		return fmt.Errorf("table %s: a historical commit has no bronze of its own", table)
	}
	prev, err := snapshot.Manifest(table)
	if err != nil {
		return err
	}
	if !p.restores {
		if err := CheckSchema(table, prev, p.Tables[table].Schema, p.Migrations[table]); err != nil {
			return err
		}
	}
	m, err := p.Tables[table].settle(table, prev.Migrated(p.Migrations[table]), p.restores)
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if part, ok := t.staged[f.Path]; ok && t.added[f.Path].XXH3 == f.XXH3 {
			n.link[f.Path] = part
			continue
		}
		info, err := os.Stat(t.lake.abs(f.Path))
		if err != nil || info.Size() != f.Bytes {
			return fmt.Errorf("table %s: file %s was not added and is not in the lake (%w)", table, f.Path, errors.Join(err, ErrConflict))
		}
	}
	if prev == nil {
		n.newDirs = append(n.newDirs, t.lake.abs(table))
	}
	sha, err := n.document(m)
	if err != nil {
		return err
	}
	if !p.Historical {
		n.commit.Tables[table] = sha
		return nil
	}
	if n.commit.HistoricalTables == nil {
		n.commit.HistoricalTables = map[string]string{}
	}
	n.commit.HistoricalTables[table] = sha
	return nil
}

func (n *next) document(v any) (sha string, err error) {
	raw, err := encodeJSON(v)
	if err != nil {
		return "", err
	}
	sha = sha256Hex(raw)
	n.documents[sha] = raw
	return sha, nil
}

// planMarks lays fingerprints, watermarks and counters over the parent's.
func (n *next) planMarks(p Publish) error {
	c := n.commit
	for key, value := range p.Fingerprints {
		if p.Historical {
			break
		}
		if value == "" {
			delete(c.Fingerprints, key)
		} else {
			c.Fingerprints[key] = value
		}
	}
	if p.Restore != nil {
		c.Watermarks = maps.Clone(p.Restore.Watermarks)
	}
	for name, w := range p.Watermarks {
		ref := WatermarkRef{Kind: w.Kind, Value: w.Value, GreatestExportedAt: w.GreatestExportedAt, FileCount: len(w.Files), Details: w.Details}
		for _, s := range w.segments() {
			sha, err := n.document(s)
			if err != nil {
				return err
			}
			ref.Segments = append(ref.Segments, sha)
		}
		c.Watermarks[name] = ref
	}
	if p.NextFileNo != 0 && p.NextFileNo < c.NextFileNo {
		return fmt.Errorf("next file number %d is below %d", p.NextFileNo, c.NextFileNo)
	}
	c.NextFileNo = max(c.NextFileNo, p.NextFileNo)
	c.KeepFrom = max(c.KeepFrom, p.KeepFrom)
	if p.Pins != nil {
		c.Pins = *p.Pins
	}
	return nil
}

// intent is _lake/tmp/<run>/intent.json: what is about to be linked, so that after a
// crash exactly that can be taken back if no commit names it.
type intent struct {
	Run       string   `json:"run"`
	Version   int64    `json:"version"`
	Files     []string `json:"files"`
	Documents []string `json:"documents"`
}

func (t *Tx) intentPath() string { return filepath.Join(t.dir, "intent.json") }

func (t *Tx) writeIntent(n *next) error {
	raw, err := encodeJSON(intent{Run: t.run, Version: n.commit.Version,
		Files: slices.Sorted(maps.Keys(n.link)), Documents: slices.Sorted(maps.Keys(n.documents))})
	if err != nil {
		return err
	}
	err = t.lake.disk.do(StepWriteIntent, func() error {
		part := t.intentPath() + ".part"
		if err := writeSynced(part, raw); err != nil {
			return err
		}
		if err := os.Rename(part, t.intentPath()); err != nil {
			return err
		}
		return syncDir(t.dir)
	})
	return ioError("publish", t.intentPath(), err)
}

func (t *Tx) linkData(ctx context.Context, n *next) error {
	l := t.lake
	files := slices.Sorted(maps.Keys(n.link))
	var dirs []string
	for _, file := range files {
		if dir := l.abs(path.Dir(file)); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range n.newDirs {
		if err := l.disk.do(StepMakeTableDir, func() error { return makeDirs(l.root, dir) }); err != nil {
			return ioError("publish", dir, err)
		}
	}
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := l.disk.do(StepLinkData, func() error {
			_, err := linkSame(n.link[file], l.abs(file), func() (bool, error) {
				_, sum, err := hashFile(l.abs(file))
				return sum == t.added[file].XXH3, err
			})
			return err
		})
		if err != nil {
			return ioError("publish", l.abs(file), err)
		}
	}
	for _, dir := range dirs {
		if err := l.disk.do(StepSyncTableDir, func() error { return syncDir(dir) }); err != nil {
			return ioError("publish", dir, err)
		}
	}
	return nil
}

func (t *Tx) linkDocuments(ctx context.Context, n *next) error {
	l := t.lake
	for _, sha := range slices.Sorted(maps.Keys(n.documents)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		final := l.path(manifestsDir, sha+".json")
		if same, err := sameBytes(final, n.documents[sha])(); same && err == nil {
			continue
		}
		part := filepath.Join(t.dir, sha+".part")
		err := l.disk.do(StepWriteManifest, func() error { return writeSynced(part, n.documents[sha]) })
		if err != nil {
			return ioError("publish", part, err)
		}
		err = l.disk.do(StepLinkManifest, func() error {
			_, err := linkSame(part, final, sameBytes(final, n.documents[sha]))
			return err
		})
		if err != nil {
			return ioError("publish", final, err)
		}
	}
	dir := l.path(manifestsDir)
	return ioError("publish", dir, l.disk.do(StepSyncManifests, func() error { return syncDir(dir) }))
}

func (t *Tx) linkCommit(n *next) error {
	l := t.lake
	part := filepath.Join(t.dir, "commit.part")
	final := l.path(commitsDir, commitFile(n.commit.Version))
	if err := l.disk.do(StepWriteCommit, func() error { return writeSynced(part, n.raw) }); err != nil {
		return ioError("publish", part, err)
	}
	err := l.disk.do(StepLinkCommit, func() error {
		_, err := linkSame(part, final, sameBytes(final, n.raw))
		return err
	})
	if errors.Is(err, ErrConflict) {
		return &Error{Op: "publish", Path: final, Kind: ErrConflict, Err: fmt.Errorf("version %d exists", n.commit.Version),
			Advice: "another program published in spite of the lock; run again on top of its version"}
	}
	if err == nil {
		err = l.disk.do(StepSyncCommits, func() error { return syncDir(l.path(commitsDir)) })
	}
	if err == nil {
		return nil
	}
	if same, readErr := sameBytes(final, n.raw)(); errors.Is(readErr, fs.ErrNotExist) || readErr == nil && !same {
		return ioError("publish", final, err)
	}
	return &Error{Op: "publish", Path: final, Kind: ErrUnknownOutcome, Err: err,
		Advice: "check the disk, then run `pipeline lake verify`; the next run goes on from whatever is durable"}
}
