#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws the figures of bench/run.py: one SVG a workload, a bar a client, on a
logarithmic scale, the floor as a line.

    plots.py FIGURES.json FOLDER
"""

import html
import json
import math
import os
import sys

LEFT, RIGHT, TOP, ROW, BOTTOM = 110, 90, 34, 24, 30
WIDTH = 720
COLORS = {"ours": "#2a7f3f", "peer": "#8a8f98", "floor": "#c0392b"}


class Scale:
    """Seconds to pixels, by powers of ten."""

    def __init__(self, values):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)

    def __call__(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def label(x, y, words, anchor="start", size=12):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
            f'font-size="{size}">{html.escape(words)}</text>')


def cost(row, field):
    """For the whole work: those that got a part of it are scaled up."""
    return max(row[field] / row["scale"], 0.001)


def bar(row, y, scale, field):
    value = cost(row, field)
    most = f"{value:.3g} s" + (" *" if row["scaled"] else "")
    return [f'<rect x="{LEFT}" y="{y}" width="{scale(value) - LEFT:.1f}" '
            f'height="{ROW - 6}" fill="{COLORS[row["kind"]]}"/>',
            label(LEFT - 6, y + 13, row["client"], "end"),
            label(scale(value) + 5, y + 13, most)]


def axis(scale, bottom):
    lines = []
    for tick in scale.ticks():
        x = scale(tick)
        lines += [f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" '
                  'stroke="#ddd"/>',
                  label(x, bottom + 16, f"{tick:g} s", "middle", 11)]
    return lines


def draw(result, field):
    """An SVG, or "" if nothing was measured."""
    rows = [dict(row) for row in result["rows"] if "cpu" in row]
    if not rows:
        return ""
    whole = max(row["scale"] for row in rows)
    rows = [row for row in rows
            if row["client"] != "floor" or row["scale"] == whole]
    for row in rows:
        row["scaled"] = row["scale"] < whole
        row["scale"] /= whole
    scale = Scale([cost(row, field) for row in rows])
    bars = sorted((row for row in rows if row["client"] != "floor"),
                  key=lambda row: cost(row, field))
    bottom = TOP + ROW * len(bars)
    title = f"{result['name']}: {result['title']}"
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
             f'height="{bottom + BOTTOM}" font-family="sans-serif">',
             f'<rect width="{WIDTH}" height="{bottom + BOTTOM}" '
             'fill="white"/>',
             label(6, 18, title[:100] + f" ({field})", size=13),
             *axis(scale, bottom)]
    for number, row in enumerate(bars):
        lines += bar(row, TOP + ROW * number + 3, scale, field)
    for row in rows:
        if row["client"] == "floor":
            x = scale(cost(row, field))
            lines.append(f'<line x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" '
                         f'y2="{bottom}" stroke="{COLORS["floor"]}" '
                         'stroke-width="2"/>')
            lines.append(label(x + 3, TOP - 4, "floor", size=10))
    return "\n".join(lines + ["</svg>"]) + "\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        results = json.load(file)
    os.makedirs(sys.argv[2], exist_ok=True)
    for result in results:
        waits = result["name"].startswith(("W5", "W7", "M"))
        text = draw(result, "wall" if waits else "cpu")
        path = os.path.join(sys.argv[2], result["name"] + ".svg")
        if text:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            print(path)


if __name__ == "__main__":
    main()
