"""A chart of the CPU that cases took of every library."""

from collections.abc import Mapping

from benchmarks.peers.columns import CPU
from benchmarks.peers.results import OURS, Result

ROW = 28
LEFT, WIDTH = 220, 380
"""Where bars begin, and how long the longest is."""


def chart(results: Mapping[str, Result]) -> str:
    """Return bars of CPU seconds as SVG, the results by their titles."""
    values = {
        title: {library: CPU.value(runs) for library, runs in result.done().items()}
        for title, result in results.items()
    }
    longest = max(seconds for bars in values.values() for seconds in bars.values())
    parts, y = [], 12
    for title, bars in values.items():
        parts.append(f'<text x="12" y="{y + 15}" font-size="15">{title}, CPU seconds</text>')
        for library, seconds in bars.items():
            y += ROW
            parts.append(_bar(library, seconds, WIDTH * seconds / longest, y))
        y += ROW + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{y}" '
        'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _bar(library: str, seconds: float, width: float, y: int) -> str:
    colour = "#0a7d4f" if library == OURS else "#8a94a0"
    return (
        f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{library}</text>'
        f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="20" fill="{colour}"/>'
        f'<text x="{LEFT + 6 + width:.1f}" y="{y + 15}">{seconds:.2f} s</text>'
    )
