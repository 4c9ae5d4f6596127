"""Bytecode beside every module: Lambda's file system is read-only, so what is not shipped is compiled at
every cold start.
"""

import compileall
import os
import py_compile
import sys
from pathlib import Path

RUNTIME = (3, 13)

BUILT_AT = 315_619_200
"""The time of every file, in seconds since 1970: the second day that a zip archive can name."""


def compile_all(packages: Path, *, run_in: str) -> None:
    """Compile every module; tracebacks name its file in the folder where it will run.

    Nothing compares it with its module's source at run time. One process does it, file by file:
    what was compiled before can be seen in how bytecode shares its strings.
    """
    if sys.version_info[:2] != RUNTIME:
        raise RuntimeError(
            f"this is Python {sys.version_info.major}.{sys.version_info.minor}, and the bytecode "
            f"is for {RUNTIME[0]}.{RUNTIME[1]}"
        )
    complete = compileall.compile_dir(
        packages,
        maxlevels=sys.getrecursionlimit(),
        force=True,
        quiet=1,
        stripdir=str(packages),
        prependdir=run_in,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        workers=1,
    )
    if not complete:
        raise RuntimeError(f"not every module of {packages} can be compiled")


def make_uniform(packages: Path) -> None:
    """Give every file and folder one time, and rights that leave nothing to this machine's settings."""
    for folder, _, files in os.walk(packages, topdown=False):
        for name in files:
            path = Path(folder, name)
            path.chmod(0o755 if path.suffix == ".so" else 0o644)
            os.utime(path, (BUILT_AT, BUILT_AT))
        Path(folder).chmod(0o755)
        os.utime(folder, (BUILT_AT, BUILT_AT))
