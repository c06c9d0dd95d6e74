#!/usr/bin/env python3
"""verify.py STORE [RUN...]: says of every run `RUN unsealed|chain|sealed`, or `RUN damaged[ record N byte B]`.
Written from docs/journal.md and docs/audit.md alone; where they are unclear, the strictest reading is taken."""
import datetime, hashlib, json, os, re, stat, sys

LINE = re.compile(rb'\{"seq":(0|[1-9]\d*),"prev":"([0-9a-f]{64})","time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{0,2}[1-9])?Z",'
                  rb'"mono":(0|[1-9]\d{0,18}),"event":(\{"type":.*\}),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)
STRING, HEX = re.compile(r'"(?:[^"\\]|\\.)*"'), re.compile(r"[0-9a-f]{64}")
LONGEST, FORMAT = 64 << 20, 2

# What a journal of these formats may hold. Whatever else stands there was written by a newer stepgate.
KINDS = set("""run-started run-resumed repaired lock-taken-over decision-opened decision-made failure-opened failure-answered
runbook-changed clock-shifted terminal-lost gate-opened gate-answered manual-opened manual-answered parameter-opened
parameter-given step-skipped probe-started probe-finished step-satisfied attempt-finished step-started step-finished
left-running late-output run-suspended run-failed run-interrupted given-up closing sealed""".split())
LEDGER = {"began", "resumed", "left", "sealed", "repaired"}

def need(fine):
    if not fine:
        raise ValueError

def once(pairs):
    need(len(pairs) == len(dict(pairs)))  # a key that stands twice means two things to two readers
    return dict(pairs)

def finite(text):
    need(text not in ("NaN", "Infinity", "-Infinity") and abs(float(text)) != float("inf"))
    return float(text)

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

def read_line(line, seq, prev):
    """The event and hash of a line that follows the chain rule."""
    need(len(line) <= LONGEST and (match := LINE.fullmatch(line)))
    event, digest = match[5].decode(), match[6].decode()
    need(match[1] == b"%d" % seq and match[2].decode() == prev)
    need(hashlib.sha256(line[:match.end(5)]).hexdigest() == digest)
    need(not re.search(r"\s", STRING.sub("", event)))  # json.loads would let blanks pass
    time = datetime.datetime.fromisoformat(match[3].decode())  # no 30th of February
    event = json.loads(event, object_pairs_hook=once, parse_constant=finite, parse_float=finite)
    json.dumps(event, ensure_ascii=False).encode()  # half a surrogate pair is no text
    need(type(event["type"]) is str)
    return event, digest, match[4], time

def read_chain(data, check):
    """The sound records as (event, hash, byte, time), where reading stopped, and how: None, "torn" or "broken"."""
    records, at, prev = [], 0, "0" * 64
    while at < len(data):
        end = data.find(b"\n", at) + 1
        if not end:
            return records, at, "torn" if len(data) - at <= LONGEST else "broken"
        try:
            event, prev, mono, time = read_line(data[at:end], len(records), prev)
            check(event, mono, records)
        except (ValueError, KeyError, TypeError, RecursionError):
            return records, at, "broken"
        records.append((event, prev, at, time))
        at = end
    return records, at, None

def check_hashes(part):
    """A hash has one spelling."""
    keys = ("plan", "declared", "head", "sha256", "kept_sha256", "runbook_sha256")
    need(all(part.get(key) is None or HEX.fullmatch(part[key]) for key in keys))

def check_ledger(event, _mono, _records):
    need(event["type"] in LEDGER)
    check_hashes(event)
    need(event["type"] == "repaired" or type(event["run"]) is str)

class Standing:
    """Checks each event of a journal, and adds up what the verdict would be behind it."""

    def __init__(self):
        self.steps, self.plan, self.given_up, self.failed, self.partial = {}, [], False, False, False

    def verdict(self):
        stand = {self.steps.get(step["name"]) for step in self.plan}
        return ("interrupted" if self.given_up else "in-doubt" if {"in-doubt", "running"} & stand else
                "failed" if "failed" in stand or self.failed else "partial" if self.partial else "passed")

    def __call__(self, event, mono, records):
        kind, before = event["type"], records[-1][0]["type"] if records else None
        outcome = event.get("outcome") or event  # a probe's, or an attempt's and a step's own
        heads = [event, event.get("revision") or {}]
        for part in [*heads, *(step for head in heads for step in head.get("steps", [])), outcome.get("stdout"), outcome.get("stderr")]:
            check_hashes(part or {})
        need(kind in KINDS and (kind == "run-started") == (not records))
        need(before != "sealed" or kind == "run-resumed")
        if kind == "sealed":  # no seal is written in doubt, so that verdict fits none
            need(event["records"] == len(records) and event["head"] == records[-1][1])
            need(event["verdict"] == self.verdict() != "in-doubt")
        elif kind == "run-started":
            need(0 < event["format"] <= FORMAT)
            self.plan, self.partial = event["steps"], event["selection"] is not None
        elif kind == "run-resumed":
            self.failed = False
            always = {step["name"] for step in self.plan if step["always"] and before == "sealed"}
            self.steps = {name: "not run" if name in always else "in-doubt" if how == "running" else how
                          for name, how in self.steps.items()}
            if event["revision"] is not None:
                self.plan = event["revision"]["steps"]
        elif kind in ("given-up", "run-failed"):
            self.given_up, self.failed = self.given_up or kind == "given-up", self.failed or kind == "run-failed"
        else:
            self.step(kind, event)

    def step(self, kind, event):
        how = {"step-started": "running", "step-finished": event.get("status"), "step-skipped": "skipped",
               "step-satisfied": "satisfied"}.get(kind)
        if kind == "manual-answered":
            how = {"done": "passed", "failed": "failed", "skipped": "skipped"}.get(event["answer"])
        elif kind == "gate-answered" or kind == "failure-answered":
            how = {"skip": "skipped", "retry": kind == "failure-answered" and "not run"}.get(event["answer"])
        elif kind == "decision-made":
            by_hand = event["through"] not in ("policy", "probe")
            how = {"happened": by_hand and "satisfied", "not-happened": "not run", "rerun": "not run"}.get(event["decision"])
        if how:
            self.steps[event["step"]["name"]] = how

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

def newer(data):
    """Whether the first record names a newer format, sound or not: nothing of the journal can be judged then, so it counts as damaged."""
    try:
        return json.loads(data[:data.find(b"\n") + 1])["event"]["format"] > FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):
        return False

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
