"""What is run: runbooks, scripts and a peer's tests, written into one folder."""

import json
from pathlib import Path

STEPS = 1000
RUNBOOKS = 2000
# Numbers of eight digits, one a line: 9 bytes each.
LINES = 22_222_222
PRINT = f"seq 10000000 {10_000_000 + LINES - 1}"
SECRET = "correct-horse-battery"

SYNC = """\
import os, sys
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
for _ in range(int(sys.argv[2])):
    os.write(file, b"x" * 99 + b"\\n")
    os.fdatasync(file)
"""


def front(title: str, keys: str = "") -> str:
    return f"---\nstepgate: 1\ntitle: {title}\n{keys}---\n# {title}\n\n"


def step(number: int, command: str, language: str, expected: str) -> str:
    block = f"```bash {{name=step-{number} effect=read}}\n{command}\n```\n\n"
    return f"Step {number}.\n\n{block}```{language}\n{expected}\n```\n\n"


def echo(number: int) -> str:
    return step(number, f"echo step-{number}", "output", f"step-{number}")


def asserted(number: int) -> str:
    return step(number, f"echo step-{number}", "assert", f'stdout == "step-{number}\\n"')


def secret(number: int) -> str:
    return step(number, f'echo "step-{number} $TOKEN"', "output", f"step-{number} {{{{TOKEN}}}}")


def echoes(count: int) -> str:
    return "".join(echo(number) for number in range(count))


def chapter() -> str:
    """A page of 300 kB with 1,000 steps, as people write them."""
    prose = "It says in a sentence or two what the next step is for, why it stands here and nowhere else on the page, [where that is written](https://example.org), and what to do if `it` fails, step after step.\n\n"
    return front("Book") + "".join(f"## Part {number}\n\n{prose}{echo(number)}" for number in range(STEPS))


def book() -> str:
    """What mdBook sends of a book with that page."""
    page = {"name": "Book", "content": chapter(), "number": [1], "sub_items": [], "path": "book.md", "source_path": "book.md", "parent_names": []}
    context = {"root": ".", "config": {"book": {"src": "."}}, "renderer": "html", "mdbook_version": "0.5.4"}
    return json.dumps([context, {"items": [{"Chapter": page}]}])


def write(folder: Path) -> None:
    """Writes everything."""
    numbers = range(STEPS)
    files = {
        "steps.md": front("Steps") + echoes(STEPS),
        "one.md": front("One") + echoes(1),
        "assert.md": front("Assertions") + "".join(map(asserted, numbers)),
        "secret.md": front("Secrets", "params:\n  TOKEN:\n    type: secret\n") + "".join(map(secret, numbers)),
        "book.md": chapter(),
        "book.json": book(),
        "big.md": front("Much") + step(0, PRINT, "output", "..."),
        "stepgate.toml": '[secrets]\nTOKEN = { env = "BENCH_TOKEN" }\n',
        "shells.sh": "".join(f"bash -c 'echo step-{number}'\n" for number in numbers),
        "big.sh": PRINT + "\n",
        "steps.t": "".join(f"Step {number}\n\n  $ echo step-{number}\n  step-{number}\n\n" for number in numbers),
        "sync.py": SYNC,
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "runbooks").mkdir()
    for number in range(RUNBOOKS):
        text = front(f"Runbook {number}") + echoes(3)
        (folder / "runbooks" / f"{number:04}.md").write_text(text)
