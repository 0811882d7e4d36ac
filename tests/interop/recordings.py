"""Holds the simulator's describes against those that CumulusCI recorded from real orgs.

Arguments: the URL, client id and secret of an org, and a directory to keep the
recordings in. They come from the source package of cumulusci on PyPI (BSD-3-Clause)
and are not part of this project.
"""

import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
import urllib.request

import yaml

PACKAGE = "cumulusci==4.10.1"
CASSETTES = "cumulusci/tests/shared_cassettes/GET_sobjects_"
NEWER = {"associateEntityType", "associateParentEntity", "sobjectDescribeOption"}  # keys that older API versions do not have
URL, CLIENT, SECRET, KEPT = sys.argv[1:4] + [pathlib.Path(sys.argv[4])]

passed = failed = 0


def check(what, ok, seen=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAIL recordings: {what}: {seen}")


def body(cassette):
    """The text of a recorded answer."""
    if isinstance(cassette, dict):
        return cassette.get("string") or next((b for b in map(body, cassette.values()) if b), None)
    return None


def download():
    """Keeps each recorded describe as NAME.json."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "-d", work, PACKAGE], check=True, stderr=subprocess.DEVNULL)
        KEPT.mkdir(exist_ok=True)
        with tarfile.open(next(pathlib.Path(work).glob("*.tar.gz"))) as archive:
            for member in archive:
                if CASSETTES in member.name and member.name.endswith("_describe.yaml"):
                    name = member.name.split("GET_sobjects_")[1].removesuffix("_describe.yaml")
                    (KEPT / f"{name}.json").write_text(body(yaml.safe_load(archive.extractfile(member))))


def ask(path, token=None, form=None):
    request = urllib.request.Request(URL + path, data=form and urllib.parse.urlencode(form).encode())
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def kind(value):
    """JSON's kinds; null fits every kind."""
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def same_kinds(what, recorded, simulated):
    wrong = {k for k in recorded if k in simulated and None not in (recorded[k], simulated[k]) and kind(recorded[k]) != kind(simulated[k])}
    check(f"{what}: values are of the recorded kinds", not wrong, wrong)


def compare(name, recorded, simulated):
    check(f"{name}: keys of the object", set(recorded) <= set(simulated) and set(simulated) - set(recorded) <= NEWER, set(recorded) ^ set(simulated))
    same_kinds(name, recorded, simulated)
    check(f"{name}: key prefix", recorded["keyPrefix"] == simulated["keyPrefix"], simulated["keyPrefix"])
    fields = {f["name"]: f for f in simulated["fields"]}
    for f in recorded["fields"]:
        ours = fields.get(f["name"])
        if ours is None:
            continue
        check(f"{name}.{f['name']}: keys", set(f) == set(ours), set(f) ^ set(ours))
        same_kinds(f"{name}.{f['name']}", f, ours)
        for key in ("type", "soapType", "calculated", "compoundFieldName"):
            check(f"{name}.{f['name']}: {key}", f[key] == ours[key], (f[key], ours[key]))


if not list(KEPT.glob("*.json")):
    try:
        download()
    except (subprocess.CalledProcessError, OSError) as problem:
        print(f"interop: recordings skipped: {PACKAGE} cannot be downloaded here ({problem})")
        sys.exit(0)
recordings = {p.stem: json.loads(p.read_text()) for p in sorted(KEPT.glob("*.json"))}
check("there are recordings of describes", len(recordings) >= 8, sorted(recordings))
token = ask("/services/oauth2/token", form={"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET})["access_token"]
everything = ask("/services/data/v64.0/sobjects", token)
known = {o["name"] for o in everything["sobjects"]}
for name, recorded in recordings.items():
    if name == "Global":
        check("global describe: keys", set(recorded) == set(everything), set(everything))
        check("global describe: keys of an object", set(recorded["sobjects"][0]) == set(everything["sobjects"][0]), set(recorded["sobjects"][0]) ^ set(everything["sobjects"][0]))
    elif recorded["name"] in known:
        compare(name, recorded, ask(f"/services/data/v64.0/sobjects/{recorded['name']}/describe", token))
print(f"recorded describes: {passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
