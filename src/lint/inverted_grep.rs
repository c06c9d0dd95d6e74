//! `grep -v bad` as a verdict.

use super::syntax::{Block, Command, Kind, List, Pipeline, Place, Script, Stage, Streams, places};
use super::verdict::fails;
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::Step;

/// Every place where the exit code of `grep -v` decides; `asserts` says whether an expectation looks at the output.
pub fn lint(step: &Step, script: &Script<'_>, asserts: bool) -> Option<Diagnostic> {
    if asserts || step.capture.is_some() {
        return None;
    }
    let whole = script.last().and_then(decides);
    let command = whole.or_else(|| before_exit(&script.list)).or_else(|| in_condition(script))?;
    let message =
        "`grep -v` succeeds as soon as any other line is there: it does not check that the bad one is missing";
    Some(
        Diagnostic::warning(Code::InvertedGrep, command.head().span, message)
            .help("write `! grep PATTERN`, or say it in an `assert` block: !stdout.contains(\"…\")"),
    )
}

/// The `grep -v` that ends a pipeline; into a file it is a filter.
fn decides<'a, 't>(pipeline: &'a Pipeline<'t>) -> Option<&'a Command<'t>> {
    let Some(Stage::Simple(command)) = pipeline.stages.last() else { return None };
    let inverts = command.is(&["grep", "egrep", "fgrep"])
        && command.has_option(&["-v", "--invert-match"])
        && !command.has_option(&["-c", "--count"]);
    let seen = Streams::OWN.behind(&command.redirections).out
        || command.redirections.iter().any(|one| one.sends_output_to("/dev/null"));
    (inverts && seen && !pipeline.negated).then_some(command)
}

/// `grep -v x f || exit 1`.
fn before_exit<'a, 't>(list: &'a List<'t>) -> Option<&'a Command<'t>> {
    let two = list.windows(2).find(|two| two[0].ends_with("||") && two[1].stages.iter().any(stage_fails))?;
    decides(&two[0])
}

fn stage_fails(stage: &Stage<'_>) -> bool {
    match stage {
        Stage::Simple(command) => fails(command),
        Stage::Block(block) => {
            block.bodies.iter().any(|body| body.iter().any(|inner| inner.stages.iter().any(stage_fails)))
        }
    }
}

/// `if a | grep -v x; then`. Whether any other line is there may be the question: `-q` says so, and so does `exit 1` behind it.
fn in_condition<'a, 't>(script: &'a Script<'t>) -> Option<&'a Command<'t>> {
    places(&script.list).into_iter().find_map(|place: Place<'a, 't>| {
        let Stage::Block(block) = place.stage() else { return None };
        let bad = block
            .bodies
            .first()
            .is_some_and(|body| body.iter().any(|pipeline| pipeline.stages.iter().any(stage_fails)));
        condition(block).filter(|command| !bad && !command.has_option(&["-q", "--quiet"]))
    })
}

fn condition<'a, 't>(block: &'a Block<'t>) -> Option<&'a Command<'t>> {
    let first = block.conditions.first().filter(|_| block.kind == Kind::If)?;
    first.last().and_then(decides)
}
