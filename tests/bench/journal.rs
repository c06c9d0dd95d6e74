//! What it costs to read, check and fold the journal of a long run: `cargo bench --bench journal`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::time::Instant;
use stepgate::event::*;
use stepgate::journal::{Clock, Journal, read_journal};

/// How many steps the run has, and how many bytes each of them printed.
const STEPS: usize = 10_000;
const PRINTED: usize = 700;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = journal()?;
    println!("{} records, {} bytes", bytes.iter().filter(|byte| **byte == b'\n').count(), bytes.len());
    for lean in [false, true] {
        let state = || if lean { RunState::lean() } else { RunState::default() };
        let mut times: Vec<_> = (0..9).map(|_| time(&bytes, state())).collect();
        times.sort();
        println!("lean {lean}: median {:?}, best {:?}", times[times.len() / 2], times[0]);
    }
    Ok(())
}

fn time(bytes: &[u8], state: RunState) -> std::time::Duration {
    let begun = Instant::now();
    let reading = read_journal(bytes, state).expect("it can be read");
    let took = begun.elapsed();
    assert!(reading.damage.is_none() && reading.records == 2 * STEPS as u64 + 1);
    took
}

fn journal() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut journal = Journal::new(None, Clock::starting_at(jiff::Timestamp::now()));
    journal.record(Event::RunStarted(Box::new(serde_json::from_value(header())?)));
    for step in 0..STEPS {
        let step = Instance::first(&format!("step-{step}"));
        journal.record(Event::StepStarted { step: step.clone(), attempt: 1 });
        let mut outcome = StepFinished::nothing_ran(step, Status::Passed, jiff::Timestamp::now());
        let text = "etcd-1 is healthy: committed proposal, took = 9.12 ms\n".repeat(PRINTED / 54);
        (outcome.stdout.text, outcome.stdout.lines) = (Some(text), 13);
        journal.record(Event::StepFinished(Box::new(outcome)));
    }
    Ok(journal.commit()?.into_iter().flat_map(|(_, line)| line.into_bytes()).collect())
}

fn header() -> serde_json::Value {
    let hash = "0".repeat(64);
    let step = |step| {
        serde_json::json!({
            "name": format!("step-{step}"), "kind": "shell", "target": "local", "gate": "none", "satisfies": [],
            "always": false, "probe": false, "effect": null, "sha256": hash,
        })
    };
    serde_json::json!({
        "format": 2, "stepgate": "0", "run": "one", "runbook": "r.md", "runbook_path": "/r.md",
        "runbook_sha256": hash, "plan": hash, "title": "R", "profile": null, "operator": "a@b", "directory": "/",
        "boot": "", "overrides": [], "selection": null, "params": {}, "secrets": {}, "targets": {},
        "acceptance": [], "steps": (0..STEPS).map(step).collect::<Vec<_>>(),
    })
}
