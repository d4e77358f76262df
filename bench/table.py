# SPDX-License-Identifier: MIT
"""Figures as text for a terminal, and as the table of RESULTS.md.

    table.py FIGURES.json... RESULTS.md     rewrites that table alone

Of a workload that is in several files the last one counts.
"""

import json
import sys

BEGIN = "<!-- figures: written by `make bench-results` -->"
END = "<!-- end of figures -->"
HEAD = ("client", "CPU s", "× floor", "wall s", "× floor", "MiB",
        "system calls", "turns", "")


def floor_of(row, result):
    """The floor of the same part of the work."""
    for other in result["rows"]:
        if (other["client"], other["scale"]) == ("floor", row["scale"]) \
                and "cpu" in other:
            return other
    return None


def ratio(row, floor, field):
    if not floor or not floor[field]:
        return "–"
    value = row[field] / floor[field]
    return f"{value:.2f}" if value < 9.95 else f"{value:,.0f}"


def share(row, result):
    most = max(r["scale"] for r in result["rows"])
    notes = []
    if row["scale"] < most:
        notes.append(f"{row['scale'] / most:g} of the work")
    if row["runs"] == 1:
        notes.append("one run")
    return ", ".join(notes)


def cells(row, result):
    if "cpu" not in row:
        return (row["client"], *["–"] * 7, "failed: " +
                " ".join(row["failure"].split())[:120].replace("|", "/"))
    floor = floor_of(row, result)
    return (row["client"], f"{row['cpu']:.3f}", ratio(row, floor, "cpu"),
            f"{row['wall']:.3f}", ratio(row, floor, "wall"),
            f"{row['kib'] / 1024:.1f}",
            f"{row['calls']:,}" if row["calls"] else "–",
            f"{row['turns']:,}" if row["turns"] else "–",
            share(row, result))


def text(result):
    rows = [HEAD] + [cells(row, result) for row in result["rows"]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = [f"\n{result['name']}: {result['title']}"]
    for row in rows:
        first, rest = row[0].ljust(widths[0]), zip(row[1:-1], widths[1:-1])
        lines.append("  ".join([first, *(c.rjust(w) for c, w in rest),
                                row[-1]]).rstrip())
    return "\n".join(lines)


def markdown(results):
    lines = []
    for result in results:
        lines += ["", f"### {result['name']}: {result['title']}", "",
                  f"`make bench W={result['name']}`", "",
                  "| " + " | ".join(HEAD) + " |",
                  "|---" + "|---:" * (len(HEAD) - 2) + "|---|"]
        for row in result["rows"]:
            name, *rest = cells(row, result)
            name = f"**{name}**" if row["kind"] == "ours" else name
            lines.append("| " + " | ".join([name, *rest]) + " |")
    return "\n".join(lines) + "\n"


def rewrite(path, results):
    with open(path, encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN)
    after = rest.split(END)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + markdown(results) + "\n" + END +
                   after)


def read(path):
    with open(path, encoding="utf-8") as figures:
        return json.load(figures)


if __name__ == "__main__":
    every = {result["name"]: result for path in sys.argv[1:-1]
             for result in read(path)}
    rewrite(sys.argv[-1], list(every.values()))
