package silver

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

const benchMapping = `{"target_table": "opportunity", "source_object": "Opportunity", "key": ["opportunity_id"],
 "modified": ["SystemModstamp"], "soft_delete": "lower(IsDeleted) IN ('true', '1')",
 "columns": [
  {"source_column": "Id", "target_column": "opportunity_id", "data_type": "string", "transformation": ["trim", "salesforce_id_18"], "nullable": false},
  {"source_column": "AccountId", "target_column": "account_id", "data_type": "string", "transformation": ["trim", "salesforce_id_18"], "nullable": true},
  {"source_column": "Name", "target_column": "opportunity_name", "data_type": "string", "transformation": ["collapse_whitespace"], "nullable": true},
  {"source_column": "StageName", "target_column": "stage_name", "data_type": "string", "transformation": ["trim"], "nullable": true},
  {"source_column": "Type", "target_column": "opportunity_type", "data_type": "string", "transformation": ["trim"], "nullable": true},
  {"source_column": "Amount", "target_column": "amount", "data_type": "decimal(18,2)", "nullable": true},
  {"source_column": "CurrencyIsoCode", "target_column": "currency_iso_code", "data_type": "string", "transformation": ["trim", "upper"], "nullable": true},
  {"source_column": "Probability", "target_column": "probability", "data_type": "double", "nullable": true},
  {"source_column": "CloseDate", "target_column": "close_date", "data_type": "date", "nullable": true},
  {"source_column": "IsClosed", "target_column": "is_closed", "data_type": "boolean", "nullable": true},
  {"source_column": "IsWon", "target_column": "is_won", "data_type": "boolean", "nullable": true},
  {"source_column": "OwnerId", "target_column": "owner_id", "data_type": "string", "transformation": ["trim", "salesforce_id_18"], "nullable": true},
  {"source_column": "NextStep", "target_column": "next_step", "data_type": "string", "transformation": ["trim"], "nullable": true},
  {"source_column": "CreatedDate", "target_column": "created_at", "data_type": "timestamp", "nullable": true},
  {"source_column": "SystemModstamp", "target_column": "last_modified_at", "data_type": "timestamp", "nullable": true}],
 "money": [{"amount": "amount", "usd": "amount_usd", "currency": "currency_iso_code", "rate_date": "close_date"}]}`

// benchBronze writes rows of opportunities of three years, a tenth of them twice.
func benchBronze(b *testing.B, sess engine.Session, path string, rows int) {
	b.Helper()
	query := fmt.Sprintf(`SELECT '006' || lpad((i %% %d)::VARCHAR, 12, '0') || 'AAA' AS "Id", '001' || lpad((i %% 9000)::VARCHAR, 12, '0') || 'AAA' AS "AccountId",
  'Deal  number ' || i AS "Name", ['Prospecting', 'Proposal ', 'Closed Won'][1 + i %% 3] AS "StageName", 'New' AS "Type", (i %% 100000)::VARCHAR || '.25' AS "Amount",
  ['ZAR', 'kes', 'USD'][1 + i %% 3] AS "CurrencyIsoCode", (i %% 100)::VARCHAR AS "Probability", (DATE '2023-01-01' + (i %% 1000)::INTEGER)::VARCHAR AS "CloseDate",
  (i %% 3 = 0)::VARCHAR AS "IsClosed", (i %% 6 = 0)::VARCHAR AS "IsWon", '005' || lpad((i %% 90)::VARCHAR, 12, '0') || 'AAA' AS "OwnerId", 'Call them' AS "NextStep", 'false' AS "IsDeleted",
  strftime(TIMESTAMP '2022-01-01' + INTERVAL (i %% 1000000) MINUTE, '%%Y-%%m-%%dT%%H:%%M:%%S.000+0000') AS "CreatedDate", strftime(TIMESTAMP '2023-01-01' + INTERVAL (i %% 1000000) MINUTE, '%%Y-%%m-%%dT%%H:%%M:%%S.000+0000') AS "SystemModstamp",
  'sf' AS _source_system, 'x' AS _source_region, 'opportunity' AS _source_object, 'f' AS _source_file, TIMESTAMPTZ '2026-06-01' AS _extracted_at, NULL::TIMESTAMPTZ AS _watermark,
  '01A' AS _batch_id, 4294967296 + i AS _seq, unhex(md5(i::VARCHAR)) AS _row_hash, false AS _is_deleted
FROM range(%d) r(i)`, rows*10/11, rows)
	if _, err := sess.WriteParquet(context.Background(), query, path, nil); err != nil {
		b.Fatal(err)
	}
}

// handWritten is what someone would write who knew that the data is clean.
const handWritten = `WITH latest AS (
  SELECT * FROM bronze.b WHERE TRY_CAST("SystemModstamp" AS TIMESTAMPTZ) < TIMESTAMPTZ '2026-04-01'
  QUALIFY row_number() OVER (PARTITION BY silver_sfdc_id(trim("Id")) ORDER BY TRY_CAST("SystemModstamp" AS TIMESTAMPTZ) DESC, _seq DESC) = 1
),
typed AS (
  SELECT silver_sfdc_id(trim("Id")) AS opportunity_id, silver_sfdc_id(trim("AccountId")) AS account_id, silver_collapse("Name") AS opportunity_name, silver_trim("StageName") AS stage_name,
    silver_trim("Type") AS opportunity_type, TRY_CAST("Amount" AS DECIMAL(18,2)) AS amount, upper(silver_trim("CurrencyIsoCode")) AS currency_iso_code, TRY_CAST("Probability" AS DOUBLE) AS probability,
    TRY_CAST("CloseDate" AS DATE) AS close_date, silver_boolean("IsClosed") AS is_closed, silver_boolean("IsWon") AS is_won, silver_sfdc_id(trim("OwnerId")) AS owner_id, silver_trim("NextStep") AS next_step,
    TRY_CAST("CreatedDate" AS TIMESTAMPTZ) AS created_at, TRY_CAST("SystemModstamp" AS TIMESTAMPTZ) AS last_modified_at, 'sf' AS source_system, 'x' AS source_region,
    TRY_CAST("SystemModstamp" AS TIMESTAMPTZ) AS known_at, lower(hex(_row_hash)) AS record_hash, false AS is_deleted
  FROM latest WHERE NOT lower("IsDeleted") IN ('true', '1')
)
SELECT t.*, CASE WHEN t.currency_iso_code = 'USD' THEN t.amount ELSE CAST(round(t.amount / r.units_per_usd, 2) AS DECIMAL(18,2)) END AS amount_usd, r.units_per_usd AS fx_rate, r.rate_date AS fx_rate_date
FROM typed t ASOF LEFT JOIN silver.exchange_rate r ON r.currency_iso_code = t.currency_iso_code AND t.close_date >= r.rate_date
ORDER BY opportunity_id`

// BenchmarkBuild compares a build with the same work written by hand.
func BenchmarkBuild(b *testing.B) {
	ctx := context.Background()
	sess := openSession(b, 0)
	dir := b.TempDir()
	bronze, rates := filepath.Join(dir, "b.bronze"), filepath.Join(dir, "r.silver")
	benchBronze(b, sess, bronze, 500000)
	all := contracts(b)
	query := `SELECT c AS currency_iso_code, DATE '2023-01-01' + d::INTEGER AS rate_date, NULL::DATE AS next_rate_date, 18.0::DOUBLE AS units_per_usd, 'r' AS rate_source,
  NULL::TIMESTAMPTZ AS known_at, 1 AS priority, 'dated' AS rate_kind FROM range(1100) r(d), (VALUES ('ZAR'), ('KES')) t(c)`
	if _, err := sess.WriteParquet(ctx, query, rates, nil); err != nil {
		b.Fatal(err)
	}
	var m config.Mapping
	if err := json.Unmarshal([]byte(benchMapping), &m); err != nil {
		b.Fatal(err)
	}
	p, err := Compile(config.Pipeline{Sources: []config.Source{{Name: "sf", Region: "x", Mapping: "salesforce", Objects: []config.Object{{Name: "Opportunity"}}}}},
		[]config.LoadedMapping{{Set: "salesforce", File: "opportunity.json", Mapping: m}}, all)
	if err != nil {
		b.Fatal(err)
	}
	in := BuildInput{AsOf: "2026-03-31", Bronze: map[string][]string{"sf/opportunity": {bronze}}, Silver: map[string][]string{"exchange_rate": {rates}},
		Part: func(name string) string { return filepath.Join(dir, name+".part") }}
	if file := os.Getenv("SHOW_SQL"); file != "" {
		t, _ := p.Table("opportunity")
		if err := os.WriteFile(file, []byte(strings.Join(t.SQL(), ";\n\n")), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	var built, written time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := p.Build(ctx, sess, "opportunity", in); err != nil {
			b.Fatal(err)
		}
		built += time.Since(start)
		if err := sess.RegisterParquet(ctx, "bronze", "b", []string{bronze}, nil); err != nil {
			b.Fatal(err)
		}
		if err := sess.RegisterParquet(ctx, "silver", "exchange_rate", []string{rates}, nil); err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if _, err := sess.WriteParquet(ctx, handWritten, filepath.Join(dir, "hand.part"), nil); err != nil {
			b.Fatal(err)
		}
		written += time.Since(start)
		if err := sess.Exec(ctx, "DROP SCHEMA bronze CASCADE; DROP SCHEMA silver CASCADE"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(built.Seconds()/written.Seconds(), "ratio")
	b.ReportMetric(written.Seconds()/float64(b.N), "hand-s/op")
}
