//! A stream without secrets, however it is cut into chunks.
//!
//! Every byte that any occurrence of any form covers is masked, also where occurrences overlap: a replacer that takes
//! the leftmost match and goes on behind it would leak the tail of a longer one. What touches becomes one mask. Held
//! back is only the longest end of the text that is the beginning of a form.

use super::finder::State;
use super::known::Known;
use super::redactor::Redactor;
use std::sync::Arc;

/// Masks secrets in a stream. A secret that is added to the redactor later is masked from the next chunk on.
pub struct Filter {
    redactor: Redactor,
    known: Arc<Known>,
    /// Where the finder stands behind the held bytes.
    state: Option<State>,
    /// What was not given out yet.
    held: Vec<u8>,
    /// The places in it that are covered, in order; they neither overlap nor touch.
    runs: Vec<Run>,
}

/// Covered bytes side by side.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    /// Its mask was given out; it goes on from the first held byte.
    masked: bool,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Filter").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

impl Filter {
    pub(super) fn new(redactor: Redactor) -> Self {
        let known = redactor.now();
        Self { redactor, known, state: None, held: Vec::new(), runs: Vec::new() }
    }

    /// Takes the next bytes; `out` gets what can be shown of all that came.
    pub fn feed(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        self.learn();
        if self.known.is_empty() {
            if !bytes.is_empty() {
                out(bytes);
            }
            return;
        }
        let first = self.held.len();
        self.held.extend_from_slice(bytes);
        let begun = self.search(first);
        self.give(self.held.len() - begun, out);
    }

    /// The stream is over, or a reader must see all of it now: gives what was held back. What comes behind is a new
    /// stream.
    pub fn finish(&mut self, out: &mut dyn FnMut(&[u8])) {
        self.give(self.held.len(), out);
        self.state = None;
        self.runs.clear();
    }

    /// Looks at the held bytes again if there are more secrets now.
    fn learn(&mut self) {
        let now = self.redactor.now();
        if Arc::ptr_eq(&now, &self.known) {
            return;
        }
        self.known = now;
        self.state = None;
        self.runs.retain(|run| run.masked);
        self.search(0);
    }

    /// Covers what occurs in the held bytes from `first` on; how many of the last ones may yet become an occurrence.
    fn search(&mut self, first: usize) -> usize {
        let known = Arc::clone(&self.known);
        let Some(finder) = known.finder() else { return 0 };
        let mut state = self.state.unwrap_or(finder.start());
        for at in first..self.held.len() {
            state = finder.next(state, self.held[at]);
            let ended = finder.ended(state, &self.held[..=at]);
            if ended > 0 {
                self.cover(at + 1 - ended, at + 1);
            }
        }
        self.state = Some(state);
        finder.begun(state, &self.held)
    }

    /// An occurrence joins the runs that it touches; it ends behind all of them but one that was given out.
    fn cover(&mut self, start: usize, end: usize) {
        let mut run = Run { start, end, masked: false };
        while let Some(last) = self.runs.pop_if(|last| last.end >= run.start) {
            run =
                Run { start: last.start.min(run.start), end: last.end.max(run.end), masked: last.masked || run.masked };
        }
        self.runs.push(run);
    }

    /// Gives out the first `decided` bytes.
    fn give(&mut self, decided: usize, out: &mut dyn FnMut(&[u8])) {
        let mut shown = 0;
        let mut later = Vec::new();
        for run in std::mem::take(&mut self.runs) {
            // What is covered stays covered: its mask need not wait for what may yet begin inside it.
            if run.start > decided {
                later.push(Run { start: run.start - decided, end: run.end - decided, masked: false });
                continue;
            }
            if run.start > shown {
                out(&self.held[shown..run.start]);
            }
            if !run.masked {
                out(self.known.mask().as_bytes());
            }
            shown = run.end;
            if run.end >= decided {
                later.push(Run { start: 0, end: run.end - decided, masked: true });
            }
        }
        if shown < decided {
            out(&self.held[shown..decided]);
        }
        self.runs = later;
        self.held.drain(..decided);
    }
}

#[cfg(test)]
mod encodings;
#[cfg(test)]
mod tests;
