//! Which part of a plan runs: all of it, or what `--from`, `--to` and `--only` choose.

use super::model::Plan;
use crate::diagnostic::nearest;
use serde::{Deserialize, Serialize};

/// What `--from`, `--to` and `--only` say; a run with any of them is partial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The first step to run.
    pub from: Option<String>,
    /// The last step to run.
    pub to: Option<String>,
    /// The steps to run, and no other.
    pub only: Vec<String>,
}

/// A selection that does not fit the plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// No such step.
    #[error("no step is called `{name}`{hint}")]
    UnknownStep {
        /// What was asked for.
        name: String,
        /// A suggestion, with its comma and blank.
        hint: String,
    },
    /// `--from` comes after `--to`.
    #[error("`{from}` comes after `{to}`: nothing stands between --from and --to")]
    Empty {
        /// `--from`.
        from: String,
        /// `--to`.
        to: String,
    },
    /// A probe, which runs with the step that names it.
    #[error("`{name}` is a probe: it runs with the step that names it, and never by itself")]
    Probe {
        /// The probe.
        name: String,
    },
    /// `--only` beside `--from` or `--to`.
    #[error("--only excludes --from and --to")]
    Both,
}

/// Where a step stands, or an error with a suggestion.
pub fn find(plan: &Plan, name: &str) -> Result<usize, SelectionError> {
    let names = plan.steps.iter().map(|step| step.name.as_str());
    plan.steps.iter().position(|step| step.name == name).ok_or_else(|| SelectionError::UnknownStep {
        name: name.to_owned(),
        hint: nearest(name, names).map_or_else(String::new, |near| format!(", did you mean `{near}`?")),
    })
}

/// Where a step of the normal order stands.
fn ordinary(plan: &Plan, name: &str) -> Result<usize, SelectionError> {
    let at = find(plan, name)?;
    match plan.steps[at].probe() {
        true => Err(SelectionError::Probe { name: name.to_owned() }),
        false => Ok(at),
    }
}

impl Selection {
    /// Whether it leaves anything out.
    pub fn is_partial(&self) -> bool {
        self.from.is_some() || self.to.is_some() || !self.only.is_empty()
    }

    /// For each step of the plan whether it is chosen. `always` steps run at the close whatever is chosen.
    pub fn resolve(&self, plan: &Plan) -> Result<Vec<bool>, SelectionError> {
        if !self.only.is_empty() {
            if self.from.is_some() || self.to.is_some() {
                return Err(SelectionError::Both);
            }
            let mut chosen: Vec<bool> = plan.steps.iter().map(super::PlannedStep::always).collect();
            for name in &self.only {
                chosen[ordinary(plan, name)?] = true;
            }
            return Ok(chosen);
        }
        let from = self.from.as_ref().map_or(Ok(0), |name| ordinary(plan, name))?;
        let to = self.to.as_ref().map_or(Ok(plan.steps.len() - 1), |name| ordinary(plan, name))?;
        if let (true, Some(first), Some(last)) = (from > to, &self.from, &self.to) {
            return Err(SelectionError::Empty { from: first.clone(), to: last.clone() });
        }
        Ok(plan.steps.iter().enumerate().map(|(at, step)| step.always() || (from..=to).contains(&at)).collect())
    }
}
