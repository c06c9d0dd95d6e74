//! Every command with what stands around it.

use super::command::{Command, Redirection};
use super::parser::{Block, Kind, List, Pipeline, Stage};
use super::streams::Streams;

/// Stages further behind are not looked at: in a pipe of thousands it would take the square of their number.
pub const NEAR: usize = 8;

/// What stands around a pipeline.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// Whether it is the condition of `if`, `while` or `until`.
    pub condition: Option<Kind>,
    /// Whether its failure goes nowhere: `|| …` stands behind it, or behind a block around it.
    pub tolerated: bool,
    /// Whether something else than the step's own standard input feeds it.
    pub fed: bool,
    /// Whether it stands in a function, which somebody else may call.
    pub function: bool,
    /// Whether a block around it runs in the background, or is cut off by a reader.
    pub bounded: bool,
    /// Whether `pipefail` is off.
    pub no_pipefail: bool,
    /// Whether what it prints goes to a file for good, by `exec >f 2>&1`.
    pub sent: bool,
}

/// One stage of a pipeline.
pub struct Place<'a, 't> {
    pub around: Around,
    pub pipeline: &'a Pipeline<'t>,
    /// Which of its stages.
    pub at: usize,
}

impl<'a, 't> Place<'a, 't> {
    pub fn stage(&self) -> &'a Stage<'t> {
        &self.pipeline.stages[self.at]
    }

    /// The simple command at this place.
    pub fn command(&self) -> Option<&'a Command<'t>> {
        match self.stage() {
            Stage::Simple(command) => Some(command),
            Stage::Block(_) => None,
        }
    }
}

impl Stage<'_> {
    /// Its redirections.
    pub fn redirections(&self) -> &[Redirection<'_>] {
        match self {
            Stage::Simple(command) => &command.redirections,
            Stage::Block(block) => &block.redirections,
        }
    }
}

impl<'t> Pipeline<'t> {
    /// Whether this operator ends it.
    pub fn ends_with(&self, operator: &str) -> bool {
        self.end.is_some_and(|end| end.is_operator(operator))
    }

    /// Whether one of its simple commands has one of these names.
    pub fn has(&self, names: &[&str]) -> bool {
        self.stages.iter().any(|stage| matches!(stage, Stage::Simple(command) if command.is(names)))
    }
}

/// Every stage, those inside blocks and `$(…)` included.
pub fn places<'a, 't>(list: &'a List<'t>) -> Vec<Place<'a, 't>> {
    let mut places = Vec::new();
    walk(list, &mut Around::default(), &mut places);
    places
}

/// `around` is changed by what the list sets for what comes behind it.
fn walk<'a, 't>(list: &'a List<'t>, around: &mut Around, places: &mut Vec<Place<'a, 't>>) {
    for (pipeline, tolerated) in list.iter().zip(tolerated(list)) {
        let own = Around { tolerated: around.tolerated || tolerated, ..*around };
        let mut set = own;
        for (at, stage) in pipeline.stages.iter().enumerate() {
            places.push(Place { around: own, pipeline, at });
            let fed = own.fed || at > 0 || stage.redirections().iter().any(Redirection::feeds);
            let cut = pipeline.ends_with("&") || pipeline.stages[at + 1..].iter().take(NEAR).any(cuts);
            let mut inside = Around { fed, bounded: own.bounded || cut, ..own };
            match stage {
                Stage::Simple(command) => {
                    sets(command, &mut set);
                    for list in &command.inner {
                        walk(list, &mut Around { condition: None, ..inside }, places);
                    }
                }
                Stage::Block(block) => {
                    let sent = Streams::OWN.behind(&block.redirections).sent();
                    inside.sent |= sent;
                    walk_block(block, &mut inside, places);
                    if block.kind != Kind::Subshell && block.kind != Kind::Function && pipeline.stages.len() == 1 {
                        set.no_pipefail = inside.no_pipefail;
                        set.sent |= inside.sent && !sent;
                    }
                }
            }
        }
        around.no_pipefail = set.no_pipefail;
        around.sent = set.sent;
        around.fed = set.fed;
    }
}

/// Of each pipeline whether `||` stands behind it; behind `a && b || c` the failure of `a` is tolerated as that of `b` is.
fn tolerated(list: &List<'_>) -> Vec<bool> {
    let mut behind = false;
    let mut all: Vec<bool> = Vec::with_capacity(list.len());
    for pipeline in list.iter().rev() {
        behind = pipeline.ends_with("||") || (pipeline.ends_with("&&") && behind);
        all.push(behind);
    }
    all.reverse();
    all
}

fn walk_block<'a, 't>(block: &'a Block<'t>, inside: &mut Around, places: &mut Vec<Place<'a, 't>>) {
    inside.function |= block.kind == Kind::Function;
    let condition = inside.condition;
    for list in &block.conditions {
        inside.condition = Some(block.kind);
        walk(list, inside, places);
    }
    inside.condition = condition;
    for list in &block.bodies {
        walk(list, inside, places);
    }
}

/// Whether what comes before it in a pipe dies when it has read enough.
fn cuts(stage: &Stage<'_>) -> bool {
    matches!(stage, Stage::Simple(command) if command.is(&["head"]))
}

/// `set +o pipefail` and `exec >f 2>&1`.
fn sets(command: &Command<'_>, around: &mut Around) {
    let words: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).collect();
    if command.is(&["set"]) && words.last() == Some(&"pipefail") {
        around.no_pipefail = words.iter().any(|word| word.starts_with('+') && word.ends_with('o'));
    }
    let exec = command.all_words().first().is_some_and(|word| word.is_word("exec"));
    if exec && words.is_empty() {
        around.sent |= Streams::OWN.behind(&command.redirections).sent();
        around.fed |= command.redirections.iter().any(Redirection::feeds);
    }
}
