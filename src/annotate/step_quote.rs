//! What happened to one step, as the lines of a block quote.

use super::markdown::{fence, inline, words};
use crate::event::{LinesOf, ReadExcerpt, Saying, StepState, result_words, step_account, step_facts};

/// The lines of a step's quote. `earlier` is its text when it got its result, if that is another one.
pub fn lines(state: &StepState, earlier: Option<&str>, excerpt: ReadExcerpt<'_>) -> Vec<String> {
    let head = format!("**{}: {}**", state.instance, inline(&result_words(state)));
    let facts = step_facts(state);
    let head: Vec<_> = std::iter::once(head).chain(facts.iter().map(|fact| words(fact))).collect();
    let mut lines = vec![head.join(" · ")];
    for saying in step_account(state, earlier, excerpt) {
        lines.push(String::new());
        match saying {
            Saying::Words(sentence) => lines.push(words(&sentence)),
            Saying::Lines(of, text) => lines.extend(fence(language(of), &text)),
        }
    }
    lines
}

fn language(of: LinesOf) -> &'static str {
    match of {
        LinesOf::Runbook => "markdown",
        LinesOf::Difference => "diff",
        LinesOf::Output => "text",
    }
}
