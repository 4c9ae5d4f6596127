"""As much of CloudWatch Logs Insights as the documents' queries of what is used need."""

import json
import re
from collections import defaultdict
from statistics import fmean

AGGREGATES = {"sum": sum, "avg": fmean, "max": max}


def ask(query, lines):
    """The rows that a query finds in lines of log."""
    rows = [flat(json.loads(line)) for line in lines]
    for command in query.split("|"):
        name, rest = command.split(maxsplit=1)
        rows = COMMANDS[name](rest, rows)
    return rows


def flat(line):
    """A line's fields as they are named there: a list's first as `<name>.0`."""
    lists = {f"{name}.0": value[0] for name, value in line.items() if isinstance(value, list)}
    return {name: value for name, value in line.items() if not isinstance(value, list)} | lists


def keep(condition, rows):
    def holds(row):
        return calculated(re.sub(r"ispresent\(([\w.]+)\)", lambda m: str(m[1] in row), condition))

    return [row for row in rows if holds(row)]


def aggregate(columns, rows):
    columns, key = columns.split(" by ")
    groups = defaultdict(list)
    for row in rows:
        groups[row.get(key.strip())].append(row)
    return [{key.strip(): of, **aggregated(columns, group)} for of, group in groups.items()]


def aggregated(columns, rows):
    """One row of all; a column's name stands for its value in those that follow."""

    def number(found):
        values = [row[found[2]] for row in rows if found[2] in row]
        return repr(AGGREGATES[found[1]](values)) if values else "nothing"

    row = {"nothing": None}
    for column in columns.split(","):
        expression, name = column.split(" as ")
        expression = re.sub(r"(\w+)\(([\w.]+)\)", number, expression)
        unknown = any(row.get(word, 0) is None for word in re.findall(r"\w+", expression))
        row[name.strip()] = None if unknown else calculated(expression, row)
    del row["nothing"]
    return row


def descending(order, rows):
    name, direction = order.split()
    assert direction == "desc"
    return sorted(rows, key=lambda row: -(row[name] or 0))


def calculated(expression, names=None):
    return eval(expression.strip(), {}, names or {})  # noqa: S307 - our documents'


COMMANDS = {"filter": keep, "stats": aggregate, "sort": descending}
