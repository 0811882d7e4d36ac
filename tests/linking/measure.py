"""Pair and B3 precision, recall and F1 of a clustering, written by their definitions and
without a look at how the pipeline computes them: an independent check of its figures."""

from collections import Counter


def f1(p, r):
    return 2 * p * r / (p + r) if p + r else 0.0


def pairs(counts):
    return sum(n * (n - 1) // 2 for n in counts)


def measure(found, truth):
    """found and truth map the id of each account to the name of its cluster."""
    assert found.keys() == truth.keys(), "the clusterings are of different accounts"
    size_found = Counter(found.values())
    size_truth = Counter(truth.values())
    both = Counter((found[i], truth[i]) for i in truth)
    right, put, wanted = pairs(both.values()), pairs(size_found.values()), pairs(size_truth.values())
    p, r = right / put if put else 1.0, right / wanted if wanted else 1.0
    bp = sum(both[found[i], truth[i]] / size_found[found[i]] for i in truth) / len(truth)
    br = sum(both[found[i], truth[i]] / size_truth[truth[i]] for i in truth) / len(truth)
    return {"pair_precision": p, "pair_recall": r, "pair_f1": f1(p, r), "b3_precision": bp, "b3_recall": br, "b3_f1": f1(bp, br)}


def closure(ids, links):
    """Connected components of the links; maps each id to the smallest id of its cluster."""
    parent = {i: i for i in ids}

    def find(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in links:
        x, y = find(a), find(b)
        if x != y:
            parent[max(x, y)] = min(x, y)
    return {i: find(i) for i in ids}
