-- F01: MRR of the accounts whose contracts tell it: recurring lines of the won deals that name an active contract.
WITH agreement AS (
  SELECT key15(Id) AS contract, key15(AccountId) AS account, Status AS status, to_day(StartDate) AS since, to_day(EndDate) AS until, to_day(Terminated_On__c) AS ended FROM (
    SELECT Id, AccountId, Status, StartDate, EndDate, Terminated_On__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__contract
    UNION ALL SELECT Id, AccountId, Status, StartDate, EndDate, Terminated_On__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__contract
    UNION ALL SELECT Id, AccountId, Status, StartDate, EndDate, Terminated_On__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__contract)
  QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted)
), line AS (
  SELECT key15(OpportunityId) AS deal, num(TotalPrice, ',', '.') / TRY_CAST(Term_Months__c AS INTEGER) AS monthly, upper(CurrencyIsoCode) AS ccy FROM (
    SELECT Id, OpportunityId, TotalPrice, Term_Months__c, CurrencyIsoCode, Is_Recurring__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_group__opportunitylineitem
    UNION ALL SELECT Id, OpportunityId, TotalPrice, Term_Months__c, CurrencyIsoCode, Is_Recurring__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_za__opportunitylineitem
    UNION ALL SELECT Id, OpportunityId, TotalPrice, Term_Months__c, CurrencyIsoCode, Is_Recurring__c, IsDeleted, SystemModstamp, _seq FROM bronze.sf_ke__opportunitylineitem)
  QUALIFY row_number() OVER (PARTITION BY key15(Id) ORDER BY to_time(SystemModstamp) DESC, _seq DESC) = 1 AND NOT yes(IsDeleted) AND yes(Is_Recurring__c)
)
SELECT 'contract', sum(round(l.monthly / r.rate, 2))
FROM agreement c JOIN deal d ON d.contract = c.contract AND d.won JOIN line l ON l.deal = d.deal JOIN rate_now r ON r.ccy = l.ccy
WHERE c.account IN (SELECT left(account_id, 15) FROM gold.mrr_monthly WHERE mrr_source = 'contract')
  AND c.status NOT IN ('Draft', 'In Approval Process') AND c.since <= as_of_day() AND c.until >= as_of_day() AND (c.ended IS NULL OR c.ended > as_of_day())
-- gold
SELECT 'contract', sum(mrr_usd) FROM gold.customer_360 WHERE account_id IN (SELECT account_id FROM gold.mrr_monthly WHERE mrr_source = 'contract')
