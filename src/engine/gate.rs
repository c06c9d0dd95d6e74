//! What a person's words mean at gates and manual steps. No is the default everywhere.

use crate::event::{Decision, FailureAnswer, GateAnswer, ManualAnswer};
use crate::runbook::Gate;

/// What a typed line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<A> {
    /// An answer, with whatever stood behind the word.
    Answer(A, Option<String>),
    /// A skip that still wants its reason.
    ReasonWanted,
    /// Show the whole step.
    View,
    /// Say what can be typed.
    Help,
    /// No answer; ask again.
    Unclear,
}

/// Reads a line typed at a gate. An empty line is No.
pub fn parse_gate_line(line: &str, gate: Gate, phrase: &str) -> Reply<GateAnswer> {
    let line = line.trim();
    if gate == Gate::Type && line == phrase {
        return Reply::Answer(GateAnswer::Yes, None);
    }
    let (word, rest) = split(line);
    match word.to_ascii_lowercase().as_str() {
        "y" | "yes" if gate != Gate::Type && rest.is_none() => Reply::Answer(GateAnswer::Yes, None),
        "" | "n" | "no" => Reply::Answer(GateAnswer::No, None),
        "s" | "skip" if rest.is_none() => Reply::ReasonWanted,
        "s" | "skip" => Reply::Answer(GateAnswer::Skip, rest),
        "q" | "quit" if rest.is_none() => Reply::Answer(GateAnswer::Quit, None),
        "v" | "view" => Reply::View,
        "?" | "h" | "help" => Reply::Help,
        _ => Reply::Unclear,
    }
}

/// Reads a line typed for a manual step. An empty line is No: not now.
pub fn parse_manual_line(line: &str) -> Reply<ManualAnswer> {
    let (word, rest) = split(line.trim());
    match word.to_ascii_lowercase().as_str() {
        "d" | "done" => Reply::Answer(ManualAnswer::Done, rest),
        "f" | "failed" => Reply::Answer(ManualAnswer::Failed, rest),
        "" | "n" | "no" => Reply::Answer(ManualAnswer::No, None),
        "s" | "skip" if rest.is_none() => Reply::ReasonWanted,
        "s" | "skip" => Reply::Answer(ManualAnswer::Skipped, rest),
        "q" | "quit" if rest.is_none() => Reply::Answer(ManualAnswer::Quit, None),
        "?" | "h" | "help" => Reply::Help,
        _ => Reply::Unclear,
    }
}

/// Reads a line typed about a step in doubt. An empty line is: later.
pub fn parse_decision_line(line: &str) -> Reply<Option<Decision>> {
    let (word, rest) = split(line.trim());
    match word.to_ascii_lowercase().as_str() {
        "h" | "happened" => Reply::Answer(Some(Decision::Happened), rest),
        "n" | "not" | "not-happened" => Reply::Answer(Some(Decision::NotHappened), rest),
        "r" | "rerun" => Reply::Answer(Some(Decision::Rerun), rest),
        "a" | "abort" => Reply::Answer(Some(Decision::Abort), rest),
        "" | "l" | "later" if rest.is_none() => Reply::Answer(None, None),
        "v" | "view" => Reply::View,
        "?" | "help" => Reply::Help,
        _ => Reply::Unclear,
    }
}

/// Reads a line typed about a failed step; `retry` says whether it may simply be run again. An empty line is: leave.
pub fn parse_failure_line(line: &str, retry: bool) -> Reply<FailureAnswer> {
    let (word, rest) = split(line.trim());
    match word.to_ascii_lowercase().as_str() {
        "r" | "retry" if retry && rest.is_none() => Reply::Answer(FailureAnswer::Retry, None),
        "s" | "skip" if rest.is_none() => Reply::ReasonWanted,
        "s" | "skip" => Reply::Answer(FailureAnswer::Skip, rest),
        "" | "l" | "leave" if rest.is_none() => Reply::Answer(FailureAnswer::Leave, None),
        "q" | "quit" if rest.is_none() => Reply::Answer(FailureAnswer::Quit, None),
        "v" | "view" => Reply::View,
        "?" | "h" | "help" => Reply::Help,
        _ => Reply::Unclear,
    }
}

fn split(line: &str) -> (&str, Option<String>) {
    match line.split_once([' ', ':']) {
        Some((word, rest)) => (word, Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty())),
        None => (line, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_clear_yes_opens_a_gate() {
        let gate = |line| parse_gate_line(line, Gate::Confirm, "");
        assert_eq!(gate("y\n"), Reply::Answer(GateAnswer::Yes, None));
        for no in ["", "\n", "n", "no"] {
            assert_eq!(gate(no), Reply::Answer(GateAnswer::No, None), "{no:?}");
        }
        for unclear in ["ok", "yes please", "1", "\x1b[A", "y y"] {
            assert_eq!(gate(unclear), Reply::Unclear, "{unclear:?}");
        }
        assert_eq!(gate("s"), Reply::ReasonWanted);
        assert_eq!(gate("s no NAS today"), Reply::Answer(GateAnswer::Skip, Some("no NAS today".into())));
    }

    #[test]
    fn a_typed_gate_takes_its_phrase_only() {
        let gate = |line| parse_gate_line(line, Gate::Type, "drop it");
        assert_eq!(gate("drop it\n"), Reply::Answer(GateAnswer::Yes, None));
        assert_eq!(gate("y"), Reply::Unclear);
        assert_eq!(gate("Drop it"), Reply::Unclear);
        assert_eq!(gate(""), Reply::Answer(GateAnswer::No, None));
    }

    #[test]
    fn every_word_that_is_an_answer_is_refused_as_a_phrase_and_no_other_is_read() {
        for word in crate::runbook::ANSWERS {
            let read =
                [parse_gate_line(word, Gate::Confirm, "") == Reply::Unclear, parse_manual_line(word) == Reply::Unclear];
            assert!(read.contains(&false), "`{word}` means nothing");
        }
        for line in ["ok", "drop", "sure", "quite", "view-x"] {
            assert_eq!(parse_gate_line(line, Gate::Type, "drop it"), Reply::Unclear, "{line}");
        }
    }

    #[test]
    fn a_manual_step_is_done_with_a_note() {
        assert_eq!(parse_manual_line("d seen in DSM"), Reply::Answer(ManualAnswer::Done, Some("seen in DSM".into())));
        assert_eq!(parse_manual_line(""), Reply::Answer(ManualAnswer::No, None));
        assert_eq!(parse_manual_line("skip"), Reply::ReasonWanted);
    }

    #[test]
    fn nothing_is_decided_and_nothing_is_tried_again_by_an_empty_or_unclear_line() {
        assert_eq!(parse_decision_line("\n"), Reply::Answer(None, None));
        assert_eq!(parse_decision_line("y"), Reply::Unclear);
        let happened = Reply::Answer(Some(Decision::Happened), Some("it is there".into()));
        assert_eq!(parse_decision_line("h it is there\n"), happened);
        assert_eq!(parse_failure_line("", true), Reply::Answer(FailureAnswer::Leave, None));
        assert_eq!(parse_failure_line("r", true), Reply::Answer(FailureAnswer::Retry, None));
        for unclear in ["r", "retry", "y", "yes", "n"] {
            assert_eq!(parse_failure_line(unclear, false), Reply::Unclear, "{unclear}");
        }
        assert_eq!(parse_failure_line("s", false), Reply::ReasonWanted);
    }
}
