"""`dropvec cost`: what a deployment would cost a month; nothing is asked of AWS."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from dropvec.estimate import Line, Workload, estimate, kept_and_searched, total, whole_bills
from dropvec.exit_codes import DONE
from embedding import ModelUri, ModelUriError
from metering.prices import READ_ON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dropvec.commands import Commands

DESCRIPTION = """\
Estimate what a deployment costs a month, in US dollars of us-east-1, and beside it the same in one index
for all tenants and in two managed services. Nothing is asked of AWS: docs/cost.md says what is assumed,
what is left out, and how to see what a deployment really used.
"""

DEFAULT_MODEL = "bedrock://amazon.titan-embed-text-v2:0?dimensions=1024"
"""That of template.yaml."""


def register(commands: "Commands") -> None:
    """Add `dropvec cost`."""
    parser: ArgumentParser = commands.add_parser(
        "cost",
        help="estimate what a deployment costs a month",
        description=DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tenants", metavar="N", type=count, default=1, help="1 unless told")
    parser.add_argument(
        "--documents", metavar="N", type=count, default=1_000, help="of each tenant; 1,000"
    )
    parser.add_argument(
        "--chunks", metavar="N", type=count, default=20, help="of each document; 20"
    )
    parser.add_argument(
        "--queries", metavar="N", type=count, default=10_000, help="of each tenant, a month; 10,000"
    )
    parser.add_argument(
        "--changed",
        metavar="SHARE",
        type=share,
        default=0.1,
        help="of all documents, those that are indexed anew in a month; 0.1",
    )
    parser.add_argument(
        "--kept",
        metavar="SHARE",
        type=part,
        default=0.0,
        help="of a changed document's chunks, those whose text stays; 0",
    )
    parser.add_argument(
        "--context",
        metavar="N",
        type=int,
        choices=range(4),
        default=0,
        help="chunks before and after each match that queries ask for, 0 to 3; 0",
    )
    parser.add_argument(
        "--model", metavar="URI", type=model, default=DEFAULT_MODEL, help="%(default)s"
    )
    parser.add_argument(
        "--chunk-size", metavar="N", type=count, default=1_000, help="characters; 1,000"
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the estimate, and return the exit code."""
    work = Workload(
        tenants=arguments.tenants,
        documents=arguments.documents,
        chunks=arguments.chunks,
        queries=arguments.queries,
        changed=arguments.changed,
        kept=arguments.kept,
        context=arguments.context,
        model=arguments.model,
        chunk_size=arguments.chunk_size,
    )
    sys.stdout.writelines(f"{line}\n" for line in _report(work))
    return DONE


def count(text: str) -> int:
    """Return a number of things: a whole one, 1 or more, commas allowed."""
    digits = text.replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and int(digits)):
        raise ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(digits)


def share(text: str) -> float:
    """Return a share: 0 for none, 1 for all, more for several times a month."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1_000:
        raise ArgumentTypeError(f"{text!r} is no share: expected e.g. 0.1 for a tenth")
    return number


def part(text: str) -> float:
    """Return a share of a whole: 0 for none, 1 for all."""
    number = share(text)
    if number > 1:
        raise ArgumentTypeError(f"{text!r} is more than all: expected 0 to 1")
    return number


def model(text: str) -> ModelUri:
    """Return the embedding model that an argument names; argparse's error says why it names none."""
    try:
        return ModelUri.parse(text)
    except ModelUriError as error:
        raise ArgumentTypeError(str(error)) from error


def _report(work: Workload) -> "Iterable[str]":
    lines = estimate(work)
    yield (
        f"tenants: {work.tenants:,}, each with {work.documents:,} x {work.chunks:,} chunks and "
        f"{work.queries:,} queries a month; {work.all_chunks:,} chunks in all"
    )
    yield f"{work.model}; US dollars, us-east-1, {READ_ON}"
    yield ""
    yield from _table("", [*lines, total("in all", lines)])
    yield ""
    yield from _table("in all, beside other ways:", whole_bills(work))
    yield ""
    yield from _table("of it, to keep and search the vectors:", kept_and_searched(work))


def _table(title: str, lines: "Iterable[Line]") -> "Iterable[str]":
    yield f"{title:<44}{'once':>14}{'a month':>14}"
    for line in lines:
        yield f"  {line.what:<42}{line.once:>14,.2f}{line.monthly:>14,.2f}"
