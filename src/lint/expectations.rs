//! Rules on what a step expects.

use super::syntax::Script;
use super::{inverted_grep, verdict};
use crate::diagnostic::{Code, Diagnostic};
use crate::expect;
use crate::runbook::{Check, Effect, ExitRule, Expectation, Item, Language, Runbook, Step};
use std::collections::BTreeSet;

/// Every warning on the expectations of one step.
pub fn lint(used: &BTreeSet<String>, step: &Step, script: &Script<'_>, found: &mut Vec<Diagnostic>) {
    let everything = |expectation: &&Expectation| accepts_everything(expectation);
    for expectation in step.expectations.iter().filter(everything) {
        let message = "this block accepts every output: it asserts nothing";
        found.push(
            Diagnostic::warning(Code::MatchesEverything, expectation.span, message)
                .help("write what must be there; an illustration is ```text"),
        );
    }
    for expectation in step.expectations.iter().filter(|expectation| expectation.check == Check::Assert) {
        let lines = expectation.lines.iter().map(|line| (line.text.as_str(), line.span));
        found.extend(expect::parse_block(lines).map(|block| expect::block_warnings(&block)).unwrap_or_default());
    }
    let asserts = step.expectations.iter().any(|expectation| !accepts_everything(expectation));
    found.extend(inverted_grep::lint(step, script, asserts));
    found.extend(asserts_nothing(used, step, script));
}

/// Every warning on the steps that are expressions only.
pub fn lint_assertions(runbook: &Runbook, found: &mut Vec<Diagnostic>) {
    for item in &runbook.items {
        if let Item::Assert(assert) = item {
            let lines = assert.lines.iter().map(|line| (line.text.as_str(), line.span));
            found.extend(expect::parse_block(lines).map(|block| expect::block_warnings(&block)).unwrap_or_default());
        }
    }
}

fn accepts_everything(expectation: &Expectation) -> bool {
    matches!(expectation.check, Check::Output(_))
        && expect::matches_everything(expectation.lines.iter().map(|line| line.text.as_str()))
}

/// A `read` step that looks and lets nobody know.
fn asserts_nothing(used: &BTreeSet<String>, step: &Step, script: &Script<'_>) -> Option<Diagnostic> {
    let reads = step.effect == Effect::Read && !step.always && matches!(step.language, Language::Shell(_));
    let used = step.capture.is_some() || used.contains(&step.name);
    if !reads || used || !step.expectations.is_empty() || step.exit != ExitRule::default() {
        return None;
    }
    if script.list.is_empty() || verdict::checks(&script.list) {
        return None;
    }
    let message = format!("`{}` looks, and nobody checks what it sees", step.name);
    Some(
        Diagnostic::warning(Code::AssertsNothing, step.name_span, message)
            .help("write an `output` or `assert` block behind it"),
    )
}

/// The names of steps that something else looks at: an expression, a parameter that is asked for behind one, a step whose
/// probe it is.
pub fn used(runbook: &Runbook) -> BTreeSet<String> {
    let after = runbook.params.iter().filter_map(|parameter| Some(parameter.after.as_ref()?.name.clone()));
    let probes = super::steps(runbook).filter_map(|step| Some(step.unless.as_ref()?.name.clone()));
    let conditions = runbook.items.iter().filter_map(|item| match item {
        Item::Step(step) => step.when.as_ref(),
        Item::Assert(assert) => assert.when.as_ref(),
        Item::Manual(_) => None,
    });
    let conditions = conditions.filter_map(|condition| expect::parse_expression(&condition.text, condition.span).ok());
    let blocks = runbook.items.iter().flat_map(|item| match item {
        Item::Step(step) => {
            let asserts = step.expectations.iter().filter(|expectation| expectation.check == Check::Assert);
            asserts.map(|expectation| expectation.lines.as_slice()).collect()
        }
        Item::Assert(assert) => vec![assert.lines.as_slice()],
        Item::Manual(_) => Vec::new(),
    });
    let blocks =
        blocks.filter_map(|lines| expect::parse_block(lines.iter().map(|line| (line.text.as_str(), line.span))).ok());
    let looks_at = |assertion: &expect::Assertion| assertion.references().steps.into_keys().collect::<Vec<_>>();
    let named = conditions.chain(blocks.flatten()).flat_map(|assertion| looks_at(&assertion));
    after.chain(probes).chain(named).collect()
}
