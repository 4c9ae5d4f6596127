import tomllib
from pathlib import Path

import pytest

from dropvec.command_line import main
from dropvec.errors import CommandError
from dropvec.exit_codes import FAILED, INTERRUPTED


def greeting(commands):
    parser = commands.add_parser("greet", help="say a word")
    parser.add_argument("--word", default="hello")
    parser.set_defaults(run=greet)


def greet(arguments):
    if arguments.word == "nothing":
        raise CommandError("there is nothing to say: give a --word")
    if arguments.word == "stop":
        raise KeyboardInterrupt
    return len(arguments.word)


def run(*arguments):
    return main(arguments, registrations=[greeting])


def test_a_command_gets_its_arguments_and_gives_the_exit_code():
    assert run("greet") == 5
    assert run("greet", "--word", "hi") == 2


def test_what_a_command_cannot_do_is_one_line_on_standard_error(capsys):
    assert run("greet", "--word", "nothing") == FAILED

    assert capsys.readouterr().err == "dropvec: there is nothing to say: give a --word\n"


def test_ctrl_c_ends_a_command_as_a_shell_expects_it():
    assert run("greet", "--word", "stop") == INTERRUPTED


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as exit_:
        run("--help")

    assert exit_.value.code == 0
    assert "greet" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["sing"], ["greet", "--loudly"]])
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(SystemExit) as exit_:
        run(*arguments)

    assert exit_.value.code == 2


def test_the_version_is_the_projects(capsys):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    with pytest.raises(SystemExit) as end:
        main(["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out == f"dropvec {project['version']}\n"
