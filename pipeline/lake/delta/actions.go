// Package delta owns the bytes of a Delta Lake transaction log: its actions, the schema
// and statistics in Delta's spelling, commits, checkpoints, and the reading back of what
// it wrote. With such a log beside them, Delta readers read Parquet files in place.
//
// It must not know the lake's commits, manifests or locks, and it never writes a file:
// the lake tells it what a version holds and publishes the bytes that it returns. Equal
// input gives equal bytes, so that a log can be made again and compared.
package delta

// LogDir is the directory of a log in its table's directory.
const LogDir = "_delta_log"

// Engine is what the log says about its writer.
const Engine = "customer360-pipeline"

// WriterFeature is a feature of the table that no other program has. Delta's protocol
// forbids a program to write (append, optimize, vacuum) to a table with a writer feature
// that it does not know, and lets it read.
const WriterFeature = "writtenByItsLakeOnly"

// Readers need nothing but the oldest version of the protocol.
const (
	minReaderVersion = 1
	minWriterVersion = 7 // the one that names features
)

// action is one line of a commit: exactly one field is set. The order of fields and the
// names are Delta's.
type action struct {
	CommitInfo *commitInfo `json:"commitInfo,omitempty" parquet:"-"`
	Txn        *txn        `json:"txn,omitempty" parquet:"txn,optional"`
	Add        *add        `json:"add,omitempty" parquet:"add,optional"`
	Remove     *remove     `json:"remove,omitempty" parquet:"remove,optional"`
	MetaData   *metaData   `json:"metaData,omitempty" parquet:"metaData,optional"`
	Protocol   *protocol   `json:"protocol,omitempty" parquet:"protocol,optional"`
}

type commitInfo struct {
	Timestamp           int64             `json:"timestamp"`
	Operation           string            `json:"operation"`
	OperationParameters map[string]string `json:"operationParameters"`
	IsBlindAppend       bool              `json:"isBlindAppend"`
	OperationMetrics    map[string]string `json:"operationMetrics"`
	UserMetadata        string            `json:"userMetadata"` // what `DESCRIBE HISTORY` shows
	EngineInfo          string            `json:"engineInfo"`
	LakeVersion         int64             `json:"lakeVersion"`
	LakeManifest        string            `json:"lakeManifest"` // "" = the lake dropped the table
	// Checksum is sha256 over the whole file with this value empty; the last field.
	Checksum string `json:"checksum"`
}

type txn struct {
	AppID       string `json:"appId" parquet:"appId"`
	Version     int64  `json:"version" parquet:"version"`
	LastUpdated int64  `json:"lastUpdated" parquet:"lastUpdated,optional"`
}

type add struct {
	Path             string            `json:"path" parquet:"path"`
	PartitionValues  map[string]string `json:"partitionValues" parquet:"partitionValues"`
	Size             int64             `json:"size" parquet:"size"`
	ModificationTime int64             `json:"modificationTime" parquet:"modificationTime"`
	DataChange       bool              `json:"dataChange" parquet:"dataChange"`
	Stats            string            `json:"stats" parquet:"stats,optional"`
	Tags             map[string]string `json:"tags,omitempty" parquet:"tags,optional"`
}

type remove struct {
	Path              string `json:"path" parquet:"path"`
	DeletionTimestamp int64  `json:"deletionTimestamp" parquet:"deletionTimestamp,optional"`
	DataChange        bool   `json:"dataChange" parquet:"dataChange"`
	Size              int64  `json:"size" parquet:"size,optional"`
}

type metaData struct {
	ID               string            `json:"id" parquet:"id"`
	Name             string            `json:"name" parquet:"name,optional"`
	Description      string            `json:"description" parquet:"description,optional"`
	Format           format            `json:"format" parquet:"format"`
	SchemaString     string            `json:"schemaString" parquet:"schemaString"`
	PartitionColumns []string          `json:"partitionColumns" parquet:"partitionColumns,list"`
	CreatedTime      int64             `json:"createdTime" parquet:"createdTime,optional"`
	Configuration    map[string]string `json:"configuration" parquet:"configuration"`
}

type format struct {
	Provider string            `json:"provider" parquet:"provider"`
	Options  map[string]string `json:"options" parquet:"options"`
}

type protocol struct {
	MinReaderVersion int32    `json:"minReaderVersion" parquet:"minReaderVersion"`
	MinWriterVersion int32    `json:"minWriterVersion" parquet:"minWriterVersion"`
	WriterFeatures   []string `json:"writerFeatures" parquet:"writerFeatures,list"`
}
