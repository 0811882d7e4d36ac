package main

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// bareBronze is what an engineer would type who knows every file and trusts it: one COPY
// per file with its columns spelled out, with nothing but the fields, or with the
// metadata and the row hash of bronze. Malformed records are skipped. Files in an
// encoding that DuckDB cannot read are converted before anything is measured.
func (b bench) bareBronze() (plain, hashed *script, err error) {
	cfg, err := config.Load(filepath.Join(b.path("exports"), "pipeline.json"), os.LookupEnv)
	if err != nil {
		return nil, nil, err
	}
	sources := slices.Clone(cfg.Pipeline.Sources)
	for _, r := range cfg.Pipeline.Rates {
		sources = append(sources, r.AsSource())
	}
	plain, hashed = &script{}, &script{}
	n := 0
	for _, src := range sources {
		for _, obj := range src.Objects {
			files, err := matches(src, obj)
			if err != nil {
				return nil, nil, err
			}
			for _, f := range files {
				n++
				c, err := b.bareFile(src, obj, f)
				if err != nil {
					return nil, nil, err
				}
				plain.add(copyTo("SELECT * FROM "+c.read(), fmt.Sprintf("plain%04d", n)))
				hashed.add(copyTo(c.withMetadata(src, obj, n), fmt.Sprintf("bronze%04d", n)))
			}
		}
	}
	return plain, hashed, nil
}

func matches(src config.Source, obj config.Object) ([]string, error) {
	var files []string
	for _, pattern := range obj.Files {
		found, err := filepath.Glob(filepath.Join(src.Path, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// bareCSV is a file that DuckDB can read.
type bareCSV struct {
	path, delimiter string
	header          []string
}

func (b bench) bareFile(src config.Source, obj config.Object, path string) (bareCSV, error) {
	opt := src.CSV
	if obj.CSV != nil {
		opt = *obj.CSV
	}
	c := bareCSV{path: path, delimiter: opt.Delimiter}
	if c.delimiter == "" {
		c.delimiter = ","
	}
	decoder := map[string]encoding.Encoding{"utf-16": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "windows-1252": charmap.Windows1252,
		"iso-8859-1": charmap.ISO8859_1}[strings.ToLower(opt.Encoding)]
	if decoder != nil {
		c.path = filepath.Join(b.path("utf8"), src.Name, strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".gz"), ".zst"))
		if err := convert(path, c.path, decoder); err != nil {
			return c, err
		}
	}
	in, err := open(c.path)
	if err != nil {
		return c, err
	}
	defer in.Close()
	r := csv.NewReader(in)
	r.Comma = []rune(c.delimiter)[0]
	r.LazyQuotes = true
	if c.header, err = r.Read(); err != nil {
		return c, fmt.Errorf("%s: %w", c.path, err)
	}
	c.header[0] = strings.TrimPrefix(c.header[0], "\ufeff")
	return c, nil
}

// open reads a file as text whatever it is compressed with.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var text io.Reader = f
	switch filepath.Ext(path) {
	case ".gz":
		text, err = gzip.NewReader(f)
	case ".zst":
		text, err = zstd.NewReader(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{text, f}, nil
}

func convert(from, to string, e encoding.Encoding) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	in, err := open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, e.NewDecoder().Reader(in))
	return errors.Join(err, out.Close())
}

func (c bareCSV) read() string {
	types := make([]string, len(c.header))
	for i, h := range c.header {
		types[i] = engine.Literal(h) + ": 'VARCHAR'"
	}
	return fmt.Sprintf("read_csv(%s, auto_detect = false, header = true, delim = %s, quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = true, "+
		"max_line_size = 20000000, ignore_errors = true, columns = {%s})", engine.Literal(c.path), engine.Literal(c.delimiter), strings.Join(types, ", "))
}

// withMetadata adds what bronze adds to a row.
func (c bareCSV) withMetadata(src config.Source, obj config.Object, fileNo int) string {
	sorted := slices.Clone(c.header)
	slices.SortFunc(sorted, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	for i, h := range sorted {
		sorted[i] = fmt.Sprintf("'%s\x1f' || %s || '\x1e'", strings.ToLower(h), engine.Ident(h))
	}
	return fmt.Sprintf("SELECT *, %s AS _source_system, %s AS _source_region, %s AS _source_object, %s AS _source_file, "+
		"TIMESTAMPTZ '2026-11-01 00:00:00+00' AS _extracted_at, TIMESTAMPTZ '2026-11-01 00:00:00+00' AS _watermark, '01J' AS _batch_id, "+
		"%d + row_number() OVER () AS _seq, unhex(md5(concat(%s))) AS _row_hash, false AS _is_deleted FROM %s",
		engine.Literal(src.Name), engine.Literal(src.Region), engine.Literal(obj.Name), engine.Literal(filepath.Base(c.path)),
		int64(fileNo)<<32, strings.Join(sorted, ", "), c.read())
}
