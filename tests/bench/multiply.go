package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
)

// common are silver tables that a larger group of companies has once: calendars, rates,
// stages, products, the people who sell.
var common = []string{"business_hours", "holiday", "exchange_rate", "opportunity_stage", "product", "user", "rejected_row", "rejected_value"}

// commonIDs are columns that refer to them, or to what has no table.
var commonIDs = []string{"product_id", "owner_id", "user_id", "manager_user_id", "agent_user_id", "business_hours_id", "campaign_id",
	"territory_id", "pricebook_id", "pricebook_entry_id", "survey_id"}

// identifying are columns by which accounts would be taken for one customer; a copy has
// its own.
var identifying = []string{"account_name", "account_name_normalized", "website_domain", "phone_e164", "mobile_phone_e164", "phone_hash",
	"email_normalized", "email_hash"}

// multiply makes a lake whose silver is that of another one, n times over: the copies are
// other accounts with other ids that did the same things. Gold of a million accounts can
// so be measured without the exports and bronze of a million.
func multiply(ctx context.Context, from, to string, n int) (err error) {
	source, err := lake.Open(from, lake.Options{Now: time.Now})
	if err != nil {
		return err
	}
	head, err := source.Head()
	if err != nil {
		return err
	}
	snap, err := source.Snapshot(head)
	if err != nil {
		return err
	}
	target, err := lake.Create(to, lake.Options{Now: time.Now})
	if err != nil {
		return err
	}
	const run = "01M8MULTIPLY00000000000000"
	lock, err := target.Lock(run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	tx, _, err := target.Begin(ctx, lock, run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Close()) }()
	db, err := duckdb.Open(ctx, engine.Options{TempDirectory: filepath.Join(to, "_lake", "tmp", "spill")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	session, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	tables := map[string]lake.Manifest{}
	for _, name := range snap.Tables() {
		if !strings.HasPrefix(name, "silver/") {
			continue
		}
		old, err := snap.Manifest(name)
		if err != nil {
			return err
		}
		m := lake.Manifest{Storage: old.Storage, Schema: old.Schema}
		for _, f := range old.Files {
			part := tx.Part(name)
			if err := copies(ctx, session, old, filepath.Join(from, f.Path), part, n); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			file, err := tx.Add(name, part, lake.FileOptions{Partition: f.Partition})
			if err != nil {
				return err
			}
			m.Files = append(m.Files, file)
		}
		tables[name] = m
		fmt.Printf("%-40s %12d rows\n", name, m.Rows())
	}
	_, err = tx.Publish(ctx, lake.Publish{Operation: "publish", AsOf: head.AsOf, ConfigHash: head.ConfigHash, CodeVersion: head.CodeVersion,
		Tables: tables, Fingerprints: head.Fingerprints, NextFileNo: head.NextFileNo})
	return err
}

// copies writes a file with the rows of another one and n-1 copies of them.
func copies(ctx context.Context, session engine.Session, m *lake.Manifest, from, to string, n int) error {
	_, table, _ := strings.Cut(m.Table, "/")
	if slices.Contains(common, table) {
		n = 1
	}
	var list []string
	var columns []engine.Column
	for _, c := range m.Schema {
		col := engine.Ident(c.Name)
		if c.Type == "VARCHAR" && (strings.HasSuffix(c.Name, "_id") && !slices.Contains(commonIDs, c.Name) || slices.Contains(identifying, c.Name)) {
			col = fmt.Sprintf("CASE WHEN copy = 0 THEN %s ELSE %s || '~' || copy END AS %s", col, col, col)
		}
		list = append(list, col)
		columns = append(columns, engine.Column{Name: c.Name, Type: c.Type, FieldID: c.ID})
	}
	query := fmt.Sprintf("SELECT %s FROM range(%d) AS r(copy), %s", strings.Join(list, ", "), n, duckdb.ReadParquet([]string{from}))
	_, err := session.WriteParquet(ctx, query, to, columns)
	return err
}

// multiplied is the command line of multiply.
func multiplied(ctx context.Context, from, to string) error {
	if entries, err := os.ReadDir(to); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", to)
	}
	return multiply(ctx, from, to, number("COPIES", 10))
}
