"""Reads a simulated org with PyPI's simple-salesforce and compares REST with Bulk API 2.0.

Arguments: the URL, client id, client secret and name of an org.
"""

import datetime
import io
import json
import csv
import sys
import urllib.parse
import urllib.request

import requests
from simple_salesforce import Salesforce, SalesforceAuthenticationFailed, SalesforceExpiredSession, SalesforceMalformedRequest, SalesforceResourceNotFound

URL, CLIENT, SECRET, NAME = sys.argv[1:5]

passed = failed = 0


def check(what, ok, seen=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAIL simple-salesforce: {what}: {seen}")


def refuses(what, error, call):
    try:
        call()
        check(what, False, "no error")
    except error as e:
        check(what, True, e)


class Loopback(requests.adapters.HTTPAdapter):
    """simple-salesforce says https and salesforce.com whatever it is told."""

    def send(self, request, **kwargs):
        asked = urllib.parse.urlsplit(request.url)
        here = urllib.parse.urlsplit(URL)
        request.url = urllib.parse.urlunsplit((here.scheme, here.netloc, asked.path, asked.query, ""))
        return super().send(request, **kwargs)


def session():
    s = requests.Session()
    s.mount("https://", Loopback())
    return s


def clock():
    with urllib.request.urlopen(URL + "/simulator/clock") as answer:
        return datetime.datetime.fromisoformat(json.load(answer)["now"].replace("Z", "+00:00"))


def logins():
    Salesforce(consumer_key=CLIENT, consumer_secret=SECRET, username=NAME + "@example.com", password=NAME + "-password" + NAME + "-token", session=session(), version="63.0").query("SELECT Id FROM Account LIMIT 1")
    check("username and password log in", True)
    refuses("a wrong secret", SalesforceAuthenticationFailed, lambda: Salesforce(consumer_key=CLIENT, consumer_secret="wrong", domain="mydomain.my", session=session()))
    sf = Salesforce(consumer_key=CLIENT, consumer_secret=SECRET, domain="mydomain.my", session=session(), version="64.0")
    check("client credentials log in", sf.session_id.startswith("00D"), sf.session_id)
    return sf


def rest(sf):
    check("describe of all", any(o["name"] == "Account" for o in sf.describe()["sobjects"]))
    fields = {f["name"]: f for f in sf.Account.describe()["fields"]}
    check("describe", fields["AnnualRevenue"]["type"] == "currency" and len(fields["Id"]) == 57, len(fields["Id"]))
    first = sf.query("SELECT Id FROM OrderHistory")
    check("query gives a page", len(first["records"]) == 2000 and not first["done"], first["totalSize"])
    more = sf.query_more(first["nextRecordsUrl"], True)
    check("query_more", more["totalSize"] == first["totalSize"] and more["records"][0]["Id"] != first["records"][0]["Id"])
    rows = sf.query_all("SELECT Id FROM OrderHistory")["records"]
    check("query_all", len({r["Id"] for r in rows}) == first["totalSize"], len(rows))
    deleted = [r for r in sf.query_all_iter("SELECT Id, IsDeleted FROM Contact", include_deleted=True) if r["IsDeleted"]]
    check("queryAll shows deleted records", len(deleted) > 0)
    account = sf.query("SELECT Id, Name, Owner.Name FROM Account WHERE Region__c IN ('Kenya', 'South Africa', 'Group') ORDER BY Name LIMIT 1")["records"][0]
    check("get", sf.Account.get(account["Id"])["Name"] == account["Name"] and account["Owner"]["Name"])
    check("limits", sf.limits()["DailyApiRequests"]["Remaining"] > 0 and sf.api_usage["api-usage"].total > 0, sf.api_usage)
    now = clock()
    gone = sf.User.deleted(now - datetime.timedelta(days=7), now)
    check("deleted", len(gone["deletedRecords"]) > 0, gone)
    check("updated", isinstance(sf.Account.updated(now - datetime.timedelta(days=7), now)["ids"], list))
    refuses("an unknown field", SalesforceMalformedRequest, lambda: sf.query("SELECT Nope FROM Account"))
    refuses("an unknown record", SalesforceResourceNotFound, lambda: sf.Account.get("001000000000000AAA"))


def bulk(sf):
    soql = "SELECT Id, Name, Description, CreatedDate, Amount, RecordType.Name FROM Opportunity"
    seen = {r["Id"]: r for r in sf.query_all(soql)["records"]}
    pages = list(sf.bulk2.Opportunity.query(soql, max_records=100))
    rows = [r for p in pages for r in csv.DictReader(io.StringIO(p))]
    check("Bulk gives what query gives, in pages", len(rows) == len(seen) and len(pages) == -(-len(rows) // 100), (len(rows), len(seen), len(pages)))
    wrong = [
        r for r in rows
        if r["Name"] != seen[r["Id"]]["Name"]
        or float(r["Amount"] or 0) != (seen[r["Id"]]["Amount"] or 0)
        or r["CreatedDate"].replace("Z", "+0000") != seen[r["Id"]]["CreatedDate"]
        or r["RecordType.Name"] != seen[r["Id"]]["RecordType"]["Name"]
    ]
    check("values by Bulk equal values by REST", not wrong, wrong[:1])
    everything = "".join(sf.bulk2.Contact.query_all("SELECT Id, IsDeleted FROM Contact"))
    check("Bulk queryAll shows deleted records", '"true"' in everything)
    refuses("a compound field by Bulk", SalesforceMalformedRequest, lambda: list(sf.bulk2.Account.query("SELECT BillingAddress FROM Account")))


org = logins()
rest(org)
bulk(org)
first, org.headers["Authorization"] = org.session_id, "Bearer expired"
check("an expired session is renewed", org.query("SELECT Id FROM Account LIMIT 1")["done"] and org.session_id != first)
other = Salesforce(instance_url=URL, session_id="expired", session=session())
refuses("an expired session that cannot be renewed", SalesforceExpiredSession, lambda: other.query("SELECT Id FROM Account LIMIT 1"))
print(f"simple-salesforce 1.12.10: {passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
