package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Loaded is a configuration that has passed every check, defaults filled in.
type Loaded struct {
	Pipeline                              // paths absolute, CSV options of every object complete
	Path              string              // absolute path of pipeline.json
	Mappings          []LoadedMapping     // of the mapping sets that sources use, by set and file
	Contracts         map[string]Contract // by lake table, e.g. silver/account
	Metrics           Metrics             // gold_metrics.json
	MetricDefinitions []MetricDefinition
	Hash              string   // lower-case hex sha256 over the files as read
	Files             []string // what was read, as printed in problems
	Redact            Redactor // knows the secrets that were expanded

	env func(string) (string, bool)
}

// LoadedMapping is a mapping and where it comes from.
type LoadedMapping struct {
	Set  string // the directory under bronze_to_silver
	File string // as printed in problems
	Mapping
}

// Loader reads configurations. Configs and Schemas are the built-in files: the
// trees of configs/ and schemas/.
type Loader struct {
	Env     func(string) (string, bool)
	Configs fs.FS
	Schemas fs.FS
}

// loading is one Load under way.
type loading struct {
	Loader
	dir      string // of pipeline.json, absolute
	shown    string // of pipeline.json, as the user named it
	out      *Loaded
	main     *document
	problems *Problems
	schemas  *schemaSet
	raw      map[string][]byte
}

// Load reads the pipeline.json at path and everything it names. The error wraps
// fs.ErrNotExist if there is no such file, and is a *Problems if anything in the
// files is wrong.
func (l Loader) Load(file string) (*Loaded, error) {
	return l.load(file, (*loading).everything)
}

// LoadPipeline reads pipeline.json alone, for commands that only need to find the
// lake: no mappings, contracts or parameters. Errors are those of Load.
func (l Loader) LoadPipeline(file string) (*Loaded, error) {
	return l.load(file, nil)
}

// LoadBuiltin reads what the binary carries, without a pipeline.json: contracts,
// parameters and definitions, but no sources and no mappings.
func (l Loader) LoadBuiltin() (*Loaded, error) {
	run := &loading{Loader: l, out: &Loaded{Pipeline: Default(), Contracts: map[string]Contract{}},
		problems: &Problems{}, schemas: newSchemaSet(l.Schemas), raw: map[string][]byte{}}
	for _, read := range []func() error{run.contracts, run.metrics, run.definitions} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	if err := run.problems.err(); err != nil {
		return nil, err
	}
	run.out.Hash = hashFiles(run.raw)
	return run.out, nil
}

// load reads pipeline.json and, with rest, what it names.
func (l Loader) load(file string, rest func(*loading) error) (*Loaded, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", file, err)
	}
	data, err := os.ReadFile(abs)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	run := &loading{
		Loader: l, dir: filepath.Dir(abs), shown: file,
		out:      &Loaded{Path: abs, Contracts: map[string]Contract{}, env: (&loading{Loader: l}).lookup},
		problems: &Problems{}, schemas: newSchemaSet(l.Schemas), raw: map[string][]byte{},
	}
	if run.pipeline(data) && rest != nil {
		if err := rest(run); err != nil {
			return nil, err
		}
	}
	if err := run.problems.err(); err != nil {
		return nil, err
	}
	run.out.Hash = hashFiles(run.raw)
	return run.out, nil
}

// pipeline reads pipeline.json and reports whether it can be used further.
func (l *loading) pipeline(data []byte) bool {
	l.out.Pipeline = Default()
	l.main = l.document(l.shown, data, pipelineSchema, &l.out.Pipeline)
	if l.main == nil {
		return false
	}
	p := &l.out.Pipeline
	l.expand(p)
	l.absolute(p)
	l.noteSecrets(p)
	complete(p)
	l.checkDirectories(p)
	return true
}

// everything loads what pipeline.json names, in the order in which things refer to
// each other.
func (l *loading) everything() error {
	if err := l.contracts(); err != nil {
		return err
	}
	sets, err := l.mappings()
	if err != nil {
		return err
	}
	if err := l.metrics(); err != nil {
		return err
	}
	if err := l.definitions(); err != nil {
		return err
	}
	l.checkPipeline(sets)
	return nil
}

// document parses one file into a struct; nil means that it cannot be used further.
func (l *loading) document(shown string, data []byte, schema string, into any) *document {
	l.raw[shown] = data
	l.out.Files = append(l.out.Files, shown)
	doc := parseDocument(shown, data, l.problems)
	if doc == nil {
		return nil
	}
	before := len(l.problems.List)
	decoded := doc.decode(into, l.problems)
	l.schemas.check(schema, doc, l.problems, before)
	if !decoded {
		return nil
	}
	return doc
}

// tree is a directory tree of JSON files: the user's, then the built-in one.
type tree struct {
	Layered
	userDir string // as printed
	builtin string // as printed
}

func (l *loading) tree(userDir, builtinRoot string, builtin fs.FS) (tree, error) {
	lower, err := fs.Sub(builtin, builtinRoot)
	if err != nil {
		return tree{}, fmt.Errorf("built-in %s: %w", builtinRoot, err)
	}
	t := tree{Layered: Layered{Lower: lower}, builtin: "built-in " + builtinRoot}
	if userDir != "" {
		t.Upper, t.userDir = os.DirFS(userDir), l.show(userDir)
	}
	return t, nil
}

// shown is the name of a file for people.
func (t tree) shown(name string) string {
	if t.fromUpper(name) {
		return filepath.Join(t.userDir, filepath.FromSlash(name))
	}
	return path.Join(t.builtin, name)
}

// show prints an absolute path as the user would write it.
func (l *loading) show(abs string) string {
	if rel, err := filepath.Rel(l.dir, abs); err == nil {
		return filepath.Join(filepath.Dir(l.shown), rel)
	}
	return abs
}

// jsonFiles lists the JSON files of a directory of the tree, in order of name.
func jsonFiles(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && path.Ext(e.Name()) == ".json" {
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	return names, nil
}

// contracts reads every table contract.
func (l *loading) contracts() error {
	t, err := l.tree(l.out.Pipeline.Tables, "tables", l.Schemas)
	if err != nil {
		return err
	}
	for _, layer := range []string{"silver", "gold", "ops"} {
		names, err := jsonFiles(t, layer)
		if err != nil {
			return fmt.Errorf("table contracts: %w", err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(t, name)
			if err != nil {
				return fmt.Errorf("table contract: %w", err)
			}
			var c Contract
			if doc := l.document(t.shown(name), data, tableSchema, &c); doc != nil {
				l.checkContract(doc, name, c)
				l.out.Contracts[c.Layer+"/"+c.Table] = c
			}
		}
	}
	return nil
}

// mappings reads the mapping sets that sources use and returns the names of all
// sets that exist.
func (l *loading) mappings() ([]string, error) {
	t, err := l.tree(l.out.Pipeline.Mappings, "bronze_to_silver", l.Configs)
	if err != nil {
		return nil, err
	}
	var sets []string
	entries, err := fs.ReadDir(t, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("mapping sets: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			sets = append(sets, e.Name())
		}
	}
	for _, set := range sets {
		if !slices.ContainsFunc(l.out.Pipeline.Sources, func(s Source) bool { return s.Mapping == set }) {
			continue
		}
		if err := l.mappingSet(t, set); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// mappingSet reads one set, wholly from the user's directory if it is there.
func (l *loading) mappingSet(t tree, set string) error {
	from := t.Lower
	if t.fromUpper(set) {
		from = t.Upper
	}
	names, err := jsonFiles(from, set)
	if err != nil {
		return fmt.Errorf("mapping set %s: %w", set, err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return fmt.Errorf("mapping: %w", err)
		}
		m := LoadedMapping{Set: set, File: t.shown(name)}
		if doc := l.document(m.File, data, mappingSchema, &m.Mapping); doc != nil {
			l.checkMapping(doc, m)
			l.out.Mappings = append(l.out.Mappings, m)
		}
	}
	return nil
}

// hashFiles is a hash over names and contents, in order of name.
func hashFiles(raw map[string][]byte) string {
	names := make([]string, 0, len(raw))
	for name := range raw {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		sum := sha256.Sum256(raw[name])
		fmt.Fprintf(h, "%s\x1f%x\x1e", path.Base(filepath.ToSlash(name)), sum)
	}
	return hex.EncodeToString(h.Sum(nil))
}
