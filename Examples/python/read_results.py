#!/usr/bin/env python3
"""Reads a warehouse with Python's sqlite3 and pandas: python3 read_results.py WAREHOUSE

Prints the read-out noise as a table of blocks and detectors, and the number of values behind it.
"""
import sqlite3
import sys
from pathlib import Path

import pandas


def read(folder):
    """The read-out noise of all finished runs, one row an amplifier."""
    database = (Path(folder) / "warehouse.sqlite").resolve()
    # as_uri quotes what a path may hold; mode=ro never changes anything.
    connection = sqlite3.connect(database.as_uri() + "?mode=ro", uri=True)
    try:
        return pandas.read_sql(
            "SELECT block, ccd, quadrant, value, uncertainty, unit FROM results"
            " WHERE quantity = ? AND item = ? AND status = 'finished'",
            connection,
            params=("bias.ron", "img"),
        )
    finally:
        connection.close()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: read_results.py WAREHOUSE")
    frame = read(sys.argv[1])
    if frame.empty:
        sys.exit("no read-out noise in this warehouse")
    table = frame.pivot_table(index="block", columns="ccd", values="value", aggfunc="mean")
    print(table.round(3).to_string())
    print(f"{len(frame)} values in {', '.join(sorted(set(frame['unit'])))}")


if __name__ == "__main__":
    main()
