-- The exports once more, straight from bronze: latest version of each record, no longer
-- deleted, with typed columns. Written without the mappings and the models: Salesforce ids
-- are compared by their first 15 characters, which are unique, case included.
CREATE TEMP MACRO key15(v) AS nullif(left(trim(v), 15), '');
CREATE TEMP MACRO yes(v) AS coalesce(lower(trim(v)) IN ('true', '1', 'y', 'yes'), false);
CREATE TEMP MACRO tidy(v) AS regexp_replace(trim(v), '\s+', ' ', 'g');
CREATE TEMP MACRO to_day(v) AS CAST(coalesce(try_strptime(trim(v), '%Y-%m-%d'), try_strptime(trim(v), '%Y/%m/%d'), try_strptime(trim(v), '%d.%m.%Y'),
  try_strptime(trim(v), '%d/%m/%Y'), try_strptime(trim(v), '%d %b %Y'), try_strptime(trim(v), '%d-%b-%Y')) AS DATE);
CREATE TEMP MACRO to_time(v) AS coalesce(try_strptime(trim(v), '%Y-%m-%dT%H:%M:%S.%gZ'), try_strptime(trim(v), '%Y-%m-%dT%H:%M:%S.%g+0000'),
  try_strptime(trim(v), '%d/%m/%Y %H:%M:%S') - INTERVAL 3 HOUR);
CREATE TEMP MACRO num(v, thousands, point) AS TRY_CAST(replace(replace(trim(v), thousands, ''), point, '.') AS DECIMAL(18,4));

CREATE TEMP TABLE rate AS
SELECT upper(currency_iso_code) AS ccy, to_day(rate_date) AS rate_day, CAST(rate AS DOUBLE) AS rate FROM bronze.rates__rates
QUALIFY row_number() OVER (PARTITION BY ccy, rate_day ORDER BY _seq DESC) = 1
UNION ALL SELECT 'USD', DATE '1900-01-01', 1;

CREATE TEMP TABLE account AS
SELECT key15(Id) AS account, coalesce(nullif(tidy(Region__c), ''), _source_region) AS region FROM (
  SELECT Id, Region__c, IsDeleted, SystemModstamp, _source_region, _seq FROM bronze.sf_group__account
  UNION ALL SELECT Id, Region__c, IsDeleted, SystemModstamp, _source_region, _seq FROM bronze.sf_za__account
  UNION ALL SELECT Id, Region__c, IsDeleted, SystemModstamp, _source_region, _seq FROM bronze.sf_ke__account)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE deal AS
SELECT key15(Id) AS deal, key15(AccountId) AS account, tidy(StageName) AS stage, yes(IsClosed) AS closed, yes(IsWon) AS won, to_day(CloseDate) AS close_day,
       to_time(CreatedDate) AS created, num(Amount, ',', '.') AS amount, upper(trim(CurrencyIsoCode)) AS ccy, key15(ContractId) AS contract FROM (
  SELECT Id, AccountId, StageName, IsClosed, IsWon, CloseDate, CreatedDate, Amount, CurrencyIsoCode, ContractId, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__opportunity
  UNION ALL SELECT Id, AccountId, StageName, IsClosed, IsWon, CloseDate, CreatedDate, Amount, CurrencyIsoCode, ContractId, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__opportunity
  UNION ALL SELECT Id, AccountId, StageName, IsClosed, IsWon, CloseDate, CreatedDate, Amount, CurrencyIsoCode, ContractId, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__opportunity)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE deal_step AS
SELECT key15(OpportunityId) AS deal, tidy(StageName) AS stage, to_time(CreatedDate) AS since, key15(Id) AS step FROM (
  SELECT Id, OpportunityId, StageName, CreatedDate, IsDeleted, _seq FROM bronze.sf_group__opportunityhistory
  UNION ALL SELECT Id, OpportunityId, StageName, CreatedDate, IsDeleted, _seq FROM bronze.sf_za__opportunityhistory
  UNION ALL SELECT Id, OpportunityId, StageName, CreatedDate, IsDeleted, _seq FROM bronze.sf_ke__opportunityhistory)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE ticket AS
SELECT key15(Id) AS ticket, key15(AccountId) AS account, to_time(CreatedDate) AS created, to_time(ClosedDate) AS closed, yes(IsClosed) AS is_closed FROM (
  SELECT Id, AccountId, CreatedDate, ClosedDate, IsClosed, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__case
  UNION ALL SELECT Id, AccountId, CreatedDate, ClosedDate, IsClosed, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__case
  UNION ALL SELECT Id, AccountId, CreatedDate, ClosedDate, IsClosed, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__case)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE ticket_change AS
SELECT key15(CaseId) AS ticket, Field AS field, NewValue AS value, to_time(CreatedDate) AS changed FROM (
  SELECT Id, CaseId, Field, NewValue, CreatedDate, IsDeleted, _seq FROM bronze.sf_group__casehistory
  UNION ALL SELECT Id, CaseId, Field, NewValue, CreatedDate, IsDeleted, _seq FROM bronze.sf_za__casehistory
  UNION ALL SELECT Id, CaseId, Field, NewValue, CreatedDate, IsDeleted, _seq FROM bronze.sf_ke__casehistory)
WHERE Id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE milestone AS
SELECT key15(CaseId) AS ticket, to_time(TargetDate) AS target, to_time(CompletionDate) AS done FROM (
  SELECT Id, CaseId, TargetDate, CompletionDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__casemilestone
  UNION ALL SELECT Id, CaseId, TargetDate, CompletionDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__casemilestone
  UNION ALL SELECT Id, CaseId, TargetDate, CompletionDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__casemilestone)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE service AS
SELECT key15(Id) AS service, key15(AccountId) AS account, Status AS status, coalesce(to_day(Start_Date__c), to_day(InstallDate)) AS since,
       least(to_day(UsageEndDate), to_day(Cancelled_On__c)) AS until, yes(Is_Recurring__c) AS recurring,
       num(Price, ',', '.') * num(Quantity, ',', '.') / coalesce(TRY_CAST(Billing_Period_Months__c AS INTEGER), 1) AS monthly,
       num(Quantity, ',', '.') / coalesce(TRY_CAST(Billing_Period_Months__c AS INTEGER), 1) AS units, upper(CurrencyIsoCode) AS ccy FROM (
  SELECT Id, AccountId, Status, Start_Date__c, InstallDate, UsageEndDate, Cancelled_On__c, Is_Recurring__c, Price, Quantity, Billing_Period_Months__c, CurrencyIsoCode, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__asset
  UNION ALL SELECT Id, AccountId, Status, Start_Date__c, InstallDate, UsageEndDate, Cancelled_On__c, Is_Recurring__c, Price, Quantity, Billing_Period_Months__c, CurrencyIsoCode, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__asset
  UNION ALL SELECT Id, AccountId, Status, Start_Date__c, InstallDate, UsageEndDate, Cancelled_On__c, Is_Recurring__c, Price, Quantity, Billing_Period_Months__c, CurrencyIsoCode, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__asset)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE service_state AS
SELECT key15(AssetId) AS service, CAST(to_time(StartDate) AS DATE) AS since, CAST(to_time(EndDate) AS DATE) AS until, num(Mrr, ',', '.') AS monthly, upper(CurrencyIsoCode) AS ccy FROM (
  SELECT Id, AssetId, StartDate, EndDate, Mrr, CurrencyIsoCode, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__assetstateperiod
  UNION ALL SELECT Id, AssetId, StartDate, EndDate, Mrr, CurrencyIsoCode, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__assetstateperiod
  UNION ALL SELECT Id, AssetId, StartDate, EndDate, Mrr, CurrencyIsoCode, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__assetstateperiod)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE charge AS
SELECT key15(account_id) AS account, key15(product_id) AS product, to_day(start_date) AS since, to_day(end_date) AS until, (recurring - coalesce(discount, 0)) / CAST(billing_period_months AS INTEGER) AS monthly, upper(currency) AS ccy FROM (
  SELECT *, num(recurring_amount, ',', '.') AS recurring, num(discount_amount, ',', '.') AS discount FROM bronze.billing_group__subscription
  UNION ALL SELECT *, num(recurring_amount, '.', ','), num(discount_amount, '.', ',') FROM bronze.billing_za__subscription
  UNION ALL SELECT *, num(recurring_amount, ',', '.'), num(discount_amount, ',', '.') FROM bronze.billing_ke__subscription)
QUALIFY row_number() OVER (PARTITION BY _source_system, subscription_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

CREATE TEMP TABLE bill AS
SELECT _source_system || invoice_id AS bill, key15(account_id) AS account, to_day(invoice_date) AS issued, to_day(due_date) AS due, to_day(cancelled_on) AS cancelled,
       net, total, upper(trim(currency)) AS ccy FROM (
  SELECT *, num(net_amount, ',', '.') AS net, num(total_amount, ',', '.') AS total FROM bronze.billing_group__invoice
  UNION ALL SELECT *, num(net_amount, '.', ','), num(total_amount, '.', ',') FROM bronze.billing_za__invoice
  UNION ALL SELECT *, num(net_amount, ',', '.'), num(total_amount, ',', '.') FROM bronze.billing_ke__invoice)
QUALIFY row_number() OVER (PARTITION BY _source_system, invoice_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

CREATE TEMP TABLE bill_line AS
SELECT _source_system || invoice_id AS bill, charge_type AS kind, to_day(service_period_start) AS since, to_day(service_period_end) AS until, amount, upper(trim(currency)) AS ccy, key15(product_id) AS product, quantity FROM (
  SELECT * EXCLUDE (quantity), num(line_amount, ',', '.') AS amount, num(quantity, ',', '.') AS quantity FROM bronze.billing_group__invoice_line
  UNION ALL SELECT * EXCLUDE (quantity), num(line_amount, '.', ','), num(quantity, '.', ',') FROM bronze.billing_za__invoice_line
  UNION ALL SELECT * EXCLUDE (quantity), num(line_amount, ',', '.'), num(quantity, ',', '.') FROM bronze.billing_ke__invoice_line)
QUALIFY row_number() OVER (PARTITION BY _source_system, invoice_line_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

-- What settles bills: payments (in the bill's currency in the demo) and credits.
CREATE TEMP TABLE settlement AS
SELECT _source_system || invoice_id AS bill, to_day(applied_on) AS settled, amount FROM (
  SELECT *, num(applied_amount, ',', '.') AS amount FROM bronze.billing_group__payment
  UNION ALL SELECT *, num(applied_amount, '.', ',') FROM bronze.billing_za__payment
  UNION ALL SELECT *, num(applied_amount, ',', '.') FROM bronze.billing_ke__payment)
WHERE payment_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY _source_system, payment_id, invoice_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted) AND status = 'Applied';

CREATE TEMP TABLE credit AS
SELECT _source_system || invoice_id AS bill, to_day(issued_on) AS issued, to_day(applied_on) AS settled, value AS amount, upper(trim(currency)) AS ccy FROM (
  SELECT *, num(amount, ',', '.') AS value FROM bronze.billing_group__credit_memo
  UNION ALL SELECT *, num(amount, '.', ',') FROM bronze.billing_za__credit_memo
  UNION ALL SELECT *, num(amount, ',', '.') FROM bronze.billing_ke__credit_memo)
QUALIFY row_number() OVER (PARTITION BY _source_system, credit_memo_id, invoice_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

-- What accounts won that nobody bills, where bills know less than half of a region's accounts.
CREATE TEMP TABLE booking AS
WITH billed AS (SELECT DISTINCT account, 1 AS yes FROM bill), unknown AS (SELECT region FROM account LEFT JOIN billed USING (account) GROUP BY region HAVING 2 * count(yes) < count(*))
SELECT d.account, coalesce(s.won_on, d.close_day) AS day, d.amount, d.ccy FROM deal d JOIN account a USING (account) SEMI JOIN unknown u ON u.region = a.region ANTI JOIN billed USING (account)
LEFT JOIN (SELECT deal, CAST(max(since) AS DATE) AS won_on FROM deal_step WHERE stage = 'Closed Won' GROUP BY deal) s USING (deal) WHERE d.won;

CREATE TEMP TABLE rate_now AS
SELECT ccy, arg_max(rate, rate_day) AS rate FROM rate WHERE rate_day <= as_of_day() GROUP BY ccy;
