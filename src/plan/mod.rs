//! What will be done, fully resolved, identified by its SHA-256.
//!
//! In: a [`Runbook`](crate::runbook::Runbook), a [`Config`](crate::config::Config), and what was chosen on the command
//! line. Out: a [`Plan`]: the steps in order with everything decided that can be decided before the run. It must never
//! know how a step is run or what happened.

mod build;
mod early;
mod examine;
mod expressions;
mod mentions;
mod model;
mod parameters;
mod phrases;
mod policy;
mod selection;
mod substitution;
mod targets;
mod tools;
mod unwritten;
mod value;
mod variables;

pub use build::{InputError, plan};
pub use early::early;
pub use examine::{Examination, examine};
pub use expressions::{Expressions, cel_value};
pub use model::{Action, Criterion, Data, Interpreter, Plan, PlannedExpectation, PlannedStep, ShellAction};
pub use parameters::{Inputs, Late, Origin, PlannedParameter, missing};
pub use policy::Profile;
pub use selection::{Selection, SelectionError, find};
pub use targets::known as known_targets;
pub use tools::TOOLS_STEP;
pub use value::{MAX_VALUE, TypedValue, check_value};

#[cfg(test)]
pub(crate) use unwritten::looking;

/// The plan of a runbook's text, for tests of other rooms.
#[cfg(test)]
pub(crate) fn plan_of(text: &str) -> Plan {
    let config = crate::config::Config::default();
    let source = crate::diagnostic::Source::new("t.md", text);
    let (runbook, _) = examine(source, &config).expect("a good runbook");
    plan(&runbook, &config, &Inputs::default()).expect("a good plan")
}
