//! The streams of this step and of those before it.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::os::unix::fs::FileExt;
use std::task::Poll;
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};

use super::super::secret::SECRET_LENGTH;
use super::super::step::{OutputSink, StepRequest, Stream};
use super::given::{Given, Script};
use super::pipe::{Pipe, proc_path};

const READ_SIZE: usize = 64 * 1024;
/// What tells how a state begins, in bytes.
const STATE_BEGINS: usize = 8;

/// The pipes of the running step, those of earlier steps that somebody still holds, and the file into which the
/// driver dumps its state.
pub(super) struct Streams {
    pipes: Vec<Pipe>,
    buffer: Box<[u8]>,
    state: File,
    /// What the running step reads.
    given: Given,
}

/// What the driver opens.
pub(super) struct Paths {
    pub stdout: String,
    pub stderr: String,
    pub state: String,
    /// The step's standard input.
    pub stdin: String,
    /// The script of a program that is run inside the session.
    pub script: Option<Script>,
}

impl Streams {
    pub(super) fn new() -> io::Result<Self> {
        // A file in memory: a pipe would wake us for each line of the dump, and a step could write between them.
        let state = memfd_create("stepgate-state", MemfdFlags::CLOEXEC)?.into();
        Ok(Self { pipes: Vec::new(), buffer: vec![0; READ_SIZE].into(), state, given: Given::default() })
    }

    /// Makes the pipes of a step, and the files that it is given.
    pub(super) fn open(&mut self, request: &StepRequest<'_>) -> io::Result<Paths> {
        let step = request.id;
        let stdout = Pipe::new(step, Stream::Stdout)?;
        let stderr = if request.combined { None } else { Some(Pipe::new(step, Stream::Stderr)?) };
        let (given, stdin, script) = Given::new(request)?;
        let paths = Paths {
            stdin: stdin.unwrap_or_else(|| "/dev/null".to_owned()),
            script,
            stdout: stdout.path(),
            stderr: stderr.as_ref().unwrap_or(&stdout).path(),
            state: proc_path(&self.state),
        };
        self.given = given;
        self.pipes.push(stdout);
        self.pipes.extend(stderr);
        Ok(paths)
    }

    /// Lets go of the writing ends: from now on a pipe ends when its last holder closes it. What the step was given
    /// goes, too.
    pub(super) fn release(&mut self) {
        self.given = Given::default();
        self.pipes.iter_mut().for_each(Pipe::release);
    }

    /// Waits for one read of any pipe and delivers it; for ever, if there is none. Cancel safe.
    pub(super) async fn pump(&mut self, sink: &mut dyn OutputSink) {
        let Self { pipes, buffer, .. } = self;
        let (index, length) = poll_fn(|context| {
            // The running step's pipes are the last: a chatty background child must not hold them up.
            for (index, pipe) in pipes.iter_mut().enumerate().rev() {
                if let Poll::Ready(result) = pipe.poll_read(context, buffer) {
                    return Poll::Ready((index, result.unwrap_or(0)));
                }
            }
            Poll::Pending
        })
        .await;
        deliver(&pipes[index], &buffer[..length], sink);
        if length == 0 {
            pipes.remove(index);
        }
    }

    /// Delivers what is in the pipes already, at most what a pipe holds, lest a background child that never stops
    /// keep us here.
    pub(super) fn settle(&mut self, sink: &mut dyn OutputSink) {
        let Self { pipes, buffer, .. } = self;
        pipes.retain(|pipe| {
            let mut left = pipe.capacity();
            while left > 0 {
                let room = buffer.len().min(left);
                match pipe.read(&mut buffer[..room]) {
                    Ok(0) => return false,
                    Ok(length) => {
                        deliver(pipe, &buffer[..length], sink);
                        left -= length;
                    }
                    Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
                }
            }
            true
        });
    }

    /// Waits at most `limit` for the end of the running step's pipes.
    pub(super) async fn drain(&mut self, limit: Duration, sink: &mut dyn OutputSink) {
        let all = async {
            while self.pipes.iter().any(|pipe| !pipe.late) {
                self.pump(sink).await;
            }
        };
        let _ = tokio::time::timeout(limit, all).await;
    }

    /// Calls the pipes that are still open late from now on, and says what they are called in `/proc`.
    pub(super) fn retire(&mut self) -> Vec<String> {
        let current = self.pipes.iter_mut().filter(|pipe| !pipe.late);
        let names = current.map(|pipe| {
            pipe.late = true;
            pipe.link()
        });
        names.filter_map(Result::ok).collect()
    }

    /// The state that the driver dumped. The next step empties the file when it begins.
    pub(super) fn take_state(&self) -> io::Result<Vec<u8>> {
        let length = self.state.metadata()?.len().saturating_sub(SECRET_LENGTH as u64);
        let mut dump = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.state.read_exact_at(&mut dump, SECRET_LENGTH as u64)?;
        Ok(dump)
    }

    /// The first bytes of the state, as far as the driver has come.
    pub(super) fn state_begins(&self) -> io::Result<Vec<u8>> {
        let mut begins = [0; STATE_BEGINS];
        let length = self.state.read_at(&mut begins, SECRET_LENGTH as u64)?;
        Ok(begins[..length].to_vec())
    }

    /// Whether the driver came to the step whose secret this is; it writes it before anything else.
    pub(super) fn has_begun(&self, begin: &str) -> bool {
        let mut written = [0; SECRET_LENGTH];
        self.state.read_exact_at(&mut written, 0).is_ok() && written == begin.as_bytes()
    }
}

fn deliver(pipe: &Pipe, bytes: &[u8], sink: &mut dyn OutputSink) {
    match pipe.late {
        _ if bytes.is_empty() => {}
        true => sink.late(pipe.step, pipe.stream, bytes),
        false => sink.output(pipe.stream, bytes),
    }
}
