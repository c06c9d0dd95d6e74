//! What an expression may name where it stands.

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
pub trait Scope {
    /// Whether the step's own result is there.
    fn result(&self) -> bool;
    /// A parameter that has a value.
    fn param(&self, name: &str) -> Option<ParamType>;
    /// Whether a variable was captured, or could have been.
    fn var(&self, name: &str) -> bool;
    /// An earlier step.
    fn step(&self, name: &str) -> Option<StepShape>;
    /// Whether it is a variable or parameter of the runbook, for the message.
    fn later_var(&self, name: &str) -> bool;
    /// Whether it is a step of the runbook, for the message.
    fn later_step(&self, name: &str) -> bool;
    /// Every parameter that has a value, to suggest one.
    fn params(&self) -> Vec<&str>;
    /// Every variable that was captured.
    fn vars(&self) -> Vec<&str>;
    /// Every earlier step.
    fn steps(&self) -> Vec<&str>;
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
