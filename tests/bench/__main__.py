"""Measures stepgate: `scripts/bench`. The table goes to standard output, progress to standard error."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import machine
import past
import peers
import work
from measure import Command, Wrong, first, peak_mebibytes, seconds
from rows import Peak, Row, rows

KEYS = ["steps", "durable", "assert", "secret", "big", "kept", "check", "verify", "list", "replay", "strength", "book", "start", "one", "size", "peers"]
ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures stepgate.")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="how often each command runs (7)")
    parser.add_argument("--only", action="append", choices=KEYS, metavar="ROW", help=", ".join(KEYS))
    parser.add_argument("--quick", action="store_true", help="three rounds, no peers")
    parser.add_argument("--cold-build", action="store_true", help="also a debug build from nothing, on two cores")
    parser.add_argument("--folder", type=Path, help="where the work is done: its file system counts")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds = min(chosen.rounds, 3)
    return chosen


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def target_folder() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()


def build() -> tuple[str, str]:
    """The release build: stepgate, and the parser alone."""
    say("bench: cargo build --release")
    cargo = ["cargo", "build", "--release", "--locked", "--bin", "stepgate", "--bench", "markdown"]
    words = [*cargo, "--message-format=json-render-diagnostics"]
    done = subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    made = [json.loads(line) for line in done.stdout.splitlines()]
    programs = {one["target"]["name"]: one["executable"] for one in made if one.get("executable")}
    return programs["stepgate"], programs["markdown"]


def cold_build() -> float:
    """The minutes of a debug build into an empty folder, with the crates downloaded before."""
    subprocess.run(["cargo", "fetch", "--locked", "--quiet"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(dir=target_folder()) as folder:
        started = time.monotonic()
        words = ["cargo", "build", "--locked", "--quiet", "--jobs=2"]
        subprocess.run(words, cwd=ROOT, check=True, env=os.environ | {"CARGO_TARGET_DIR": folder})
        return (time.monotonic() - started) / 60


def commands_of(table: Iterable[Row | Peak]) -> list[Command]:
    """Every command of the rows, each once."""
    all_of = [command for row in table for command in (row.commands if isinstance(row, Row) else (row.command,))]
    return list(dict.fromkeys(all_of))


def measure(table: list[Row | Peak], rounds: int, folder: Path) -> list[dict[str, float]]:
    """The seconds of each command, round by round: in turn, so that a busy moment meets all of them."""
    commands = commands_of(table)
    for command in commands:
        say(f"bench: first {command.name}")
        first(command, folder)
    took = []
    for number in range(1, rounds + 1):
        took.append({command.name: seconds(command, folder) for command in commands})
        shown = ", ".join(f"{name} {value * 1000:.0f}" for name, value in took[-1].items())
        say(f"bench: round {number} of {rounds}, in ms: {shown}")
    return took


def reached(value: float, target: float | None, beyond: float | None) -> tuple[str, str]:
    """The targets as they are shown, and what was reached of them."""
    if target is None:
        return "", ""
    if beyond is None:
        return f"≤ {target:g}", "yes" if value <= target else "no"
    word = "beyond" if value <= beyond else "yes" if value <= target else "no"
    return f"≤ {target:g}, beyond {beyond:g}", word


def figure(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def line(what: str, against: str, values: list[float], unit: str, target: float | None, beyond: float | None) -> str:
    middle = median(values)
    spread = f"{figure(min(values))} to {figure(max(values))}" if len(values) > 1 else ""
    cells = [what, against, f"{figure(middle)} {unit}".strip(), spread, *reached(middle, target, beyond)]
    return f"| {' | '.join(cells)} |"


def lines(table: list[Row | Peak], took: list[dict[str, float]], folder: Path) -> Iterable[str]:
    for row in table:
        match row:
            case Row():
                values = [row.value(one) for one in took]
                yield line(row.work, row.against, values, row.unit, row.target, row.beyond)
            case Peak():
                peak = peak_mebibytes(row.command, folder)
                yield line(row.work, "–", [peak], "MiB", row.target, row.beyond)


def bench(chosen: argparse.Namespace, folder: Path) -> None:
    wanted = chosen.only or KEYS
    program, markdown = build()
    others, versions, absent = [], {}, []
    if "peers" in wanted and not chosen.quick:
        others, versions, absent = peers.peers(target_folder())
    work.write(folder)
    if {"verify", "list", "replay", "strength"} & set(wanted):
        past.write(folder, program)
    table = [row for row in rows(program, markdown, others) if row.key in wanted]
    took = measure(table, chosen.rounds, folder)
    for text in machine.describe(folder, program, versions):
        print(text)
    if absent:
        print(f"Not here, and not measured: {', '.join(absent)}")
    print(f"Medians of {chosen.rounds} rounds, all commands in turn in each\n")
    print("| work | against | median | least to most | target | reached |\n|---|---|---|---|---|---|")
    for text in lines(table, took, folder):
        print(text)
    if "size" in wanted:
        megabytes = Path(program).stat().st_size / 1e6
        print(line("size of the release binary", "–", [megabytes], "MB", 15, None))
    if chosen.cold_build:
        say("bench: cold build")
        print(line("debug build from nothing, two jobs", "–", [cold_build()], "min", 6, None))


def main() -> int:
    chosen = arguments()
    parent = chosen.folder or target_folder()
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
    try:
        bench(chosen, folder)
    except Wrong as wrong:
        say(f"bench: {wrong}")
        return 1
    except subprocess.CalledProcessError as failed:
        say(f"bench: {failed}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
