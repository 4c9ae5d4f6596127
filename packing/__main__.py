"""Packs one layer or function; see `packing/Makefile`."""

import argparse
import sys
from pathlib import Path

from packing import bytecode, code, dependencies, trimming


def main(arguments: list[str] | None = None) -> int:
    """Pack what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m packing", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    third_party = kinds.add_parser("dependencies")
    third_party.add_argument("--processor", required=True, choices=sorted(dependencies.PLATFORMS))
    own = kinds.add_parser("code")
    own.add_argument("folder", type=Path)
    own.add_argument("--package", action="append", help="one of the folder's; all unless told")
    for kind in (third_party, own):
        kind.add_argument("--into", type=Path, required=True)
        kind.add_argument("--run-in", required=True, help="where Lambda has what is packed")
    chosen = parser.parse_args(arguments)
    chosen.into.mkdir(parents=True, exist_ok=True)
    if chosen.kind == "dependencies":
        dependencies.install(chosen.processor, chosen.into)
        trimming.trim(chosen.into)
    else:
        code.copy(chosen.folder, chosen.into, packages=chosen.package)
    bytecode.compile_all(chosen.into, run_in=chosen.run_in)
    bytecode.make_uniform(chosen.into)
    return 0


if __name__ == "__main__":
    sys.exit(main())
