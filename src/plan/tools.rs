//! `tools`: programs that must be there, looked for on each target before the first step, by a step of stepgate's own.

use super::expressions::Expressions;
use super::model::{PlannedExpectation, PlannedStep};
use super::targets;
use super::unwritten::{looking, unwritten};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::runbook::{Condition, Runbook, Tool};
use crate::text::quote_word;
use std::collections::BTreeMap;

/// The names of these steps begin so.
pub const TOOLS_STEP: &str = "tools-on-";

/// One step a target, which prints each program's version and fails if one is not there.
pub fn steps(runbook: &Runbook) -> Vec<PlannedStep> {
    let mut by_target: BTreeMap<&str, Vec<&Tool>> = BTreeMap::new();
    for tool in &runbook.tools {
        by_target.entry(targets::name_of(runbook, tool.on.as_ref())).or_default().push(tool);
    }
    by_target.into_iter().map(|(target, tools)| step(target, &tools)).collect()
}

/// Findings on names that these steps would take.
pub fn check(runbook: &Runbook) -> Vec<Diagnostic> {
    let made: Vec<_> = steps(runbook).into_iter().map(|step| step.name).collect();
    let clash = runbook.items.iter().find(|item| made.iter().any(|name| name == item.name()));
    let span = runbook.tools.first().map(|tool| tool.span).unwrap_or_default();
    clash
        .map(|item| {
            let message = format!("`{}` is the name of the step that looks for the tools", item.name());
            Diagnostic::error(Code::DoubledName, span, message).help("give the other step another name")
        })
        .into_iter()
        .collect()
}

fn step(target: &str, tools: &[&Tool]) -> PlannedStep {
    let script: Vec<_> = tools.iter().map(|tool| look(tool)).collect();
    let expectations = tools.iter().flat_map(|tool| comparisons(tool));
    let expectations = expectations.map(|text| {
        let condition = Condition { text, span: Span::default() };
        PlannedExpectation::Assert(Expressions::condition(&condition))
    });
    let action = looking(target, script.join("\n"), expectations.collect());
    unwritten(format!("{TOOLS_STEP}{target}"), action)
}

/// Prints `NAME VERSION`, the first thing that reads like a version in what the program says of itself.
fn look(tool: &Tool) -> String {
    let name = quote_word(&tool.name);
    let missing = format!("command -v {name} >/dev/null || {{ echo {name}': not found' >&2; exit 1; }}");
    if tool.version.is_none() {
        return missing;
    }
    let ask = tool.ask.clone().unwrap_or_else(|| format!("{name} --version"));
    let version = r"sed -n 's/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*\).*$/\1/p' | sed -n 1p";
    format!("{missing}\nprintf '%s %s\\n' {name} \"$({{ {ask}; }} 2>&1 </dev/null | {version})\"")
}

/// `>=1.33 <2` as one expression each, over the line that [`look`] prints.
fn comparisons(tool: &Tool) -> Vec<String> {
    let Some((range, _)) = &tool.version else { return Vec::new() };
    let place = format!("lines.filter(l, l.startsWith(\"{} \"))[0].split(\" \")[1]", tool.name);
    let one = |comparator: &str| {
        let digits = comparator.find(|c: char| c.is_ascii_digit()).unwrap_or(comparator.len());
        let (sign, version) = comparator.split_at(digits);
        let sign = if sign == "=" { "==" } else { sign };
        let zeros = ".0".repeat(2 - version.matches('.').count());
        format!("semver({place}).compareTo(semver(\"{version}{zeros}\")) {sign} 0")
    };
    range.split_whitespace().map(one).collect()
}
