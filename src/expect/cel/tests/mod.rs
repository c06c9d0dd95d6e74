//! Expressions from text to verdict.

mod blocks;
mod checks;
mod failures;
mod functions;
mod fuzz;
mod limits;
mod world;

use super::*;
use crate::diagnostic::{Diagnostic, Span};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A runtime as the program has it.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn text(text: &str) -> Arc<Text> {
    Arc::new(Text { bytes: text.as_bytes().to_vec(), whole: true })
}

/// A result with this output, two parameters, a variable, and three earlier steps: one passed, one was skipped, one was
/// done by hand.
fn facts(stdout: &str) -> Facts {
    let passed = StepFacts {
        status: "passed".into(),
        exit_code: Some(0),
        stdout: Some(text("{\"n\": 3}\n")),
        stderr: Some(text("warned")),
        started: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        finished: Some("2026-01-01T00:01:00Z".parse().unwrap()),
        elapsed: Some(Duration::from_secs(60)),
    };
    let skipped = StepFacts { status: "skipped".into(), ..StepFacts::default() };
    let manual = StepFacts { status: "done".into(), stdout: None, stderr: None, exit_code: None, ..passed.clone() };
    Facts {
        result: Some(ResultFacts {
            exit_code: Some(0),
            stdout: text(stdout),
            stderr: text("warning: x"),
            elapsed: Duration::from_millis(1500),
            attempt: 2,
        }),
        params: BTreeMap::from([
            ("COUNT".to_owned(), Value::Int(3)),
            ("SIZE".to_owned(), Value::Int(1 << 20)),
            ("WAIT".to_owned(), Value::Duration(Duration::from_secs(5400))),
            ("SAFE".to_owned(), Value::Bool(true)),
        ]),
        vars: BTreeMap::from([("FILE".to_owned(), "etcd-1".to_owned()), ("NUMBER".to_owned(), "17".to_owned())]),
        now: "2026-01-01T01:00:00Z".parse().unwrap(),
        steps: BTreeMap::from([
            ("stop".to_owned(), passed.clone()),
            ("a-b".to_owned(), passed),
            ("probe".to_owned(), skipped),
            ("by_hand".to_owned(), manual),
        ]),
    }
}

/// The names of [`facts`], and some that come later.
#[derive(Clone)]
struct Known {
    result: bool,
}

const PARAMS: &[(&str, ParamType)] = &[
    ("COUNT", ParamType::Int),
    ("NAME", ParamType::String),
    ("SAFE", ParamType::Bool),
    ("SIZE", ParamType::Quantity),
    ("WAIT", ParamType::Duration),
];
const VARS: &[&str] = &["FILE", "NUMBER", "UNSET"];
const STEPS: &[(&str, StepShape)] = &[
    ("a-b", StepShape::Output),
    ("by_hand", StepShape::Plain),
    ("probe", StepShape::Output),
    ("stop", StepShape::Output),
];

impl Scope for Known {
    fn result(&self) -> bool {
        self.result
    }

    fn param(&self, name: &str) -> Option<ParamType> {
        PARAMS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    fn var(&self, name: &str) -> bool {
        VARS.contains(&name)
    }

    fn step(&self, name: &str) -> Option<StepShape> {
        STEPS.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
    }

    fn later_var(&self, name: &str) -> bool {
        name == "LATER" || self.var(name)
    }

    fn later_step(&self, name: &str) -> bool {
        name == "verify" || self.step(name).is_some()
    }

    fn params(&self) -> Vec<&str> {
        PARAMS.iter().map(|(name, _)| *name).collect()
    }

    fn vars(&self) -> Vec<&str> {
        VARS.to_vec()
    }

    fn steps(&self) -> Vec<&str> {
        STEPS.iter().map(|(name, _)| *name).collect()
    }
}

fn scope() -> Known {
    Known { result: true }
}

fn parse(expression: &str) -> Assertion {
    parse_expression(expression, Span::new(0, expression.len()))
        .unwrap_or_else(|found| panic!("{expression}: {found:?}"))
}

/// The expression as a block's, checked, then judged over this output.
fn judge(expression: &str, stdout: &str) -> Outcome {
    judge_in(expression, facts(stdout))
}

fn judge_in(expression: &str, facts: Facts) -> Outcome {
    let block = block(expression).unwrap_or_else(|found| panic!("{expression}: {found:?}"));
    let found = block[0].check(&scope());
    assert!(found.is_empty(), "{expression}: {found:?}");
    let outcomes = runtime().block_on(Evaluator::default().judge(block.into(), facts));
    outcomes.into_iter().next().unwrap()
}

/// A block of one file, from its first byte.
fn block(text: &str) -> Result<Vec<Assertion>, Vec<Diagnostic>> {
    let mut at = 0;
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| {
            let span = Span::new(at, at + line.len());
            at += line.len() + 1;
            (line, span)
        })
        .collect();
    parse_block(lines)
}

/// The findings of a block's first expression as `text under the caret: message | help`.
fn findings(text: &str) -> Vec<String> {
    let found = match block(text) {
        Ok(block) => block.iter().flat_map(|assertion| assertion.check(&scope())).collect(),
        Err(found) => found,
    };
    shown(text, found)
}

fn shown(text: &str, found: Vec<Diagnostic>) -> Vec<String> {
    let show = |found: Diagnostic| {
        let under = &text[found.span.start..found.span.end];
        format!("{under}: {} | {}", found.message, found.help.unwrap_or_default())
    };
    found.into_iter().map(show).collect()
}
