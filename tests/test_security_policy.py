import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_test_and_page_that_the_threat_model_names_is_there():
    named = re.findall(r"`((?:tests|docs)/[^`]+)`", (ROOT / "SECURITY.md").read_text())

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
