#!/usr/bin/env python3
"""verify.py STORE [RUN...]: says of every run `RUN unsealed|chain|sealed`, or `RUN damaged[ record N byte B]`.
The journal's own rules stand in journal.py; here is what holds it against its folder and the ledger. Written from docs/journal.md and
docs/audit.md alone; where they are unclear, the strictest reading is taken."""
import hashlib, os, re, stat, sys
from journal import Standing, check_hashes, need, newer, read_chain

LEDGER = {"began", "resumed", "left", "sealed", "repaired"}

def open_plain(store, path):
    """The bytes of a file, or OSError or ValueError. No part of the path may be a link, or lead out of the store."""
    *folders, name = path.split("/")
    need(not {"", ".", ".."} & {*folders, name})
    at = os.open(store, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for folder in folders:
            at, above = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at), at
            os.close(above)
        with open(os.open(name, os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at), "rb") as file:  # no waiting for a pipe's writer
            is_ = os.fstat(file.fileno())
            need(stat.S_ISREG(is_.st_mode) and not is_.st_mode & 0o022 and is_.st_uid == os.geteuid())
            return file.read()
    finally:
        os.close(at)

def check_ledger(event, _mono, _records):
    need(event["type"] in LEDGER)
    check_hashes(event)
    need(event["type"] == "repaired" or type(event["run"]) is str)

def fits(data, digest, length):
    return length == len(data) and digest == hashlib.sha256(data).hexdigest()

def check_contents(store, folder, events):
    """Points 5 and 6: runbooks, output, and what repairs took out."""
    for event in events:
        book = event if event["type"] == "run-started" else event.get("revision") if event["type"] == "run-resumed" else None
        if book:
            data = open_plain(store, folder + (book["runbook_file"] if book is not event else "runbook.md"))
            need(hashlib.sha256(data).hexdigest() == book["runbook_sha256"])
        outcome = {"probe-finished": event.get("outcome"), "step-finished": event, "attempt-finished": event}.get(event["type"])
        for stream in (outcome["stdout"], outcome["stderr"]) if outcome else ():
            if stream["text"] is not None:
                need(fits(stream["text"].encode(), stream["sha256"], stream["bytes"]))
            if stream["file"] is not None:
                kept = stream["kept"] is not None or stream["kept_sha256"] is not None
                need(fits(open_plain(store, folder + stream["file"]), *(
                    (stream["kept_sha256"], stream["kept"]) if kept else (stream["sha256"], stream["bytes"]))))
    repaired = sum(event["bytes"] for event in events if event["type"] == "repaired")
    need(not repaired or len(open_plain(store, folder + "journal.broken")) >= repaired)

def near(one, other):
    return abs((one - other).total_seconds()) < 3600  # both are written at the same moment

def judge(store, run, ledger, ledger_fine):
    folder = f"runs/{run}/"
    need("/" not in run)
    data = open_plain(store, folder + "journal.jsonl")
    need(not newer(data))
    records, at, how = read_chain(data, Standing())
    sealed = bool(records) and records[-1][0]["type"] == "sealed"
    if how == "broken" or how and sealed:
        return f"damaged record {len(records)} byte {at}"
    need(records and records[0][0]["run"] == run)
    events, hashes = [event for event, *_ in records], [digest for _, digest, *_ in records]

    lines = [(event, time) for event, _, _, time in ledger if event.get("run") == run]
    lines = lines[max(at for at, (event, _) in enumerate(lines) if event["type"] == "began"):]  # an id may be used again
    (began, began_at), mine = lines[0], [event for event, _ in lines[1:]]
    marks = [(event["records"], event["head"]) for event in mine]
    need(all(0 < count <= len(hashes) and hashes[count - 1] == head for count, head in marks))
    need(all(events[event["records"] - 1]["type"] == "sealed" for event in mine if event["type"] == "sealed"))
    closing = [event["type"] in ("left", "sealed") for event in mine]
    need(not any(one and other for one, other in zip(closing, closing[1:])))
    need(all(began[key] == events[0][key] for key in ("runbook", "runbook_path", "plan", "title", "profile", "operator")))
    need(near(began_at, records[0][3]))
    at_end = bool(marks) and marks[-1] == (len(hashes), hashes[-1])
    need(ledger_fine or at_end)
    closed = sealed and at_end and mine[-1]["type"] == "sealed"
    need(not closed or mine[-1]["verdict"] == events[-1]["verdict"] and near(lines[-1][1], records[-1][3]))

    check_contents(store, folder, events)
    for name in os.listdir(os.path.join(store, folder)):
        if match := re.fullmatch(r"sealed-(0|[1-9]\d{0,18})(\+([2-9]|[1-9]\d+))?\.sig", name, re.ASCII):
            open_plain(store, folder + name)
            count = int(match[1])
            need(0 < count <= len(events) and events[count - 1]["type"] == "sealed")
    if not sealed:
        return "unsealed"
    return "sealed" if closed else "chain"

def main(store, *runs):
    try:
        records, _, how = read_chain(open_plain(store, "ledger.jsonl"), check_ledger)
        how = None if how == "torn" else how  # a crash did that, and the next line will say so
        taken_out = sum(event["bytes"] for event, *_ in records if event["type"] == "repaired")
        if taken_out and len(open_plain(store, "ledger.broken")) < taken_out:
            how = "broken"
    except (OSError, ValueError):
        records, how = [], "broken"  # it lists no run
    if not runs:
        try:
            folders = [entry.name for entry in os.scandir(os.path.join(store, "runs")) if entry.is_dir(follow_symlinks=False)]
        except OSError:
            folders = []
        listed = [event["run"] for event, *_ in records if type(event.get("run")) is str]
        runs = sorted({*folders, *listed})
    damaged = False
    for run in runs:
        try:
            level = judge(store, run, records, how is None)
        except (OSError, ValueError):
            level = "damaged"
        damaged |= level.startswith("damaged")
        print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in run), level)  # one line, whatever the ledger calls it
    return damaged

if __name__ == "__main__":
    if sys.argv[1:] == ["-"]:  # a question a line, so that thousands need no process of their own
        for question in sys.stdin:
            main(*question.split())
            sys.stdout.flush()
    else:
        sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
