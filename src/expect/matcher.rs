//! The line matcher: a Pike VM whose alphabet is lines.
//!
//! One state per pattern line, a list of threads in order of priority, captures carried by the thread. Time is
//! linear in the output, memory is the block and its captures. `...` prefers to end: it takes as few lines as it can.

use super::lines::{BlockPattern, LinePattern};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Whether a block holds, what its named groups took, and if not, where it stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the whole block matches the whole stream.
    pub holds: bool,
    /// What the named groups took, if it holds.
    pub captures: BTreeMap<String, String>,
    /// The furthest that a match got: the pattern line (from 0) that found no partner, and the output line (from 0)
    /// where that was.
    pub stuck: Option<(usize, usize)>,
}

/// Matches one block against one stream, line by line.
pub struct Matcher<'p> {
    pattern: &'p BlockPattern,
    threads: Vec<Thread>,
    line: usize,
    furthest: (usize, usize),
}

#[derive(Clone)]
struct Thread {
    state: usize,
    captures: Captures,
}

type Captures = Option<Rc<Capture>>;

struct Capture {
    name: String,
    value: String,
    before: Captures,
}

impl<'p> Matcher<'p> {
    /// Starts before the first line.
    pub fn new(pattern: &'p BlockPattern) -> Self {
        let mut matcher = Self { pattern, threads: Vec::new(), line: 0, furthest: (0, 0) };
        let mut start = Threads::new(pattern);
        start.add(0, None);
        matcher.threads = start.list;
        matcher.remember();
        matcher
    }

    /// Whether no further line can change the verdict.
    pub fn is_dead(&self) -> bool {
        self.threads.is_empty()
    }

    /// Whether the block holds whatever comes: only its last `...` is left.
    pub fn is_settled(&self) -> bool {
        let end = self.pattern.lines.len();
        let open = matches!(self.pattern.lines.last(), Some(LinePattern::Any));
        open && !self.is_dead() && self.threads.iter().all(|thread| thread.state + 1 >= end)
    }

    /// Takes the next line, normalized; `None` is a line too long to be looked at, which only `...` takes.
    pub fn feed(&mut self, line: Option<&str>) {
        let mut next = Threads::new(self.pattern);
        for thread in std::mem::take(&mut self.threads) {
            match self.pattern.lines.get(thread.state) {
                Some(LinePattern::Any) => next.add(thread.state, thread.captures),
                Some(pattern) if line.is_some_and(|line| pattern.accepts(line)) => {
                    let captures = capture(pattern, line.unwrap_or_default(), thread.captures);
                    next.add(thread.state + 1, captures);
                }
                _ => {}
            }
        }
        self.threads = next.list;
        self.line += 1;
        self.remember();
    }

    /// The verdict at the end of the stream.
    pub fn finish(self) -> Verdict {
        let end = self.pattern.lines.len();
        match self.threads.iter().find(|thread| thread.state == end) {
            Some(thread) => Verdict { holds: true, captures: collect(&thread.captures), stuck: None },
            None => Verdict { holds: false, captures: BTreeMap::new(), stuck: Some(self.furthest) },
        }
    }

    fn remember(&mut self) {
        if let Some(state) = self.threads.iter().map(|thread| thread.state).max()
            && state >= self.furthest.0
        {
            self.furthest = (state, self.line);
        }
    }
}

/// The threads of one moment: at most one a state, the first to arrive wins.
struct Threads<'p> {
    pattern: &'p BlockPattern,
    list: Vec<Thread>,
    taken: Vec<bool>,
}

impl<'p> Threads<'p> {
    fn new(pattern: &'p BlockPattern) -> Self {
        Self { pattern, list: Vec::new(), taken: vec![false; pattern.lines.len() + 1] }
    }

    fn add(&mut self, state: usize, captures: Captures) {
        let mut waiting = Vec::new();
        let mut state = state;
        while !std::mem::replace(&mut self.taken[state], true) {
            match self.pattern.lines.get(state) {
                Some(LinePattern::Any) => {
                    waiting.push(state);
                    state += 1;
                }
                _ => {
                    self.list.push(Thread { state, captures: captures.clone() });
                    break;
                }
            }
        }
        let stay = waiting.into_iter().rev();
        self.list.extend(stay.map(|state| Thread { state, captures: captures.clone() }));
    }
}

fn capture(pattern: &LinePattern, line: &str, mut captures: Captures) -> Captures {
    let LinePattern::Regex(regex) = pattern else { return captures };
    if pattern.names().next().is_none() {
        return captures;
    }
    let Some(found) = regex.captures(line) else { return captures };
    for name in pattern.names() {
        if let Some(value) = found.name(name) {
            let (name, value) = (name.to_owned(), value.as_str().to_owned());
            captures = Some(Rc::new(Capture { name, value, before: captures }));
        }
    }
    captures
}

fn collect(captures: &Captures) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut at = captures;
    while let Some(capture) = at {
        all.entry(capture.name.clone()).or_insert_with(|| capture.value.clone());
        at = &capture.before;
    }
    all
}

impl Drop for Capture {
    /// A long chain is taken apart in a loop: dropping it by recursion could overflow the stack.
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(node) = next {
            next = Rc::try_unwrap(node).ok().and_then(|mut node| node.before.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::*;
    use crate::diagnostic::Span;
    use proptest::prelude::*;

    fn block(lines: &[&str]) -> BlockPattern {
        compile(lines.iter().map(|line| (*line, Span::new(0, line.len()))), &BTreeMap::new()).unwrap()
    }

    fn judge(pattern: &[&str], output: &[&str]) -> Verdict {
        let pattern = block(pattern);
        let mut matcher = Matcher::new(&pattern);
        output.iter().for_each(|line| matcher.feed(Some(line)));
        matcher.finish()
    }

    #[test]
    fn the_whole_block_must_match_the_whole_stream() {
        assert!(judge(&["a", "b"], &["a", "b"]).holds);
        assert!(!judge(&["a"], &["a", "b"]).holds && !judge(&["a", "b"], &["a"]).holds);
        assert!(judge(&[], &[]).holds && !judge(&[], &[""]).holds);
        assert!(judge(&["..."], &[]).holds && judge(&["...", "b"], &["b", "b"]).holds);
    }

    #[test]
    fn dots_take_as_few_lines_as_they_can() {
        let got = judge(&["...", "(?<A>\\d) (re)", "...", "(?<B>\\d) (re)", "..."], &["x", "1", "2", "3"]);
        assert_eq!(got.captures, BTreeMap::from([("A".into(), "1".into()), ("B".into(), "2".into())]));
    }

    #[test]
    fn a_block_is_settled_only_when_nothing_but_its_last_dots_is_left() {
        for (pattern, output, settled) in [
            (&["a", "..."][..], &["a"][..], true),
            (&["a", "..."], &[], false),
            (&["...", "a", "..."], &["a"], false),
            (&["..."], &[], true),
            (&["..."], &["x"], true),
            (&["a"], &["a"], false),
            (&["a", "..."], &["b"], false),
        ] {
            let pattern = block(pattern);
            let mut matcher = Matcher::new(&pattern);
            output.iter().for_each(|line| matcher.feed(Some(line)));
            assert_eq!(matcher.is_settled(), settled, "{:?} {output:?}", pattern.texts);
        }
    }

    #[test]
    fn the_furthest_line_without_a_partner_is_remembered() {
        assert_eq!(judge(&["a", "b", "c"], &["a", "b", "x"]).stuck, Some((2, 2)));
        assert_eq!(judge(&["a", "b"], &["a"]).stuck, Some((1, 1)));
        assert_eq!(judge(&["a"], &["a", "b"]).stuck, Some((1, 1)));
    }

    #[test]
    fn a_hundred_thousand_lines_against_many_dots_come_to_an_end() {
        let mut pattern = Vec::new();
        (0..40).for_each(|_| pattern.extend(["...", "a"]));
        let output = vec!["a"; 100_000];
        assert!(!judge(&[pattern.as_slice(), &["b"]].concat(), &output).holds);
    }

    /// The plain definition, exponential and obviously right.
    fn backtrack(pattern: &[&str], output: &[&str]) -> bool {
        match pattern {
            [] => output.is_empty(),
            ["...", rest @ ..] => (0..=output.len()).any(|taken| backtrack(rest, &output[taken..])),
            [line, rest @ ..] => {
                let one = block(&[line]);
                output.first().is_some_and(|first| one.lines[0].accepts(first)) && backtrack(rest, &output[1..])
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn it_agrees_with_a_backtracking_matcher(
            pattern in prop::collection::vec(prop::sample::select(vec!["a", "b", "...", "[ab] (re)", "(?<X>.) (re)"]), 0..7),
            output in prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 0..8),
        ) {
            prop_assert_eq!(judge(&pattern, &output).holds, backtrack(&pattern, &output));
        }
    }
}
