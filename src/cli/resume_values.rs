//! What a run that goes on must know again: values from its record, and from people what the record does not have.

use super::printed::printed;
use super::secrets::Sources;
use super::terminal::eprint_line;
use crate::engine::{Missing, Streams};
use crate::event::{MASK, RunState, StreamRecord};
use crate::expect::Text;
use crate::journal::RunFolder;
use crate::judge;
use crate::plan::{Plan, PlannedStep, ShellAction};
use crate::redact::Redactor;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Variables whose values the record does not have, because a secret was in them: they are asked for again if a step that
/// is still to run names them.
pub struct Again<'a> {
    /// What is run.
    pub plan: &'a Plan,
    /// For each step whether it is still to run.
    pub pending: &'a [bool],
    /// Where values are looked for.
    pub sources: &'a Sources<'a>,
    /// Who is told of them.
    pub redactor: &'a Redactor,
}

impl Again<'_> {
    /// Captures and late parameters: those that the record has or somebody gives, and those that nobody does.
    pub fn values(&self, state: &RunState) -> (BTreeMap<String, String>, Vec<Missing>) {
        let is_late = |name: &str| {
            self.plan.parameters.iter().any(|parameter| parameter.name == name && parameter.late.is_some())
        };
        let late = state.params.iter().filter(|(name, _)| is_late(name));
        let (mut known, mut missing) = (BTreeMap::new(), Vec::new());
        for (name, value) in late.chain(&state.variables) {
            let value = match value.contains(MASK) {
                false => Some(value.clone()),
                true => self.asked(name, true, |_, _| true),
            };
            match value {
                Some(value) => _ = known.insert(name.clone(), value),
                None => missing.push(Missing { name: name.clone(), session: None }),
            }
        }
        (known, missing)
    }

    /// The same of what steps would have captured of which a person says that they happened: nobody saw it.
    pub fn unseen_captures(
        &self,
        state: &RunState,
        happened: impl Fn(&str) -> bool,
    ) -> (BTreeMap<String, String>, Vec<Missing>) {
        let said = |step: &&PlannedStep| {
            let deviation = state.step(&step.name).and_then(|step| step.deviation.as_ref());
            deviation.is_some_and(|deviation| deviation.kind == "happened") || happened(&step.name)
        };
        let names = self.plan.steps.iter().filter(said).filter_map(PlannedStep::shell).flat_map(ShellAction::captures);
        let (mut known, mut missing) = (BTreeMap::new(), Vec::new());
        for name in names.filter(|name| !state.variables.contains_key(name)) {
            match self.asked(&name, self.plan.secrets.contains(&name), |_, _| true) {
                Some(value) => _ = known.insert(name, value),
                None => missing.push(Missing { name, session: None }),
            }
        }
        (known, missing)
    }

    /// The same of variables that sessions had.
    pub fn session_values(&self, state: &RunState) -> (BTreeMap<String, String>, Vec<Missing>) {
        let (mut known, mut missing) = (BTreeMap::new(), Vec::new());
        for ((target, session), holds) in &state.sessions {
            for name in holds.withheld.keys() {
                // `functions()` and the like are no variables, and nobody can type them.
                if name.ends_with("()") {
                    let part = name.trim_end_matches("()");
                    eprint_line(&format!(
                        "note: the {part} of session {session} on {target} held a secret: not restored"
                    ));
                    continue;
                }
                match self.asked(name, true, |on, of| on == target && of == session) {
                    Some(value) => _ = known.insert(name.clone(), value),
                    None => {
                        let session = Some((target.clone(), session.clone()));
                        missing.push(Missing { name: name.clone(), session });
                    }
                }
            }
        }
        (known, missing)
    }

    /// The value that somebody gives to a variable that a step of such a target and session, still to run, names.
    fn asked(&self, name: &str, secret: bool, of: impl Fn(&str, &str) -> bool) -> Option<String> {
        // A probe runs with the step that names it.
        let mut steps = self.plan.steps.iter().zip(self.pending).filter(|(step, pending)| **pending || step.probe());
        let wanted = steps.any(|(step, _)| match step.shell() {
            Some(shell) => of(&shell.target, &shell.session) && step.needs(name),
            None => step.needs(name),
        });
        wanted.then(|| self.sources.variable(name, secret.then_some(self.redactor))).flatten()
    }
}

/// What steps printed that some expression will ask for.
///
/// # Errors
///
/// If a file that holds it is not what was recorded.
pub fn streams(plan: &Plan, state: &RunState, folder: &RunFolder) -> Result<Streams, String> {
    let mut all = Streams::new();
    for name in judge::named_steps(plan) {
        let Some(outcome) = state.step(&name).and_then(|step| step.outcome.as_ref()) else { continue };
        if let (Some(stdout), Some(stderr)) = (text(&outcome.stdout, folder)?, text(&outcome.stderr, folder)?) {
            all.insert(name, (stdout, stderr));
        }
    }
    Ok(all)
}

/// What an expression may see of a stream; `None` if it was kept secret.
fn text(stream: &StreamRecord, folder: &RunFolder) -> Result<Option<Arc<Text>>, String> {
    let bytes = printed(stream, folder, judge::ASSERTABLE as u64)?;
    Ok(bytes.map(|bytes| Arc::new(Text { whole: stream.bytes == Some(bytes.len() as u64), bytes })))
}
