//! One runbook as a chapter.

use super::inert::inert;
use crate::diagnostic::{Diagnostic, Source, Span, Splices};
use crate::page::{
    self, AboutCard, AssertCard, DataCard, ExpectationCard, Fact, LastPass, PageError, StepCard, Templates,
};
use crate::runbook::{Item, ManualStep, Runbook, Step};
use serde::Serialize;
use std::collections::HashSet;

/// What a runbook's recording says of it.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Whether it holds today: the verdict's word, and what that means.
    pub verdict: Option<(String, String)>,
    /// Its last recorded run.
    pub last: Option<LastPass>,
}

/// The Markdown of a runbook's chapter: a card for its head and each of its steps, and the author's own text between.
///
/// # Errors
///
/// If a card cannot be made.
pub fn chapter(runbook: &Runbook, standing: &Standing) -> Result<String, PageError> {
    let mut cards = Cards::default();
    cards.about(runbook, standing)?;
    for item in &runbook.items {
        match item {
            Item::Step(step) => cards.step(runbook, step)?,
            Item::Assert(assert) => cards.put(assert.span, "assert", &AssertCard::of(assert))?,
            Item::Manual(manual) => cards.check_box(&runbook.source, manual),
        }
    }
    for data in &runbook.data {
        cards.put(data.span, "data", &DataCard::of(data))?;
    }
    let text = inert(&cards.splices.apply(&runbook.source.text), cards.own);
    Ok(format!("{}\n\n{text}\n\n{}\n", style()?, script()?))
}

/// Cards, and where they go.
#[derive(Default)]
struct Cards {
    splices: Splices,
    /// Each of them, so that it is known for no author's.
    own: HashSet<String>,
}

impl Cards {
    /// A card in the place of a fence; the empty line behind it ends the HTML block.
    fn put(&mut self, span: Span, template: &str, data: &impl Serialize) -> Result<(), PageError> {
        let card = Templates::get().render_line(template, data)?;
        self.splices.replace(span, format!("{card}\n"));
        self.own.insert(card);
        Ok(())
    }

    /// The front matter goes, and what it says stands under the first heading.
    fn about(&mut self, runbook: &Runbook, standing: &Standing) -> Result<(), PageError> {
        let body = runbook.body_start.min(runbook.source.text.len());
        self.splices.replace(Span::new(0, body), "");
        let verdict = standing.verdict.as_ref().map(|(label, text)| Fact { label: label.clone(), text: text.clone() });
        let about = AboutCard::of(runbook, standing.last.clone(), verdict);
        let about = Templates::get().render_line("about", &about)?;
        let place = head_end(runbook).max(body);
        self.splices.replace(Span::new(place, place), format!("\n\n{about}\n\n"));
        self.own.insert(about);
        Ok(())
    }

    /// A step's card. Expectations that follow it at once are folded into it; others stay where their author put them.
    fn step(&mut self, runbook: &Runbook, step: &Step) -> Result<(), PageError> {
        let (inside, outside) = step.expectations.split_at(page::adjacent(&runbook.source, step));
        self.put(step.span, "step", &StepCard::of(runbook, step, inside.iter()))?;
        for expectation in inside {
            self.splices.replace(expectation.span, "");
        }
        for expectation in outside {
            self.put(expectation.span, "expectation", &ExpectationCard::of(expectation))?;
        }
        Ok(())
    }

    /// Something that a reader can tick; nothing is kept of it.
    fn check_box(&mut self, source: &Source, manual: &ManualStep) {
        let ticked = if source.slice(manual.checkbox).contains(['x', 'X']) { " checked" } else { "" };
        let label = page::html(&manual.text);
        let input = format!("<input type=\"checkbox\" class=\"sg-check\" aria-label=\"{label}\"{ticked}>");
        self.splices.replace(manual.checkbox, input.clone());
        self.own.insert(input);
    }
}

/// The chapter of a file that claims to be a runbook and is none: its text, and what is wrong with it.
///
/// # Errors
///
/// If a card cannot be made.
pub fn unreadable(source: &Source, found: &[Diagnostic]) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct Unreadable {
        found: Vec<Fact>,
        text: String,
    }
    let found = found.iter().map(|found| Fact {
        label: format!("{}, line {}", found.code.as_str(), source.line(found.span.start)),
        text: found.message.clone(),
    });
    let unreadable = Unreadable { found: found.collect(), text: source.text.clone() };
    let card = Templates::get().render_line("unreadable", &unreadable)?;
    Ok(format!("{}\n\n{card}\n", style()?))
}

/// The styles of cards in mdBook's themes.
pub(super) fn style() -> Result<String, PageError> {
    let templates = Templates::get();
    Ok(format!("<style>\n{}{}</style>", templates.render("book_style", &())?, templates.render("style", &())?))
}

/// What copies and filters.
pub(super) fn script() -> Result<String, PageError> {
    Ok(format!("<script>\n{}</script>", Templates::get().render("script", &())?))
}

/// The end of the first heading, else the start of the body.
fn head_end(runbook: &Runbook) -> usize {
    let heading = runbook.sections.iter().find(|section| section.level > 0);
    heading
        .map_or(runbook.body_start, |section| section.span.start + runbook.source.slice(section.span).trim_end().len())
}
