package delta

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// CommitName is the file of a version of the log.
func CommitName(version int64) string { return fmt.Sprintf("%020d.json", version) }

var infoTail = regexp.MustCompile(`"checksum":"([0-9a-f]{64})"}}$`)

const emptyInfoTail = `"checksum":""}}`

// encodeCommit spells a commit, one action a line, the commitInfo first. Its checksum
// tells a damaged file, and one that another program wrote, from ours.
func encodeCommit(actions []action) ([]byte, error) {
	var b bytes.Buffer
	for _, a := range actions {
		line, err := encode(a)
		if err != nil {
			return nil, err
		}
		b.Write(append(line, '\n'))
	}
	first, rest, _ := bytes.Cut(b.Bytes(), []byte("\n"))
	head, ok := bytes.CutSuffix(first, []byte(emptyInfoTail))
	if !ok {
		return nil, errors.New("encode delta commit: the checksum is not the last field of the first line")
	}
	sum := sha256.Sum256(b.Bytes())
	return fmt.Appendf(nil, "%s\"checksum\":%q}}\n%s", head, hex.EncodeToString(sum[:]), rest), nil
}

// decodeCommit reads a commit back: ours, whole, or an error that says which it is not.
func decodeCommit(path string, raw []byte) ([]action, error) {
	first, rest, _ := bytes.Cut(raw, []byte("\n"))
	m := infoTail.FindSubmatchIndex(first)
	if m == nil {
		return nil, strange(path, raw)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s%s\n%s", first[:m[0]], emptyInfoTail, rest))
	if hex.EncodeToString(sum[:]) != string(first[m[2]:m[3]]) {
		return nil, damaged(path, "its checksum does not hold")
	}
	var out []action
	dec := json.NewDecoder(bytes.NewReader(raw))
	for dec.More() {
		var a action
		if err := dec.Decode(&a); err != nil {
			return nil, damaged(path, "%w", err)
		}
		out = append(out, a)
	}
	if len(out) == 0 || out[0].CommitInfo == nil {
		return nil, damaged(path, "it does not begin with who wrote it")
	}
	return out, nil
}

// strange is the error for a commit without our checksum: that of another program if it
// is a commit at all.
func strange(path string, raw []byte) error {
	var info struct {
		CommitInfo struct{ Operation, EngineInfo, ClientVersion string }
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	for dec.More() {
		if err := dec.Decode(&info); err != nil {
			return damaged(path, "it is not a commit: %w", err)
		}
	}
	by := info.CommitInfo.EngineInfo + info.CommitInfo.ClientVersion
	switch {
	case len(raw) == 0:
		return damaged(path, "it is empty")
	case by == Engine:
		return damaged(path, "it has no checksum")
	case by == "":
		by = "a program that does not name itself"
	}
	return foreign(path, "%s by %s", orUnknown(info.CommitInfo.Operation), by)
}

func orUnknown(operation string) string {
	if operation == "" {
		return "a commit"
	}
	return operation
}

// readCommit reads one version of a log that is the owner's.
func readCommit(dir string, version int64, o Owner) ([]action, error) {
	path := filepath.Join(dir, CommitName(version))
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	actions, err := decodeCommit(path, raw)
	if err != nil {
		return nil, err
	}
	for _, a := range actions {
		if a.Txn != nil && a.Txn.AppID == o.app() && a.Txn.Version == actions[0].CommitInfo.LakeVersion {
			return actions, nil
		}
	}
	return nil, foreign(path, "it is the log of another lake's table")
}
