from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexing.loaders import load_document


def load(text):
    return load_document(text.encode(), key="guide.md", content_type=None)


def headings(text):
    return [(heading.level, heading.text) for heading in load(text).headings]


def test_the_text_stays_as_it_is():
    text = "---\ntitle: T\n---\n# A *b*\n\n| x |\n"

    document = load(text)

    assert (document.text, document.markup) == (text, "markdown")


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("# One", (1, "One")),
        ("   ###### Six ##  ", (6, "Six")),
        ("## C#", (2, "C#")),
        ("# a\tb  c", (1, "a b c")),
        ("# A `code_span` and **bold** _it_ snake_case", (1, "A code_span and bold it snake_case")),
        ("# `__init__` [link](https://a.example) ![pic](x.png)", (1, "__init__ link pic")),
        (r"# Not \*this\*", (1, "Not *this*")),
        ('# Anchored<a name="here"></a>', (1, "Anchored")),
        ("# With id {#with-id}", (1, "With id")),
        ("Setext\n===", (1, "Setext")),
        ("Over\ntwo lines\n  ---  ", (2, "Over two lines")),
    ],
)
def test_a_heading_is_found_with_its_level_and_plain_text(line, heading):
    assert headings(f"before\n\n{line}\n\nafter") == [heading]


@pytest.mark.parametrize(
    "text",
    [
        "#hash",
        "####### seven",
        "    # indented code",
        "```\n# comment\n```",
        "~~~ sh\n```\n# comment\n~~~",
        "````\n```\n# comment\n````",
        "```\n# never closed",
        "<!--\n# commented out\n-->",
        "<pre>\n# raw\n</pre>",
        "- item\n---",
        "> quote\n---",
        "| a |\n---",
        "text\n\n---",
        "- item\nstill the item\n---",
        "---\ntitle: T\nother: x\n---",
        "#",
        "# " + "x" * 201,
        "x" * 201 + "\n===",
    ],
)
def test_what_is_no_heading_is_not_taken_for_one(text):
    assert headings(text + "\n") == []


def test_headings_after_code_and_comments_are_found():
    assert headings("```\n# no\n```\n# yes\n<!-- # no -->\n\n# yes too") == [
        (1, "yes"),
        (1, "yes too"),
    ]


def test_a_heading_lies_on_its_lines():
    document = load("intro\n\n# One\ntext\n\nTwo\nlines\n---\ntext")

    lines = [document.text[heading.start : heading.end] for heading in document.headings]

    assert lines == ["# One", "Two\nlines\n---"]


def test_code_blocks_are_found():
    document = load("a\n```py\nx\n\ny\n```\nb\n~~~\nz")

    assert [document.text[start:end] for start, end in document.code_blocks] == [
        "```py\nx\n\ny\n```",
        "~~~\nz",
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Heading\n", "Heading"),
        ("## Sub\n\n# Top\n", "Top"),
        ("## Only sub\n", None),
        ("no heading", None),
        ("---\ntitle: Front\n---\n# Heading\n", "Front"),
        ("---\nlayout: x\ntitle: 'Front: quoted'\n---\n", "Front: quoted"),
        ('+++\ntitle = "Toml"\n+++\n# Heading', "Toml"),
        ("---\ntitle: >\n  folded\n---\n# Heading", "Heading"),
        ("---\nauthor: x\n---\n# Heading", "Heading"),
        ("---\n\ntitle: no front matter\n\n---\n# Heading", "Heading"),
        ("---\ntitle: never closed\n\n# Heading", "Heading"),
    ],
)
def test_the_title_is_the_front_matters_or_the_first_top_heading(text, title):
    assert load(text).title == title


LINES = """# A
## B ##
text
===
---
```
~~~
````
- item
> q
    code
<!--
-->
<pre>
</pre>
| t |
title: x
"""


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LINES.split("\n")), min_size=1).map("\n".join).filter(str.strip))
def test_the_structure_of_any_text_lies_in_it_in_order(text):
    document = load(text)
    spans = [(heading.start, heading.end) for heading in document.headings]

    for places in (spans, list(document.code_blocks)):
        assert all(0 <= start < end <= len(text) for start, end in places)
        assert all(one[1] <= two[0] for one, two in pairwise(places))
    assert not any(
        start < code_end and code_start < end
        for start, end in spans
        for code_start, code_end in document.code_blocks
    )
