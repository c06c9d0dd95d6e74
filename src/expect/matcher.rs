//! The line matcher: a Pike VM whose alphabet is lines.
//!
//! One state per pattern line and one for the end, a list of threads in order of priority, at most one a state; each
//! carries its captures. Time is linear in the output, memory is the block and its captures. A repeated line prefers to
//! go on, `...` prefers to end, and the first thread that reaches the end has captured.

use super::lines::{BlockLine, BlockPattern, LinePattern};
use super::marks::Repeat;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Whether a block holds, what its named groups took, and if not, where it stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the whole block matches the whole stream.
    pub holds: bool,
    /// What the named groups took, if it holds.
    pub captures: BTreeMap<String, String>,
    /// What the named groups had taken where it stopped, if it does not hold. For reports: no variable is made of it.
    pub so_far: BTreeMap<String, String>,
    /// The furthest that a match got: the pattern line (from 0) that found no partner, and the output line (from 0)
    /// where that was.
    pub stuck: Option<(usize, usize)>,
}

/// Matches one block against one stream, line by line.
pub struct Matcher<'p> {
    block: &'p BlockPattern,
    threads: Threads,
    /// Taken up again for the next line, so that a line costs no memory.
    spare: Threads,
    /// How many lines there were.
    line: usize,
    furthest: Furthest,
    accepted: Vec<usize>,
    #[cfg(test)]
    pub(super) steps: usize,
}

struct Furthest {
    state: usize,
    line: usize,
    captures: Captures,
}

#[derive(Clone)]
struct Thread {
    state: usize,
    captures: Captures,
}

/// One place for each name of the block; `None` while nothing was captured.
type Captures = Option<Rc<[Option<Rc<str>>]>>;

impl<'p> Matcher<'p> {
    /// Starts before the first line.
    pub fn new(block: &'p BlockPattern) -> Self {
        let states = block.lines.len() + 1;
        let mut threads = Threads { list: Vec::new(), seen: vec![false; states], waiting: Vec::new() };
        threads.add(&block.lines, 0, None);
        let mut matcher = Self {
            block,
            threads,
            spare: Threads { list: Vec::new(), seen: vec![false; states], waiting: Vec::new() },
            line: 0,
            furthest: Furthest { state: 0, line: 0, captures: None },
            accepted: Vec::new(),
            #[cfg(test)]
            steps: 0,
        };
        matcher.remember();
        matcher
    }

    /// Whether no further line can change the verdict: it does not hold.
    pub fn is_dead(&self) -> bool {
        self.threads.list.is_empty()
    }

    /// Whether the block holds with these captures whatever comes: the thread that comes first is at the end, and the
    /// block's last line is `...`. The end is reached from nowhere else then, so right behind that thread stands its twin
    /// that waits at the `...` and will be there at every line.
    pub fn is_settled(&self) -> bool {
        let end = self.block.lines.len();
        let open = matches!(self.block.lines.last(), Some(BlockLine { pattern: LinePattern::Any, .. }));
        open && self.threads.list.first().is_some_and(|thread| thread.state == end)
    }

    /// The furthest that a match got by now: a pattern line and an output line, both from 0.
    pub fn furthest(&self) -> (usize, usize) {
        (self.furthest.state, self.furthest.line)
    }

    /// The pattern lines, other than `...`, that took the last line.
    pub(super) fn accepted(&self) -> &[usize] {
        &self.accepted
    }

    /// Takes the next line, normalized; `None` is a line too long to be looked at, which only `...` takes.
    pub fn feed(&mut self, line: Option<&str>) {
        let mut next = std::mem::take(&mut self.spare);
        let mut threads = std::mem::take(&mut self.threads);
        next.clear();
        self.accepted.clear();
        for thread in threads.list.drain(..) {
            self.advance(thread, line, &mut next);
        }
        (self.threads, self.spare) = (next, threads);
        self.line += 1;
        self.remember();
    }

    /// The verdict at the end of the stream.
    pub fn finish(self) -> Verdict {
        let end = self.block.lines.len();
        let names = &self.block.names;
        match self.threads.list.iter().find(|thread| thread.state == end) {
            Some(thread) => {
                let captures = collect(names, &thread.captures);
                Verdict { holds: true, captures, so_far: BTreeMap::new(), stuck: None }
            }
            None => {
                let so_far = collect(names, &self.furthest.captures);
                Verdict { holds: false, captures: BTreeMap::new(), so_far, stuck: Some(self.furthest()) }
            }
        }
    }

    fn advance(&mut self, thread: Thread, line: Option<&str>, next: &mut Threads) {
        #[cfg(test)]
        {
            self.steps += 1;
        }
        let lines = &self.block.lines;
        let Thread { state, mut captures } = thread;
        let Some(expected) = lines.get(state) else { return };
        if let LinePattern::Any = expected.pattern {
            return next.add(lines, state, captures);
        }
        let Some(line) = line.filter(|line| expected.pattern.accepts(line)) else { return };
        self.accepted.push(state);
        capture(expected, line, self.block.names.len(), &mut captures);
        if expected.repeat.is_open() {
            next.add(lines, state, captures.clone());
        }
        next.add(lines, state + 1, captures);
    }

    fn remember(&mut self) {
        let furthest = self.threads.list.iter().max_by_key(|thread| thread.state);
        if let Some(Thread { state, captures }) = furthest
            && *state >= self.furthest.state
        {
            self.furthest = Furthest { state: *state, line: self.line, captures: captures.clone() };
        }
    }
}

/// The threads of one moment: at most one a state, the first to arrive wins.
#[derive(Default)]
struct Threads {
    list: Vec<Thread>,
    /// The states that were reached; those that may take no line were passed.
    seen: Vec<bool>,
    waiting: Vec<usize>,
}

impl Threads {
    fn clear(&mut self) {
        self.list.clear();
        self.seen.fill(false);
    }

    /// Adds a thread at `state`, and at the states behind it while a line may be left out: those behind a repeated line
    /// come after it, those behind `...` before it.
    fn add(&mut self, lines: &[BlockLine], mut state: usize, captures: Captures) {
        while !std::mem::replace(&mut self.seen[state], true) {
            let optional = match lines.get(state) {
                Some(BlockLine { pattern: LinePattern::Any, .. }) => {
                    self.waiting.push(state);
                    true
                }
                line => {
                    self.list.push(Thread { state, captures: captures.clone() });
                    line.is_some_and(|line| matches!(line.repeat, Repeat::Optional | Repeat::Any))
                }
            };
            if !optional {
                break;
            }
            state += 1;
        }
        let stay = self.waiting.drain(..).rev();
        self.list.extend(stay.map(|state| Thread { state, captures: captures.clone() }));
    }
}

/// Puts in what the named groups took of a line. A group that took no part keeps what it had.
fn capture(expected: &BlockLine, line: &str, names: usize, captures: &mut Captures) {
    let LinePattern::Regex(regex) = &expected.pattern else { return };
    if expected.groups.is_empty() {
        return;
    }
    let Some(found) = regex.captures(line) else { return };
    let slots = Rc::make_mut(captures.get_or_insert_with(|| vec![None; names].into()));
    for (group, slot) in &expected.groups {
        if let Some(value) = found.get(*group) {
            slots[*slot] = Some(value.as_str().into());
        }
    }
}

fn collect(names: &[String], captures: &Captures) -> BTreeMap<String, String> {
    let values = captures.iter().flat_map(|slots| slots.iter());
    let taken = names.iter().zip(values).filter_map(|(name, value)| Some((name.clone(), value.as_deref()?.to_owned())));
    taken.collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::*;
    use crate::diagnostic::Span;

    fn block(lines: &[&str]) -> BlockPattern {
        compile(lines.iter().map(|line| (*line, Span::new(0, line.len()))), &BTreeMap::new()).unwrap()
    }

    fn judge(pattern: &[&str], output: &[&str]) -> Verdict {
        let pattern = block(pattern);
        let mut matcher = Matcher::new(&pattern);
        output.iter().for_each(|line| matcher.feed(Some(line)));
        matcher.finish()
    }

    fn captures(pattern: &[&str], output: &[&str]) -> Vec<String> {
        let verdict = judge(pattern, output);
        assert!(verdict.holds && verdict.so_far.is_empty(), "{verdict:?}");
        verdict.captures.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn the_whole_block_must_match_the_whole_stream() {
        assert!(judge(&["a", "b"], &["a", "b"]).holds);
        assert!(!judge(&["a"], &["a", "b"]).holds && !judge(&["a", "b"], &["a"]).holds);
        assert!(judge(&[], &[]).holds && !judge(&[], &[""]).holds);
        assert!(judge(&["..."], &[]).holds && judge(&["...", "b"], &["b", "b"]).holds);
    }

    #[test]
    fn a_repeated_line_takes_that_many_lines() {
        for (mark, most) in [("?", 1), ("*", 9), ("+", 9)] {
            for line in ["a ({})", "[a] (re{})", "? (glob{})", "\\x61 (esc{})"] {
                let line = line.replace("{}", mark);
                let count = |number| judge(&[&line, "b"], &[vec!["a"; number], vec!["b"]].concat()).holds;
                assert_eq!((count(0), count(1), count(2)), (mark != "+", true, most > 1), "{line}");
            }
        }
    }

    #[test]
    fn dots_take_as_few_lines_as_they_can() {
        let got = captures(&["...", "(?<A>\\d) (re)", "...", "(?<B>\\d) (re)", "..."], &["x", "1", "2", "3"]);
        assert_eq!(got, ["A=1", "B=2"]);
    }

    #[test]
    fn repetition_takes_as_many_as_it_can_and_captures_the_last() {
        assert_eq!(captures(&["(?<A>\\d) (re*)", "(?<B>\\d) (re*)"], &["1", "2", "3"]), ["A=3"]);
        assert_eq!(captures(&["(?<A>\\d) (re+)", "(?<B>\\d) (re+)"], &["1", "2", "3"]), ["A=2", "B=3"]);
        assert_eq!(captures(&["(?<A>\\d) (re?)", "(?<B>\\d) (re)"], &["1"]), ["B=1"]);
        assert_eq!(captures(&["...", "(?<A>\\d) (re+)"], &["x", "1", "2"]), ["A=2"]);
        assert_eq!(captures(&["(?<A>a)|(?<B>b) (re*)"], &["a", "b"]), ["A=a", "B=b"]);
    }

    #[test]
    fn it_is_settled_only_when_neither_verdict_nor_captures_can_change() {
        for (pattern, output, settled) in [
            (&["..."][..], &[][..], true),
            (&["a", "..."], &["a"], true),
            (&["...", "a", "..."], &["x", "a"], true),
            (&["a (*)", "..."], &["a"], false),
            (&["(?<A>.) (re*)", "..."], &["a"], false),
            (&["...", "a (+)", "..."], &["a"], false),
            (&["...", "a (+)", "..."], &["a", "x"], true),
            (&["...", "a (?)", "..."], &[], false),
            (&["...", "a (?)", "..."], &["x"], true),
            (&["(?<A>.) (re)", "...", "b (?)", "..."], &["a"], false),
            (&["a (*)"], &["a"], false),
        ] {
            let pattern = block(pattern);
            let mut matcher = Matcher::new(&pattern);
            output.iter().for_each(|line| matcher.feed(Some(line)));
            assert_eq!((matcher.is_settled(), matcher.is_dead()), (settled, false), "{:?} {output:?}", pattern.lines);
        }
        let pattern = block(&["a (*)", "b"]);
        let mut matcher = Matcher::new(&pattern);
        matcher.feed(Some("c"));
        assert!(matcher.is_dead() && !matcher.is_settled());
    }

    #[test]
    fn the_furthest_place_is_where_it_got_stuck() {
        assert_eq!(judge(&["a", "b", "c"], &["a", "b", "x"]).stuck, Some((2, 2)));
        assert_eq!(judge(&["a", "b"], &["a"]).stuck, Some((1, 1)));
        assert_eq!(judge(&["a"], &["a", "b"]).stuck, Some((1, 1)));
        assert_eq!(judge(&["a", "b (*)", "c (?)", "d"], &["a", "b", "b", "x", "d"]).stuck, Some((3, 3)));
        assert_eq!(judge(&["...", "b", "c"], &["b", "x", "b", "x"]).stuck, Some((2, 3)));
    }

    #[test]
    fn what_was_captured_on_the_way_is_kept_apart() {
        let got = judge(&["(?<A>.*) (re+)", "(?<B>b) (re)", "c"], &["a", "b", "x"]);
        assert_eq!(got.so_far, BTreeMap::from([("A".into(), "a".into()), ("B".into(), "b".into())]));
        assert!(got.captures.is_empty() && !got.holds);
    }

    #[test]
    fn an_overlong_line_is_taken_by_dots_only() {
        for (line, taken) in [("...", true), (".* (re*)", false), ("* (glob?)", false), ("a (*)", false)] {
            let pattern = block(&[line]);
            let mut matcher = Matcher::new(&pattern);
            matcher.feed(None);
            assert_eq!(matcher.finish().holds, taken, "{line}");
        }
    }
}
