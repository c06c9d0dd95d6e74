//! Where a step's output goes while it runs: to the matchers as it is; hashed, kept and shown without secrets.

use super::capture::{Capture, INLINE, sync_names};
use super::late::{Late, stream_of};
use super::recorder::Observer;
use crate::event::{Stream, StreamRecord};
use crate::expect::StreamMatcher;
use crate::journal::RunFolder;
use crate::judge::{ASSERTABLE, Compiled, Head};
use crate::plan::MAX_VALUE;
use crate::redact::{Filter, Redactor};
use crate::runbook::ExpectedStream;
use crate::shell::{self, OutputSink};
use std::io;

/// What an intake is set up with.
pub struct Setup<'a> {
    /// The step, which names its files.
    pub instance: String,
    /// Which attempt it is.
    pub attempt: u32,
    /// Where long output is kept.
    pub folder: Option<&'a RunFolder>,
    /// How many bytes of a stream are kept there.
    pub limit: u64,
    /// Whether nothing of the output may be kept or shown.
    pub secret: bool,
    /// Whether a person may have to say what became of the step, should stepgate die.
    pub early: bool,
    /// Whether expressions look at the output.
    pub asserted: bool,
    /// Through which it goes.
    pub redactor: &'a Redactor,
}

/// Takes the output of one attempt.
pub struct Intake<'f, 'm, 'o, 'p> {
    stdout: Tap<'f>,
    stderr: Tap<'f>,
    matchers: Vec<Option<(ExpectedStream, StreamMatcher<'m>)>>,
    folder: Option<&'f RunFolder>,
    observer: &'o mut dyn Observer,
    late: &'o mut Late<'p>,
}

/// What is there when the attempt is over.
pub struct Taken<'a> {
    /// One for each expectation that is an `output` block and could be compiled.
    pub matchers: Vec<Option<(ExpectedStream, StreamMatcher<'a>)>>,
    /// Standard output as it was printed, up to a limit.
    pub stdout: Head,
    /// Standard error as it was printed, up to a limit.
    pub stderr: Head,
    /// What the record says of the two streams.
    pub records: (StreamRecord, StreamRecord),
    /// Whether their files are on the disk.
    pub kept: io::Result<()>,
}

/// One stream: its head as it is, the rest without secrets.
struct Tap<'a> {
    head: Head,
    kept: Kept<'a>,
}

enum Kept<'a> {
    Shown(Filter, Box<Capture<'a>>),
    /// Only its lines are counted.
    Withheld {
        newlines: u64,
        last: u8,
    },
}

impl<'f, 'm, 'o, 'p> Intake<'f, 'm, 'o, 'p> {
    /// Ready for the first byte.
    pub fn new(
        setup: &Setup<'f>,
        compiled: &'m Compiled<'_>,
        observer: &'o mut dyn Observer,
        late: &'o mut Late<'p>,
    ) -> Self {
        let keep = |least| if setup.asserted { ASSERTABLE } else { least };
        Self {
            stdout: Tap::new(setup, "stdout", keep(MAX_VALUE + 1)),
            stderr: Tap::new(setup, "stderr", keep(INLINE)),
            matchers: compiled.matchers(setup.redactor),
            folder: setup.folder,
            observer,
            late,
        }
    }

    /// The attempt is over.
    pub fn take(self) -> Taken<'m> {
        let observer = self.observer;
        let (stdout, stdout_record, stdout_kept) = self.stdout.take(Stream::Stdout, observer);
        let (stderr, stderr_record, stderr_kept) = self.stderr.take(Stream::Stderr, observer);
        let named = |()| sync_names(self.folder, &[&stdout_record, &stderr_record]);
        let kept = stdout_kept.and(stderr_kept).and_then(named);
        Taken { matchers: self.matchers, stdout, stderr, records: (stdout_record, stderr_record), kept }
    }
}

impl OutputSink for Intake<'_, '_, '_, '_> {
    fn output(&mut self, stream: shell::Stream, bytes: &[u8]) {
        let stream = stream_of(stream);
        for (expected, matcher) in self.matchers.iter_mut().flatten() {
            if source(*expected) == stream {
                matcher.feed(bytes);
            }
        }
        match stream {
            Stream::Stdout => self.stdout.feed(stream, bytes, self.observer),
            Stream::Stderr => self.stderr.feed(stream, bytes, self.observer),
        }
    }

    fn late(&mut self, step: u64, stream: shell::Stream, bytes: &[u8]) {
        self.late.hear(step, stream, bytes, self.observer);
    }
}

/// Combined output arrives as standard output: the step then has one pipe.
fn source(stream: ExpectedStream) -> Stream {
    match stream {
        ExpectedStream::Stdout | ExpectedStream::Combined => Stream::Stdout,
        ExpectedStream::Stderr => Stream::Stderr,
    }
}

impl<'a> Tap<'a> {
    fn new(setup: &Setup<'a>, stream: &str, keep: usize) -> Self {
        let kept = match setup.secret {
            true => Kept::Withheld { newlines: 0, last: b'\n' },
            false => {
                let attempt = if setup.attempt > 1 { format!("@{}", setup.attempt) } else { String::new() };
                let name = format!("output/{}{attempt}.{stream}", setup.instance);
                Kept::Shown(
                    setup.redactor.filter(),
                    Box::new(Capture::new(setup.folder, name, setup.limit).early(setup.early)),
                )
            }
        };
        Self { head: Head::new(keep), kept }
    }

    fn feed(&mut self, stream: Stream, bytes: &[u8], observer: &mut dyn Observer) {
        self.head.feed(bytes);
        match &mut self.kept {
            Kept::Shown(filter, capture) => filter.feed(bytes, &mut |shown| {
                capture.feed(shown);
                observer.output(stream, shown);
            }),
            Kept::Withheld { newlines, last } => {
                *newlines += memchr::memchr_iter(b'\n', bytes).count() as u64;
                *last = bytes.last().copied().unwrap_or(*last);
            }
        }
    }

    fn take(self, stream: Stream, observer: &mut dyn Observer) -> (Head, StreamRecord, io::Result<()>) {
        let (record, kept) = match self.kept {
            Kept::Shown(mut filter, mut capture) => {
                filter.finish(&mut |shown| {
                    capture.feed(shown);
                    observer.output(stream, shown);
                });
                capture.finish()
            }
            Kept::Withheld { newlines, last } => {
                let lines = newlines + u64::from(last != b'\n');
                (StreamRecord::withheld(lines), Ok(()))
            }
        };
        (self.head, record, kept)
    }
}
