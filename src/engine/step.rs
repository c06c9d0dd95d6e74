//! One attempt of one step: its output hashed, kept, matched and shown as it comes, then judged.

use super::capture::{Capture, INLINE};
use super::judge::{self, Judgement};
use super::recorder::Observer;
use crate::diagnostic::Span;
use crate::event::{ExpectationKind, ExpectationRecord, Instance, ProcessRecord, Reason, Status, StepFinished, Stream};
use crate::expect::{self, BlockPattern, StreamMatcher};
use crate::journal::RunFolder;
use crate::plan::{PlannedExpectation, ShellAction};
use crate::runbook::ExpectedStream;
use crate::shell::{self, How, OutputSink, StepEnd};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;

/// The longest value of a captured variable, in bytes: what Linux takes for one entry of an environment, with its name.
const MAX_VARIABLE: usize = (128 << 10) - 256;

/// More processes that outlived a step are counted and not listed.
pub const MAX_LISTED: usize = 50;

/// The expectations of a step with the variables of this moment put in.
pub struct Compiled<'p> {
    blocks: Vec<(&'p PlannedExpectation, Result<BlockPattern, String>)>,
}

impl<'p> Compiled<'p> {
    /// Compiles; planning has seen that only a variable's value can be at fault.
    pub fn new(action: &'p ShellAction, variables: &BTreeMap<String, String>) -> Self {
        let compile = |expectation: &PlannedExpectation| {
            let lines = expectation.lines.iter().map(|line| (line.as_str(), Span::default()));
            expect::compile(lines, variables).map_err(|found| found.message)
        };
        Self { blocks: action.expectations.iter().map(|expectation| (expectation, compile(expectation))).collect() }
    }
}

/// Where a step's output goes while it runs.
pub struct Intake<'a> {
    stdout: Capture<'a>,
    stderr: Capture<'a>,
    matchers: Vec<Option<StreamMatcher<'a>>>,
    compiled: &'a Compiled<'a>,
    observer: &'a mut dyn Observer,
    late: &'a mut dyn FnMut(u64, Stream, u64),
    names: &'a dyn Fn(u64) -> String,
}

impl<'a> Intake<'a> {
    /// Ready for the first byte. `late` counts bytes that belong to an earlier step, `names` names that step.
    pub fn new(
        instance: &Instance,
        folder: Option<&'a RunFolder>,
        limit: u64,
        compiled: &'a Compiled<'a>,
        observer: &'a mut dyn Observer,
        late: &'a mut dyn FnMut(u64, Stream, u64),
        names: &'a dyn Fn(u64) -> String,
    ) -> Self {
        let capture = |stream: &str, keep| Capture::new(folder, format!("output/{instance}.{stream}"), limit, keep);
        Self {
            stdout: capture("stdout", MAX_VARIABLE + 1),
            stderr: capture("stderr", INLINE),
            matchers: compiled.blocks.iter().map(|(_, block)| block.as_ref().ok().map(StreamMatcher::new)).collect(),
            compiled,
            observer,
            late,
            names,
        }
    }

    /// The step has ended: judges it and makes its outcome. Whether its output could be kept stands beside it: what
    /// happened is known either way.
    pub fn finish(
        self,
        action: &ShellAction,
        instance: Instance,
        attempt: u32,
        started: Timestamp,
        end: StepEnd,
    ) -> (StepFinished, io::Result<()>) {
        let mut captured = BTreeMap::new();
        let ended = matches!(end.how, How::Exited(_));
        let expectations = match ended {
            true => judge_expectations(self.compiled, self.matchers, (&self.stdout, &self.stderr), &mut captured),
            false => Vec::new(),
        };
        let holds = expectations.iter().all(|expectation| expectation.holds);
        let mut judgement = judge::judge(action, &end.how, holds);
        if judgement.status == Status::Passed {
            let named = capture_stdout(action, &self.stdout).and_then(|value| check_values(&captured).map(|()| value));
            match named {
                Ok(value) => captured.extend(action.capture.clone().zip(value)),
                Err(why) => {
                    judgement =
                        Judgement { status: Status::Failed, reason: Some(Reason::Expectation), detail: Some(why) }
                }
            }
        }
        if judgement.reason == Some(Reason::Exit) && judgement.detail.is_none() {
            let (head, _) = self.stderr.head();
            if let Some(hint) = judge::terminal_hint(&String::from_utf8_lossy(head)) {
                (judgement.reason, judgement.detail) = (Some(Reason::Terminal), Some(hint.to_owned()));
            }
        }
        let (stdout, stdout_kept) = self.stdout.finish();
        let (stderr, stderr_kept) = self.stderr.finish();
        let exit_code = judge::exit_code(&end.how);
        let outcome = StepFinished {
            step: instance,
            attempt,
            status: judgement.status,
            reason: judgement.reason,
            detail: judgement.detail,
            exit_code,
            signal: exit_code.and_then(judge::signal),
            started,
            elapsed_ms: end.elapsed.as_millis() as u64,
            stdout,
            stderr,
            expectations,
            captured,
            notes: notes(end.notes, end.left_running.len()),
            left_running: end.left_running.into_iter().take(MAX_LISTED).map(process_record).collect(),
        };
        (outcome, stdout_kept.and(stderr_kept))
    }
}

impl OutputSink for Intake<'_> {
    fn output(&mut self, stream: shell::Stream, bytes: &[u8]) {
        let stream = stream_of(stream);
        match stream {
            Stream::Stdout => self.stdout.feed(bytes),
            Stream::Stderr => self.stderr.feed(bytes),
        }
        for (matcher, (expectation, _)) in self.matchers.iter_mut().zip(&self.compiled.blocks) {
            if let Some(matcher) = matcher
                && source(expectation.stream) == stream
            {
                matcher.feed(bytes);
            }
        }
        self.observer.output(stream, bytes);
    }

    fn late(&mut self, step: u64, stream: shell::Stream, bytes: &[u8]) {
        let stream = stream_of(stream);
        (self.late)(step, stream, bytes.len() as u64);
        self.observer.late_output(&(self.names)(step), stream, bytes);
    }
}

/// The shell's word for a stream in the record's words.
pub fn stream_of(stream: shell::Stream) -> Stream {
    match stream {
        shell::Stream::Stdout => Stream::Stdout,
        shell::Stream::Stderr => Stream::Stderr,
    }
}

/// Combined output arrives as standard output: the step then has one pipe.
fn source(stream: ExpectedStream) -> Stream {
    match stream {
        ExpectedStream::Stdout | ExpectedStream::Combined => Stream::Stdout,
        ExpectedStream::Stderr => Stream::Stderr,
    }
}

fn judge_expectations(
    compiled: &Compiled<'_>,
    matchers: Vec<Option<StreamMatcher<'_>>>,
    streams: (&Capture<'_>, &Capture<'_>),
    captured: &mut BTreeMap<String, String>,
) -> Vec<ExpectationRecord> {
    let blocks = compiled.blocks.iter().zip(matchers);
    let judged = blocks.map(|((expectation, block), matcher)| {
        let (holds, detail) = match (block, matcher) {
            (Ok(block), Some(matcher)) => {
                let (verdict, report) = matcher.finish(expectation.line);
                captured.extend(verdict.captures);
                let report = report.map(|report| with_stream_hint(report, block, expectation.stream, streams));
                (verdict.holds, report)
            }
            (Err(why), _) => (false, Some(why.clone())),
            (Ok(_), None) => (false, Some("it was not matched".to_owned())),
        };
        ExpectationRecord {
            line: expectation.line,
            kind: ExpectationKind::Output,
            stream: expectation.stream,
            holds,
            detail,
        }
    });
    judged.collect()
}

/// Says so if the lines that were looked for stand on the other stream.
fn with_stream_hint(
    report: String,
    block: &BlockPattern,
    stream: ExpectedStream,
    streams: (&Capture<'_>, &Capture<'_>),
) -> String {
    let (other, words) = match stream {
        ExpectedStream::Stdout => (streams.1, "the lines stand on standard error: write `output {stderr}`"),
        ExpectedStream::Stderr => (streams.0, "the lines stand on standard output: write `output` without {stderr}"),
        ExpectedStream::Combined => return report,
    };
    let (head, whole) = other.head();
    let mut matcher = StreamMatcher::new(block);
    matcher.feed(head);
    match whole && !head.is_empty() && matcher.finish(1).0.holds {
        true => format!("{report}\n{words}"),
        false => report,
    }
}

fn capture_stdout(action: &ShellAction, stdout: &Capture<'_>) -> Result<Option<String>, String> {
    let Some(name) = &action.capture else { return Ok(None) };
    let (head, whole) = stdout.head();
    if !whole || head.len() > MAX_VARIABLE {
        return Err(format!(
            "`capture={name}`: the output has more than the {MAX_VARIABLE} bytes that a variable may have"
        ));
    }
    let text = std::str::from_utf8(head).map_err(|_| format!("`capture={name}`: the output is not UTF-8 text"))?;
    check_value(name, text)?;
    Ok(Some(text.trim().to_owned()))
}

fn check_values(captured: &BTreeMap<String, String>) -> Result<(), String> {
    captured.iter().try_for_each(|(name, value)| check_value(name, value))
}

fn check_value(name: &str, value: &str) -> Result<(), String> {
    match () {
        () if value.contains('\0') => Err(format!("`{name}` would hold a NUL, which no variable can")),
        () if value.len() > MAX_VARIABLE => {
            Err(format!("`{name}` would have {} bytes, more than the {MAX_VARIABLE} of a variable", value.len()))
        }
        () => Ok(()),
    }
}

fn notes(mut notes: Vec<String>, left_running: usize) -> Vec<String> {
    if left_running > MAX_LISTED {
        notes.push(format!("{left_running} processes are still running, of which {MAX_LISTED} are listed"));
    }
    notes
}

/// A process in the record's words.
pub fn process_record(process: shell::Process) -> ProcessRecord {
    ProcessRecord { pid: process.pid, command: process.command }
}
