//! CEL in a plan: what it says, which names it may use, where it stands.

use super::value::TypedValue;
use super::variables::Names;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::expect::{Assertion, Scope, parse_block, parse_expression};
use crate::runbook::{Condition, Item, Line, Runbook};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// Expressions that must all be true, or one that chooses.
#[derive(Clone, Debug)]
pub struct Expressions {
    /// Parsed; each knows its text.
    pub parsed: Arc<[Assertion]>,
    /// The runbook's line that each starts on.
    pub lines: Vec<usize>,
}

impl Expressions {
    /// One expression of an attribute or of the front matter.
    pub fn condition(condition: &Condition) -> Self {
        let parsed =
            parse_expression(&condition.text, condition.span).expect("it was parsed when the runbook was read");
        Self { parsed: Arc::from([parsed]), lines: vec![0] }
    }

    /// The expressions of an `assert` block.
    pub fn block(lines: &[Line], source: &Source) -> Self {
        let parsed = parse_block(texts(lines)).expect("it was parsed when the runbook was read");
        let lines = parsed.iter().map(|assertion| source.line(assertion.span().start)).collect();
        Self { parsed: parsed.into(), lines }
    }

    /// The texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.parsed.iter().map(Assertion::text)
    }

    /// Whether one of them looks at this parameter.
    pub fn name(&self, parameter: &str) -> bool {
        self.parsed.iter().any(|assertion| assertion.references().params.contains(parameter))
    }
}

impl Serialize for Expressions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.texts())
    }
}

fn texts(lines: &[Line]) -> impl Iterator<Item = (&str, Span)> {
    lines.iter().map(|line| (line.text.as_str(), line.span))
}

/// Findings on every expression of the runbook.
pub fn check(runbook: &Runbook, names: &Names<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, item) in runbook.items.iter().enumerate() {
        let (when, own, expected) = parts(item);
        if let Some(condition) = when {
            check_condition(condition, &names.scope(at, false), &mut found);
        }
        if let Some(lines) = own {
            check_block(lines, &names.scope(at, false), &mut found);
        }
        for lines in expected {
            check_block(lines, &names.scope(at, true), &mut found);
        }
    }
    for parameter in &runbook.params {
        if let crate::runbook::Choices::Computed(condition) = &parameter.values {
            let after = parameter.after.as_ref().and_then(|after| names.position(&after.name));
            if let Some(at) = after {
                check_condition(condition, &names.scope_behind(at), &mut found);
            }
        }
    }
    found
}

/// The condition of an item, the lines of an assertion, the lines of each `assert` block behind a step.
fn parts(item: &Item) -> (Option<&Condition>, Option<&[Line]>, Vec<&[Line]>) {
    match item {
        Item::Step(step) => {
            let asserts =
                step.expectations.iter().filter(|expectation| expectation.check == crate::runbook::Check::Assert);
            (step.when.as_ref(), None, asserts.map(|expectation| expectation.lines.as_slice()).collect())
        }
        Item::Assert(assert) => (assert.when.as_ref(), Some(&assert.lines), Vec::new()),
        Item::Manual(_) => (None, None, Vec::new()),
    }
}

fn check_condition(condition: &Condition, scope: &dyn Scope, found: &mut Vec<Diagnostic>) {
    match parse_expression(&condition.text, condition.span) {
        Ok(parsed) => found.extend(parsed.check(scope)),
        Err(diagnostic) => found.push(*diagnostic),
    }
}

fn check_block(lines: &[Line], scope: &dyn Scope, found: &mut Vec<Diagnostic>) {
    match parse_block(texts(lines)) {
        Ok(parsed) => found.extend(parsed.iter().flat_map(|assertion| assertion.check(scope))),
        Err(diagnostics) => found.extend(diagnostics),
    }
}

/// What CEL sees of a parameter's value.
pub fn cel_value(value: TypedValue) -> crate::expect::Value {
    use crate::expect::Value;
    match value {
        TypedValue::Text(text) => Value::Text(text),
        TypedValue::Int(number) => Value::Int(number),
        TypedValue::Bool(truth) => Value::Bool(truth),
        TypedValue::Duration(duration) => Value::Duration(duration),
        TypedValue::Quantity(text) => crate::expect::parse_quantity(&text).unwrap_or(Value::Text(text)),
    }
}
