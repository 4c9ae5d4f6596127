"""`dropvec cost`: what a deployment would cost a month; nothing is asked of AWS."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from dropvec.estimate import (
    Line,
    Workload,
    estimate,
    in_managed_knowledge_base,
    in_one_index,
    in_opensearch,
    in_own_indexes,
)
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


def model(text: str) -> ModelUri:
    """Return the embedding model that an argument names; argparse's error says why it names none."""
    try:
        return ModelUri.parse(text)
    except ModelUriError as error:
        raise ArgumentTypeError(str(error)) from error


def _report(work: Workload) -> "Iterable[str]":
    lines = estimate(work)
    total = Line("in all", sum(x.once for x in lines), sum(x.monthly for x in lines))
    yield (
        f"tenants: {work.tenants:,}, each with {work.documents:,} x {work.chunks:,} chunks and "
        f"{work.queries:,} queries a month; {work.all_chunks:,} chunks in all"
    )
    yield f"{work.model}; US dollars, us-east-1, {READ_ON}"
    yield ""
    yield _row("", "once", "a month")
    for line in (*lines, total):
        yield _row(line.what, _dollars(line.once), _dollars(line.monthly))
    yield ""
    yield "vectors and embedding alone, beside other ways to keep them:"
    for what, monthly in (
        ("an index for each tenant (this)", in_own_indexes(work)),
        ("one index, filtered by tenant", in_one_index(work)),
        ("OpenSearch Serverless, at least", in_opensearch()),
        ("Bedrock managed knowledge base, about", in_managed_knowledge_base(work)),
    ):
        yield _row(what, "", _dollars(monthly))


def _row(what: str, once: str, monthly: str) -> str:
    return f"  {what:<42}{once:>14}{monthly:>14}".rstrip()


def _dollars(amount: float) -> str:
    return f"{amount:,.2f}"
