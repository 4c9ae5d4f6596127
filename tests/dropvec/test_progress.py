import io
import sys

from dropvec import progress
from dropvec.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_and_lines_above_it(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "24")
    with Progress("documents") as bar:
        bar.advance("1 differ")
        bar.say("changed  guide.txt")
        bar.advance("1 differ", 2_000)

    assert capsys.readouterr().out == "changed  guide.txt\n"
    assert "2001 documents" in terminal.getvalue()
    assert "1 differ" in terminal.getvalue()


def test_without_a_terminal_there_is_a_line_now_and_then(monkeypatch, capsys):
    seconds = iter([0, 1, 9, 10, 10, 19])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))
    with Progress("documents") as shown:
        for count in (1, 2, 1_000, 4):
            shown.advance("0 differ", count)

    assert capsys.readouterr().err == "1,003 documents, 0 differ\n"
