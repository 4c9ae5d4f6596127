import pytest

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.loaders import load_document
from indexing.loaders.html_loader import MAX_DEPTH


def load(html, content_type="text/html"):
    body = html if isinstance(html, bytes) else html.encode()
    return load_document(body, key="page.html", content_type=content_type)


def text(html):
    return load(html).text


def test_blocks_are_paragraphs_and_white_space_is_one_space():
    assert text("<p>One  <b>two</b>\n three</p><div>four<p>five</div>six") == (
        "One two three\n\nfour\n\nfive\n\nsix"
    )


def test_a_line_break_is_a_line_and_two_are_a_paragraph():
    assert text("a<br>b<br/><br>c") == "a\nb\n\nc"


@pytest.mark.parametrize(
    "boilerplate",
    [
        "<nav>x</nav>",
        "<header>x</header>",
        "<footer>x</footer>",
        "<aside>x</aside>",
        "<script>x</script>",
        "<style>x</style>",
        "<noscript>x</noscript>",
        "<template>x</template>",
        "<svg><title>x</title></svg>",
        "<button>x</button>",
        "<select><option>x</select>",
        "<textarea>x</textarea>",
        "<iframe>x</iframe>",
        "<!-- x -->",
        "<div hidden>x</div>",
        "<div aria-hidden=true>x</div>",
        "<p style='color: red; display:none'>x</p>",
        "<div role=navigation>x<p>x</div>",
        "<div role=banner>x</div>",
    ],
)
def test_what_is_not_the_content_of_the_page_is_dropped(boilerplate):
    assert text(f"<body>before{boilerplate}after") in {"before\n\nafter", "beforeafter"}


def test_the_header_of_an_article_is_content():
    assert text("<header>Site</header><article><header><h1>News</h1></header>x</article>") == (
        "News\n\nx"
    )


def test_the_main_element_is_the_content():
    assert text("<p>Ad</p><main><header><h1>A</h1></header>b</main><p>Ad</p>") == "A\n\nb"


@pytest.mark.parametrize("mains", ["<main></main>", "<main>a</main><main></main>"])
def test_an_empty_or_doubtful_main_element_is_not_the_only_content(mains):
    assert "rest" in text(mains + "<p>rest</p>")


def test_headings_are_found_with_level_and_place():
    document = load("<h1>A <i>b</i><a class=headerlink>¶</a></h1>x<h3>\n C </h3>y<h2></h2>")

    assert [(h.level, h.text) for h in document.headings] == [(1, "A b"), (3, "C")]
    assert [document.text[h.start : h.end] for h in document.headings] == ["A b", "C"]


def test_a_paragraph_that_is_marked_up_as_a_heading_is_a_paragraph():
    document = load(f"<h1>{'long ' * 50}</h1>")

    assert document.headings == ()
    assert document.text.startswith("long long")


def test_lists_keep_their_bullets_numbers_and_nesting():
    html = "<p>Do:<ol><li>One<li><p>Two</p><ul><li>a<li>b</ul></ol><ul><li></li><li>end</ul>"

    assert text(html) == "Do:\n\n1. One\n2. Two\n\n  - a\n  - b\n\n- end"


def test_definitions_stay_with_their_terms():
    html = "<dl><dt>f(x)<dd><p>Does.</p><p>More.</p></dd><dt>g<dt>h<dd>Both.</dl>"

    assert text(html) == "f(x)\nDoes.\n\nMore.\n\ng\n\nh\nBoth."


def test_a_table_row_is_a_line():
    html = """<table><caption>Sizes</caption><tr><th>Name<th>Size</tr>
    <tr><td>a<td><p>1</p><p>KB</p></tr><tr><td><td>2</tr><tr><td>c<td></tr></table>end"""

    assert text(html) == "Sizes\n\nName | Size\na | 1 KB\n | 2\nc\n\nend"


def test_lists_in_a_table_row_are_words_of_it():
    html = "<table><tr><td><ul><li>a<li>b</ul><td>c<tr><td><dl><dt>d<dd>e</dl><td>f</table>"

    assert text(html) == "a b | c\nd e | f"


def test_a_table_for_layout_is_no_table():
    html = "<table><tr><td><h2>Menu</h2>a</td><td><table><tr><td>1<td>2</table></td></table>"

    assert text(html) == "Menu\n\na\n\n1 | 2"


def test_preformatted_text_keeps_its_lines_and_is_known_as_code():
    document = load("<p>Run:<pre>\nfor x in y:\n    print(x)\n\n</pre>then")

    assert document.text == "Run:\n\nfor x in y:\n    print(x)\n\nthen"
    assert [document.text[a:b] for a, b in document.code_blocks] == ["for x in y:\n    print(x)"]


def test_preformatted_text_of_one_element_a_line_keeps_its_lines():
    assert text("<pre><div>a</div><div>  b</div>c<br>d</pre>") == "a\n  b\nc\nd"


def test_soft_hyphens_are_no_part_of_a_word():
    assert text("docu&shy;mentation") == "documentation"


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title> The\nTitle </title><h1>H</h1>", "The Title"),
        ("<title></title><h1>H</h1>", "H"),
        ("<h2>x</h2><h1>H</h1>", "H"),
        ("<p>x<svg><title>icon</title></svg>", None),
        (f"<title>{'t' * 300}</title>x", "t" * 199 + "…"),
    ],
)
def test_the_title_is_the_pages_or_its_first_top_heading(html, title):
    assert load(html).title == title


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<meta charset=windows-1252><p>Gr\xfc\xdfe", "text/html"),
        (b'<meta http-equiv=x content="text/html; charset=iso-8859-1">Gr\xfc\xdfe', "text/html"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><p>Gr\xfc\xdfe', "application/xhtml+xml"),
        (b"<meta charset=utf-8>Gr\xfc\xdfe", "text/html; charset=cp1252"),
        ("<meta charset=utf-16>Grüße".encode(), "text/html"),
        ("<meta charset=latin-1>Grüße".encode("utf-16"), "text/html"),
    ],
)
def test_the_pages_own_charset_is_honoured(body, content_type):
    assert load(body, content_type).text == "Grüße"


def test_a_page_in_another_encoding_than_it_says_is_named_with_the_offset():
    with pytest.raises(UnreadableDocumentError, match=r"page.html .* offset 5"):
        load(b"<p>Gr\xfc\xdfe")


def test_a_page_without_text_holds_no_text():
    with pytest.raises(UnreadableDocumentError, match="holds no text"):
        load("<title>Only a title</title><script>app()</script>")


def test_a_deep_page_is_read():
    assert text("<div><span>" * 5_000 + "bottom") == "bottom"


def test_a_giant_attribute_costs_nothing():
    assert text(f"<p title='{'x' * 5_000_000}'>small") == "small"


@pytest.mark.parametrize("tags", ["<div>", "<DIV class='a'>", "<ul><li>", "<div></ul>"])
def test_a_page_of_containers_within_containers_fails_before_it_is_parsed(tags):
    with pytest.raises(DocumentTooLargeError, match="nested more than 5,000 deep"):
        load(tags * (MAX_DEPTH + 1) + "x")


@pytest.mark.parametrize(
    "row", ["<div>x</div>", "<p>x<li>x<br>", "<div><section>x</div>", "</div>x"]
)
def test_a_page_of_many_containers_that_end_is_read(row):
    assert text("<div>" + row * (MAX_DEPTH + 1) + "x").endswith("x")
