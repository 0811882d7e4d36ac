-- Functions of the mapping language. A session that builds a silver table gets those
-- that its statements call; what they cost is paid per value, so each evaluates its argument once where
-- it can, and multi-use arguments are always plain columns.

-- Text ------------------------------------------------------------------------
CREATE OR REPLACE MACRO silver_trim(x) AS
  nullif(regexp_replace(x, '^[\s\p{Z}\x{200B}-\x{200D}\x{2060}\x{FEFF}]+|[\s\p{Z}\x{200B}-\x{200D}\x{2060}\x{FEFF}]+$', '', 'g'), '');

-- A single plain space is left alone: most texts have nothing to replace.
CREATE OR REPLACE MACRO silver_collapse(x) AS
  nullif(trim(regexp_replace(x, '(?:[\t\n\f\r\x{A0}\x{1680}\x{2000}-\x{200D}\x{2028}\x{2029}\x{202F}\x{205F}\x{2060}\x{3000}\x{FEFF}][\s\p{Z}\x{200B}-\x{200D}\x{2060}\x{FEFF}]*| [\s\p{Z}\x{200B}-\x{200D}\x{2060}\x{FEFF}]+)', ' ', 'g')), '');

CREATE OR REPLACE MACRO silver_title(x) AS
  array_to_string(list_transform(regexp_extract_all(x, '[\p{L}\p{N}''’]+|[^\p{L}\p{N}''’]+'),
    lambda w: upper(w[1]) || lower(w[2:])), '');

-- Replaces tokens by NULL; x is a column.
CREATE OR REPLACE MACRO silver_nullify(x, tokens) AS
  CASE WHEN list_contains(tokens, lower(silver_trim(x))) THEN NULL ELSE x END;

-- The same for text without white space around it.
CREATE OR REPLACE MACRO silver_nullify_trimmed(x, tokens) AS
  CASE WHEN list_contains(tokens, lower(x)) THEN NULL ELSE x END;

CREATE OR REPLACE MACRO silver_split(x, separator) AS
  nullif(list_filter(list_transform(string_split(x, separator), lambda e: silver_trim(e)), lambda e: e IS NOT NULL), []::VARCHAR[]);

-- What a masked value looked like: letters are x, digits are 9.
CREATE OR REPLACE MACRO silver_mask(x) AS
  regexp_replace(regexp_replace(x, '\p{L}', 'x', 'g'), '\p{N}', '9', 'g');

-- Identity --------------------------------------------------------------------
-- One character of the checksum of a Salesforce id, which tells which of five letters or
-- digits are upper case. In ASCII these are the ones whose bit 0x20 is not set; modulo 511
-- moves the five bits beside each other.
CREATE OR REPLACE MACRO silver_sfdc_check(x, i) AS
  substr('5-4-3-2-1-0-Z-Y-X-W-V-U-T-S-R-Q-P-O-N-M-L-K-J-I-H-G-F-E-D-C-B-A', CAST((CAST(CAST(encode(substr(x, i, 5)) AS BIT) AS BIGINT) & 137977929760) % 511 AS BIGINT) + 1, 1);

-- The id that 15 or 18 characters should be, with its checksum; all else is NULL.
CREATE OR REPLACE MACRO silver_sfdc_draft(x) AS
  CASE WHEN regexp_full_match(x, '[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?')
    THEN substr(x, 1, 15) || silver_sfdc_check(x, 1) || silver_sfdc_check(x, 6) || silver_sfdc_check(x, 11) END;

-- The drafted id if x does not contradict it; both are columns.
CREATE OR REPLACE MACRO silver_sfdc_confirm(x, draft) AS
  CASE WHEN starts_with(draft, x) THEN draft END;

CREATE OR REPLACE MACRO silver_sfdc_id(x) AS
  silver_sfdc_confirm(x, silver_sfdc_draft(x));

CREATE OR REPLACE MACRO silver_email(x) AS
  nullif(regexp_extract(lower(silver_trim(x)),
    '^(?:mailto:)?(?:[^<>]*<)?([a-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9])>?$', 1), '');

CREATE OR REPLACE MACRO silver_domain(x) AS
  nullif(regexp_extract(lower(silver_trim(x)),
    '^(?:[a-z][a-z0-9+.-]*:/+)?(?:[^/@?#]*@)?(?:www\d?\.)?((?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)+(?:\p{L}{2,}|xn--[a-z0-9-]+))\.?(?::\d+)?(?:[/?#].*)?$', 1), '');

CREATE OR REPLACE MACRO silver_country_key(x) AS
  regexp_replace(strip_accents(lower(x)), '[^\p{L}\p{N}]+', '', 'g');

-- Company names ---------------------------------------------------------------
-- Lower case, plain letters, words separated by one space, one space in front.
CREATE OR REPLACE MACRO silver_company_words(x) AS
  rtrim(regexp_replace(' ' || regexp_replace(replace(
    replace(replace(replace(replace(replace(replace(strip_accents(lower(x)), 'ß', 'ss'), 'ø', 'o'), 'ł', 'l'), 'æ', 'ae'), 'œ', 'oe'), 'đ', 'd'),
    '&', ' and '), '[.''’`´]', '', 'g'), '[^\p{L}\p{N}]+', ' ', 'g'));

CREATE OR REPLACE MACRO silver_company_base(words) AS
  regexp_replace(words, '( (and co|ltd|limited|plc|public limited company|pty|proprietary|inc|incorporated|corp|corporation|co|company|llc|llp|lp|lllp|gmbh|mbh|ag|kg|kgaa|ohg|ug|haftungsbeschrankt|se|sa|s a|sas|sasu|sarl|s a r l|suarl|eurl|sl|slu|srl|spa|s p a|bv|nv|b v|n v|vof|ab|aktiebolag|as|a s|asa|oy|oyj|aps|kk|kabushiki kaisha|pte|sdn|bhd|berhad|pvt|private|cc|npc|rf|soc|ltda|eireli|sab|de cv|cv|spzoo|sp z o o|sro|s r o|doo|d o o|kft|zrt|nyrt|ooo|oao|zao|pjsc|jsc|ojsc|unlimited|ulc|lda))+$', '');

-- Never NULL for a value that is not blank; x is a column.
CREATE OR REPLACE MACRO silver_company(x) AS
  coalesce(nullif(trim(silver_company_base(silver_company_words(x))), ''),
           nullif(trim(silver_company_words(x)), ''), lower(silver_trim(x)));

-- Numbers ---------------------------------------------------------------------
CREATE OR REPLACE MACRO silver_is_number(x) AS
  regexp_full_match(x, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?');

CREATE OR REPLACE MACRO silver_double(x) AS
  CASE WHEN silver_is_number(x) AND isfinite(TRY_CAST(x AS DOUBLE)) THEN TRY_CAST(x AS DOUBLE) END;

CREATE OR REPLACE MACRO silver_strip_currency(x) AS
  regexp_replace(regexp_replace(regexp_replace(x, '[\s\p{Z}]*\p{Sc}[\s\p{Z}]*', '', 'g'),
    '^([-+(]*)[\s\p{Z}]*(?:[A-Z]{3}|R|N|US|GH|Z|[KTUku]?[Ss][Hh][Ss]?|Rs|Fr|[Kk]r)\.?[\s\p{Z}]*([-+(]*[\d.,])', '\1\2'),
    '([\d.,])[\s\p{Z}]*(?:[A-Z]{3}|/[-=]|[Kk]r\.?)([-)]*)$', '\1\2');

CREATE OR REPLACE MACRO silver_strip_negative(x) AS
  regexp_replace(regexp_replace(x, '^\((.*)\)$', '-\1'), '^([^-].*)-$', '-\1');

CREATE OR REPLACE MACRO silver_percent(x) AS
  CAST(TRY_CAST(nullif(regexp_extract(x, '^[\s\p{Z}]*([+-]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9}))[\s\p{Z}]*%?[\s\p{Z}]*$', 1), '') AS DECIMAL(18,9)) * 0.01::DECIMAL(3,2) AS VARCHAR);

-- Booleans and instants -------------------------------------------------------
CREATE OR REPLACE MACRO silver_boolean(x) AS
  CASE lower(x) WHEN 'true' THEN true WHEN 'false' THEN false WHEN '1' THEN true WHEN '0' THEN false
    WHEN 't' THEN true WHEN 'f' THEN false WHEN 'yes' THEN true WHEN 'no' THEN false
    WHEN 'y' THEN true WHEN 'n' THEN false WHEN 'on' THEN true WHEN 'off' THEN false END;

-- ISO 8601 only: DuckDB's casts also take 'epoch', 'infinity' and years before Christ.
CREATE OR REPLACE MACRO silver_iso_date(x) AS
  CASE WHEN TRY_CAST(substr(x, 1, 10) AS DATE) BETWEEN DATE '1000-01-01' AND DATE '9999-12-31'
        AND (length(x) = 10 OR TRY_CAST(x AS TIMESTAMPTZ) IS NOT NULL) AND substr(x, 5, 1) IN ('-', '/')
       THEN TRY_CAST(substr(x, 1, 10) AS DATE) END;

CREATE OR REPLACE MACRO silver_plausible(x) AS
  CASE WHEN x BETWEEN TIMESTAMPTZ '1000-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-12-31 23:59:59+00' THEN x END;

CREATE OR REPLACE MACRO silver_iso_utc(x) AS
  CASE WHEN substr(x, 1, 1) BETWEEN '0' AND '9' THEN silver_plausible(TRY_CAST(x AS TIMESTAMPTZ)) END;

CREATE OR REPLACE MACRO silver_iso_local(x, zone) AS
  CASE WHEN NOT substr(x, 1, 1) BETWEEN '0' AND '9' THEN NULL
       WHEN regexp_matches(x, ':\d{2}(?:[.,]\d+)?\s*(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$') THEN silver_plausible(TRY_CAST(x AS TIMESTAMPTZ))
       ELSE silver_plausible(timezone(zone, TRY_CAST(x AS TIMESTAMP))) END;

-- An expression's DATE, TIMESTAMP or TIMESTAMPTZ as an instant.
CREATE OR REPLACE MACRO silver_instant(x, zone) AS
  CASE typeof(x) WHEN 'TIMESTAMP WITH TIME ZONE' THEN CAST(x AS TIMESTAMPTZ) ELSE timezone(zone, CAST(x AS TIMESTAMP)) END;

-- Money -----------------------------------------------------------------------
-- Half up at 2 decimals. The quotient goes through nine exact decimals, so that a tie
-- is seen as one; wide decimals are slow and only needed for wide amounts.
CREATE OR REPLACE MACRO silver_usd2(amount, rate) AS
  CASE WHEN abs(CAST(amount AS DOUBLE) / rate) < 1e8
       THEN CAST(CAST(CAST(amount AS DOUBLE) / rate AS DECIMAL(18,9)) AS DECIMAL(18,2))
       ELSE TRY_CAST(TRY_CAST(CAST(amount AS DOUBLE) / rate AS DECIMAL(38,9)) AS DECIMAL(18,2)) END;

CREATE OR REPLACE MACRO silver_usd6(amount, rate) AS
  TRY_CAST(TRY_CAST(CAST(amount AS DOUBLE) / rate AS DECIMAL(38,12)) AS DECIMAL(18,6));
