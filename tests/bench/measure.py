"""One run of one command, by hyperfine and GNU time; a run that did not do its work is an error."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from work import SECRET

ENVIRONMENT = os.environ | {"BENCH_TOKEN": SECRET, "LC_ALL": "C.UTF-8"}


class Wrong(Exception):
    """A command did not do what is measured."""


def nothing(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Command:
    """What is measured, in the work folder."""

    name: str
    words: tuple[str, ...]
    # Whether its standard output is that of work that was done; looked at after every run.
    did_it: Callable[[str], bool] = field(default=nothing, compare=False)
    # What it must say on standard error. Nobody hears that while the time is taken: `first` does, before.
    says: str = ""
    # How often it runs in each round: the shorter, the more.
    runs: int = 1
    # A folder that each run makes anew.
    makes: str | None = None
    # Whether its output is too much to be looked at, but for its length.
    bytes: int | None = None

    def text(self) -> str:
        return shlex.join(self.words)


def look_at(command: Command, output: Path) -> None:
    size = output.stat().st_size
    if command.bytes is not None:
        if size != command.bytes:
            raise Wrong(f"{command.name} wrote {size} bytes, not {command.bytes}")
        return
    text = output.read_text(errors="replace")
    if not command.did_it(text):
        raise Wrong(f"{command.name} did not do its work; it wrote:\n{text[-2000:]}")


def prepare(command: Command, folder: Path) -> None:
    if command.makes:
        shutil.rmtree(folder / command.makes, ignore_errors=True)


def run(words: list[str], folder: Path, output: Path | None = None) -> str:
    """Runs a tool; both its outputs are shown if it fails."""
    with open(output or os.devnull, "wb") as out:
        done = subprocess.run(words, cwd=folder, env=ENVIRONMENT, stdout=out, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        shown = output.read_text(errors="replace")[-2000:] if output else ""
        raise Wrong(f"{shlex.join(words)} ended with {done.returncode}:\n{shown}{done.stderr[-2000:]}")
    return done.stderr


def first(command: Command, folder: Path) -> None:
    """A run that is not measured: it warms up, and shows that the work is done."""
    output = folder / "output"
    prepare(command, folder)
    said = run(list(command.words), folder, output)
    look_at(command, output)
    if command.says not in said:
        raise Wrong(f"{command.name} did not say `{command.says}` but:\n{said[-2000:]}")


def seconds(command: Command, folder: Path) -> float:
    """The wall time of one run; of several, their median."""
    output, times = folder / "output", folder / "times.json"
    prepare(command, folder)
    hyperfine = ["hyperfine", "-N", "--style=none", f"--runs={command.runs}", f"--export-json={times}"]
    if command.makes and command.runs > 1:
        hyperfine.append(f"--prepare=rm -rf {shlex.quote(command.makes)}")
    run([*hyperfine, f"--output={output}", command.text()], folder)
    look_at(command, output)
    return median(json.loads(times.read_text())["results"][0]["times"])


def peak_mebibytes(command: Command, folder: Path) -> float:
    """The largest resident set of one run."""
    output, peak = folder / "output", folder / "peak"
    prepare(command, folder)
    run(["/usr/bin/time", "--format=%M", f"--output={peak}", *command.words], folder, output)
    look_at(command, output)
    return int(peak.read_text()) / 1024
