//! What expressions may know of values, and of a step's own result.

use super::head::Head;
use crate::event::StepFinished;
use crate::expect::{ResultFacts, Text, Value};
use crate::plan::{Plan, PlannedParameter, PlannedStep, TypedValue, cel_value, check_value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A stream as expressions see it.
pub fn text_of(head: Head) -> Arc<Text> {
    Arc::new(Text { bytes: head.bytes, whole: head.whole })
}

/// `params`: those that have a value by now.
pub fn params(plan: &Plan, variables: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    plan.parameters.iter().filter_map(|parameter| typed(parameter, variables)).collect()
}

/// `vars`: those that were captured by now.
pub fn vars(plan: &Plan, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    plan.variables.iter().filter_map(|name| Some((name.clone(), variables.get(name)?.clone()))).collect()
}

fn typed(parameter: &PlannedParameter, variables: &BTreeMap<String, String>) -> Option<(String, Value)> {
    let text = variables.get(&parameter.name)?;
    let value = check_value(&parameter.declared, text).unwrap_or_else(|_| TypedValue::Text(text.clone()));
    Some((parameter.name.clone(), cel_value(value)))
}

/// What a step's own expectations see of it.
pub fn result(outcome: &StepFinished, stdout: Arc<Text>, stderr: Arc<Text>) -> ResultFacts {
    ResultFacts {
        exit_code: outcome.exit_code.map(i64::from),
        stdout,
        stderr,
        elapsed: Duration::from_millis(outcome.elapsed_ms),
        attempt: outcome.attempt,
    }
}

/// The steps whose results some expression of `plan` names.
pub fn named_steps(plan: &Plan) -> BTreeSet<String> {
    let late = plan.parameters.iter().filter_map(|parameter| parameter.late.as_ref()?.values.as_ref());
    let expressions = plan.steps.iter().flat_map(PlannedStep::expressions).chain(late);
    let wanted = expressions.flat_map(|expressions| expressions.parsed.iter());
    wanted.flat_map(|assertion| assertion.references().steps.into_keys()).collect()
}
