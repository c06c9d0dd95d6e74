//! What expressions know: typed values, streams with their limits, earlier steps.

use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// A duration.
    Duration(Duration),
}

/// A stream as far as it was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The first bytes.
    pub bytes: Vec<u8>,
    /// Whether they are all; an expression over a stream that is not whole fails.
    pub whole: bool,
}

/// Everything that an expression may look at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The step's own result; `None` where there is none yet.
    pub result: Option<ResultFacts>,
    /// `params`: those that have a value.
    pub params: BTreeMap<String, Value>,
    /// `vars`: those that were captured.
    pub vars: BTreeMap<String, String>,
    /// `now`.
    pub now: Timestamp,
    /// `steps`: those that ended.
    pub steps: BTreeMap<String, StepFacts>,
}

/// A step's own result.
#[derive(Clone, Debug)]
pub struct ResultFacts {
    /// `exit_code`.
    pub exit_code: Option<i64>,
    /// `stdout`.
    pub stdout: Arc<Text>,
    /// `stderr`.
    pub stderr: Arc<Text>,
    /// `elapsed`.
    pub elapsed: Duration,
    /// `attempt`, from 1.
    pub attempt: u32,
}

/// What is known of an earlier step; a skipped one has a status only.
#[derive(Clone, Debug, Default)]
pub struct StepFacts {
    /// `status`.
    pub status: String,
    /// `exit_code`.
    pub exit_code: Option<i64>,
    /// `stdout`.
    pub stdout: Option<Arc<Text>>,
    /// `stderr`.
    pub stderr: Option<Arc<Text>>,
    /// `started`.
    pub started: Option<Timestamp>,
    /// `finished`.
    pub finished: Option<Timestamp>,
    /// `elapsed`.
    pub elapsed: Option<Duration>,
}
