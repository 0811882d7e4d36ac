// Reads the simulated orgs with npm's jsforce and compares what it sees by REST with
// what it sees by Bulk API 2.0. Arguments: the URL, client id and secret of an org.
//
// jsforce 3.6.6 has two limits: its bulk2.query dies on results of more than one page
// ("write after end") and does not end where Sforce-Locator is missing. So it is given
// one page here, and pages are driven by plain requests through its connection.
import jsforce from "jsforce";

const [url, clientId, clientSecret] = process.argv.slice(2);
let passed = 0;
let failed = 0;

function check(what, ok, seen = "") {
  if (ok) passed++;
  else {
    failed++;
    console.log(`FAIL jsforce: ${what}: ${JSON.stringify(seen)}`);
  }
}

async function refuses(what, code, f) {
  try {
    await f();
    check(what, false, "no error");
  } catch (e) {
    check(what, e.errorCode === code || e.name === code, `${e.name} ${e.errorCode} ${e.message}`);
  }
}

// The first records of an object by Bulk, page by page.
async function pages(conn, soql, rows) {
  const base = `/services/data/v${conn.version}/jobs/query`;
  const headers = { "content-type": "application/json" };
  const job = await conn.request({ method: "POST", url: base, headers, body: JSON.stringify({ operation: "queryAll", query: soql }) });
  let state = job.state;
  for (let i = 0; i < 50 && state !== "JobComplete"; i++) state = (await conn.request({ method: "GET", url: `${base}/${job.id}` })).state;
  let locator = "";
  const counts = [];
  do {
    const answer = await fetch(`${url}${base}/${job.id}/results?maxRecords=${rows}${locator && `&locator=${locator}`}`, { headers: { authorization: `Bearer ${conn.accessToken}` } });
    const text = await answer.text();
    const n = Number(answer.headers.get("sforce-numberofrecords"));
    check("a page begins with its header", text.startsWith('"Id"'), text.slice(0, 40));
    check("a page has as many records as it says", text.trimEnd().split("\n").length - 1 === n, n);
    counts.push(n);
    locator = answer.headers.get("sforce-locator");
  } while (locator !== "null");
  const { numberRecordsProcessed } = await conn.request({ method: "GET", url: `${base}/${job.id}` });
  await conn.request({ method: "DELETE", url: `${base}/${job.id}` });
  return { counts, numberRecordsProcessed };
}

const conn = new jsforce.Connection({ instanceUrl: url, loginUrl: url, version: "64.0", oauth2: { loginUrl: url, clientId, clientSecret } });
const user = await conn.authorize({ grant_type: "client_credentials" });
check("client credentials log in", user.organizationId.startsWith("00D"), user);
check("identity", (await conn.identity()).organization_id === user.organizationId);

const bad = new jsforce.Connection({ instanceUrl: url, loginUrl: url, oauth2: { loginUrl: url, clientId, clientSecret: "wrong" } });
await refuses("a wrong secret", "invalid_client", () => bad.authorize({ grant_type: "client_credentials" }));

const global = await conn.describeGlobal();
check("describeGlobal", global.sobjects.some((o) => o.name === "Account" && o.keyPrefix === "001"), global.sobjects.length);
const account = await conn.describe("Account");
check("describe", account.fields.find((f) => f.name === "AnnualRevenue")?.type === "currency" && account.fields[0].name === "Id", account.fields.length);

const first = await conn.query("SELECT Id, Field FROM OrderHistory ORDER BY Id");
check("query gives a page", first.records.length === 2000 && !first.done && first.nextRecordsUrl, [first.records.length, first.totalSize]);
let seen = first.records.length;
for (let page = first; !page.done; seen += page.records.length) page = await conn.queryMore(page.nextRecordsUrl);
check("queryMore gives the rest", seen === first.totalSize, [seen, first.totalSize]);
const all = await conn.query("SELECT Id FROM OrderHistory", { autoFetch: true, maxFetch: 1e6 });
check("autoFetch", all.records.length === first.totalSize, all.records.length);
const withDeleted = await conn.query("SELECT Id, IsDeleted FROM Contact", { autoFetch: true, maxFetch: 1e6, scanAll: true });
const living = await conn.query("SELECT COUNT() FROM Contact");
check("queryAll shows deleted records", withDeleted.records.length === living.totalSize + withDeleted.records.filter((r) => r.IsDeleted).length && withDeleted.records.some((r) => r.IsDeleted), [withDeleted.records.length, living.totalSize]);

const one = await conn.sobject("Account").findOne({ Name: { $like: "%" }, CreatedDate: { $lt: jsforce.SfDate.TODAY } }, "Id, Name, Owner.Name");
check("findOne with a parent", one.Owner?.Name?.length > 0, one);
check("retrieve", (await conn.sobject("Account").retrieve(one.Id)).Name === one.Name, one.Id);
const quoted = await conn.sobject("Account").find({ Name: "x' OR Name != '" });
check("a quote in a value is a quote", quoted.length === 0, quoted.length);
await refuses("an unknown field", "INVALID_FIELD", () => conn.query("SELECT Nope FROM Account"));
await refuses("an unknown object", "INVALID_TYPE", () => conn.query("SELECT Id FROM XYZZY"));

const limits = await conn.limits();
check("limits", limits.DailyApiRequests.Max - limits.DailyApiRequests.Remaining > 5 && conn.limitInfo.apiUsage.limit === limits.DailyApiRequests.Max, conn.limitInfo);

const now = new Date((await (await fetch(`${url}/simulator/clock`)).json()).now);
const gone = await conn.sobject("User").deleted(new Date(now - 7 * 864e5), now);
check("deleted", gone.deletedRecords.length > 0 && new Date(gone.latestDateCovered) <= now, gone);
check("updated", Array.isArray((await conn.sobject("Account").updated(new Date(now - 7 * 864e5), now)).ids));

const soql = "SELECT Id, Name, Description, CreatedDate, Amount, CurrencyIsoCode, RecordType.Name FROM Opportunity";
const rest = await conn.query(soql, { autoFetch: true, maxFetch: 1e6 });
const bulk = await (await conn.bulk2.query(soql)).toArray();
check("bulk2.query gives what query gives", bulk.length === rest.records.length && bulk.length > 100, [bulk.length, rest.records.length]);
const byId = new Map(rest.records.map((r) => [r.Id, r]));
const differing = bulk.filter((b) => {
  const r = byId.get(b.Id);
  return r?.Name !== b.Name || Number(b.Amount || 0) !== (r.Amount ?? 0) || Date.parse(b.CreatedDate) !== Date.parse(r.CreatedDate.replace("+0000", "Z")) || b["RecordType.Name"] !== (r.RecordType?.Name ?? "");
});
check("values by Bulk equal values by REST", differing.length === 0, differing[0]);

const paged = await pages(conn, "SELECT Id, CreatedDate FROM OrderHistory", 777);
check("pages add up to the job's count", paged.counts.reduce((a, b) => a + b, 0) === paged.numberRecordsProcessed && paged.counts.length > 2, paged);

const expired = new jsforce.Connection({ instanceUrl: url, version: "64.0", accessToken: "expired" });
await refuses("an expired session", "INVALID_SESSION_ID", () => expired.query("SELECT Id FROM Account LIMIT 1"));

console.log(`jsforce 3.6.6: ${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
