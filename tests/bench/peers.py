"""The peers that run the same steps. Whoever is absent is named and left out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from machine import first_line
from measure import Command

# Of PyPI: the name, and the version that is installed.
PYTHON = {"cram": "0.7", "prysk": "0.20.0"}


def install(root: Path) -> Path:
    """A virtual environment with the peers that can be had; it stays there for the next time."""
    venv = root / "peers"
    if not (venv / "bin" / "pip").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", str(venv)], check=True, stdout=sys.stderr)
    for name, version in PYTHON.items():
        if not (venv / "bin" / name).exists():
            pip = [str(venv / "bin" / "pip"), "install", "--quiet", f"{name}=={version}"]
            subprocess.run(pip, stdout=sys.stderr, stderr=subprocess.DEVNULL)
    return venv / "bin"


def all_passed(text: str) -> bool:
    """Whether cram or prysk says so of one file."""
    return " 0 failed" in text and ("1 tests" in text or "1 test," in text)


def peers(root: Path) -> tuple[list[Command], dict[str, str], list[str]]:
    """The commands, the versions, and the names of those that are absent."""
    folder = install(root)
    commands, versions, absent = [], {}, []
    for name, version in PYTHON.items():
        if os.access(folder / name, os.X_OK):
            commands.append(Command(name, (str(folder / name), "--shell=/bin/bash", "steps.t"), all_passed))
            versions[name] = version
        else:
            absent.append(name)
    if scrut := shutil.which("scrut"):
        commands.append(Command("scrut", (scrut, "test", "steps.t")))
        versions["scrut"] = first_line(scrut, "--version").removeprefix("scrut ")
    else:
        absent.append("scrut")
    return commands, versions, absent
