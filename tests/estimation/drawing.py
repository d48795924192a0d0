"""Plots as SVG by hand: where outcomes fell in the distributions given for them."""

from __future__ import annotations

import numpy as np

WIDTH, HEIGHT, COLUMNS, BINS = 240, 150, 3, 10
END = 'fill="#555" text-anchor="end"'


def histograms(panels):
    """Small histograms of transforms; even bars at the line are honest forecasts."""
    rows = -(-len(panels) // COLUMNS)
    high_and_font = f'height="{rows * HEIGHT}" font-family="sans-serif" font-size="11"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS * WIDTH}" {high_and_font}>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, (name, transforms) in enumerate(panels.items()):
        left, top = number % COLUMNS * WIDTH + 20, number // COLUMNS * HEIGHT + 24
        wide, high = WIDTH - 40, HEIGHT - 54
        share = np.histogram(transforms, BINS, (0, 1))[0] / len(transforms)
        parts.append(f'<text x="{left}" y="{top - 8}">{name}</text>')
        for place, each in enumerate(share):
            bar = min(each * BINS / 2, 1) * high
            x = left + place * wide / BINS
            parts.append(
                f'<rect x="{x:.1f}" y="{top + high - bar:.1f}" width="{wide / BINS - 2:.1f}"'
                f' height="{bar:.1f}" fill="#4878a8"/>'
            )
        line = top + high / 2
        parts += [
            f'<line x1="{left}" x2="{left + wide}" y1="{line}" y2="{line}" stroke="#b04030"/>',
            f'<text x="{left}" y="{top + high + 14}" fill="#555">lowest</text>',
            f'<text x="{left + wide}" y="{top + high + 14}" {END}>highest</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])
