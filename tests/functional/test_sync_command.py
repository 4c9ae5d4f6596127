"""`dropvec sync`, as an operator runs it."""

import os
import signal

import pytest

from dropvec import interrupts, progress
from dropvec.command_line import main
from indexing_queue import ReconcileQueue
from local.roles import OPERATOR, credentials
from tests.functional.test_sync import KEYS, ONE, fill, lose_events, texts


@pytest.fixture
def filled(deployment, monkeypatch):
    """A bucket that was filled without events, and the operator's environment."""
    fill(deployment, *KEYS)
    lose_events(deployment)
    for name, value in credentials(OPERATOR).items():
        monkeypatch.setenv(name, value)
    return deployment


def test_a_bucket_is_indexed_and_then_nothing_differs(filled, capsys):
    assert main(["sync"]) == 0
    assert capsys.readouterr().out == "documents: 4\n  missing: 4\nasked for: 4\n"

    filled.index_all()
    assert texts(filled) == {key: [ONE] for key in KEYS}
    capsys.readouterr()  # the function's log
    assert main(["sync", "--dry-run"]) == 0
    assert capsys.readouterr().out == "documents: 4\nto ask for: 0\n"


def test_a_dry_run_lists_what_differs_and_says_so_by_its_exit_code(filled, capsys):
    assert main(["sync", "--dry-run", "--tenant", "a"]) == 3

    assert capsys.readouterr().out == (
        "missing     tenants/a/guide.txt\ndocuments: 1\n  missing: 1\nto ask for: 1\n"
    )
    assert filled.waiting() == 0


def test_options_choose_the_documents(filled, capsys):
    for arguments, asked in (
        (["--tenant", "default_"], 2),
        (["--prefix", "notes/"], 1),
        (["--tenant", "a", "--prefix", "tenants/a/g"], 1),
        (["--after", "notes/guide.txt"], 2),
    ):
        assert main(["sync", *arguments]) == 0
        assert capsys.readouterr().out.endswith(f"asked for: {asked}\n"), arguments
    assert filled.waiting() == 6


def test_documents_that_do_not_differ_are_asked_for_when_told(filled):
    main(["sync"])
    filled.index_all()

    for option in ("--tags", "--check"):
        assert main(["sync", option, "--rate", "1e6"]) == 0
        assert filled.waiting() == 4
        filled.index_all()


@pytest.mark.usefixtures("filled")
def test_what_waits_already_is_said(capsys):
    main(["sync"])
    main(["sync"])

    assert "4 messages are in the queue" in capsys.readouterr().err


@pytest.mark.usefixtures("filled")
def test_ctrl_c_ends_the_run_in_order_and_says_how_to_go_on(monkeypatch, capsys):
    monkeypatch.setattr(
        progress.Progress, "advance", lambda *_: os.kill(os.getpid(), signal.SIGINT)
    )

    assert main(["sync"]) == 130

    captured = capsys.readouterr()
    assert captured.out == "documents: 1\n  missing: 1\nasked for: 1\n"
    assert captured.err.endswith("to go on from here: --after guide.txt\n")


def test_ctrl_c_again_ends_it_at_once():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupts.stoppable() as is_stopped:
        os.kill(os.getpid(), signal.SIGINT)
        assert is_stopped()
        os.kill(os.getpid(), signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("filled")
def test_progress_is_lines_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)

    main(["sync"])

    assert capsys.readouterr().err.splitlines() == [
        f"{n} documents, {n} differ" for n in (1, 2, 3, 4)
    ]


@pytest.mark.usefixtures("filled")
def test_what_cannot_be_done_is_said_in_a_line(capsys):
    for arguments, message in (
        (["--stack", "other"], "there is no stack 'other' in us-east-1"),
        (["--tenant", "a", "--prefix", "x"], "no document of tenant a has a key that begins with"),
    ):
        assert main(["sync", *arguments]) == 1

        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value"), [("--rate", "0"), ("--rate", "fast"), ("--rate", "nan"), ("--tenant", "A")]
)
def test_a_wrong_value_is_refused_with_its_option(option, value, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["sync", option, value])

    assert exit_.value.code == 2
    assert f"argument {option}" in capsys.readouterr().err


def test_a_queue_that_does_not_answer_ends_the_run_with_a_message(filled, capsys, monkeypatch):
    monkeypatch.setattr(ReconcileQueue, "waiting", lambda _: 0)
    filled.sqs.delete_queue(QueueUrl=filled.stack.queue_url)

    assert main(["sync"]) == 1

    assert "IndexingQueue" in capsys.readouterr().err
