//! The fewest changes to a block with which it takes a stream.

use super::align::{Step, align_all};
use super::lines::{BlockPattern, LinePattern};

/// A longer stream, or more lines of block and stream together, cannot be gone through line by line: a part of it is what is
/// to be expected.
const MOST: usize = 20_000_000;

/// A change to a block; lines are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// This line of the block goes.
    Drop(usize),
    /// In place of this line of the block stands that line of the stream.
    Replace(usize, usize),
    /// Before this line of the block, or behind the last, stands that line of the stream.
    Insert(usize, usize),
}

/// The changes with which `block` takes these lines, in order; `None` if there are too many lines. A line of the block that
/// takes one stays as it is, and `...` goes on taking what stands there.
pub fn edits(block: &BlockPattern, lines: &[String]) -> Option<Vec<Edit>> {
    if (block.lines.len() + 1).saturating_mul(lines.len() + 1) > MOST {
        return None;
    }
    let accepts = |pattern: usize, line: usize| block.lines[pattern].pattern.accepts(&lines[line]);
    let steps = align_all(block, lines.len(), &accepts);
    let is_dots = |pattern: usize| matches!(block.lines[pattern].pattern, LinePattern::Any);
    let (mut run, mut edits, mut last) = (Run::default(), Vec::new(), None);
    for step in steps {
        match step {
            Step::Took { pattern, line } if is_dots(pattern) => run.dots(pattern, line),
            Step::Passed { pattern } if is_dots(pattern) => run.note_dots(pattern),
            Step::Missing { pattern } => run.missing(pattern),
            Step::Extra { line } => run.extra(line),
            // A repeated line that was interrupted stands in one place only.
            Step::Took { pattern, line } if last == Some(pattern) && !run.is_empty() => run.extra(line),
            Step::Took { pattern, .. } | Step::Passed { pattern } => {
                run.finish(pattern, &mut edits);
                (run, last) = (Run::default(), Some(pattern));
            }
        }
    }
    run.finish(block.lines.len(), &mut edits);
    Some(edits)
}

/// How many lines of a block and of a stream of `total` lines are left without a partner, if `accepts` says which lines of the
/// block take which of the stream; `None` if there are too many lines.
pub fn unpartnered(
    block: &BlockPattern,
    total: usize,
    accepts: &dyn Fn(usize, usize) -> bool,
) -> Option<(usize, usize)> {
    if (block.lines.len() + 1).saturating_mul(total + 1) > MOST {
        return None;
    }
    let steps = align_all(block, total, accepts);
    let missing = steps.iter().filter(|step| matches!(step, Step::Missing { .. })).count();
    Some((missing, steps.iter().filter(|step| matches!(step, Step::Extra { .. })).count()))
}

/// What stands between two lines of the block that took something.
#[derive(Default)]
struct Run {
    /// Lines of the block that took nothing: before the first `...` of the run, between two, and behind the last.
    before: Vec<usize>,
    between: Vec<usize>,
    behind: Vec<usize>,
    dots: Option<usize>,
    /// Lines of the stream that nothing took, and those that `...` did.
    extra: Vec<usize>,
    swallowed: Vec<usize>,
}

impl Run {
    fn is_empty(&self) -> bool {
        self.before.is_empty() && self.extra.is_empty() && self.dots.is_none()
    }

    fn note_dots(&mut self, pattern: usize) {
        if self.dots.replace(pattern) != Some(pattern) {
            self.between.append(&mut self.behind);
        }
    }

    fn dots(&mut self, pattern: usize, line: usize) {
        self.note_dots(pattern);
        self.swallowed.push(line);
    }

    fn missing(&mut self, pattern: usize) {
        if self.dots.is_some() { self.behind.push(pattern) } else { self.before.push(pattern) }
    }

    fn extra(&mut self, line: usize) {
        self.extra.push(line);
    }

    /// `next` is the line of the block behind the run. Where there is a line of the stream to put in place of one that took
    /// nothing, it is put there, also if `...` would take it: the author wanted to see what stands at that place.
    fn finish(self, next: usize, edits: &mut Vec<Edit>) {
        let Self { before, between, behind, dots, extra, swallowed } = self;
        let mut lines = [extra, swallowed].concat();
        lines.sort_unstable();
        let first = before.len().min(lines.len());
        let last = if dots.is_some() { behind.len().min(lines.len() - first) } else { 0 };
        let (head, rest) = lines.split_at(first);
        let (middle, tail) = rest.split_at(rest.len() - last);
        let mut put = |patterns: &[usize], lines: &[usize]| {
            let pairs = patterns.iter().zip(lines);
            edits.extend(pairs.map(|(pattern, line)| Edit::Replace(*pattern, *line)));
            edits.extend(patterns.iter().skip(lines.len()).map(|pattern| Edit::Drop(*pattern)));
        };
        put(&before, head);
        // Somewhere between two `...` no line of the stream has its place.
        put(&between, &[]);
        let skipped = behind.len() - last;
        put(&behind[..skipped], &[]);
        put(&behind[skipped..], tail);
        if dots.is_none() {
            edits.extend(middle.iter().map(|line| Edit::Insert(next, *line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::super::literal::literal_line;
    use super::super::matcher::Matcher;
    use super::*;
    use crate::diagnostic::Span;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn block(lines: &[String]) -> BlockPattern {
        compile(lines.iter().map(|line| (line.as_str(), Span::default())), &BTreeMap::new()).unwrap()
    }

    /// The block as it is after the edits.
    fn edited(pattern: &[String], lines: &[String]) -> Vec<String> {
        let edits = edits(&block(pattern), lines).unwrap();
        let new = |line: usize| literal_line(&lines[line], &BTreeMap::new());
        let mut out = Vec::new();
        for at in 0..=pattern.len() {
            out.extend(edits.iter().filter_map(|edit| match edit {
                Edit::Insert(before, line) if *before == at => Some(new(*line)),
                _ => None,
            }));
            let Some(old) = pattern.get(at) else { break };
            let change = edits.iter().find(|edit| matches!(edit, Edit::Drop(of) | Edit::Replace(of, _) if *of == at));
            match change {
                Some(Edit::Replace(_, line)) => out.push(new(*line)),
                Some(_) => {}
                None => out.push(old.clone()),
            }
        }
        out
    }

    fn holds(pattern: &[String], lines: &[String]) -> bool {
        let block = block(pattern);
        let mut matcher = Matcher::new(&block);
        lines.iter().for_each(|line| matcher.feed(Some(line)));
        matcher.finish().holds
    }

    fn owned(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn lines_that_match_stay_and_the_others_are_put_where_they_belong() {
        for (pattern, output, wanted) in [
            (&["a", "b"][..], &["a", "c"][..], &["a", "c"][..]),
            (&["a", "\\d+ (re)", "c"], &["a", "7", "d"], &["a", "\\d+ (re)", "d"]),
            (&["a"], &["a", "b", "c"], &["a", "b", "c"]),
            (&["a", "b", "c"], &["c"], &["c"]),
            (&["a", "...", "z"], &["a", "b", "c"], &["a", "...", "c"]),
            (&["a", "...", "z"], &["x", "b", "z"], &["x", "...", "z"]),
            (&["...", "m", "..."], &["x", "y"], &["...", "..."]),
            (&["a", "...", "z"], &["q"], &["q", "..."]),
            (&["x (*)", "y"], &["x", "x", "z"], &["x (*)", "z"]),
            (&[], &["a (re)"], &["a \\(re)"]),
            (&["a", "b"], &[], &[]),
        ] {
            let (pattern, output) = (owned(pattern), owned(output));
            let found = edited(&pattern, &output);
            assert_eq!(found, owned(wanted), "{pattern:?} {output:?}");
        }
    }

    fn pattern() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "a",
            "b",
            "c",
            "...",
            "[ab] (re)",
            "? (glob)",
            "a (*)",
            "b (+)",
            "c (?)",
            "\\d+ (re+)",
        ])
        .prop_map(str::to_owned)
    }

    fn line() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["a", "b", "c", "12", "", "a (re)", "...", "{{X}}", "```"]).prop_map(str::to_owned)
    }

    proptest! {
        #[test]
        fn what_was_edited_takes_the_lines_and_what_took_them_is_not_edited(
            pattern in prop::collection::vec(pattern(), 0..7),
            output in prop::collection::vec(line(), 0..9),
        ) {
            let new = edited(&pattern, &output);
            prop_assert!(holds(&new, &output), "{:?}", new);
            if holds(&pattern, &output) {
                prop_assert_eq!(new, pattern);
            }
        }
    }
}
