//! What a run is given from outside.

use super::interrupts::Interrupts;
use crate::event::Event;
use crate::expect::Text;
use crate::hash::Hash256;
use crate::journal::{Ledger, RunFolder};
use crate::plan::PlannedStep;
use crate::redact::Redactor;
use crate::shell::SessionConfig;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a run is given from outside: everything that the engine must not find out by itself.
pub struct Setting {
    /// Who runs it, as `user@host`.
    pub operator: String,
    /// How a session on each target of the plan starts, by the target's name.
    pub sessions: BTreeMap<String, SessionConfig>,
    /// The values of parameters that the plan does not hold: secrets, and those whose step is left out.
    pub values: BTreeMap<String, String>,
    /// Through which everything goes that is written or shown.
    pub redactor: Redactor,
    /// Where long output is kept; `None` keeps none.
    pub folder: Option<RunFolder>,
    /// Where the run is listed; `None` lists it nowhere.
    pub ledger: Option<Ledger>,
    /// How many bytes of one stream of a step are kept.
    pub output_limit: u64,
    /// Requests to stop.
    pub interrupts: Interrupts,
    /// What is recorded before the first step: locks that were taken over.
    pub beforehand: Vec<Event>,
    /// What earlier parts of the run have printed, by step: standard output and standard error.
    pub streams: BTreeMap<String, (Arc<Text>, Arc<Text>)>,
    /// Values of variables that sessions had and of which only the names were recorded.
    pub given: BTreeMap<String, String>,
    /// How long a process of a step in doubt is given to end.
    pub grace: Duration,
    /// Variables whose values were not kept, and which nobody could give: a step that names one waits.
    pub missing: Vec<Missing>,
    /// What the runbook's file holds now; `None` if it cannot be read.
    pub runbook_now: Box<dyn Fn() -> Option<Hash256>>,
}

/// A variable whose value a later part of the run does not know: a secret was in it, or nobody saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Target and session that had it; `None` if every step would get it.
    pub session: Option<(String, String)>,
}

impl Missing {
    /// Whether a step needs it and would have got it.
    pub fn is_wanted_by(&self, step: &PlannedStep) -> bool {
        let own = match (&self.session, step.shell()) {
            (None, _) => true,
            (Some((target, session)), Some(shell)) => (target, session) == (&shell.target, &shell.session),
            (Some(_), None) => false,
        };
        own && step.needs(&self.name)
    }
}
