"""Past runs to look at: one long record, a ledger of very many, recordings beside runbooks."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from measure import Wrong
from work import RUNBOOKS, asserted, echoes, front

LONG = 10_000
RUNS = 100_000
# Of each runbook that is recorded.
WRONG_OUTPUTS = 30


def write(folder: Path, program: str) -> None:
    (folder / "long.md").write_text(front("Long") + echoes(LONG))
    words = [program, "run", "long.md", "--store", "long", "--run-id", "long"]
    if subprocess.run(words, cwd=folder, capture_output=True).returncode:
        raise Wrong("the long run did not pass")
    recorded(folder, program)
    store = folder / "many"
    for made in (store, store / "runs", store / "locks"):
        made.mkdir(mode=0o700)
    with open(store / "ledger.jsonl", "w", opener=private) as ledger:
        ledger.writelines(lines())


def recorded(folder: Path, program: str) -> None:
    """Runbooks of three steps, each with its recording."""
    place = folder / "recorded"
    place.mkdir()
    body = echoes(2) + asserted(2)
    (place / "0000.md").write_text(front("Runbook 0") + body)
    for words in ("run 0000.md --run-id one --store ../recorded-store", "record one --store ../recorded-store"):
        if subprocess.run([program, *words.split()], cwd=place, capture_output=True).returncode:
            raise Wrong(f"`{words}` did not pass")
    recording = (place / "0000.recording.jsonl").read_text()
    for number in range(1, RUNBOOKS):
        (place / f"{number:04}.md").write_text(front(f"Runbook {number}") + body)
        text = recording.replace('"runbook":"0000.md"', f'"runbook":"{number:04}.md"')
        (place / f"{number:04}.recording.jsonl").write_text(text)


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def lines() -> Iterator[str]:
    """The ledger's lines, as docs/journal.md says: two for each run."""
    previous, number = "0" * 64, 0
    for run in range(RUNS):
        name = f"run-{run:06}"
        path = f"/srv/runbooks/backup-{run % 50}.md"
        began = {"type": "began", "run": name, "runbook": path, "runbook_path": path, "plan": "ab" * 32,
                 "title": f"Back up {run % 50}", "profile": None, "operator": f"ann@host{run % 7}"}
        verdict = "failed" if run % 17 == 0 else "passed"
        ended = {"type": "sealed", "run": name, "verdict": verdict, "records": 20, "head": "cd" * 32}
        for event in (began, ended):
            text = json.dumps(event, separators=(",", ":"))
            body = f'{{"seq":{number},"prev":"{previous}","time":"2026-01-01T00:00:00Z","mono":0,"event":{text}'
            previous = hashlib.sha256(body.encode()).hexdigest()
            number += 1
            yield f'{body},"hash":"{previous}"}}\n'
