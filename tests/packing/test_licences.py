"""What ships in the layers: on terms that docs/dependencies.md lists, and that bind nobody who uses it."""

import re
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]

PERMISSIVE = {"Apache-2.0", "BSD-3-Clause", "MIT", "MIT-0", "PSF-2.0", "dependency licenses"}

ARGUED = {"orjson": {"MPL-2.0"}}
"""Copyleft of single files: shipped unchanged with its text, it asks for nothing else."""

BY_CLASSIFIER = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
}


def shipped():
    """The packages of the dependencies layer."""
    lines = (ROOT / "layers" / "dependencies" / "requirements.txt").read_text()
    return set(re.findall(r"^([\w.-]+)==", lines, re.MULTILINE))


def licence(name):
    """What a package says of its terms."""
    metadata = distribution(name).metadata
    stated = metadata.get("License-Expression") or metadata.get("License") or ""
    if stated and stated != "Dual License":
        return stated
    classifiers = metadata.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]
    return " OR ".join(sorted(BY_CLASSIFIER[name] for name in names))


def listed():
    """The table of the documentation: name and licence."""
    text = (ROOT / "docs" / "dependencies.md").read_text()
    rows = text.partition("| --- | --- |\n")[2]
    return dict(re.findall(r"^\| ([\w.-]+) \| ([^|]+?) \|$", rows, re.MULTILINE))


def test_every_package_is_listed_with_its_licence():
    assert listed() == {name: licence(name) for name in shipped()}


def test_no_licence_binds_who_uses_dropvec():
    for name in shipped():
        terms = set(re.split(r" AND | OR |, ", licence(name).replace("(", "").replace(")", "")))
        assert terms <= PERMISSIVE | ARGUED.get(name, set()), name


def test_no_text_of_a_licence_is_that_of_a_copyleft():
    for name in shipped():
        files = distribution(name).files or []
        texts = [
            f
            for f in files
            if re.search(r"dist-info/.*(LICEN[CS]E|COPYING)", str(f), re.IGNORECASE)
        ]
        for text in texts:
            if "musl" in str(text):  # of wheels for another C library
                continue
            path = text.locate()
            if path.is_file():
                assert not re.search(
                    r"GNU (AFFERO |LESSER |LIBRARY )?GENERAL PUBLIC LICENSE\s+Version",
                    path.read_text(errors="replace"),
                    re.IGNORECASE,
                ), text
