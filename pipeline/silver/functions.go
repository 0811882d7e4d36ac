package silver

import (
	"context"
	_ "embed" // macros.sql
	"fmt"
	"regexp"
	"strings"
	"sync"
)

//go:embed macros.sql
var macros string

// function is one statement of macros.sql.
type function struct {
	name, create string
	uses         []string // functions that it calls itself
}

var (
	createMacro   = regexp.MustCompile(`(?ms)^CREATE OR REPLACE MACRO (\w+)\(.*?;$`)
	silverCallees = regexp.MustCompile(`\bsilver_\w+`)
)

// functions lists the functions of the mapping language by name.
var functions = sync.OnceValue(func() map[string]function {
	out := map[string]function{}
	for _, m := range createMacro.FindAllStringSubmatch(macros, -1) {
		_, body, _ := strings.Cut(m[0], ")")
		out[m[1]] = function{name: m[1], create: m[0], uses: silverCallees.FindAllString(body, -1)}
	}
	return out
})

// define creates the functions that a text calls, unless the build has them already. A
// table needs few of them, and creating all costs more than a small table.
func (b *builder) define(ctx context.Context, text string) error {
	var create []string
	var add func(names []string)
	add = func(names []string) {
		for _, name := range names {
			f, ok := functions()[name]
			if !ok || b.defined[name] {
				continue
			}
			b.defined[name] = true
			add(f.uses) // first: a function must exist when another one is made of it
			create = append(create, f.create)
		}
	}
	add(silverCallees.FindAllString(text, -1))
	if len(create) == 0 {
		return nil
	}
	if err := b.sess.Exec(ctx, strings.Join(create, "\n")); err != nil {
		return fmt.Errorf("silver functions: %w", err)
	}
	return nil
}
