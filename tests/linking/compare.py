"""One table of the pipeline and others on the same accounts, all measured alike.

compare.py NAME ACCOUNTS.csv CLUSTERS.csv [--evaluation FILE] [--cpu SECONDS] [--tools splink,dedupe]

CLUSTERS.csv (account_id, cluster) is what the pipeline found; only its accounts are measured.
The other accounts of the file teach those who must be taught.
"""

import argparse
import csv
import json
import resource
import sys

from measure import measure


def cpu():
    """Processor seconds so far, of this process and of those it started: the machine may be busy."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def line(name, tool, m, seconds, note=""):
    print(f"| {name} | {tool} | {m['pair_precision']:.3f} / {m['pair_recall']:.3f} / {m['pair_f1']:.3f} | {m['b3_f1']:.3f} | {seconds:.0f} s | {note} |", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("name")
    p.add_argument("accounts")
    p.add_argument("clusters")
    p.add_argument("--evaluation")
    p.add_argument("--cpu", type=float, default=0)
    p.add_argument("--tools", default="")
    a = p.parse_args()
    with open(a.clusters, newline="", encoding="utf-8") as f:
        found = {r["account_id"]: r["cluster"] for r in csv.DictReader(f)}
    with open(a.accounts, newline="", encoding="utf-8") as f:
        everything = list(csv.DictReader(f))
    rows = [r for r in everything if r["id"] in found]
    truth = {r["id"]: r["cluster"] for r in rows}
    ours = measure(found, truth)
    said = json.load(open(a.evaluation))
    for key in ours:
        if abs(ours[key] - said[key]) > 1e-9:
            sys.exit(f"{a.name}: {key} is {ours[key]}, `pipeline link evaluate` says {said[key]}")
    line(a.name, "pipeline", ours, a.cpu, "policy " + said["policy"])
    import others

    for tool in filter(None, a.tools.split(",")):
        began = cpu()
        try:
            if tool == "splink":
                threshold, m = others.run_splink(rows, truth)
            else:
                rest = [r for r in everything if r["id"] not in found]
                threshold, m = others.run_dedupe(rows, truth, rest, {r["id"]: r["cluster"] for r in rest})
            line(a.name, tool, m, cpu() - began, f"its best threshold: {threshold}")
        except Exception as e:  # a tool that fails is said to fail, and the rest goes on
            print(f"| {a.name} | {tool} | failed: {type(e).__name__}: {str(e)[:160]} | | {cpu() - began:.0f} s | |", flush=True)


if __name__ == "__main__":
    main()
