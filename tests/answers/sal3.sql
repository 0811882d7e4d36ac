-- Net revenue of the quarter, of the accounts that the user owns.
SELECT 'usd', sum(f.usd) FROM flow f JOIN company c USING (account) WHERE c.owner = left(getvariable('me'), 15) AND f.day >= date_trunc('quarter', as_of_day())
-- answer
SELECT 'usd', revenue_usd FROM answer
