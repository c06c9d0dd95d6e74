"""The rows of the table: what is set against what, and how much it may be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from measure import Command
from past import LONG, RUNS, WRONG_OUTPUTS
from work import LINES, RUNBOOKS, STEPS

Value = Callable[[dict[str, float]], float]

SHELLS = f"{STEPS:,} × `bash -c 'echo …'`"


@dataclass(frozen=True)
class Row:
    """A line of the table. Its value is made of the seconds that its commands took in one round."""

    key: str
    work: str
    against: str
    commands: tuple[Command, ...]
    value: Value
    unit: str = ""
    target: float | None = None
    beyond: float | None = None


@dataclass(frozen=True)
class Peak:
    """A line about memory: of one command, the largest of all rounds."""

    key: str
    work: str
    command: Command
    target: float | None = None
    beyond: float | None = None


def ratio(one: Command, *others: Command) -> Value:
    return lambda took: took[one.name] / sum(took[other.name] for other in others)


def milliseconds(one: Command) -> Value:
    return lambda took: took[one.name] * 1000


def passed(steps: int) -> Callable[[str], bool]:
    """Whether stepgate's table says that so many steps passed, and that the run did."""
    return lambda text: text.count("  passed  ") == steps and "\nPassed in " in text


def lines(count: int) -> Callable[[str], bool]:
    return lambda text: text == "".join(f"step-{number}\n" for number in range(count))


def stepgate(program: str, name: str, file: str, steps: int, store: str | None = None, runs: int = 1) -> Command:
    record = ("--store", store) if store else ("--ephemeral",)
    return Command(name, (program, "run", file, *record), passed(steps), runs=runs, makes=store)


def rows(program: str, markdown: str, peers: list[Command]) -> list[Row | Peak]:
    """The table, in its order."""
    shells = Command("shells", ("bash", "shells.sh"), lines(STEPS))
    steps = stepgate(program, "steps", "steps.md", STEPS)
    table: list[Row | Peak] = [*many_steps(program, steps, shells), *much_output(program)]
    table += [*reading(program, markdown), *past_runs(program), *recordings(program), *pages(program), *starting(program)]
    for peer in peers:
        work = f"the same {STEPS:,} steps in {peer.name}"
        table.append(Row("peers", work, SHELLS, (peer, shells), ratio(peer, shells)))
    return table


def many_steps(program: str, steps: Command, shells: Command) -> Iterable[Row | Peak]:
    work = f"{STEPS:,} `echo` steps with an `output` line each, `--ephemeral`"
    yield Row("steps", work, SHELLS, (steps, shells), ratio(steps, shells), target=0.20, beyond=0.10)
    yield Peak("steps", "the same: peak memory", steps)
    durable = stepgate(program, "durable", "steps.md", STEPS, "store")
    # The floor of a record: as many lines of a hundred bytes, each synced, on the same disk.
    syncs = Command("syncs", ("python3", "-IS", "sync.py", "synced", str(STEPS)))
    work, against = "the same with a record, every step durable", f"the same without, and {STEPS:,} × `fdatasync`"
    three = (durable, steps, syncs)
    yield Row("durable", work, against, three, ratio(*three), target=1.3, beyond=1.1)
    asserts = stepgate(program, "asserts", "assert.md", STEPS)
    work, against = "the same with an `assert` line instead, `--ephemeral`", "the same with `output`"
    yield Row("assert", work, against, (asserts, steps), ratio(asserts, steps))
    secrets = stepgate(program, "secrets", "secret.md", STEPS)
    work, against = "the same with a secret in each step, `--ephemeral`", "the same without"
    yield Row("secret", work, against, (secrets, steps), ratio(secrets, steps))


def much_output(program: str) -> Iterable[Row | Peak]:
    big = stepgate(program, "big", "big.md", 1)
    kept = stepgate(program, "kept", "big.md", 1, "store")
    written = Command("written", ("bash", "big.sh"), bytes=9 * LINES)
    against = "bash writing it to a file"
    work = "200 MB of output in lines, hashed, matched by `...`"
    yield Row("big", work, against, (big, written), ratio(big, written), target=4, beyond=2)
    yield Peak("big", "the same: peak memory", big, target=64, beyond=32)
    work = "the same with a record, 64 MiB of it kept"
    yield Row("kept", work, against, (kept, written), ratio(kept, written))


def reading(program: str, markdown: str) -> Iterable[Row]:
    clean = f"{RUNBOOKS} runbooks checked, 0 errors, 0 warnings"
    check = Command("check", (program, "check", "runbooks"), says=clean)
    parse = Command("parse", (markdown, "runbooks"), lambda text: text.startswith(f"{RUNBOOKS} files, "))
    work = f"`check` of {RUNBOOKS:,} runbooks of 3 steps, lints included"
    against = "pulldown-cmark alone over the same bytes, in one thread"
    yield Row("check", work, against, (check, parse), ratio(check, parse), target=3, beyond=1)


def past_runs(program: str) -> Iterable[Row]:
    words = ("audit", "verify", "long", "--store", "long")
    verify = Command("verify", (program, *words), lambda text: text.startswith("long  sealed"), runs=5)
    journal = "long/runs/long/journal.jsonl"
    digest = Command("digest", ("openssl", "dgst", "-sha256", journal), lambda text: "SHA2-256" in text, runs=5)
    work, against = f"`audit verify` of a run of {LONG:,} steps", "`openssl dgst -sha256` over its journal"
    yield Row("verify", work, against, (verify, digest), ratio(verify, digest), target=5)
    words = ("audit", "list", "--verdict", "failed", "--limit", "20", "--store", "many")
    listed = Command("list", (program, *words), lambda text: text.count("  failed  ") == 20, runs=3)
    work = f"`audit list` of {RUNS:,} runs, filtered"
    yield Row("list", work, "–", (listed,), milliseconds(listed), "ms", 300)


def recordings(program: str) -> Iterable[Row]:
    holds = f"{RUNBOOKS} runbooks verified: {RUNBOOKS} holds"
    replay = Command("replay", (program, "verify", "recorded"), says=holds)
    work = f"`verify` of {RUNBOOKS:,} runbooks of 3 steps, each against its recording"
    yield Row("replay", work, "–", (replay,), milliseconds(replay), "ms", 2000)
    tried = RUNBOOKS * WRONG_OUTPUTS
    strength = Command("strength", (program, "verify", "--strength", "recorded"), says=f"{tried} wrong outputs tried")
    each: Value = lambda took: took[strength.name] / tried * 1e6
    yield Row("strength", f"`verify --strength` of them, for each of {tried:,} wrong outputs", "–", (strength,), each, "µs", 100)


def pages(program: str) -> Iterable[Row]:
    words = ("sh", "-c", 'exec "$0" mdbook <book.json', program)
    book = Command("book", words, lambda text: text.count(" data-sg-item>") == STEPS, runs=3)
    yield Row("book", "a page of 300 kB with 1,000 steps for mdBook", "–", (book,), milliseconds(book), "ms", 100)


def starting(program: str) -> Iterable[Row]:
    version = Command("version", (program, "--version"), lambda text: text.startswith("stepgate "), runs=20)
    one = stepgate(program, "one", "one.md", 1, runs=20)
    true = Command("true", ("bash", "-c", "true"), runs=20)
    yield Row("start", "start, `stepgate --version`", "–", (version,), milliseconds(version), "ms", 10, 3)
    yield Row("start", "the same", "`bash -c true`", (version, true), ratio(version, true))
    yield Row("one", "a run of one step, `--ephemeral`", "–", (one,), milliseconds(one), "ms", 30, 10)
    yield Row("one", "the same", "`bash -c true`", (one, true), ratio(one, true))
