//! What a page shows of a runbook and its steps: plain values, each as it is written.

use crate::diagnostic::Source;
use crate::runbook::{
    AssertStep, Check, DEFAULT_TIMEOUT, DataBlock, ExitRule, Expectation, ExpectedStream, Gate, LOCAL, Language, Line,
    Parameter, ParameterKind, Runbook, SessionName, Step, show_duration,
};
use crate::text::{count, took};
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// A word and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The word.
    pub label: String,
    /// What it says.
    pub text: String,
}

/// A script.
#[derive(Clone, Debug, Serialize)]
pub struct StepCard {
    /// Its name.
    pub name: String,
    /// Its place on the page.
    pub anchor: String,
    /// What it is written in.
    pub language: String,
    /// Its text.
    pub script: String,
    /// What it may do to the world.
    pub effect: &'static str,
    /// What must happen before it runs; empty if nothing.
    pub gate: &'static str,
    /// Where it runs.
    pub target: String,
    /// Its time limit.
    pub timeout: String,
    /// What else its author says of it.
    pub facts: Vec<Fact>,
    /// The criteria that it proves.
    pub satisfies: Vec<String>,
    /// Expectations that stand right behind it.
    pub expectations: Vec<ExpectationCard>,
}

/// What is expected of a step.
#[derive(Clone, Debug, Serialize)]
pub struct ExpectationCard {
    /// Of what, in words.
    pub title: String,
    /// Its lines.
    pub text: String,
}

/// Expressions that are a step of their own.
#[derive(Clone, Debug, Serialize)]
pub struct AssertCard {
    /// Its name.
    pub name: String,
    /// Its place on the page.
    pub anchor: String,
    /// Its lines.
    pub text: String,
    /// What else its author says of it.
    pub facts: Vec<Fact>,
    /// The criteria that it proves.
    pub satisfies: Vec<String>,
}

/// A data block.
#[derive(Clone, Debug, Serialize)]
pub struct DataCard {
    /// Its name.
    pub name: String,
    /// Its place on the page.
    pub anchor: String,
    /// What it is written in.
    pub language: String,
    /// Its bytes.
    pub text: String,
}

/// What a runbook says of itself, and how it went last.
#[derive(Clone, Debug, Serialize)]
pub struct AboutCard {
    /// `description`.
    pub description: Option<String>,
    /// Who answers for it, how old its last run may be, and such.
    pub facts: Vec<Fact>,
    /// Its parameters.
    pub params: Vec<ParameterRow>,
    /// Its targets, each with how it is reached.
    pub targets: Vec<Fact>,
    /// Programs that must be there.
    pub tools: Vec<Fact>,
    /// Its criteria.
    pub criteria: Vec<Fact>,
    /// Its last recorded run that passed.
    pub last: Option<LastPass>,
    /// Whether that is still true: `holds`, `stale`, … and in words.
    pub verdict: Option<Fact>,
    /// How many steps it has.
    pub steps: String,
}

/// A parameter.
#[derive(Clone, Debug, Serialize)]
pub struct ParameterRow {
    /// Its name.
    pub name: String,
    /// Its type, and what may be chosen.
    pub kind: String,
    /// Its value if nobody gives one.
    pub default: Option<String>,
    /// What it is.
    pub help: String,
}

/// A recorded run that passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastPass {
    /// When it closed, for people.
    pub when: String,
    /// The same, for programs.
    pub datetime: String,
    /// Who ran it.
    pub by: String,
    /// How long it took.
    pub took: String,
    /// Its id.
    pub run: String,
}

impl LastPass {
    /// A run that began and closed then.
    pub fn new(run: &str, by: &str, started: Timestamp, finished: Timestamp) -> Self {
        let length = finished.duration_since(started);
        Self {
            when: finished.strftime("%F %H:%M UTC").to_string(),
            datetime: finished.to_string(),
            by: by.to_owned(),
            took: took(Duration::try_from(length).unwrap_or_default()),
            run: run.to_owned(),
        }
    }
}

/// What the ids of steps begin with.
pub const STEP_ANCHOR: &str = "step.";

/// A step's place on a page. No heading has such a one: their slugs have no dot.
pub fn step_anchor(name: &str) -> String {
    format!("{STEP_ANCHOR}{name}")
}

/// How many of a step's expectations stand behind it with nothing between.
pub fn adjacent(source: &Source, step: &Step) -> usize {
    let mut end = step.span.end;
    let follows = |expectation: &&Expectation| {
        let between = source.text.get(end..expectation.span.start).unwrap_or("?");
        end = expectation.span.end;
        between.trim().is_empty()
    };
    step.expectations.iter().take_while(follows).count()
}

fn fact(label: &str, text: impl Into<String>) -> Fact {
    Fact { label: label.to_owned(), text: text.into() }
}

fn text_of(lines: &[Line]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    lines.join("\n")
}

impl StepCard {
    /// A step, with those of its expectations that the card shows.
    pub fn of<'a>(runbook: &Runbook, step: &Step, shown: impl Iterator<Item = &'a Expectation>) -> Self {
        let defaults = &runbook.defaults;
        let target = step.on.as_ref().or(defaults.on.as_ref()).map_or(LOCAL, |target| &target.name);
        let gate = step.gate.unwrap_or_else(|| step.effect.default_gate());
        let timeout = step.timeout.or(defaults.timeout).unwrap_or(DEFAULT_TIMEOUT);
        Self {
            name: step.name.clone(),
            anchor: step_anchor(&step.name),
            language: word(&step.language).to_owned(),
            script: step.script_text(),
            effect: step.effect.as_str(),
            gate: if gate == Gate::None { "" } else { gate.as_str() },
            target: target.to_owned(),
            timeout: show_duration(timeout),
            facts: facts(step),
            satisfies: step.satisfies.clone(),
            expectations: shown.map(ExpectationCard::of).collect(),
        }
    }
}

fn word(language: &Language) -> &str {
    match language {
        Language::Shell(shell) => shell.as_str(),
        Language::Interpreter(name) => name,
    }
}

/// What of a step is not on every card.
fn facts(step: &Step) -> Vec<Fact> {
    let session = match &step.session {
        SessionName::Main => None,
        SessionName::None => Some("a fresh one".to_owned()),
        SessionName::Named(name) => Some(name.clone()),
    };
    let all = [
        ("only if", step.when.as_ref().map(|when| when.text.clone())),
        ("not if it passes", step.unless.as_ref().map(|probe| probe.name.clone())),
        ("tried again every", step.poll.map(show_duration)),
        ("session", session),
        ("standard input", step.stdin.as_ref().map(|data| data.name.clone())),
        ("exit code", (step.exit != ExitRule::default()).then(|| step.exit.to_string())),
        ("captures", step.capture.as_ref().map(|(name, _)| name.clone())),
        ("runs", step.always.then(|| "when the run closes, whatever happened".to_owned())),
        ("output", step.secret.then(|| "secret, not kept".to_owned())),
    ];
    all.into_iter().filter_map(|(label, text)| Some(fact(label, text?))).collect()
}

impl ExpectationCard {
    /// One block.
    pub fn of(expectation: &Expectation) -> Self {
        let lines = expectation.lines.len();
        let title = match expectation.check {
            Check::Assert => format!("Must be true: {}", count(lines, "expression")),
            Check::Output(stream) => {
                let stream = match stream {
                    ExpectedStream::Stdout => "on standard output",
                    ExpectedStream::Stderr => "on standard error",
                    ExpectedStream::Combined => "on standard output and error",
                };
                format!("Expected {stream}: {}", count(lines, "line"))
            }
        };
        Self { title, text: text_of(&expectation.lines) }
    }
}

impl AssertCard {
    /// A named `assert` block.
    pub fn of(assert: &AssertStep) -> Self {
        let when = assert.when.iter().map(|when| fact("only if", &when.text));
        Self {
            name: assert.name.clone(),
            anchor: step_anchor(&assert.name),
            text: text_of(&assert.lines),
            facts: when.collect(),
            satisfies: assert.satisfies.clone(),
        }
    }
}

impl DataCard {
    /// A data block.
    pub fn of(data: &DataBlock) -> Self {
        Self {
            name: data.name.clone(),
            anchor: step_anchor(&data.name),
            language: data.language.clone(),
            text: text_of(&data.lines),
        }
    }
}

impl AboutCard {
    /// A runbook; `last` and `verdict` come from its recording.
    pub fn of(runbook: &Runbook, last: Option<LastPass>, verdict: Option<Fact>) -> Self {
        let owner = runbook.owner.iter().map(|owner| fact("Owner", owner));
        let age = runbook.max_age.iter().map(|age| fact("Must have passed within", show_duration(*age)));
        let env = runbook.env.iter().map(|(name, value)| fact("Environment", format!("{name}={value}")));
        let targets = runbook.targets.iter().map(|target| fact(&target.name, target.target.to_string()));
        let tools = runbook.tools.iter().map(|tool| {
            let on = tool.on.as_ref().map(|on| format!("on {}", on.name));
            let version = tool.version.as_ref().map(|(range, _)| range.clone());
            fact(&tool.name, on.into_iter().chain(version).collect::<Vec<_>>().join(", "))
        });
        Self {
            description: runbook.description.clone(),
            facts: owner.chain(age).chain(env).collect(),
            params: runbook.params.iter().map(ParameterRow::of).collect(),
            targets: targets.collect(),
            tools: tools.collect(),
            criteria: runbook.acceptance.iter().map(|one| fact(&one.id, &one.text)).collect(),
            last,
            verdict,
            steps: count(runbook.items.len(), "step"),
        }
    }
}

impl ParameterRow {
    fn of(parameter: &Parameter) -> Self {
        let default = parameter.default.as_ref().map(|(value, _)| value.clone());
        let after = parameter.after.as_ref().map(|step| format!("asked for behind {}", step.name));
        let pattern = parameter.pattern.as_ref().map(|(pattern, _)| format!("must match {pattern}"));
        let help = parameter.help.clone().into_iter().chain(after).chain(pattern);
        Self {
            name: parameter.name.clone(),
            kind: kind(parameter),
            default: default.filter(|_| parameter.kind != ParameterKind::Secret),
            help: help.collect::<Vec<_>>().join("; "),
        }
    }
}

fn kind(parameter: &Parameter) -> String {
    use crate::runbook::Choices;
    match &parameter.values {
        Choices::Any => parameter.kind.as_str().to_owned(),
        Choices::List(values) => format!("one of {}", values.join(", ")),
        Choices::Computed(expression) => format!("one of {}", expression.text),
    }
}
