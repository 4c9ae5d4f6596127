"""A chart of what one case took of every library."""

from benchmarks.peers.columns import CPU
from benchmarks.peers.results import OURS, Result


def chart(result: Result, title: str) -> str:
    """Return bars of the CPU that one case took, as SVG."""
    values = {library: CPU.value(runs) for library, runs in result.done().items()}
    longest, height = max(values.values()), 28 * len(values) + 44
    bars = "\n".join(
        f'<text x="212" y="{y + 15}" text-anchor="end">{library}</text>'
        f'<rect x="220" y="{y}" width="{380 * value / longest:.1f}" height="20" '
        f'fill="{"#0a7d4f" if library == OURS else "#8a94a0"}"/>'
        f'<text x="{226 + 380 * value / longest:.1f}" y="{y + 15}">{value:.2f} s</text>'
        for y, (library, value) in zip(range(40, height, 28), values.items(), strict=False)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{height}" '
        'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="12" y="24" font-size="15">CPU seconds to put {title}</text>\n{bars}\n</svg>\n'
    )
