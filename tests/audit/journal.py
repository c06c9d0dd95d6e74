"""A chain of records, and what the events of a journal come to. Written from docs/journal.md alone; where that is unclear, the
strictest reading is taken. A record that breaks a rule is a ValueError, KeyError, TypeError or RecursionError."""
import datetime, hashlib, json, re

LINE = re.compile(rb'\{"seq":(0|[1-9]\d*),"prev":"([0-9a-f]{64})","time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{0,2}[1-9])?Z",'
                  rb'"mono":(0|[1-9]\d{0,18}),"event":(\{"type":.*\}),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)
STRING, HEX = re.compile(r'"(?:[^"\\]|\\.)*"'), re.compile(r"[0-9a-f]{64}")
LONGEST, FORMAT = 64 << 20, 2

# What a journal of these formats may hold. Whatever else stands there was written by a newer stepgate.
KINDS = set("""run-started run-resumed repaired lock-taken-over decision-opened decision-made failure-opened failure-answered
runbook-changed clock-shifted terminal-lost gate-opened gate-answered manual-opened manual-answered parameter-opened
parameter-given step-skipped probe-started probe-finished step-satisfied attempt-finished step-started step-finished
left-running late-output run-suspended run-failed run-interrupted given-up closing sealed""".split())

def need(fine):
    if not fine:
        raise ValueError

def once(pairs):
    need(len(pairs) == len(dict(pairs)))  # a key that stands twice means two things to two readers
    return dict(pairs)

def finite(text):
    need(text not in ("NaN", "Infinity", "-Infinity") and abs(float(text)) != float("inf"))
    return float(text)

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

def newer(data):
    """Whether the first record names a newer format, sound or not: nothing of the journal can be judged then, so it counts as damaged."""
    try:
        return json.loads(data[:data.find(b"\n") + 1])["event"]["format"] > FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
