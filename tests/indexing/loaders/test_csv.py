import csv
import io

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexing.loaders import load_document

CELLS = st.text("abc xyz.123äß", min_size=1, max_size=8).map(str.strip).filter(bool)


def text(content, key="rows.csv"):
    return load_document(content.encode(), key=key, content_type="text/csv").text


def test_a_record_is_a_paragraph_of_columns_and_values():
    assert text("name,city\nAda,London\nGrace,New York\n") == (
        "name: Ada\ncity: London\n\nname: Grace\ncity: New York"
    )


def test_quoted_values_keep_delimiters_quotes_and_newlines():
    assert text('a,b\n"x, y","say ""hi""\nthere"\n') == 'a: x, y\nb: say "hi"\nthere'


def test_empty_values_and_rows_are_left_out():
    assert text("a,b,c\n1,,3\n\n,,\n4, ,\n") == "a: 1\nc: 3\n\na: 4"


def test_values_without_a_column_name_are_numbered():
    assert text("a,,c\n1,2,3,4\n") == "a: 1\ncolumn 2: 2\nc: 3\ncolumn 4: 4"


def test_a_single_column_is_read():
    assert text("word\nalpha, beta\ngamma\n") == "word: alpha, beta\n\nword: gamma"


def test_a_header_alone_is_text():
    assert text("name;city\n") == "name, city"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_rows(delimiter):
    rows = [["name", "note"], ["Ada", "a, b; c"], ["Grace", "d, e, f"]]
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)

    assert text(output.getvalue()) == "name: Ada\nnote: a, b; c\n\nname: Grace\nnote: d, e, f"


def test_a_declared_delimiter_is_obeyed():
    assert text("sep=:\na:b\n1:2\n") == "a: 1\nb: 2"


def test_a_field_of_megabytes_is_read():
    assert len(text(f'a,b\n"{"x" * 2_000_000}",y\n')) == 2_000_008


def test_a_quote_that_is_never_closed_costs_no_text():
    assert text('a,b\n1,"2\n3,4\n') == "a: 1\nb: 2\n3,4"


def test_headings_and_titles_are_not_made_up():
    document = load_document(b"a,b\n1,2\n", key="rows.csv", content_type=None)

    assert (document.title, document.headings, document.markup) == (None, (), "plain")


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=2)
    ),
    st.sampled_from(",;\t|"),
)
def test_any_rows_are_read_whatever_the_delimiter(rows, delimiter):
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)

    header, *records = rows

    assert text(output.getvalue()) == "\n\n".join(
        "\n".join(f"{column}: {value}" for column, value in zip(header, record, strict=True))
        for record in records
    )
