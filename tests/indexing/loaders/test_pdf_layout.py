from hypothesis import given
from hypothesis import strategies as st

from indexing.loaders.pdf_layout import layout
from indexing.loaders.pdf_lines import Line

LEFT, RIGHT, PITCH = 60.0, 530.0, 14.0
FULL = "A line that reaches the right edge of the column it stands in"


def page(*lines, top=780.0):
    """Lines one below the other; a number is space, a tuple gives a line's own size or places."""
    placed = []
    for line in lines:
        if isinstance(line, float):
            top -= line
            continue
        text, places = line if isinstance(line, tuple) else (line, {})
        right = RIGHT if text.startswith(FULL) else LEFT + 4 * len(text)
        given = {"left": LEFT, "right": right, "size": 10.5} | places
        placed.append(Line(text, top=top, last_top=top, **given))
        top -= PITCH
    return placed


def test_lines_that_fill_their_column_flow_into_one_paragraph():
    found = layout([page(FULL, FULL, "and end here.", 14.0, FULL, "and there.")])

    assert found.text == f"{FULL} {FULL} and end here.\n\n{FULL} and there."


def test_short_lines_stay_lines():
    assert layout([page("Flour 500 g", "Water 350 g")]).text == "Flour 500 g\nWater 350 g"


def test_items_of_a_list_stay_lines():
    items = [f"• {FULL}", f"1. {FULL}", f"a) {FULL}"]

    found = layout([page(FULL, FULL, FULL, *items)])

    assert found.text.splitlines()[1:] == items


def test_an_indented_line_after_a_sentence_begins_a_paragraph():
    found = layout([page(FULL, "which ends.", (FULL, {"left": LEFT + 20}), "and ends.")])

    assert found.text == f"{FULL} which ends.\n\n{FULL} and ends."


def test_larger_type_is_a_heading_and_the_largest_is_the_highest():
    body = [FULL] * 8
    found = layout([page(("Manual", {"size": 20.0}), *body, ("Limits", {"size": 14.0}), *body)])

    assert [(h.level, h.text, found.text[h.start : h.end]) for h in found.headings] == [
        (1, "Manual", "Manual"),
        (2, "Limits", "Limits"),
    ]


def test_a_heading_of_two_lines_is_one():
    body = [FULL] * 8
    two = [("Limits of what the", {"size": 14.0}), ("dome can bear", {"size": 14.0})]

    (heading,) = layout([page(*two, *body)]).headings

    assert heading.text == "Limits of what the dome can bear"


def test_a_document_in_two_sizes_of_running_text_has_no_headings():
    small = [("Small print of some length.", {"size": 8.0})] * 5
    large = [("Large print of some length.", {"size": 12.0})] * 4

    assert layout([page(*small, *large)]).headings == ()


def test_running_heads_and_feet_are_no_text():
    pages = [
        page("Chapter about domes", f"Text of page {word}.", 600.0, f"Page {number} of 4")
        for number, word in enumerate(["one", "two", "three", "four"])
    ]

    found = layout(pages)

    assert "Chapter" not in found.text
    assert "of 4" not in found.text
    assert found.text.count("Text of page") == 4


def test_a_sentence_goes_on_over_the_end_of_a_page():
    found = layout([page(FULL, FULL), page("and ends on the next page.")])

    assert found.text == f"{FULL} {FULL} and ends on the next page."
    assert found.text[found.page_starts[1] :] == "and ends on the next page."


def test_a_page_without_text_starts_where_the_next_one_does():
    found = layout([page("First."), [], page("Third.")])

    assert found.page_starts == (0, 8, 8)


def test_lines_of_unknown_place_stay_as_they_are():
    found = layout([[Line("One line."), Line("Another line.")], [Line("A new page.")]])

    assert found.text == "One line.\nAnother line.\n\nA new page."


places = st.floats(0, 800)
lines = st.builds(
    Line,
    text=st.text(alphabet="abc. 1•", min_size=1, max_size=80).filter(str.strip).map(str.strip),
    left=places,
    right=places,
    top=places,
    size=st.sampled_from([0.0, 8.0, 10.0, 14.0]),
    last_top=places,
)


@given(st.lists(st.lists(lines, max_size=6), max_size=2))
def test_any_pages_keep_every_word_in_its_order(pages):
    found = layout(pages)

    words = [word for page in pages for line in page for word in line.text.split()]
    assert found.text.split() == words


@given(st.lists(st.lists(lines, max_size=6), max_size=5))
def test_any_headings_and_page_starts_are_places_in_the_text(pages):
    found = layout(pages)

    assert len(found.page_starts) == len(pages)
    assert list(found.page_starts) == sorted(found.page_starts)
    assert all(0 <= start <= len(found.text) for start in found.page_starts)
    for heading in found.headings:
        assert found.text[heading.start : heading.end].split() == heading.text.split()
