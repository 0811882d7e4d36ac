-- Which accounts share an identifier. identifier (kind, value, account, name) holds every
-- normalised identifier of every account, name being the number of what the account is
-- called. A value used under more than its kind's number of different names, or by more than
-- {{max_accounts}} accounts, belongs to an agency, a reseller or nobody: it is no evidence.
CREATE OR REPLACE TEMP TABLE held AS
SELECT value, count(DISTINCT name) AS names, count(DISTINCT account) AS accounts,
       min(CASE kind {{limits}} END) AS most_names
FROM identifier GROUP BY value;

CREATE OR REPLACE TEMP TABLE shared_by_many AS
SELECT value FROM held WHERE names > most_names OR accounts > {{max_accounts}};

CREATE OR REPLACE TEMP TABLE account_pair AS
SELECT a.account AS a, b.account AS b
FROM (SELECT DISTINCT value, account, is_fresh FROM identifier) a
JOIN held h ON h.value = a.value AND h.accounts >= 2 AND h.names <= h.most_names AND h.accounts <= {{max_accounts}}
JOIN (SELECT DISTINCT value, account, is_fresh FROM identifier) b ON b.value = a.value AND b.account > a.account
WHERE a.is_fresh OR b.is_fresh
GROUP BY ALL;
