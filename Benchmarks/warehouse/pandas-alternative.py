#!/usr/bin/env python3
"""The questions of warehouse-benchmark, asked of pandas over pickles and, with pyarrow, over Parquet.

    pandas-alternative.py PLAIN.sqlite FOLDER

PLAIN.sqlite is the plain table that warehouse-benchmark makes; FOLDER is filled and left to the caller.
Pickles: one file a test run, in a folder for each block, with an index of the runs, as pipelines without a
database keep their results. Parquet: one file, sorted by quantity, read with filters. Times are medians
of five, files in the page cache.
"""
import os
import pickle
import sqlite3
import statistics
import sys
import time

import pandas as pd

try:
    import pyarrow  # noqa: F401
except ImportError:
    pyarrow = None


def median(question, repetitions=5):
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        count = question()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), count


def line(what, milliseconds, count, unit="ms"):
    print(f"{what:<46}{milliseconds:10.2f} {unit}  {count} rows", flush=True)


class Pickles:
    """A folder of one pickled DataFrame a run, and a pickled list of the runs."""

    name = "pickles"

    def __init__(self, folder):
        self.folder = folder
        with open(f"{folder}/runs.pick", "rb") as file:
            self.runs = pickle.load(file)

    def load(self, run):
        with open(run["path"], "rb") as file:
            return pickle.load(file)

    def latest(self, test):
        chosen = {}
        for run in self.runs:
            if run["test"] == test and run["accepted"]:
                old = chosen.get(run["block"])
                if old is None or run["started"] > old["started"]:
                    chosen[run["block"]] = run
        return chosen.values()

    def map(self, quantity, test):
        frames = [self.load(run) for run in self.latest(test)]
        return sum(len(frame[frame.quantity == quantity]) for frame in frames)

    def family(self, family, quantity):
        parts = []
        for run in self.runs:
            if run["test"].startswith(family):
                frame = self.load(run)
                part = frame[frame.quantity == quantity]
                parts.append(part.assign(block=run["block"], started=run["started"]))
        return pd.concat(parts)

    def statistics(self, quantity, family):
        groups = self.family(family, quantity).groupby(["block", "ccd", "quadrant"], observed=True)
        return len(groups.value.agg(["count", "mean", "median", "std", "min", "max"]))

    def history(self, quantity, family):
        rows = self.family(family, quantity)
        rows = rows[(rows.ccd == "CCD1") & (rows.quadrant == "E")]
        return len(rows.sort_values("started"))

    def analysis(self, name):
        parts = [self.load(run).assign(test=run["test"]) for run in self.runs if run["analysis"] == name]
        return pd.concat(parts)

    def difference(self, first, second):
        return differences(self.analysis(first), self.analysis(second))


class Parquet(Pickles):
    """One Parquet file of everything, sorted by quantity and test."""

    name = "Parquet"

    def __init__(self, folder):
        self.path = f"{folder}/all.parquet"

    def read(self, filters):
        return pd.read_parquet(self.path, filters=filters)

    def map(self, quantity, test):
        rows = self.read([("quantity", "==", quantity), ("test", "==", test), ("accepted", "==", 1)])
        latest = rows.groupby("block", observed=True).started.transform("max")
        return len(rows[rows.started == latest])

    def family(self, family, quantity):
        tests = [family + suffix for suffix in ("01", "02", "03")]
        return self.read([("quantity", "==", quantity), ("test", "in", tests)])

    def analysis(self, name):
        return self.read([("analysis", "==", name)])


def differences(a, b):
    keys = ["test", "quantity", "ccd", "quadrant", "obsid"]
    both = a.merge(b, on=keys, suffixes=("_a", "_b"))
    both["difference"] = both.value_b - both.value_a
    both["sigma"] = (both.uncertainty_a**2 + both.uncertainty_b**2) ** 0.5
    return len(both)


def main():
    table, folder = sys.argv[1:3]
    os.makedirs(folder)
    database = sqlite3.connect(f"file:{table}?mode=ro", uri=True)
    columns = "ccd, quadrant, obsid, quantity, unit, value, uncertainty, count"
    runs = database.execute(
        "SELECT DISTINCT block, test, analysis, started, accepted FROM result").fetchall()
    spent, total, index, everything = 0.0, 0, [], []
    for block, test, analysis, started, accepted in runs:
        frame = pd.read_sql(
            f"SELECT {columns} FROM result WHERE analysis = ? AND test = ?", database,
            params=(analysis, test))
        frame["obsid"] = frame.obsid.fillna(-1).astype("int64")
        path = f"{folder}/{block}/{test}-{analysis}.pick"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        start = time.perf_counter()
        with open(path, "wb") as file:
            pickle.dump(frame, file, protocol=pickle.HIGHEST_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
        spent += time.perf_counter() - start
        total += len(frame)
        index.append(dict(
            block=block, test=test, analysis=analysis, started=started, accepted=accepted, path=path))
        if pyarrow:
            everything.append(frame.assign(
                block=block, test=test, analysis=analysis, started=started, accepted=accepted))
    with open(f"{folder}/runs.pick", "wb") as file:
        pickle.dump(index, file)
    size = sum(os.path.getsize(run["path"]) for run in index)
    print(f"\n== pandas {pd.__version__} over pickles: {total} measurements, {len(index)} files")
    line("load", total / spent / 1000, total, "k/s")
    line("files, bytes a measurement", size / total, total, "B")
    stores = [Pickles(folder)]
    if pyarrow:
        start = time.perf_counter()
        whole = pd.concat(everything).sort_values(["quantity", "test", "block"])
        whole.to_parquet(f"{folder}/all.parquet", row_group_size=100_000)
        spent = time.perf_counter() - start
        stores.append(Parquet(folder))
    blocks = sorted({run["block"] for run in index})
    names = [f"GEN_{blocks[0]}_{rerun}" for rerun in (0, 1)]
    test = index[0]["test"]
    family = test[:-2]
    for store in stores:
        if store.name == "Parquet":
            print(f"\n== pandas {pd.__version__} over Parquet: {total} measurements, one file")
            line("load, all at once", total / spent / 1000, total, "k/s")
            line("file, bytes a measurement", os.path.getsize(store.path) / total, total, "B")
        line("map of one quantity", *median(lambda: store.map("channel.q0", test)))
        line("statistics of a family's history", *median(lambda: store.statistics("channel.q0", family)))
        line("the same, a quantity of each frame", *median(lambda: store.statistics("frame.q0", family)))
        line("history of one channel", *median(lambda: store.history("channel.q0", family)))
        line("difference of two analyses", *median(lambda: store.difference(*names)))


main()
