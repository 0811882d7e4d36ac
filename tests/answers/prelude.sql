-- More of the exports, beside audit/prelude.sql and in the same way: latest version of each
-- record, no longer deleted, straight from the text of bronze.
CREATE TEMP MACRO instant(v) AS coalesce(to_time(v), CAST(try_strptime(left(replace(trim(v), 'T', ' '), 19), '%Y-%m-%d %H:%M:%S') AS TIMESTAMP));

CREATE TEMP TABLE person AS
SELECT key15(Id) AS person, tidy(Name) AS name FROM (
  SELECT Id, Name, SystemModstamp, _seq FROM bronze.sf_group__user
  UNION ALL SELECT Id, Name, SystemModstamp, _seq FROM bronze.sf_za__user
  UNION ALL SELECT Id, Name, SystemModstamp, _seq FROM bronze.sf_ke__user)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY _seq DESC) = 1;

CREATE TEMP TABLE company AS
SELECT key15(Id) AS account, tidy(Name) AS name, lower(trim(Type)) AS kind, coalesce(nullif(tidy(Region__c), ''), _source_region) AS region, yes(VIP__c) AS vip,
       key15(OwnerId) AS owner, CASE WHEN Industry NOT IN ('N/A') THEN tidy(Industry) END AS industry FROM (
  SELECT Id, Name, Type, Region__c, VIP__c, OwnerId, Industry, IsDeleted, SystemModstamp, _source_region, _seq FROM bronze.sf_group__account
  UNION ALL SELECT Id, Name, Type, Region__c, VIP__c, OwnerId, Industry, IsDeleted, SystemModstamp, _source_region, _seq FROM bronze.sf_za__account
  UNION ALL SELECT Id, Name, Type, Region__c, VIP__c, OwnerId, Industry, IsDeleted, SystemModstamp, _source_region, _seq FROM bronze.sf_ke__account)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE item AS
SELECT key15(Id) AS product, tidy(Family) AS family, num(Standard_Cost__c, ',', '.') AS cost FROM (
  SELECT Id, Family, Standard_Cost__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__product2
  UNION ALL SELECT Id, Family, Standard_Cost__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__product2
  UNION ALL SELECT Id, Family, Standard_Cost__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__product2)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE installed AS
SELECT key15(Id) AS service, key15(AccountId) AS account, key15(Product2Id) AS product FROM (
  SELECT Id, AccountId, Product2Id, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__asset
  UNION ALL SELECT Id, AccountId, Product2Id, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__asset
  UNION ALL SELECT Id, AccountId, Product2Id, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__asset)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

-- Cases with what they are about: the product they name, else that of their service.
CREATE TEMP TABLE complaint AS
SELECT x.*, coalesce(p.family, q.family, 'UNKNOWN') AS family FROM (
  SELECT key15(Id) AS ticket, CaseNumber AS number, key15(AccountId) AS account, key15(ProductId) AS product, key15(AssetId) AS service, coalesce(nullif(tidy(Reason), ''), 'UNKNOWN') AS reason,
         yes(Is_Complaint__c) AS complains, to_time(CreatedDate) AS created, Status AS status, yes(IsClosed) AS is_closed FROM (
    SELECT Id, CaseNumber, AccountId, ProductId, AssetId, Reason, Is_Complaint__c, CreatedDate, Status, IsClosed, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__case
    UNION ALL SELECT Id, CaseNumber, AccountId, ProductId, AssetId, Reason, Is_Complaint__c, CreatedDate, Status, IsClosed, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__case
    UNION ALL SELECT Id, CaseNumber, AccountId, ProductId, AssetId, Reason, Is_Complaint__c, CreatedDate, Status, IsClosed, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__case)
  QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted)) x
LEFT JOIN item p ON p.product = x.product LEFT JOIN installed i ON i.service = x.service LEFT JOIN item q ON q.product = i.product;

-- Every closing of a case, and every way back out of it.
CREATE TEMP TABLE closing AS
SELECT ticket, changed, value = 'Closed' AS closes, coalesce(lag(value) OVER (PARTITION BY ticket ORDER BY changed), 'New') AS before
FROM ticket_change WHERE field = 'Status' AND changed < as_of_day() + 1;

CREATE TEMP TABLE goal AS
SELECT key15(CaseId) AS ticket, tidy("MilestoneType.Name") AS kind, to_time(TargetDate) AS target, to_time(CompletionDate) AS done FROM (
  SELECT Id, CaseId, "MilestoneType.Name", TargetDate, CompletionDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__casemilestone
  UNION ALL SELECT Id, CaseId, "MilestoneType.Name", TargetDate, CompletionDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__casemilestone
  UNION ALL SELECT Id, CaseId, "MilestoneType.Name", TargetDate, CompletionDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__casemilestone)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE opinion AS
SELECT survey_response_id AS opinion, survey_type AS kind, key15(account_id) AS account, key15(contact_id) AS contact, key15(case_id) AS ticket, key15(product_id) AS product, key15(agent_user_id) AS agent,
       TRY_CAST(score AS DOUBLE) AS score, TRY_CAST(scale_min AS DOUBLE) AS lowest, TRY_CAST(scale_max AS DOUBLE) AS highest, instant(responded_at) AS given, is_deleted
FROM bronze.surveys__survey_response WHERE survey_response_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY survey_response_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

CREATE TEMP TABLE agreement AS
SELECT key15(Id) AS contract, key15(AccountId) AS account, ContractNumber AS number, Status AS status, to_day(StartDate) AS since, to_day(EndDate) AS until,
       to_day(Terminated_On__c) AS ended, key15(Renewal_Of__c) AS predecessor FROM (
  SELECT Id, AccountId, ContractNumber, Status, StartDate, EndDate, Terminated_On__c, Renewal_Of__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__contract
  UNION ALL SELECT Id, AccountId, ContractNumber, Status, StartDate, EndDate, Terminated_On__c, Renewal_Of__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__contract
  UNION ALL SELECT Id, AccountId, ContractNumber, Status, StartDate, EndDate, Terminated_On__c, Renewal_Of__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__contract)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE purchase AS
SELECT key15(Id) AS purchase, key15(AccountId) AS account, tidy(Status) AS status, tidy(Type) AS kind, to_day(EffectiveDate) AS day FROM (
  SELECT Id, AccountId, Status, Type, EffectiveDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__order
  UNION ALL SELECT Id, AccountId, Status, Type, EffectiveDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__order
  UNION ALL SELECT Id, AccountId, Status, Type, EffectiveDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__order)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted);

-- Days on which an account ordered something that is neither under a contract nor recurring.
CREATE TEMP TABLE shopping AS
WITH head AS (
  SELECT key15(Id) AS purchase, key15(AccountId) AS account, key15(ContractId) AS contract, tidy(Status) AS status, to_day(EffectiveDate) AS day FROM (
    SELECT Id, AccountId, ContractId, Status, EffectiveDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__order
    UNION ALL SELECT Id, AccountId, ContractId, Status, EffectiveDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__order
    UNION ALL SELECT Id, AccountId, ContractId, Status, EffectiveDate, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__order)
  QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted)
), recurs AS (
  SELECT DISTINCT key15(OrderId) AS purchase FROM (
    SELECT OrderId, Product2Id FROM bronze.sf_group__orderitem UNION ALL SELECT OrderId, Product2Id FROM bronze.sf_za__orderitem UNION ALL SELECT OrderId, Product2Id FROM bronze.sf_ke__orderitem) i
  JOIN (SELECT Id, Is_Recurring__c FROM bronze.sf_group__product2 UNION ALL SELECT Id, Is_Recurring__c FROM bronze.sf_za__product2 UNION ALL SELECT Id, Is_Recurring__c FROM bronze.sf_ke__product2) p
    ON key15(p.Id) = key15(i.Product2Id) WHERE yes(p.Is_Recurring__c)
)
SELECT account, day, count(*) AS orders FROM head ANTI JOIN recurs USING (purchase) SEMI JOIN company USING (account)
WHERE contract IS NULL AND status NOT IN ('Draft', 'Cancelled') AND day <= as_of_day() GROUP BY account, day;

CREATE TEMP TABLE stage_of_work AS
SELECT Field AS process, NewValue AS step, to_time(CreatedDate) AS entered, to_time(Step_Exited__c) AS left_at, key15(OrderId) AS purchase,
       coalesce(tidy(Product_Family__c), 'UNKNOWN') AS family, coalesce(nullif(tidy(region), ''), _source_region) AS region FROM (
  SELECT Id, OrderId, Field, NewValue, CreatedDate, Step_Exited__c, Product_Family__c, "Order.Region__c" AS region, IsDeleted, _source_region, _seq FROM bronze.sf_group__orderhistory
  UNION ALL SELECT Id, OrderId, Field, NewValue, CreatedDate, Step_Exited__c, Product_Family__c, "Order.Region__c" AS region, IsDeleted, _source_region, _seq FROM bronze.sf_za__orderhistory
  UNION ALL SELECT Id, OrderId, Field, NewValue, CreatedDate, Step_Exited__c, Product_Family__c, "Order.Region__c" AS region, IsDeleted, _source_region, _seq FROM bronze.sf_ke__orderhistory)
QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY _seq DESC) = 1 AND NOT yes(IsDeleted);

CREATE TEMP TABLE quarrel AS
SELECT _source_system || invoice_id AS bill, key15(account_id) AS account, to_day(opened_on) AS opened, to_day(resolved_on) AS resolved, outcome FROM (
  SELECT dispute_id, invoice_id, account_id, opened_on, resolved_on, outcome, is_deleted, _source_system, _seq FROM bronze.billing_group__dispute
  UNION ALL SELECT dispute_id, invoice_id, account_id, opened_on, resolved_on, outcome, is_deleted, _source_system, _seq FROM bronze.billing_za__dispute
  UNION ALL SELECT dispute_id, invoice_id, account_id, opened_on, resolved_on, outcome, is_deleted, _source_system, _seq FROM bronze.billing_ke__dispute)
QUALIFY row_number() OVER (PARTITION BY _source_system, dispute_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

CREATE TEMP TABLE memo AS
SELECT _source_system || credit_memo_id AS memo, _source_system || invoice_id AS bill, key15(account_id) AS account, to_day(issued_on) AS issued, to_day(applied_on) AS applied, yes(is_billing_error) AS is_error FROM (
  SELECT credit_memo_id, invoice_id, account_id, issued_on, applied_on, is_billing_error, is_deleted, _source_system, _seq FROM bronze.billing_group__credit_memo
  UNION ALL SELECT credit_memo_id, invoice_id, account_id, issued_on, applied_on, is_billing_error, is_deleted, _source_system, _seq FROM bronze.billing_za__credit_memo
  UNION ALL SELECT credit_memo_id, invoice_id, account_id, issued_on, applied_on, is_billing_error, is_deleted, _source_system, _seq FROM bronze.billing_ke__credit_memo)
QUALIFY row_number() OVER (PARTITION BY _source_system, credit_memo_id, invoice_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

CREATE TEMP TABLE ledger AS
SELECT key15(account_id) AS account, to_day(credit_hold_from) AS hold_from, to_day(credit_hold_to) AS hold_to FROM (
  SELECT billing_account_id, account_id, credit_hold_from, credit_hold_to, is_deleted, _source_system, _seq FROM bronze.billing_group__billing_account
  UNION ALL SELECT billing_account_id, account_id, credit_hold_from, credit_hold_to, is_deleted, _source_system, _seq FROM bronze.billing_za__billing_account
  UNION ALL SELECT billing_account_id, account_id, credit_hold_from, credit_hold_to, is_deleted, _source_system, _seq FROM bronze.billing_ke__billing_account)
QUALIFY row_number() OVER (PARTITION BY _source_system, billing_account_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

CREATE TEMP TABLE invoice_head AS
SELECT _source_system || invoice_id AS bill, invoice_number AS number, _source_system || rebilled_by_invoice_id AS rebilled FROM (
  SELECT invoice_id, invoice_number, rebilled_by_invoice_id, is_deleted, _source_system, _seq FROM bronze.billing_group__invoice
  UNION ALL SELECT invoice_id, invoice_number, rebilled_by_invoice_id, is_deleted, _source_system, _seq FROM bronze.billing_za__invoice
  UNION ALL SELECT invoice_id, invoice_number, rebilled_by_invoice_id, is_deleted, _source_system, _seq FROM bronze.billing_ke__invoice)
QUALIFY row_number() OVER (PARTITION BY _source_system, invoice_id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted);

-- What is owed of every bill in force, in its currency and in USD at the as-of rate.
CREATE TEMP TABLE owed AS
SELECT b.bill, b.account, b.issued, b.due, b.ccy, b.total - coalesce(p.amount, 0) AS amount, round((b.total - coalesce(p.amount, 0)) / r.rate, 2) AS usd
FROM bill b LEFT JOIN (
  SELECT bill, sum(amount) AS amount FROM (
    SELECT bill, amount FROM settlement WHERE settled <= as_of_day() UNION ALL SELECT bill, amount FROM credit WHERE settled <= as_of_day() AND issued <= as_of_day()) GROUP BY bill) p USING (bill)
LEFT JOIN rate_now r USING (ccy)
WHERE b.issued <= as_of_day() AND (b.cancelled IS NULL OR b.cancelled > as_of_day());

-- Net revenue, flow by flow, in USD at the rate of its day.
CREATE TEMP TABLE flow AS
SELECT f.account, f.day, round(f.amount / r.rate, 2) AS usd FROM (
  SELECT account, issued AS day, CAST(net AS DOUBLE) AS amount, ccy FROM bill WHERE cancelled IS NULL OR cancelled > as_of_day()
  UNION ALL SELECT b.account, c.issued, -CAST(c.amount AS DOUBLE) * b.net / b.total, c.ccy FROM credit c JOIN bill b USING (bill) WHERE b.cancelled IS NULL OR b.cancelled > as_of_day()
  UNION ALL SELECT account, day, CAST(amount AS DOUBLE), ccy FROM booking) f
ASOF JOIN rate r ON f.ccy = r.ccy AND f.day >= r.rate_day WHERE f.day <= as_of_day();

-- Which accounts are one customer is taken as it is: linking has tests of its own.
CREATE TEMP TABLE belongs AS SELECT left(account_id, 15) AS account, master_account_id AS customer FROM gold.account_members;

-- What a service cost before its price was changed, and from when on it cost what.
CREATE TEMP TABLE repriced AS
SELECT account, service, day, old_price, new_price FROM (
  SELECT key15(account_id) AS account, key15(asset_id) AS service, to_day(effective_date) AS day, num(old_price, ',', '.') AS old_price, num(new_price, ',', '.') AS new_price, is_deleted, _system, id, _seq FROM (
    SELECT account_id, asset_id, effective_date, new_price, old_price, is_deleted, _source_system AS _system, price_change_id AS id, _seq FROM bronze.billing_group__price_change
    UNION ALL SELECT account_id, asset_id, effective_date, replace(replace(new_price, '.', ''), ',', '.'), replace(replace(old_price, '.', ''), ',', '.'), is_deleted, _source_system, price_change_id, _seq FROM bronze.billing_za__price_change
    UNION ALL SELECT account_id, asset_id, effective_date, new_price, old_price, is_deleted, _source_system, price_change_id, _seq FROM bronze.billing_ke__price_change)
  QUALIFY row_number() OVER (PARTITION BY _system, id ORDER BY _seq DESC) = 1 AND NOT yes(is_deleted));

-- What recurs: of every account the records of its rung of the ladder (which rung is taken as
-- it is), from the first to the last day; a gap of up to 31 days before the same product is bridged.
CREATE TEMP TABLE recurring AS
WITH rung AS (SELECT left(account_id, 15) AS account, min(mrr_source) AS rung FROM gold.mrr_monthly GROUP BY ALL), line AS (
  SELECT key15(OpportunityId) AS deal, key15(Product2Id) AS product, num(TotalPrice, ',', '.') / TRY_CAST(Term_Months__c AS INTEGER) AS monthly, upper(trim(CurrencyIsoCode)) AS ccy FROM (
    SELECT Id, OpportunityId, Product2Id, TotalPrice, Term_Months__c, CurrencyIsoCode, Is_Recurring__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__opportunitylineitem
    UNION ALL SELECT Id, OpportunityId, Product2Id, TotalPrice, Term_Months__c, CurrencyIsoCode, Is_Recurring__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__opportunitylineitem
    UNION ALL SELECT Id, OpportunityId, Product2Id, TotalPrice, Term_Months__c, CurrencyIsoCode, Is_Recurring__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__opportunitylineitem)
  QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted) AND yes(Is_Recurring__c)
), amount AS (
  SELECT 'asset_state_period' AS rung, s.account, i.product, p.monthly, p.ccy, p.since, p.until FROM service_state p JOIN service s USING (service) JOIN installed i USING (service) WHERE s.status <> 'Ordered'
  UNION ALL SELECT 'subscription', account, product, monthly, ccy, since, until FROM charge
  UNION ALL SELECT 'asset', s.account, i.product, s.monthly, s.ccy, greatest(s.since, c.day), s.until FROM service s JOIN installed i USING (service)
    LEFT JOIN (SELECT service, max(day) AS day FROM repriced WHERE day <= as_of_day() GROUP BY service) c USING (service) WHERE s.recurring AND s.status <> 'Ordered'
  UNION ALL SELECT 'asset', s.account, i.product, c.old_price * s.units, s.ccy, greatest(s.since, c.day_before), least(s.until, c.day - 1) FROM service s JOIN installed i USING (service)
    JOIN (SELECT *, lag(day) OVER (PARTITION BY service ORDER BY day) AS day_before FROM repriced WHERE day <= as_of_day()) c USING (service) WHERE s.recurring AND s.status <> 'Ordered'
  UNION ALL SELECT 'contract', c.account, l.product, l.monthly, l.ccy, c.since, least(c.until, c.ended - 1)
  FROM agreement c JOIN deal d ON d.contract = c.contract AND d.won JOIN line l ON l.deal = d.deal WHERE c.status NOT IN ('Draft', 'In Approval Process')
  UNION ALL SELECT 'invoice', b.account, l.product, l.amount / round((l.until - l.since + 1) / 30.4375), l.ccy, l.since, l.until
  FROM bill_line l JOIN bill b USING (bill) WHERE l.kind = 'Recurring' AND b.issued <= as_of_day() AND (b.cancelled IS NULL OR b.cancelled > as_of_day())
)
SELECT b.customer, x.account, coalesce(p.family, 'UNKNOWN') AS family, x.monthly, x.ccy, x.since,
       CASE WHEN x.next - x.until BETWEEN 2 AND 32 THEN x.next - 1 ELSE x.until END AS until
FROM (SELECT *, (SELECT min(n.since) FROM amount n WHERE n.rung = a.rung AND n.account = a.account AND n.product = a.product AND n.since > a.until AND n.monthly IS NOT NULL) AS next FROM amount a WHERE a.monthly IS NOT NULL) x JOIN rung USING (account, rung) JOIN belongs b USING (account) LEFT JOIN item p USING (product);

-- The last day of the last closed month, and of the month a year before.
CREATE TEMP MACRO year_end() AS CAST(date_trunc('month', as_of_day() + 1) AS DATE) - 1;
CREATE TEMP MACRO year_start() AS last_day(CAST(year_end() - INTERVAL 12 MONTH AS DATE));

-- Every customer that paid a year before, and whether it still does.
CREATE TEMP TABLE cohort AS
SELECT customer, bool_or(since <= year_end() AND (until IS NULL OR until >= year_end())) AS stays FROM recurring WHERE monthly > 0
GROUP BY customer HAVING bool_or(since <= year_start() AND (until IS NULL OR until >= year_start()));

-- The money of every customer then and now, by product family, at the rates of then.
CREATE TEMP TABLE money AS
SELECT r.customer, r.family, coalesce(sum(r.monthly / n.rate) FILTER (WHERE r.since <= year_start() AND (r.until IS NULL OR r.until >= year_start())), 0) AS before,
       coalesce(sum(r.monthly / n.rate) FILTER (WHERE r.since <= year_end() AND (r.until IS NULL OR r.until >= year_end())), 0) AS after
FROM recurring r JOIN (SELECT ccy, arg_max(rate, rate_day) AS rate FROM rate WHERE rate_day <= year_start() GROUP BY ccy) n USING (ccy) GROUP BY r.customer, r.family;

-- Which account stands for a customer on a day: the one with most revenue in the twelve months to it, else the first.
CREATE TEMP MACRO standing(on_day) AS TABLE
SELECT b.customer, c.account, c.region, c.kind, c.industry FROM company c JOIN belongs b USING (account)
LEFT JOIN (SELECT account, sum(usd) AS usd FROM flow WHERE day <= on_day AND day > on_day - INTERVAL 12 MONTH GROUP BY account) f USING (account)
QUALIFY row_number() OVER (PARTITION BY b.customer ORDER BY f.usd DESC NULLS LAST, c.account) = 1;

-- Customers today: they pay something every month, or have paid in the last twelve months.
CREATE TEMP TABLE today AS
SELECT customer FROM recurring WHERE monthly > 0 AND since <= as_of_day() AND (until IS NULL OR until >= as_of_day())
UNION SELECT b.customer FROM flow f JOIN belongs b USING (account) WHERE f.day > as_of_day() - INTERVAL 12 MONTH GROUP BY b.customer HAVING sum(f.usd) > 0;
