//! What must be typed at a gate: the author's words, with the values of parameters in them.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expect;
use crate::runbook::{Gate, Parameter, ParameterKind, Runbook, Step, is_answer};
use std::collections::BTreeMap;

/// The phrase filled in.
///
/// # Errors
///
/// Says what it would be and why nobody could type it.
pub fn fill(phrase: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let filled = expect::fill(phrase, values, str::to_owned);
    let typeable = filled.trim() == filled && !filled.is_empty() && !filled.chars().any(crate::text::is_dangerous);
    match typeable && !is_answer(&filled) {
        true => Ok(filled),
        false => {
            let shown = crate::text::escape_line(&crate::text::shorten(&filled, 200)).into_owned();
            Err(format!("would be `{shown}`, which cannot be typed or is an answer at every gate"))
        }
    }
}

/// Findings on a phrase: it is filled in when the plan is made, so that whoever answers beforehand can know it.
pub fn check(runbook: &Runbook, step: &Step) -> Vec<Diagnostic> {
    let Some((phrase, span)) = &step.phrase else { return Vec::new() };
    let names = expect::references(phrase);
    let found: Vec<_> = names.iter().filter_map(|name| unfit(runbook, name, *span)).collect();
    if !found.is_empty() || step.gate != Some(Gate::Type) && step.effect.default_gate() != Gate::Type {
        return found;
    }
    let declared: Vec<&Parameter> =
        runbook.params.iter().filter(|parameter| names.contains(&parameter.name.as_str())).collect();
    by_default(step, phrase, *span, &declared).into_iter().collect()
}

fn unfit(runbook: &Runbook, name: &str, span: Span) -> Option<Diagnostic> {
    let parameter = runbook.params.iter().find(|parameter| parameter.name == name);
    let why = match parameter {
        None => "it is no parameter of the runbook",
        Some(parameter) if parameter.kind == ParameterKind::Secret => "it is secret",
        Some(parameter) if parameter.after.is_some() => "it is asked for behind a step",
        Some(_) => return None,
    };
    let message = format!("the phrase cannot hold `{{{{{name}}}}}`: {why}");
    Some(
        Diagnostic::error(Code::WrongValue, span, message)
            .help("a phrase may hold {{NAME}} of a parameter that is given before the run"),
    )
}

/// The finding on a phrase that nobody could type where no parameter is given.
fn by_default(step: &Step, phrase: &str, span: Span, declared: &[&Parameter]) -> Option<Diagnostic> {
    let default = |parameter: &&Parameter| Some((parameter.name.clone(), parameter.default.as_ref()?.0.clone()));
    let values: Option<BTreeMap<String, String>> = declared.iter().map(default).collect();
    let why = fill(phrase, &values?).err()?;
    let message = format!("with the default values the phrase of `{}` {why}", step.name);
    let found = Diagnostic::error(Code::WrongValue, span, message)
        .help("write a word before or behind it, such as phrase='drop {{NAME}}', or give another default");
    let defaults = declared.iter().filter_map(|parameter| parameter.default.as_ref());
    Some(defaults.fold(found, |found, (_, span)| found.related(*span, "this default")))
}
