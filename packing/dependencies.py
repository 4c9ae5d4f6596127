"""Third-party packages of the locked versions, for the processor that they will run on."""

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path("layers/dependencies/requirements.txt")

PLATFORMS = {
    processor: [f"manylinux_2_{minor}_{machine}" for minor in (34, 28, 17)]
    + [f"manylinux2014_{machine}"]
    for processor, machine in {"x86_64": "x86_64", "arm64": "aarch64"}.items()
}
"""By processor, the wheels that run on Amazon Linux 2023 (glibc 2.34)."""


def install(processor: str, into: Path) -> None:
    """Install every locked package; only wheels whose hash is in the lock."""
    platforms = [option for name in PLATFORMS[processor] for option in ("--platform", name)]
    subprocess.run(  # noqa: S603 - nothing in it comes from outside
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--require-hashes", "--requirement", str(REQUIREMENTS)),
            *("--only-binary", ":all:", "--python-version", "3.13", "--implementation", "cp"),
            *platforms,
            *("--no-compile", "--root-user-action", "ignore", "--target", str(into)),
        ],
        check=True,
    )
