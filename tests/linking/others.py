"""Splink and dedupe on labelled accounts, each as its documentation advises, each with the
threshold that serves it best on the very file it is measured on."""

import io
import json
import logging
import os
import random
import re
import unicodedata
import warnings
from itertools import combinations

import pandas

from measure import closure, measure

THRESHOLDS = [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999]
FORMS = set("inc incorporated corp corporation co company ltd limited llc plc lp llp sa ag gmbh nv bv ab oy oyj as spa srl sarl kk pty proprietary lda sas suarl the".split())


def clean(name):
    """Lower case, no marks, no punctuation, no legal form at the end."""
    text = unicodedata.normalize("NFKD", name.lower())
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = re.sub(r"[^\w\s]", " ", text.replace("&", " and ").replace(".", "")).split()
    while len(words) > 1 and words[-1] in FORMS:
        words.pop()
    return " ".join(words) or text


def frame(rows):
    """The columns of the accounts, with those derived that blocking needs."""
    d = pandas.DataFrame({k: [r[k] or None for r in rows] for k in rows[0] if k != "cluster"}, dtype=object)
    d["name_clean"] = [clean(r["name"]) for r in rows]
    d["first_word"] = [n.split(" ")[0] for n in d["name_clean"]]
    d["last_word"] = [n.split(" ")[-1] for n in d["name_clean"]]
    d["start"] = [n.replace(" ", "")[:6] for n in d["name_clean"]]
    if "domain" in d:
        d["domain"] = [re.sub(r"^(https?://)?(www\.)?|/.*$", "", r["domain"].lower()) or None for r in rows]
        d["phone"] = [re.sub(r"\D", "", r["phone"])[-9:] or None for r in rows]
        d["email"] = [r["email"].lower() or None for r in rows]
    return d


def best(ids, truth, scored):
    """The clustering by closure at the threshold with the best F1 of pairs."""
    tried = [(t, measure(closure(ids, [(a, b) for a, b, p in scored if p >= t]), truth)) for t in THRESHOLDS]
    return max(tried, key=lambda x: x[1]["pair_f1"])


def run_splink(rows, truth):
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    d = frame(rows)
    rich = "email" in d
    comparisons = [cl.NameComparison("name_clean", jaro_winkler_thresholds=[0.97, 0.92, 0.88, 0.7]).configure(term_frequency_adjustments=True),
                   cl.ExactMatch("first_word").configure(term_frequency_adjustments=True),
                   cl.ExactMatch("last_word").configure(term_frequency_adjustments=True)]
    rules = ["name_clean", "first_word", "start"]
    if rich:
        comparisons += [cl.EmailComparison("email").configure(term_frequency_adjustments=True)]
        comparisons += [cl.ExactMatch(c).configure(term_frequency_adjustments=True) for c in ("phone", "domain", "parent", "country")]
        rules = ["name_clean", "start", "email", "phone", "domain", "parent"]
    blocking = [block_on(r) for r in rules]
    settings = SettingsCreator(link_type="dedupe_only", unique_id_column_name="id", comparisons=comparisons, blocking_rules_to_generate_predictions=blocking, max_iterations=30)
    linker = Linker(d, settings, db_api=DuckDBAPI())
    linker.training.estimate_probability_two_random_records_match([block_on("name_clean")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (["domain", "name_clean"] if rich else ["first_word", "last_word"]):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(rule))
    predicted = linker.inference.predict(threshold_match_probability=min(THRESHOLDS)).as_pandas_dataframe()
    scored = list(zip(predicted["id_l"], predicted["id_r"], predicted["match_probability"]))
    return best(list(truth), truth, scored)


def run_dedupe(rows, truth, training, training_truth):
    """dedupe learns from pairs; it is given labelled ones of the other half."""
    os.environ["JOBLIB_MULTIPROCESSING"] = "0"  # its search over regressions starts a process for each otherwise
    import dedupe

    random.seed(1)
    records = {r["id"]: {"name": clean(r["name"])} for r in rows}
    known = {r["id"]: {"name": clean(r["name"])} for r in training}
    d = dedupe.Dedupe([dedupe.variables.String("name"), dedupe.variables.Text("name", corpus=[v["name"] for v in known.values()])], num_cores=1)
    clusters = {}
    for i, c in training_truth.items():
        clusters.setdefault(c, []).append(i)
    same = [p for ids in clusters.values() for p in combinations(sorted(ids), 2)]
    # What does not belong together is drawn from names of one beginning: those are the hard ones.
    starts = {}
    for i, v in known.items():
        starts.setdefault(v["name"][:4], []).append(i)
    apart = [p for ids in starts.values() for p in combinations(sorted(ids), 2) if training_truth[p[0]] != training_truth[p[1]]]
    pick = lambda list, n: [{"__class__": "tuple", "__value__": [known[a], known[b]]} for a, b in random.sample(list, min(n, len(list)))]
    labelled = io.StringIO(json.dumps({"match": pick(same, 200), "distinct": pick(apart, 200)}))
    d.prepare_training(known, training_file=labelled, sample_size=3000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        d.train(recall=0.95, index_predicates=False)  # with them it takes many times as long
    scores = d.score(d.pairs(records))
    tried = []
    for t in [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98]:
        found = {i: i for i in truth}
        for ids, _ in d.cluster(scores, t):
            found.update((i, min(ids)) for i in ids)
        tried.append((t, measure(found, truth)))
    return max(tried, key=lambda x: x[1]["pair_f1"])
