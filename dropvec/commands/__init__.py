"""The subcommands, one module each.

A module's `register` adds the command's parser, whose default `run` is a function of the parsed
arguments that returns the exit code. It raises CommandError, or lets a service's error through,
for what is said in one line on standard error.
"""

from typing import TYPE_CHECKING

from dropvec.commands import cost, index, rebuild, redrive, sync, tenant

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction
    from collections.abc import Callable

    Commands = _SubParsersAction[ArgumentParser]

REGISTRATIONS: "tuple[Callable[[Commands], None], ...]" = (
    sync.register,
    index.register,
    redrive.register,
    rebuild.register,
    tenant.register,
    cost.register,
)
"""In the order in which `dropvec --help` lists the commands."""
