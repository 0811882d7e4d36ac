package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/gold/fit"
	"github.com/customer360/pipeline/pipeline/gold/linking"
	"github.com/customer360/pipeline/pipeline/lake"
	"github.com/customer360/pipeline/pipeline/silver"
	sqlfiles "github.com/customer360/pipeline/sql"
)

// DefinitionError says that a mapping or a SQL file must change before anything can run.
type DefinitionError struct{ Err error }

func (e *DefinitionError) Error() string { return e.Err.Error() }

// Unwrap gives the error of the layer, which names file and place.
func (e *DefinitionError) Unwrap() error { return e.Err }

// boundMark is the key of the fingerprint of the SQL files that the published state was
// built from: the engine has bound them, and need not do so again.
const boundMark = "sql"

// boundBefore reads that fingerprint. Whatever is wrong with the lake, others report.
func boundBefore(root string) string {
	l, err := lake.Open(root, lake.Options{})
	if err != nil {
		return ""
	}
	head, err := l.Head()
	if err != nil || head == nil {
		return ""
	}
	return head.Fingerprints[boundMark]
}

// compile parses every mapping and every SQL file, and binds the SQL unless its digest is
// bound, one that was bound before, or none of it will run; nothing runs if one is wrong.
func compile(ctx context.Context, e engine.Engine, cfg *config.Loaded, bound string, parseOnly bool) (*silver.Project, *gold.Project, error) {
	s, err := silver.Compile(cfg.Pipeline, cfg.Mappings, cfg.Contracts)
	if err != nil {
		return nil, nil, &DefinitionError{err}
	}
	definitions, err := cfg.DefinitionsJSON()
	if err != nil {
		return nil, nil, err
	}
	opt := gold.Options{SQL: sqlFiles(cfg), Metrics: cfg.Metrics, Definitions: definitions}
	if opt.Fits, err = Fits(cfg); err != nil {
		return nil, nil, &DefinitionError{err}
	}
	for _, c := range cfg.Contracts {
		opt.Contracts = append(opt.Contracts, c)
	}
	g, err := gold.Load(ctx, e, opt)
	if err == nil && g.Digest() == bound {
		g.AssumeBound()
	} else if err == nil && !parseOnly {
		err = g.Bind(ctx, e)
	}
	var place *gold.SQLError
	var circle *gold.CycleError
	if errors.As(err, &place) || errors.As(err, &circle) {
		err = &DefinitionError{err}
	}
	return s, g, err
}

// Fits are the functions of all models, by the names that these use.
func Fits(cfg *config.Loaded) (map[string]gold.Fit, error) {
	fits, err := linking.Fits(linkingFiles(cfg))
	if err != nil {
		return nil, err
	}
	maps.Copy(fits, gold.Numerics(fit.Functions()))
	return fits, nil
}

// linkingFiles are the built-in words and policies of account linking; those in the
// configured directory win over them, others are added.
func linkingFiles(cfg *config.Loaded) fs.FS {
	builtin, err := fs.Sub(configs.FS, "linking")
	if err != nil {
		panic(err) // the name is valid
	}
	if cfg.Pipeline.Linking == "" {
		return builtin
	}
	return config.Layered{Upper: os.DirFS(cfg.Pipeline.Linking), Lower: builtin}
}

// sqlFiles are the built-in models and checks; those in the configured directory of
// the same name win over them, empty ones take them away, others are added.
func sqlFiles(cfg *config.Loaded) fs.FS {
	if cfg.Pipeline.SQL == "" {
		return sqlfiles.FS
	}
	return config.Layered{Upper: os.DirFS(cfg.Pipeline.SQL), Lower: sqlfiles.FS, EmptyHides: true}
}

// Validate compiles everything and says what there is.
func Validate(ctx context.Context, e engine.Engine, cfg *config.Loaded) (silverTables, goldTables, checks int, err error) {
	s, g, err := compile(ctx, e, cfg, "", false)
	if err != nil {
		return 0, 0, 0, err
	}
	return len(s.Tables()), len(g.Models()), len(g.Checks()), nil
}

// checkSelection refuses names that nothing is called by, and requests without a result.
func (u *run) checkSelection() error {
	if u.opt.Layer == Bronze && u.opt.Out != "" {
		return &UsageError{Problem: "--layer bronze and --out DIR do not go together: bronze only goes to the lake",
			Advice: "use --layer gold or all with --out"}
	}
	sources, tables := map[string]bool{}, map[string]bool{}
	for _, s := range u.Config.Pipeline.Sources {
		sources[strings.ToLower(s.Name)] = true
		for _, o := range s.Objects {
			tables[strings.ToLower(o.Name)] = true
		}
	}
	for _, r := range u.Config.Pipeline.Rates {
		sources[strings.ToLower(r.Name)] = true
		tables[config.RateObject] = true
	}
	for _, t := range u.silver.Tables() {
		tables[t.Name] = true
	}
	for _, m := range u.gold.Models() {
		tables[m.Name] = true
	}
	for what, pair := range map[string]struct {
		asked []string
		known map[string]bool
	}{"source": {u.opt.Sources, sources}, "table": {u.opt.Tables, tables}} {
		for _, name := range pair.asked {
			if pair.known[strings.ToLower(name)] {
				continue
			}
			names := make([]string, 0, len(pair.known))
			for n := range pair.known {
				names = append(names, n)
			}
			e := &UsageError{Problem: fmt.Sprintf("there is no %s %q", what, name)}
			if near := config.Nearest(name, names); near != "" {
				e.Advice = fmt.Sprintf("did you mean %q?", near)
			}
			return e
		}
	}
	return nil
}
