//! The steps in the author's order, under the author's headings: each as its card, with what happened to it.

use super::done::Outcome;
use super::page::Report;
use super::prose::{Heading, Place, Written, write};
use crate::event::{StepKind, StepState};
use crate::page::{self, AssertCard, DataCard, ExpectationCard, PageError, StepCard, Templates, step_anchor};
use crate::runbook::{Item, Runbook, Step};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Headings behind which a list of contents is no longer short.
const CONTENTS: usize = 30;

/// The lower part of the page.
pub struct Body {
    /// It.
    pub html: String,
    /// The author's own headings that divide it.
    pub contents: Vec<Entry>,
}

/// A heading.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its place.
    pub anchor: String,
    /// Its text.
    pub title: String,
}

/// A card, and what happened.
#[derive(Serialize)]
struct Done<T> {
    card: T,
    outcome: Option<Outcome>,
}

/// A step without its text: one that a person does, or that the runbook does not have any more.
#[derive(Serialize)]
struct Alone<'a> {
    name: String,
    anchor: String,
    place: String,
    facts: &'a [()],
    satisfies: &'a [String],
    outcome: Outcome,
}

/// All of it.
///
/// # Errors
///
/// If a card cannot be made.
pub fn body(report: &Report<'_>) -> Result<Body, PageError> {
    let mut cards = Cards { report, places: HashMap::new(), anchors: HashSet::new() };
    let Written { mut html, headings } = match &report.runbook {
        Ok(runbook) => {
            cards.all_of(runbook)?;
            write(runbook, &cards.places)
        }
        Err(_) => Written::default(),
    };
    for state in report.state.steps() {
        // What ran and is no longer planned ran all the same.
        if !cards.anchors.contains(&step_anchor(&state.instance.name)) {
            html.push_str(&cards.alone(state)?);
        }
    }
    Ok(Body { html, contents: contents(headings) })
}

/// The headings of the first level that divides anything, unless that is no longer short.
fn contents(headings: Vec<Heading>) -> Vec<Entry> {
    let of = |level: &u8| headings.iter().filter(|heading| heading.level == *level).count();
    let level = (1..=6).find(|level| of(level) > 1).filter(|level| of(level) <= CONTENTS);
    let contents = headings.into_iter().filter(|heading| Some(heading.level) == level);
    contents.map(|heading| Entry { anchor: heading.anchor, title: heading.title }).collect()
}

/// What stands in the place of which block, by its first byte.
struct Cards<'a> {
    report: &'a Report<'a>,
    places: HashMap<usize, Place>,
    anchors: HashSet<String>,
}

impl Cards<'_> {
    fn all_of(&mut self, runbook: &Runbook) -> Result<(), PageError> {
        for item in &runbook.items {
            match item {
                Item::Step(step) => self.step(runbook, step)?,
                Item::Assert(assert) => {
                    let done = Done { card: AssertCard::of(assert), outcome: self.outcome(&assert.name) };
                    self.put(assert.span.start, "done_assert", &done)?;
                }
                Item::Manual(manual) => {
                    if let Some(state) = self.report.state.step(&manual.name) {
                        let card = self.alone(state)?;
                        self.places.insert(manual.span.start, Place::Item(card, state.status));
                    }
                }
            }
            self.anchors.insert(step_anchor(item.name()));
        }
        for data in &runbook.data {
            self.put(data.span.start, "data", &DataCard::of(data))?;
        }
        Ok(())
    }

    /// A step's card. Expectations that follow it at once are in it; others stay where their author put them.
    fn step(&mut self, runbook: &Runbook, step: &Step) -> Result<(), PageError> {
        let (inside, outside) = step.expectations.split_at(page::adjacent(&runbook.source, step));
        let done = Done { card: StepCard::of(runbook, step, inside.iter()), outcome: self.outcome(&step.name) };
        self.put(step.span.start, "done_step", &done)?;
        for expectation in inside {
            self.places.insert(expectation.span.start, Place::Block(String::new()));
        }
        for expectation in outside {
            self.put(expectation.span.start, "expectation", &ExpectationCard::of(expectation))?;
        }
        Ok(())
    }

    fn put(&mut self, at: usize, template: &str, data: &impl Serialize) -> Result<(), PageError> {
        let card = Templates::get().render(template, data)?;
        self.places.insert(at, Place::Block(card));
        Ok(())
    }

    fn outcome(&self, name: &str) -> Option<Outcome> {
        let state = self.report.state.step(name).filter(|state| !state.header.probe)?;
        Some(Outcome::of(self.report, state))
    }

    fn alone(&mut self, state: &StepState) -> Result<String, PageError> {
        let name = state.instance.to_string();
        let anchor = step_anchor(&name);
        self.anchors.insert(anchor.clone());
        let place = match (&state.header.target, state.header.kind) {
            (Some(target), _) => format!("on {target}"),
            (None, StepKind::Assert) => "assert".to_owned(),
            (None, _) => "by hand".to_owned(),
        };
        let (satisfies, outcome) = (state.header.satisfies.as_slice(), Outcome::of(self.report, state));
        Templates::get().render("done_alone", &Alone { name, anchor, place, facts: &[], satisfies, outcome })
    }
}
