"""Files of the binary formats, made here: what a test needs and no more."""

import io
import zipfile
import zlib
from itertools import accumulate

from fpdf import FPDF
from pypdf import PdfReader, PdfWriter

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


def pdf(*pages, title=None):
    """A PDF with a page for each text."""
    file = FPDF()
    if title is not None:
        file.set_title(title)
    file.set_font("helvetica", size=12)
    for page in pages:
        file.add_page()
        if page:
            file.multi_cell(0, 6, page)
    return bytes(file.output())


def encrypted_pdf(*pages, user, owner=None):
    """The same, to be read with the user's password, and changed with the owner's."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(*pages))))
    writer.encrypt(user, owner, algorithm="AES-256")
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def raw_pdf(*objects):
    """A PDF of objects that are written as they are; the first is the catalog."""
    parts = [b"%PDF-1.5\n"]
    parts += [b"%d 0 obj\n%s\nendobj\n" % (number, o) for number, o in enumerate(objects, start=1)]
    *offsets, end = accumulate(map(len, parts))
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%strailer\n" % (size, table))
    parts.append(b"<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, end))
    return b"".join(parts)


def docx(body, *, styles="", title="", **parts):
    """A Word document of the XML inside its body, with other parts by their names."""
    parts = {
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
        "docProps/core.xml": f'<c xmlns:dc="{DUBLIN_CORE}"><dc:title>{title}</dc:title></c>',
        **parts,
    }
    return archive(parts)


def archive(parts):
    """A zip archive of parts by their names."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return output.getvalue()


def paragraph(text, style="", properties=""):
    """A paragraph of a Word document."""
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{style}{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows):
    """A table of a Word document; the cells are XML."""
    cells = ["".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def unfolding_pdf(megabytes):
    """A PDF of some kilobytes, whose page is read into far more than as many megabytes."""
    content = zlib.compress(b"q " * (megabytes * 500_000), 9)
    return raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
    )
