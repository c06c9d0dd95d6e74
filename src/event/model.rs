//! The events, as they stand in the journal (`docs/journal.md`).

use super::decision::{Decision, FailureAnswer};
use super::header::{RunResumed, RunStarted};
use super::outcome::{ProcessRecord, StepFinished, Stream};
use super::verdict::RunVerdict;
use crate::hash::Hash256;
use crate::plan::Origin;
use crate::runbook::Gate;
use serde::{Deserialize, Serialize};

/// The version of the journal's format.
pub const JOURNAL_FORMAT: u32 = 2;

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Event {
    /// The first event: what will be run, by whom, of which plan.
    RunStarted(Box<RunStarted>),
    /// The run goes on after it was left, after a crash, or after it had closed and failed. The only event that may stand
    /// behind a seal.
    RunResumed(Box<RunResumed>),
    /// The end of the journal that a crash had cut off was taken out; its bytes are kept in `journal.broken`.
    Repaired {
        /// How many bytes were taken out.
        bytes: u64,
    },
    /// A person is asked what became of a step.
    DecisionOpened {
        /// The step.
        step: Instance,
    },
    /// What became of a step whose end the record does not tell, or that failed and may have changed something.
    DecisionMade {
        /// The step.
        step: Instance,
        /// The decision.
        decision: Decision,
        /// Why.
        reason: String,
        /// Who decided, as `user@host`.
        by: String,
        /// How the decision came.
        through: Channel,
        /// Processes of the step that were still alive then.
        alive: Vec<ProcessRecord>,
    },
    /// A person is asked what to do about a failed step.
    FailureOpened {
        /// The step.
        step: Instance,
    },
    /// What is done about a failed step.
    FailureAnswered {
        /// The step.
        step: Instance,
        /// The answer.
        answer: FailureAnswer,
        /// Why it is skipped.
        reason: Option<String>,
        /// Who answered, as `user@host`.
        by: String,
        /// How the answer came.
        through: Channel,
    },
    /// The runbook's file is no longer what is run. What was planned is run all the same.
    RunbookChanged {
        /// The hash of what it holds now; `None` if it cannot be read.
        sha256: Option<Hash256>,
    },
    /// The machine's clock and the run's differ by more than before: it was set, or the machine slept.
    ClockShifted {
        /// How many milliseconds the machine's clock is ahead of the run's now.
        ahead_ms: i64,
    },
    /// The terminal went away: nobody can be asked any more.
    TerminalLost,
    /// A lock was taken over from a run whose process is dead.
    LockTakenOver {
        /// That run.
        run: String,
        /// Its process.
        pid: u32,
        /// Who ran it, as `user@host`.
        operator: String,
        /// Why that process is known to be dead.
        proof: String,
    },
    /// A gate waits for a person at a terminal.
    GateOpened {
        /// The step behind the gate.
        step: Instance,
        /// The kind of gate.
        gate: Gate,
    },
    /// A gate was answered.
    GateAnswered {
        /// The step behind the gate.
        step: Instance,
        /// The kind of gate.
        gate: Gate,
        /// The answer.
        answer: GateAnswer,
        /// Who answered, as `user@host`.
        by: String,
        /// How the answer came.
        through: Channel,
        /// Why a step is skipped.
        reason: Option<String>,
    },
    /// A manual step waits for a person at a terminal.
    ManualOpened {
        /// The manual step.
        step: Instance,
    },
    /// A manual step was answered.
    ManualAnswered {
        /// The manual step.
        step: Instance,
        /// The answer.
        answer: ManualAnswer,
        /// What the person wrote; the reason if it was skipped.
        note: Option<String>,
        /// Who answered, as `user@host`.
        by: String,
        /// How the answer came.
        through: Channel,
    },
    /// A parameter that belongs behind a step was given.
    ParameterGiven {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
        /// The step after which it was asked for.
        after: Instance,
        /// Who gave it, as `user@host`.
        by: String,
        /// How it came.
        through: Channel,
    },
    /// A parameter that belongs behind a step is asked for at a terminal.
    ParameterOpened {
        /// Its name.
        name: String,
        /// The step after which it is asked for.
        after: Instance,
    },
    /// A step is left out because its `when` is false.
    StepSkipped {
        /// The step.
        step: Instance,
        /// The expression.
        condition: String,
    },
    /// The intent of a probe, which says whether a step is needed.
    ProbeStarted {
        /// The step that names the probe.
        step: Instance,
        /// The probe.
        probe: String,
        /// Before or after that step.
        moment: Moment,
        /// Which attempt of this moment, from 1.
        attempt: u32,
    },
    /// What a probe says.
    ProbeFinished {
        /// The step that names the probe.
        step: Instance,
        /// Before or after that step.
        moment: Moment,
        /// How the probe ended; it names the probe.
        outcome: Box<StepFinished>,
    },
    /// A step is not needed: its probe passed before it.
    StepSatisfied {
        /// The step.
        step: Instance,
    },
    /// An attempt of a polled step did not pass, and another one follows.
    AttemptFinished(Box<StepFinished>),
    /// A step's intent: durable before its script is sent.
    StepStarted {
        /// The step.
        step: Instance,
        /// Which attempt of this visit, from 1.
        attempt: u32,
    },
    /// A step's outcome.
    StepFinished(Box<StepFinished>),
    /// What a background child of a step printed after the step had ended, counted until the run closed.
    LateOutput {
        /// The step.
        step: Instance,
        /// The stream.
        stream: Stream,
        /// How many bytes.
        bytes: u64,
    },
    /// Processes that steps had left in the background were still there when the session ended. They are left alone.
    LeftRunning {
        /// The processes.
        processes: Vec<ProcessRecord>,
    },
    /// The run waits for something that nobody is there to give.
    RunSuspended {
        /// The step that waits; the step behind which a parameter is wanted.
        step: Instance,
        /// What for.
        waits_for: WaitsFor,
        /// The parameter or variable, if it waits for one.
        parameter: Option<String>,
    },
    /// The run was stopped by a signal; it is not closed.
    RunInterrupted {
        /// The signal's name, such as `INT`.
        signal: String,
    },
    /// The run fails for a reason that is no step's.
    RunFailed {
        /// Why, in plain words.
        reason: String,
    },
    /// The run gives up: a person said so at a gate.
    GivenUp {
        /// Who, as `user@host`.
        by: String,
    },
    /// The run closes: `always` steps run from here on.
    Closing,
    /// The last event of a closed run.
    Sealed {
        /// How it ended.
        verdict: RunVerdict,
        /// How many records stand before this one.
        records: u64,
        /// The hash of the record before this one.
        head: Hash256,
    },
}

impl Event {
    /// Whether a person is asked from here on.
    pub fn asks(&self) -> bool {
        matches!(
            self,
            Event::GateOpened { .. }
                | Event::ManualOpened { .. }
                | Event::ParameterOpened { .. }
                | Event::DecisionOpened { .. }
                | Event::FailureOpened { .. }
        )
    }
}

/// When a probe runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// Before the step that names it, to see whether that is needed.
    Before,
    /// After it, to see whether it did what it should.
    After,
}

impl Moment {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Moment::Before => "before",
            Moment::After => "after",
        }
    }
}

/// One going through of a step: its name, the loop's member, and which entry into its section.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Instance {
    /// The step's name.
    pub name: String,
    /// The loop's member, if its section is one.
    pub pass: Option<String>,
    /// From 1: which entry into its section.
    pub visit: u32,
}

impl Instance {
    /// The first visit of a step outside any loop.
    pub fn first(name: &str) -> Self {
        Self { name: name.to_owned(), pass: None, visit: 1 }
    }
}

impl std::fmt::Display for Instance {
    /// `save`, `drain[w1]`, `save#2`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.name)?;
        if let Some(pass) = &self.pass {
            write!(out, "[{pass}]")?;
        }
        if self.visit > 1 {
            write!(out, "#{}", self.visit)?;
        }
        Ok(())
    }
}

/// An answer at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateAnswer {
    /// Go on.
    Yes,
    /// Not now: the run is suspended.
    No,
    /// Go on without this step.
    Skip,
    /// Give up the run.
    Quit,
}

impl GateAnswer {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            GateAnswer::Yes => "yes",
            GateAnswer::No => "no",
            GateAnswer::Skip => "skip",
            GateAnswer::Quit => "quit",
        }
    }
}

/// An answer to a manual step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManualAnswer {
    /// It was done.
    Done,
    /// It could not be done.
    Failed,
    /// It was left out, for a reason.
    Skipped,
    /// Not now: the run is suspended.
    No,
    /// Give up the run.
    Quit,
}

/// How an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Typed at a terminal.
    Terminal,
    /// By name on the command line: `--confirm`, `--answer`, `--param`.
    CommandLine,
    /// By an environment variable, `STEPGATE_PARAM_NAME`.
    Environment,
    /// By the profile.
    Profile,
    /// By the runbook's own default.
    Default,
    /// `--yes`.
    Yes,
    /// By the step's effect: nobody was asked.
    Policy,
    /// By what the step's probe said.
    Probe,
}

impl From<Origin> for Channel {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::CommandLine => Channel::CommandLine,
            Origin::Environment => Channel::Environment,
            Origin::Profile => Channel::Profile,
            Origin::Terminal => Channel::Terminal,
            Origin::Default => Channel::Default,
        }
    }
}

/// What a suspended run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitsFor {
    /// A gate.
    Gate,
    /// A manual step.
    Manual,
    /// A parameter that is asked for behind a step.
    Parameter,
    /// The value of a variable that held a secret and was not kept.
    Secret,
    /// What to do about a failed step.
    Failure,
    /// A decision on a failed step that may have changed something.
    Decision,
}
