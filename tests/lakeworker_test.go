package tests

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/customer360/pipeline/pipeline/lake"
)

// The faults of the lake are met by processes of their own that publish small states: every
// state has one token in bronze, and its number in four gold tables, which must always agree.
const (
	workerLake  = "LAKE_WORKER_LAKE"  // set in the process that is a worker
	workerAcks  = "LAKE_WORKER_ACKS"  // where it notes what was acknowledged
	workerCount = "LAKE_WORKER_COUNT" // how many states it publishes; 0 = until it is killed
	workerPause = "LAKE_WORKER_PAUSE" // between two of them
)

var ledgerTables = []string{"gold/a", "gold/b", "gold/c", "gold/d"}

type ledgerRow struct {
	N     int64  `parquet:"n,id(1)"`
	Token string `parquet:"token,id(2)"`
}

var ledgerColumns = []lake.Column{{ID: 1, Name: "n", Type: "BIGINT"}, {ID: 2, Name: "token", Type: "VARCHAR"}}

// lakeWorker publishes states until it has enough or is killed. It waits where another
// process holds the lock.
func lakeWorker() int {
	count, _ := strconv.Atoi(os.Getenv(workerCount)) // absent: 0
	pause, _ := time.ParseDuration(os.Getenv(workerPause))
	l, err := lake.Create(os.Getenv(workerLake), lake.Options{Now: time.Now})
	fmt.Println("at work")
	for done := 0; err == nil && (count == 0 || done < count); {
		var locked *lake.LockedError
		switch err = publishState(l, os.Getenv(workerAcks), fmt.Sprintf("T%d-%d", os.Getpid(), time.Now().UnixNano())); {
		case errors.As(err, &locked):
			err = nil
			time.Sleep(15 * time.Millisecond)
		case err == nil:
			done++
			time.Sleep(pause)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// publishState makes one new version, and notes its token as soon as it is acknowledged.
func publishState(l *lake.Lake, acks, token string) (err error) {
	ctx := context.Background()
	lock, err := l.Lock(token)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	tx, _, err := l.Begin(ctx, lock, token)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Close()) }()
	p, err := nextState(l, tx, token)
	if err != nil {
		return err
	}
	c, err := tx.Publish(ctx, p)
	if c != nil && acks != "" {
		err = errors.Join(err, note(acks, token))
	}
	return err
}

// nextState stages the files of the next version.
func nextState(l *lake.Lake, tx *lake.Tx, token string) (p lake.Publish, err error) {
	head, err := l.Head()
	if err != nil {
		return p, err
	}
	n := int64(1)
	if head != nil {
		n = head.Version + 1
	}
	marks, err := l.Watermarks(head)
	if err != nil {
		return p, err
	}
	mark := marks["w/o"]
	if mark.Kind = lake.WatermarkFiles; mark.Files == nil {
		mark.Files = map[string]lake.FileMark{}
	}
	mark.Files[token] = lake.FileMark{Name: token, FileNo: n, Records: 1}
	p = lake.Publish{Operation: "publish", AsOf: "2026-01-31", Tables: map[string]lake.Manifest{}, Watermarks: map[string]lake.Watermark{"w/o": mark}, NextFileNo: n + 1}
	s, err := l.Snapshot(head)
	if err != nil {
		return p, err
	}
	held, err := s.Manifest("bronze/w/o")
	if err != nil {
		return p, err
	}
	bronze := lake.Manifest{Storage: lake.StorageAppend, Schema: ledgerColumns}
	if held != nil {
		bronze.Files = held.Files
	}
	for _, table := range append([]string{"bronze/w/o"}, ledgerTables...) {
		part := tx.Part(filepath.Base(table))
		if err := parquet.WriteFile(part, []ledgerRow{{n, token}}); err != nil {
			return p, err
		}
		o := lake.FileOptions{}
		if table == "bronze/w/o" {
			o.BaseName = "bronze_o_" + token
		}
		f, err := tx.Add(table, part, o)
		if err != nil {
			return p, err
		}
		if table == "bronze/w/o" {
			bronze.Files = append(bronze.Files[:len(bronze.Files):len(bronze.Files)], f)
			p.Tables[table] = bronze
		} else {
			p.Tables[table] = lake.Manifest{Storage: lake.StorageSingle, Schema: ledgerColumns, Files: []lake.File{f}}
		}
	}
	return p, nil
}

// note appends a line in one write, so that it is there whole or not at all.
func note(file, line string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

// noted are the tokens that were acknowledged so far.
func noted(file string) []string {
	raw, _ := os.ReadFile(file) // absent: nothing was
	return strings.Fields(string(raw))
}
