package silver

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// sharedData is the directory of real data beside the project.
func sharedData(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../shared/data")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipped: no ../shared/data")
	}
	return dir
}

// csvBronze loads a CSV file into a bronze file.
func csvBronze(t *testing.T, sess engine.Session, file, path string, firstFile int) {
	t.Helper()
	query := fmt.Sprintf(`SELECT *, 'x' AS _source_system, 'x' AS _source_region, 'rates' AS _source_object, 'f' AS _source_file,
  TIMESTAMPTZ '2026-06-01' AS _extracted_at, NULL::TIMESTAMPTZ AS _watermark, '01A' AS _batch_id,
  %d::BIGINT + row_number() OVER () AS _seq, unhex(md5('x')) AS _row_hash, false AS _is_deleted
FROM read_csv(%s, all_varchar = true, header = true, null_padding = true, parallel = false)`, int64(firstFile)<<32, lit(file))
	if _, err := sess.WriteParquet(context.Background(), query, path, nil); err != nil {
		t.Fatal(err)
	}
}

func TestRealRates(t *testing.T) {
	dir := sharedData(t)
	ctx := context.Background()
	sess := openSession(t, 2)
	rates := []config.Rate{
		{Name: "ecb", Layout: "ecb", Base: "EUR", Quote: "units_per_base", Priority: 1},
		{Name: "imf", Layout: "imf", Base: "USD", Quote: "units_per_base", Priority: 2},
		{Name: "imf_annual", Layout: "imf", Base: "USD", Quote: "units_per_base", Priority: 4, Period: "year"},
		{Name: "fed", Layout: "fed", Base: "USD", Quote: "units_per_base", Priority: 3, Period: "month",
			Currencies: map[string]string{"South Africa": "ZAR", "United Kingdom": "GBP", "Euro": "EUR"}},
	}
	files := map[string]string{"ecb": "fx_ecb_daily/eurofxref-hist.csv", "imf": "fx_imf/imf_month_end_usd_2015_2020.csv",
		"imf_annual": "fx_imf/imf_annual_avg_usd.csv", "fed": "fx_fed_monthly/monthly.csv"}
	in := BuildInput{AsOf: "2026-03-31", Bronze: map[string][]string{}}
	tmp := t.TempDir()
	for i, r := range rates {
		path := filepath.Join(tmp, r.Name+".bronze")
		csvBronze(t, sess, filepath.Join(dir, files[r.Name]), path, i+1)
		in.Bronze[r.Name+"/rates"] = []string{path}
	}
	in.Part = func(name string) string { return filepath.Join(tmp, name+".part") }
	p, err := Compile(config.Pipeline{Rates: rates}, nil, contracts(t))
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Build(ctx, sess, RateTable, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Counts {
		t.Logf("%+v", c)
		if c.Bronze == 0 || c.Silver == 0 {
			t.Errorf("%s: nothing read", c.Source)
		}
	}
	for _, f := range []struct {
		source, currency, date string
		want                   float64
	}{
		{"ecb", "ZAR", "2024-06-28", 18.21298},
		{"ecb", "EUR", "2024-06-28", 1 / 1.0705},
		{"imf", "KES", "2020-12-31", 109.17176},
		{"imf", "ZAR", "2020-12-31", 14.68595},
		{"imf", "NGN", "2020-12-31", 381},
		{"imf_annual", "KES", "2024-12-31", 134.822},
		{"imf_annual", "NGN", "2024-12-31", 1478.965},
		{"imf_annual", "ZAR", "2024-12-31", 18.329},
	} {
		var got sql.NullFloat64
		query := fmt.Sprintf("SELECT units_per_usd FROM read_parquet(%s) WHERE rate_source = %s AND currency_iso_code = %s AND rate_date = %s",
			lit(res.Paths()[0]), lit(f.source), lit(f.currency), lit(f.date))
		if err := queryRow(ctx, sess, query, &got); err != nil {
			t.Fatal(err)
		}
		if !got.Valid || math.Abs(got.Float64-f.want) > f.want*3e-6 && math.Abs(got.Float64-f.want) > 5e-4 {
			t.Errorf("%s %s %s: got %v, want %v", f.source, f.currency, f.date, got, f.want)
		}
	}
	var late, kes, usd int64
	check := fmt.Sprintf("SELECT count(*) FILTER (rate_date > DATE '2026-03-31'), count(*) FILTER (currency_iso_code = 'KES' AND rate_source = 'ecb'), count(*) FILTER (currency_iso_code = 'USD') FROM read_parquet(%s)", lit(res.Paths()[0]))
	if err := queryRow(ctx, sess, check, &late, &kes, &usd); err != nil {
		t.Fatal(err)
	}
	if late != 0 || kes != 0 || usd != 0 {
		t.Errorf("%d rates after the as-of, %d KES rates by the ECB, %d rates of USD", late, kes, usd)
	}
	agree(t, sess, res.Paths()[0])
}

// agree compares the Federal Reserve's monthly averages with the ECB's days: a wrong
// direction would be off by far more than a month's movement.
func agree(t *testing.T, sess engine.Session, path string) {
	t.Helper()
	var pairs, off int64
	query := fmt.Sprintf(`WITH r AS (SELECT * FROM read_parquet(%s)),
ecb AS (SELECT currency_iso_code, last_day(rate_date) AS rate_date, avg(units_per_usd) AS rate FROM r WHERE rate_source = 'ecb' GROUP BY ALL)
SELECT count(*), count(*) FILTER (abs(f.units_per_usd / e.rate - 1) > 0.03)
FROM r f JOIN ecb e USING (currency_iso_code, rate_date) WHERE f.rate_source = 'fed' AND f.rate_date >= DATE '1999-01-01'`, lit(path))
	if err := queryRow(context.Background(), sess, query, &pairs, &off); err != nil {
		t.Fatal(err)
	}
	if pairs < 200 || off > 0 {
		t.Errorf("%d of %d monthly averages are far from the ECB's", off, pairs)
	}
}
