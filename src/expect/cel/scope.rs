//! What an expression may name where it stands.

use std::collections::{BTreeMap, BTreeSet};

/// The type of a parameter, as far as expressions tell types apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A truth value.
    Bool,
    /// A duration.
    Duration,
    /// A number of base units.
    Quantity,
}

/// What an earlier step has to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepShape {
    /// Exit code and output.
    Output,
    /// Status and times only.
    Plain,
}

/// What an expression may name where it stands.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Whether the step's own result is there.
    pub result: bool,
    /// The parameters that have a value.
    pub params: BTreeMap<String, ParamType>,
    /// The variables that were captured, or could have been.
    pub vars: BTreeSet<String>,
    /// Earlier steps.
    pub steps: BTreeMap<String, StepShape>,
    /// Every variable and parameter of the runbook, for the message.
    pub later_vars: BTreeSet<String>,
    /// Every step of the runbook, for the message.
    pub later_steps: BTreeSet<String>,
}

/// Names of the step's own result.
pub const RESULT: &[&str] = &["exit_code", "stdout", "stderr", "lines", "json", "elapsed", "attempt"];
/// Names that are there everywhere.
pub const EVERYWHERE: &[&str] = &["params", "vars", "now", "steps"];
/// Names that only mean something with another one behind them.
pub const WITH_A_NAME: &[&str] = &["params", "vars", "steps"];
/// Types, which are values in CEL.
pub const TYPES: &[&str] = &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
/// What is known of every step that ended.
pub const PLAIN_FIELDS: &[&str] = &["started", "finished", "elapsed", "status"];
/// What is known of a step that ran.
pub const OUTPUT_FIELDS: &[&str] =
    &["exit_code", "stdout", "stderr", "lines", "json", "started", "finished", "elapsed", "status"];
