//! A runbook to its plan: defaults filled in, names resolved, values given.

use super::expressions::{self, Expressions};
use super::model::{Action, Criterion, Data, Interpreter, Plan, PlannedExpectation, PlannedStep, ShellAction};
use super::parameters::{Inputs, PlannedParameter, resolve};
use super::policy::Profile;
use super::variables::{self, Names};
use super::{phrases, targets, tools};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::expect;
use crate::runbook::{
    self, AssertStep, Check, Gate, Item, Language, ManualStep, Runbook, STEP_VARIABLES, SessionName, Step,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The version of the canonical form.
const FORMAT: u32 = 2;

/// What was chosen does not make a plan: one sentence for each thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InputError(pub Vec<String>);

/// Plans a runbook that was examined with the same `config` and found without errors.
///
/// # Errors
///
/// If parameters, profile or targets are not what the runbook wants.
pub fn plan(runbook: &Runbook, config: &Config, inputs: &Inputs) -> Result<Plan, InputError> {
    let profile = Profile::choose(config, inputs.profile.as_deref()).map_err(|why| InputError(vec![why]))?;
    let parameters = resolve(runbook, &profile.params(), inputs).map_err(InputError)?;
    let targets = targets::resolve(runbook, config, &profile, inputs, &parameters).map_err(InputError)?;
    let (probes, hidden) = (variables::probes(runbook), variables::hidden(runbook));
    let builder = Builder { runbook, config, profile, parameters: &parameters, probes, hidden };
    let mut steps = tools::steps(runbook);
    for item in &runbook.items {
        steps.push(builder.step(item).map_err(|why| InputError(vec![why]))?);
    }
    Ok(Plan {
        format: FORMAT,
        title: runbook.title.clone(),
        profile: inputs.profile.clone(),
        acceptance: runbook.acceptance.iter().map(criterion).collect(),
        parameters,
        targets,
        env: runbook.env.iter().cloned().collect(),
        variables: variables::names(runbook),
        secrets: variables::secrets(runbook),
        steps,
        identity: OnceLock::new(),
    })
}

/// What cannot be planned whatever is chosen: names, targets, expressions, expectations.
pub fn check(runbook: &Runbook, config: &Config) -> Vec<Diagnostic> {
    let names = Names::new(runbook);
    let mut found = variables::check(runbook, &names);
    found.extend(targets::check(runbook, config));
    found.extend(tools::check(runbook));
    found.extend(check_languages(runbook, config));
    found.extend(check_defaults(runbook));
    found.extend(expressions::check(runbook, &names));
    found.extend(check_outputs(runbook));
    found
}

fn criterion(criterion: &runbook::Criterion) -> Criterion {
    Criterion { id: criterion.id.clone(), text: criterion.text.clone() }
}

/// What every step is built with.
struct Builder<'a> {
    runbook: &'a Runbook,
    config: &'a Config,
    profile: Profile<'a>,
    parameters: &'a [PlannedParameter],
    probes: BTreeSet<&'a str>,
    hidden: BTreeSet<&'a str>,
}

impl Builder<'_> {
    fn step(&self, item: &Item) -> Result<PlannedStep, String> {
        let source = &self.runbook.source;
        let (when, action, section, prose, start) = match item {
            Item::Step(step) => {
                let action = Action::Shell(Box::new(self.shell(step)?));
                (step.when.as_ref(), action, step.section, &step.prose, step.span.start)
            }
            Item::Assert(assert) => {
                let AssertStep { when, lines, section, prose, span, .. } = assert.as_ref();
                let action = Action::Assert { expressions: Expressions::block(lines, source) };
                (when.as_ref(), action, *section, prose, span.start)
            }
            Item::Manual(ManualStep { text, section, prose, checkbox, .. }) => {
                (None, Action::Manual { text: text.clone() }, *section, prose, checkbox.start)
            }
        };
        Ok(PlannedStep {
            name: item.name().to_owned(),
            satisfies: satisfies(item).to_vec(),
            when: when.map(Expressions::condition),
            action,
            section: self.runbook.sections[section].title.clone(),
            section_index: section,
            prose: prose.iter().map(|span| source.slice(*span).trim().to_owned()).collect(),
            line: source.line(start),
        })
    }

    fn shell(&self, step: &Step) -> Result<ShellAction, String> {
        let probe = self.probes.contains(step.name.as_str());
        let gate = match probe {
            true => Gate::None,
            false => self.gate(step)?,
        };
        let defaults = &self.runbook.defaults;
        Ok(ShellAction {
            target: targets::name_of(self.runbook, step.on.as_ref()).to_owned(),
            session: session(&step.session),
            interpreter: self.interpreter(step),
            effect: step.effect,
            gate,
            phrase: self.phrase(step, gate)?,
            timeout: step.timeout.or(defaults.timeout).unwrap_or(runbook::DEFAULT_TIMEOUT),
            poll: step.poll.or(defaults.poll.filter(|_| step.effect.may_repeat())),
            exit: step.exit.clone(),
            always: step.always,
            probe,
            unless: step.unless.as_ref().map(|named| named.name.clone()),
            capture: step.capture.as_ref().map(|(name, _)| name.clone()),
            secret: self.hidden.contains(step.name.as_str()),
            stdin: step.stdin.as_ref().and_then(|named| self.data(&named.name)),
            script: step.script_text(),
            expectations: step.expectations.iter().map(|expectation| self.expectation(expectation)).collect(),
        })
    }

    fn gate(&self, step: &Step) -> Result<Gate, String> {
        let gate = step.gate.unwrap_or(if step.always { Gate::None } else { step.effect.default_gate() });
        self.profile.gate(&step.name, step.effect, gate)
    }

    /// What must be typed, with the values of parameters in it.
    fn phrase(&self, step: &Step, gate: Gate) -> Result<String, String> {
        if gate != Gate::Type {
            return Ok(String::new());
        }
        let phrase = step.phrase.as_ref().map_or(&step.name, |(phrase, _)| phrase);
        let value = |parameter: &PlannedParameter| Some((parameter.name.clone(), parameter.value.clone()?));
        let values: BTreeMap<String, String> = self.parameters.iter().filter_map(value).collect();
        phrases::fill(phrase, &values).map_err(|why| format!("the phrase of `{}` {why}", step.name))
    }

    fn interpreter(&self, step: &Step) -> Option<Interpreter> {
        match &step.language {
            Language::Shell(_) => None,
            Language::Interpreter(name) => {
                let words = interpreter_words(self.config, name).unwrap_or_default();
                Some(Interpreter { name: name.clone(), words })
            }
        }
    }

    fn data(&self, name: &str) -> Option<Data> {
        let block = self.runbook.data.iter().find(|block| block.name == name)?;
        Some(Data { name: block.name.clone(), text: block.text() })
    }

    fn expectation(&self, expectation: &runbook::Expectation) -> PlannedExpectation {
        let source = &self.runbook.source;
        match expectation.check {
            Check::Output(stream) => PlannedExpectation::Output {
                stream,
                lines: expectation.lines.iter().map(|line| line.text.clone()).collect(),
                line: source.line(expectation.span.start) + 1,
            },
            Check::Assert => PlannedExpectation::Assert(Expressions::block(&expectation.lines, source)),
        }
    }
}

fn satisfies(item: &Item) -> &[String] {
    match item {
        Item::Step(step) => &step.satisfies,
        Item::Assert(assert) => &assert.satisfies,
        Item::Manual(manual) => &manual.satisfies,
    }
}

fn session(name: &SessionName) -> String {
    match name {
        SessionName::Main => "main".to_owned(),
        SessionName::None => "none".to_owned(),
        SessionName::Named(name) => name.clone(),
    }
}

fn interpreter_words(config: &Config, name: &str) -> Option<Vec<String>> {
    let declared = config.interpreters.get(name).map(|interpreter| interpreter.words.clone());
    declared.or_else(|| (name == "python").then(|| vec!["python3".to_owned()]))
}

/// A language that is neither a shell nor an interpreter that somebody declared.
fn check_languages(runbook: &Runbook, config: &Config) -> Vec<Diagnostic> {
    let known = || config.interpreters.keys().map(String::as_str);
    let unknown = variables::steps(runbook).filter_map(|(_, step)| match &step.language {
        Language::Interpreter(name) if interpreter_words(config, name).is_none() => {
            Some(runbook::unknown_language(name, step.language_span, known()))
        }
        _ => None,
    });
    unknown.collect()
}

/// A default that its own type, pattern or choices refuse.
fn check_defaults(runbook: &Runbook) -> Vec<Diagnostic> {
    let wrong = runbook.params.iter().filter_map(|parameter| {
        let (text, span) = parameter.default.as_ref()?;
        let why = super::value::check_value(parameter, text).err()?;
        let message = format!("the default of `{}` is no value of it: {why}", parameter.name);
        Some(Diagnostic::error(crate::diagnostic::Code::Parameter, *span, message).help("mend one of the two"))
    });
    wrong.collect()
}

/// Compiles every expectation with a stand-in for each variable: only the values can differ at run time.
fn check_outputs(runbook: &Runbook) -> Vec<Diagnostic> {
    let captured = variables::captures(runbook).into_iter().map(|capture| capture.name);
    let names = captured.chain(runbook.params.iter().map(|parameter| parameter.name.clone()));
    let names = names.chain(STEP_VARIABLES.map(str::to_owned));
    let stand_ins: BTreeMap<String, String> = names.map(|name| (name, "x".to_owned())).collect();
    let mut found = Vec::new();
    for line in variables::steps(runbook).flat_map(|(_, step)| variables::outputs(step)).flat_map(|block| &block.lines)
    {
        let compiled = expect::compile([(line.text.as_str(), line.span)], &stand_ins);
        found.extend(compiled.err().map(|diagnostic| *diagnostic));
    }
    found
}
