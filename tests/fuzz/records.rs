//! Journals that nobody wrote: events in any order with a sound chain, and bytes that were damaged anywhere. Whatever is read must
//! add up to something that every view can show.

use crate::Random;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stepgate::annotate;
use stepgate::diagnostic::Source;
use stepgate::engine::{Standing, standing};
use stepgate::event::{RunState, criterion_rows, headline, step_rows};
use stepgate::journal::read_journal;
use stepgate::report::{Styles, run_json, run_table};

/// Any hash.
const HASH: &str = "abababababababababababababababababababababababababababababababab";

const RUNBOOK: &str = "---\nstepgate: 1\nacceptance: { AC1: x }\n---\n# R\n\n```bash {name=a gate=none satisfies=AC1}\na\n```\n\n\
    ```bash {name=b effect=read}\nb\n```\n\n```bash {name=z always gate=none}\nz\n```\n\n- [ ] Look\n";

/// Reads `many` journals; says how many records of them were sound.
pub fn journals(random: &mut Random, many: usize) -> usize {
    let (runbook, _) = stepgate::runbook::read(Source::new("r.md", RUNBOOK)).unwrap();
    let mut sound = 0;
    for _ in 0..many {
        let mut bytes = journal(random).into_bytes();
        for _ in 0..random.below(3) {
            damage(random, &mut bytes);
        }
        let state = if random.below(2) == 0 { RunState::lean() } else { RunState::default() };
        let Ok(mut reading) = read_journal(&bytes[..], state) else { continue };
        sound += reading.records as usize;
        if random.below(2) == 0 {
            reading.state.declare_dead();
        }
        view(&reading.state, &runbook);
    }
    sound
}

/// Shows a state in every way.
fn view(state: &RunState, runbook: &stepgate::runbook::Runbook) {
    _ = (headline(state), step_rows(state), criterion_rows(state), state.verdict(), state.closing_verdict());
    _ = run_table(state, false, &Styles::default(), Some(20));
    _ = run_json(state).map(|record| serde_json::to_string(&record).unwrap());
    for step in state.steps() {
        let stands = standing(step, true);
        assert!(!step.status.is_good() || stands == Standing::Done, "{:?}", step.status);
    }
    let log = annotate::Log { runbook, state, journal: "x".to_owned(), earlier: &|_, _| None, excerpt: &|_| None };
    _ = annotate::annotate(&log);
}

pub fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(4) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes.truncate(at),
        2 => _ = bytes.remove(at),
        _ => {
            let line = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
            let copy = bytes[at..line].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

/// Up to thirty events behind a head, each with the hash that it should have.
fn journal(random: &mut Random) -> String {
    let (mut text, mut prev) = (String::new(), "0".repeat(64));
    for seq in 0..=random.below(30) {
        let event = if seq == 0 { head(random) } else { event(random, seq, &prev) };
        let body = format!(
            "{{\"seq\":{seq},\"prev\":\"{prev}\",\"time\":\"2026-11-25T00:00:00Z\",\"mono\":{},\"event\":{}",
            random.below(1000),
            ordered(&event)
        );
        prev = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{body},\"hash\":\"{prev}\"}}\n"));
    }
    text
}

/// An object whose `type` stands first.
fn ordered(event: &Value) -> String {
    let rest = event.as_object().unwrap().iter().filter(|(key, _)| *key != "type");
    let rest: String = rest.map(|(key, value)| format!(",{}:{value}", json!(key))).collect();
    format!("{{\"type\":{}{rest}}}", event["type"])
}

fn head(random: &mut Random) -> Value {
    let step = |name: &str, kind: &str, always: bool, effect: Value| {
        json!({"name": name, "kind": kind, "target": if kind == "manual" { Value::Null } else { json!("local") },
               "gate": "none", "satisfies": ["AC1"], "always": always, "probe": false, "effect": effect, "sha256": HASH})
    };
    let mut steps = vec![
        step("a", "shell", false, json!("change")),
        step("b", "shell", false, json!("read")),
        step("z", "shell", true, json!("change")),
        step("look", "manual", false, Value::Null),
    ];
    steps.truncate(random.below(5));
    json!({
        "type": "run-started", "format": 2, "stepgate": "0", "run": "r", "runbook": "r.md", "runbook_path": "/r.md",
        "runbook_sha256": HASH, "plan": HASH, "title": "R", "profile": null, "operator": "a@b", "directory": "/", "boot": "",
        "overrides": [], "selection": null, "params": {}, "origins": {}, "declared": HASH, "secrets": {}, "targets": {},
        "given_targets": {}, "env": {}, "acceptance": [["AC1", "x"]], "steps": steps,
    })
}

fn one<'w>(random: &mut Random, words: &[&'w str]) -> &'w str {
    words[random.below(words.len())]
}

fn event(random: &mut Random, seq: usize, prev: &str) -> Value {
    let name = one(random, &["a", "b", "z", "look", "nobody"]);
    let step = json!({"name": name, "pass": null, "visit": 1});
    let by = |mut event: Value| {
        event["by"] = json!("a@b");
        event["through"] = json!("terminal");
        event
    };
    let empty = json!({"sha256": null, "bytes": null, "lines": random.below(3), "text": null, "file": "output/a.stdout",
                       "kept": 3, "kept_sha256": null});
    let status = one(random, &["passed", "failed", "in-doubt"]);
    let reason = [json!(null), json!("exit"), json!("timeout"), json!("transport")][random.below(4)].clone();
    let outcome = json!({
        "type": "step-finished", "step": step, "attempt": random.below(3), "status": status, "reason": reason,
        "detail": null, "exit_code": 1, "signal": null, "started": "2026-11-25T00:00:00Z", "elapsed_ms": 5, "stdout": empty,
        "stderr": empty, "expectations": [], "captured": {"V": "x"}, "notes": [], "left_running": [], "state": null,
    });
    match random.below(21) {
        0 => json!({"type": "gate-opened", "step": step, "gate": "confirm"}),
        1 => by(json!({"type": "gate-answered", "step": step, "gate": "confirm", "reason": "r",
                       "answer": one(random, &["yes", "no", "skip", "quit"])})),
        2 => by(json!({"type": "manual-answered", "step": step, "note": null,
                       "answer": one(random, &["done", "failed", "skipped", "no", "quit"])})),
        3 => json!({"type": "step-started", "step": step, "attempt": u32::MAX}),
        4..=6 => outcome,
        7 => json!({"type": "attempt-finished", "step": step}),
        8 => json!({"type": "probe-finished", "step": step, "moment": "before", "outcome": outcome}),
        9 => json!({"type": "step-satisfied", "step": step}),
        10 => json!({"type": "step-skipped", "step": step, "condition": "false"}),
        11 => by(json!({"type": "decision-made", "step": step, "reason": "r", "alive": [],
                        "decision": one(random, &["happened", "not-happened", "rerun", "abort"])})),
        12 => by(json!({"type": "failure-answered", "step": step, "reason": null,
                        "answer": one(random, &["retry", "skip", "leave", "quit"])})),
        13 => json!({"type": "run-suspended", "step": step, "parameter": null,
                     "waits_for": one(random, &["gate", "manual", "parameter", "secret", "failure", "decision"])}),
        14 => json!({"type": "run-interrupted", "signal": "INT"}),
        15 => json!({"type": "given-up", "by": "a@b"}),
        16 => json!({"type": "closing"}),
        17 => json!({"type": "sealed", "verdict": one(random, &["passed", "failed", "interrupted", "partial"]),
                     "records": seq, "head": prev}),
        18 => json!({"type": "repaired", "bytes": u64::MAX}),
        19 => json!({"type": "late-output", "step": step, "stream": "stdout", "bytes": u64::MAX}),
        _ => {
            json!({"type": "run-resumed", "part": 2, "stepgate": "0", "operator": "b@c", "boot": "x", "gap_ms": i64::MIN,
                    "overrides": [], "secrets": {}, "accepted": ["x"], "revision": null})
        }
    }
}
