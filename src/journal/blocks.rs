//! A journal in blocks of whole lines, parsed on several cores and handed over in order.
//!
//! Hashing and parsing are nearly all of what reading costs, and need nothing of the line before. Only so many blocks
//! are under way at once, so memory does not grow with the journal.

use super::chain::{self, Entry, LineError};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, Scope, available_parallelism};

/// How much is read at once, in bytes.
const BLOCK: u64 = 1 << 18;
/// A longer line is damage, not a record.
const MAX_LINE: usize = 64 << 20;
/// More cores than this have nothing to do: the fold stays on one.
const MAX_WORKERS: usize = 4;
/// How many blocks each worker may have before it, so that it need not wait for the fold.
const AHEAD: usize = 2;

/// What stands in the lines of a chain.
pub trait LineEvent: Sized + Send + 'static {
    /// The form that it is read in.
    type Read: DeserializeOwned + Into<Self>;
}

/// A line as it stands by itself: its place in the chain is still to be checked.
pub struct Line<E> {
    /// How many bytes it has, its LF included.
    pub length: u64,
    /// Whether it is a last line without its end, short enough to be a write that a crash cut off.
    pub torn: bool,
    /// What it says.
    pub entry: Result<Entry<E>, LineError>,
}

/// The blocks of a journal.
pub struct Blocks<R> {
    input: R,
    /// What was read behind the last whole line.
    rest: Vec<u8>,
    ended: bool,
    /// Room of blocks that are done with.
    spare: Vec<Vec<u8>>,
}

impl<R: Read> Blocks<R> {
    /// The blocks of what `input` gives.
    pub fn new(input: R) -> Self {
        Self { input, rest: Vec::new(), ended: false, spare: Vec::new() }
    }

    /// The next lines. Only the last block may end within a line, or one whose line is far too long.
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut block = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(2 * BLOCK as usize));
        block.append(&mut self.rest);
        while !self.ended {
            let before = block.len();
            let length = self.input.by_ref().take(BLOCK).read_to_end(&mut block)?;
            self.ended = (length as u64) < BLOCK;
            if self.ended {
                break;
            }
            if let Some(at) = memchr::memrchr(b'\n', &block[before..]) {
                self.rest.extend(block.drain(before + at + 1..));
                break;
            }
            self.ended = block.len() >= MAX_LINE;
        }
        Ok((!block.is_empty()).then_some(block))
    }

    /// Hands over every line in order, until `take` has enough. `first` is the block that was read already.
    pub fn each<E: LineEvent>(
        mut self,
        first: Vec<u8>,
        mut take: impl FnMut(Line<E>) -> ControlFlow<()>,
    ) -> io::Result<()> {
        match self.next()? {
            None => _ = lines(&first).try_for_each(take),
            Some(second) => std::thread::scope(|scope| {
                let (jobs, queue) = channel();
                let queue = Arc::new(Mutex::new(queue));
                let workers = start_workers(scope, &queue);
                self.hand_out(&jobs, &queue, workers, [first, second], &mut take)
            })?,
        }
        Ok(())
    }

    /// Hands blocks out to workers, and their lines over as they stand in the journal.
    fn hand_out<E: LineEvent>(
        &mut self,
        jobs: &Sender<Job<E>>,
        queue: &Queue<E>,
        workers: usize,
        blocks: [Vec<u8>; 2],
        mut take: impl FnMut(Line<E>) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let (mut blocks, mut under_way) = (VecDeque::from(blocks), VecDeque::new());
        loop {
            while under_way.len() <= workers * AHEAD
                && let Some(block) = blocks.pop_front().map_or_else(|| self.next(), |block| Ok(Some(block)))?
            {
                let (reply, parsed) = channel();
                jobs.send(Job { block, reply }).map_err(io::Error::other)?;
                under_way.push_back(parsed);
            }
            let Some(parsed) = under_way.pop_front() else { return Ok(()) };
            let (parsed, mut block) = wait_for(&parsed, queue).map_err(io::Error::other)?;
            if parsed.into_iter().try_for_each(&mut take).is_break() {
                return Ok(());
            }
            block.clear();
            self.spare.push(block);
        }
    }
}

/// A block to be parsed, and where its lines are wanted.
struct Job<E> {
    block: Vec<u8>,
    reply: Sender<Parsed<E>>,
}

/// The lines of a block, and its room.
type Parsed<E> = (Vec<Line<E>>, Vec<u8>);

/// Blocks that nobody has begun with.
type Queue<E> = Mutex<Receiver<Job<E>>>;

impl<E: LineEvent> Job<E> {
    fn work(self) {
        let parsed = lines(&self.block).collect();
        // Whoever no longer waits has found damage.
        _ = self.reply.send((parsed, self.block));
    }
}

/// Starts a worker for each core but this thread's, and says how many.
fn start_workers<'s, E: LineEvent>(scope: &'s Scope<'s, '_>, queue: &Arc<Queue<E>>) -> usize {
    let wanted = available_parallelism().map_or(1, usize::from).saturating_sub(1).clamp(1, MAX_WORKERS);
    let start = |_: &usize| {
        let queue = Arc::clone(queue);
        Builder::new().spawn_scoped(scope, move || work(&queue)).is_ok()
    };
    (0..wanted).take_while(start).count()
}

/// Parses blocks until there will be no more.
fn work<E: LineEvent>(queue: &Queue<E>) {
    let next = || queue.lock().ok()?.recv().ok();
    while let Some(job) = next() {
        job.work();
    }
}

/// Waits for a block, and parses others meanwhile: this thread has little else to do, and may be the only one.
fn wait_for<E: LineEvent>(wanted: &Receiver<Parsed<E>>, queue: &Queue<E>) -> Result<Parsed<E>, RecvError> {
    loop {
        match wanted.try_recv() {
            Ok(parsed) => return Ok(parsed),
            Err(TryRecvError::Disconnected) => return Err(RecvError),
            Err(TryRecvError::Empty) => {}
        }
        // A worker that waits for a job holds the queue: then there is none.
        match queue.try_lock().ok().and_then(|queue| queue.try_recv().ok()) {
            Some(job) => job.work(),
            None => return wanted.recv(),
        }
    }
}

fn lines<E: LineEvent>(block: &[u8]) -> impl Iterator<Item = Line<E>> {
    let ends = memchr::memchr_iter(b'\n', block).map(|at| at + 1);
    let last = (block.last() != Some(&b'\n')).then_some(block.len());
    let mut start = 0;
    ends.chain(last).map(move |end| line(&block[std::mem::replace(&mut start, end)..end]))
}

fn line<E: LineEvent>(line: &[u8]) -> Line<E> {
    match line.strip_suffix(b"\n") {
        Some(text) => Line { length: line.len() as u64, torn: false, entry: parse(text) },
        None => {
            let entry = Err(LineError::Unreadable("its line has no end".to_owned()));
            Line { length: line.len() as u64, torn: line.len() < MAX_LINE, entry }
        }
    }
}

/// Reads a line without its LF.
pub fn parse<E: LineEvent>(line: &[u8]) -> Result<Entry<E>, LineError> {
    let text = std::str::from_utf8(line).map_err(|error| LineError::Unreadable(error.to_string()))?;
    let Entry { seq, prev, time, since, event, hash } = chain::parse::<E::Read>(text)?;
    Ok(Entry { seq, prev, time, since, event: event.into(), hash })
}
