//! The lines of a recording's file, and a recording as such lines. A line of output is a line of the file, and what differs
//! from run to run stands in the first and the last: so the difference of two recordings shows what is otherwise.

use super::recording::{Act, RecordedStep, Recording, RecordingHead, Streams};
use crate::event::{Moment, Status};
use crate::hash::Hash256;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// The first.
    Recording(RecordingHead),
    /// A step.
    Step(StepLine),
    /// What its probe did.
    Probe(ProbeLine),
    /// What its script did.
    Did(ActLine),
    /// A line that the script or probe before printed to standard output.
    Out(String),
    /// The same without a line end: the last one.
    OutPart(String),
    /// Bytes that are no text, in base64.
    OutBytes(String),
    /// A line of standard error.
    Err(String),
    /// The same without a line end.
    ErrPart(String),
    /// Bytes of standard error that are no text.
    ErrBytes(String),
    /// The last: how often scripts and probes were run, and when.
    End(EndLine),
}

/// A step.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepLine {
    /// Its name.
    pub name: String,
    /// `passed`, `skipped` or `satisfied`.
    pub status: Status,
}

/// A run of a probe.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeLine {
    /// Before or after its step.
    pub moment: Moment,
    /// Whether it passed.
    pub passed: bool,
    /// What it did.
    pub did: ActLine,
}

/// What a script did, but for its output and its times.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActLine {
    /// What was done.
    pub deed: Hash256,
    /// Its exit code.
    pub exit: Option<i32>,
    /// Which attempt.
    pub attempt: u32,
    /// What it captured.
    pub captured: BTreeMap<String, String>,
    /// Whether its output is secret.
    pub withheld: bool,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndLine {
    /// When each script and probe was sent, and how many milliseconds it took, in the order of the file.
    pub times: Vec<(Timestamp, u64)>,
}

impl Recording {
    /// The text of its file.
    pub fn text(&self) -> String {
        let mut out = String::new();
        push(&mut out, &Line::Recording(self.head.clone()));
        self.steps.iter().for_each(|step| push_step(&mut out, step));
        let times = self.steps.iter().flat_map(RecordedStep::acts);
        let times = times.map(|act| (act.started, act.elapsed.as_millis() as u64)).collect();
        push(&mut out, &Line::End(EndLine { times }));
        out
    }
}

fn push_step(out: &mut String, step: &RecordedStep) {
    push(out, &Line::Step(StepLine { name: step.name.clone(), status: step.status }));
    for probe in &step.probes {
        push(out, &Line::Probe(ProbeLine { moment: probe.moment, passed: probe.passed, did: act_line(&probe.act) }));
        push_output(out, &probe.act);
    }
    if let Some(act) = &step.act {
        push(out, &Line::Did(act_line(act)));
        push_output(out, act);
    }
}

fn act_line(act: &Act) -> ActLine {
    let Act { deed, exit_code: exit, attempt, ref captured, ref streams, .. } = *act;
    ActLine { deed, exit, attempt, captured: captured.clone(), withheld: streams.is_none() }
}

fn push_output(out: &mut String, act: &Act) {
    let Some(Streams { stdout, stderr }) = &act.streams else { return };
    pieces(stdout).for_each(|piece| push(out, &piece.of([Line::Out, Line::OutPart, Line::OutBytes])));
    pieces(stderr).for_each(|piece| push(out, &piece.of([Line::Err, Line::ErrPart, Line::ErrBytes])));
}

/// A line of output.
enum Piece {
    Line(String),
    Part(String),
    Bytes(String),
}

impl Piece {
    fn of(self, [line, part, bytes]: [fn(String) -> Line; 3]) -> Line {
        match self {
            Piece::Line(text) => line(text),
            Piece::Part(text) => part(text),
            Piece::Bytes(text) => bytes(text),
        }
    }
}

fn pieces(stream: &[u8]) -> impl Iterator<Item = Piece> {
    stream.split_inclusive(|byte| *byte == b'\n').map(|line| match std::str::from_utf8(line) {
        Err(_) => Piece::Bytes(BASE64_STANDARD.encode(line)),
        Ok(text) => match text.strip_suffix('\n') {
            Some(text) => Piece::Line(text.to_owned()),
            None => Piece::Part(text.to_owned()),
        },
    })
}

fn push(out: &mut String, line: &Line) {
    let text = serde_json::to_string(line).expect("a line holds nothing that JSON lacks");
    // A recording is looked at in terminals and on the web, as it stands.
    out.push_str(&crate::text::escape_json(&text));
    out.push('\n');
}
