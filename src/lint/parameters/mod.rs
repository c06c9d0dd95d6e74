//! Where a script makes code of a parameter or a capture.
//!
//! In: a script and what is known of its values. Out: at most one warning for each command.

mod arithmetic;
mod code;
mod values;

use super::Known;
use super::syntax::{Block, Command, Kind, Place, Script, Stage, places};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::runbook::{Runbook, Token, assigned_name};
use std::collections::BTreeSet;
pub use values::numbers;
use values::{Values, value_in};

/// Builtins to whose `NAME=$P` words the shell does what it does to assignments: it does not split them.
const DECLARE: &[&str] = &["export", "declare", "local", "readonly", "typeset"];

/// Every warning on one script; `numbers` are the captures that hold digits only.
pub fn lint(
    runbook: &Runbook,
    known: &Known,
    numbers: &BTreeSet<String>,
    script: &Script<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let places = places(&script.list);
    let values = Values::new(runbook, known, numbers, &places);
    for place in &places {
        found.extend(match place.stage() {
            Stage::Simple(command) => code::interpreted(&values, place, command)
                .or_else(|| arithmetic::lint(&values, command))
                .or_else(|| unquoted(&values, command)),
            Stage::Block(block) => {
                arithmetic::in_words(&values, &block.words).or_else(|| unquoted_block(&values, block))
            }
        });
    }
}

fn warn(span: Span, message: String, help: String) -> Option<Diagnostic> {
    Some(Diagnostic::warning(Code::ParameterAsCode, span, message).help(help))
}

/// `$P` without quotes, where a shell splits and expands it.
fn unquoted(values: &Values<'_>, command: &Command<'_>) -> Option<Diagnostic> {
    // `[[ ]]` does not split.
    if command.is(&["[[", "let"]) {
        return None;
    }
    let words = command.all_words();
    let declares = command.is(DECLARE);
    let leading = words.iter().take_while(|word| assigned_name(&word.text).is_some()).count();
    let split = words
        .iter()
        .enumerate()
        .filter(|(at, word)| *at >= leading && !(declares && assigned_name(&word.text).is_some()));
    let files = command.redirections.iter().filter(|one| !one.operator.text.contains("<<")).filter_map(|one| one.file);
    first_split(values, split.map(|(_, word)| *word).chain(files))
}

/// `for x in $P` and `done <$P`; `case $P in` does not split.
fn unquoted_block(values: &Values<'_>, block: &Block<'_>) -> Option<Diagnostic> {
    let words = block.words.iter().copied().filter(|_| block.kind == Kind::For);
    let files = block.redirections.iter().filter(|one| !one.operator.text.contains("<<")).filter_map(|one| one.file);
    first_split(values, words.chain(files))
}

fn first_split<'t>(values: &Values<'_>, mut words: impl Iterator<Item = &'t Token>) -> Option<Diagnostic> {
    let splits = |name: &str, quoted: bool| !quoted && values.may_split(name);
    let (value, span) = words.find_map(|word| value_in(word, &splits))?;
    let message = format!("`${value}` without quotes: its value is split at blanks and expanded as a pattern");
    warn(span, message, format!("write \"${value}\""))
}

impl Place<'_, '_> {
    /// The command whose output this one reads.
    fn before(&self) -> Option<&Command<'_>> {
        match self.pipeline.stages.get(self.at.checked_sub(1)?)? {
            Stage::Simple(command) => Some(command),
            Stage::Block(_) => None,
        }
    }
}
