//! Why a block does not hold: its lines against the stream's, around the place where matching got stuck.

use super::align::{Step, align};
use super::kept::Kept;
use super::lines::{BlockLine, BlockPattern, LinePattern};
use super::matcher::Verdict;
use crate::text::{escape_line, shorten_line};
use std::fmt::Write as _;

/// Lines of one kind shown in a row: the first and the last ones.
const FIRST: usize = 3;
const LAST: usize = 5;
/// How much of a value is shown, in characters.
const VALUE: usize = 200;

/// What a report is made of.
pub struct Failure<'a> {
    pub block: &'a BlockPattern,
    /// The runbook's line that the block's first line stands on.
    pub first_line: usize,
    /// The lines of the stream around the place where matching got stuck.
    pub kept: &'a Kept<'a>,
    /// How many lines the stream had.
    pub total_lines: usize,
    pub verdict: &'a Verdict,
}

/// A line diff: `-` a line of the runbook that had no partner, `+` a line of the output that had none. Below it what was
/// captured on the way, and the values that stood in lines without a partner. Empty if the block holds.
pub fn report(failure: &Failure<'_>) -> String {
    let Some(stuck) = failure.verdict.stuck else { return String::new() };
    let (lines, total) = (failure.kept.first()..failure.kept.end(), failure.total_lines);
    let steps = align(failure.block, stuck, lines, total, |line| failure.kept.line(line));
    let mut report = Report { failure, out: String::new() };
    let shown = steps.iter().filter_map(line_of);
    let (first, end) = (shown.clone().min().unwrap_or(0), shown.max().map_or(0, |line| line + 1));
    report.note(first > 0, &format!("({first} lines before)"));
    let is_match = |step: &Step| is_match(failure.block, step);
    for part in steps.chunk_by(|one, other| is_match(one) == is_match(other)) {
        match is_match(&part[0]) {
            true => report.matched(part),
            false => report.unmatched(part),
        }
    }
    report.note(total > end, &format!("({} lines after)", total - end.min(total)));
    report.note(failure.block.lines.is_empty(), "(an empty block matches only empty output)");
    report.values(&steps);
    report.out.trim_end().to_owned()
}

fn line_of(step: &Step) -> Option<usize> {
    match step {
        Step::Took { line, .. } | Step::Extra { line } => Some(*line),
        Step::Passed { .. } | Step::Missing { .. } => None,
    }
}

fn is_dots(block: &BlockPattern, pattern: usize) -> bool {
    matches!(block.lines[pattern].pattern, LinePattern::Any)
}

/// Whether a line was taken by a pattern line that says what it looks like.
fn is_match(block: &BlockPattern, step: &Step) -> bool {
    matches!(step, Step::Took { pattern, .. } if !is_dots(block, *pattern))
}

struct Report<'a> {
    failure: &'a Failure<'a>,
    out: String,
}

impl Report<'_> {
    fn expected(&self, pattern: usize) -> &BlockLine {
        &self.failure.block.lines[pattern]
    }

    fn is_dots(&self, pattern: usize) -> bool {
        is_dots(self.failure.block, pattern)
    }

    /// Lines that match, less the middle of many.
    fn matched(&mut self, part: &[Step]) {
        let lines: Vec<usize> = part.iter().filter_map(line_of).collect();
        let edge = 3;
        for (index, line) in lines.iter().enumerate() {
            if lines.len() <= 2 * edge + 1 || index < edge || index + edge >= lines.len() {
                let text = self.failure.kept.hidden(&self.failure.kept.line(*line).text);
                self.push("  ", &escape_line(&text));
            } else {
                self.note(index == edge, &format!("({} lines that match)", lines.len() - 2 * edge));
            }
        }
    }

    /// What stands between lines that match. Lines that only `...` stands beside are what it takes; they are shown where
    /// a line is looked for.
    fn unmatched(&mut self, part: &[Step]) {
        let mut patterns: Vec<Step> = Vec::new();
        for step in part {
            match *step {
                Step::Took { pattern, .. } if !patterns.contains(&Step::Passed { pattern }) => {
                    patterns.push(Step::Passed { pattern });
                }
                Step::Took { .. } | Step::Extra { .. } => {}
                step => patterns.push(step),
            }
        }
        let missing = |step: &Step| matches!(step, Step::Missing { .. });
        let at_fault = part.iter().any(|step| missing(step) || matches!(step, Step::Extra { .. }));
        if !at_fault {
            return self.dots(&patterns);
        }
        let last = patterns.iter().rposition(missing).map_or(patterns.len(), |last| last + 1);
        let (wanted, after) = patterns.split_at(last);
        let wanted: Vec<String> = wanted.iter().map(|step| self.wanted(step)).collect();
        self.some(&wanted);
        let lines = part.iter().filter_map(line_of).map(|line| &self.failure.kept.line(line).text);
        let lines: Vec<String> = lines.map(|text| format!("+ {}", self.visible(text))).collect();
        self.some(&lines);
        self.dots(after);
    }

    /// `...` once, of pattern lines that are not at fault.
    fn dots(&mut self, patterns: &[Step]) {
        let dots = patterns.iter().any(|step| matches!(step, Step::Passed { pattern } if self.is_dots(*pattern)));
        self.note(dots, "...");
    }

    /// A pattern line where a line is looked for.
    fn wanted(&self, step: &Step) -> String {
        let (Step::Missing { pattern } | Step::Passed { pattern } | Step::Took { pattern, .. }) = *step else {
            return String::new();
        };
        let text = self.visible(&self.expected(pattern).text);
        let number = self.failure.first_line + pattern;
        match step {
            Step::Missing { .. } => format!("- {text}      line {number} of the runbook had no partner"),
            _ if self.is_dots(pattern) => "  ...".to_owned(),
            _ => format!("  {text}      line {number} of the runbook took no line"),
        }
    }

    fn some(&mut self, lines: &[String]) {
        let hidden = lines.len().saturating_sub(FIRST + LAST);
        for (index, line) in lines.iter().enumerate() {
            if hidden == 0 || index < FIRST || index >= FIRST + hidden {
                self.push("", line);
            } else if index == FIRST {
                let mark = line.get(..2).unwrap_or_default();
                self.push(mark, &format!("({hidden} more lines)"));
            }
        }
    }

    /// What was captured on the way, and the values in lines without a partner.
    fn values(&mut self, steps: &[Step]) {
        for (name, value) in &self.failure.verdict.so_far {
            self.push("  ", &format!("{name} = {} so far", self.shown(value)));
        }
        let missing = steps.iter().filter_map(|step| match step {
            Step::Missing { pattern } => Some(*pattern),
            _ => None,
        });
        let mut said = Vec::new();
        for value in missing.flat_map(|pattern| &self.failure.block.lines[pattern].values) {
            if !said.contains(&value) {
                said.push(value);
            }
        }
        for (name, value) in said {
            match value {
                Some(value) => self.push("  ", &format!("{{{{{name}}}}} is {}", self.shown(value))),
                None => self.push("  ", &format!("{{{{{name}}}}} has no value and stands for itself")),
            }
        }
    }

    fn shown(&self, value: &str) -> String {
        let value = self.failure.kept.hidden(value);
        if value.is_empty() { "(empty)".to_owned() } else { visible(&shorten_line(&value, VALUE)) }
    }

    /// Hidden first: what is made visible reads otherwise.
    fn visible(&self, text: &str) -> String {
        visible(&self.failure.kept.hidden(text))
    }

    fn note(&mut self, when: bool, words: &str) {
        if when {
            self.push("  ", words);
        }
    }

    fn push(&mut self, mark: &str, line: &str) {
        self.out.push_str(mark);
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// A line with what cannot be seen made visible, as an `(esc)` line would write it: controls and formats, every blank but
/// the plain one, blanks at the end, and accents apart from their letter.
fn visible(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in escape_line(line).chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\u{300}'..='\u{36f}' => _ = write!(out, "\\u{{{:x}}}", c as u32),
            c if c != ' ' && c.is_whitespace() => _ = write!(out, "\\u{{{:x}}}", c as u32),
            c => out.push(c),
        }
    }
    let blanks = out.len() - out.trim_end_matches(' ').len();
    out.truncate(out.len() - blanks);
    out.push_str(&"\\x20".repeat(blanks));
    out
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::super::stream::StreamMatcher;
    use super::*;
    use crate::diagnostic::Span;
    use std::collections::BTreeMap;

    fn report(pattern: &[&str], output: &str) -> String {
        let variables = BTreeMap::from([("V".to_owned(), "a b".to_owned())]);
        let spans = pattern.iter().map(|line| (*line, Span::new(0, line.len())));
        let pattern = compile(spans, &variables).unwrap();
        let mut matcher = StreamMatcher::new(&pattern);
        matcher.feed(output.as_bytes());
        matcher.finish(10).1.unwrap()
    }

    #[test]
    fn it_names_the_line_without_a_partner() {
        assert_eq!(
            report(&["Name  Size", "a  [0-9]+ (re)", "..."], "Name  Size\na  -\n"),
            "  Name  Size\n- a  [0-9]+ (re)      line 11 of the runbook had no partner\n+ a  -\n  ..."
        );
        assert_eq!(report(&["a", "b", "c"], "a\nc\n"), "  a\n- b      line 11 of the runbook had no partner\n  c");
        assert_eq!(report(&[], "x"), "+ x\n  (an empty block matches only empty output)");
    }

    #[test]
    fn repeated_and_glob_lines_are_read_as_such() {
        assert_eq!(
            report(&["* Ready * (glob+)", "WARN .* (re*)", "done"], "n1 Ready 5d\nn2 Ready 6d\nwarn: x\n"),
            "  n1 Ready 5d\n  n2 Ready 6d\n  WARN .* (re*)      line 11 of the runbook took no line\n\
             - done      line 12 of the runbook had no partner\n+ warn: x"
        );
        assert_eq!(report(&["a (*)"], "a\na\nb"), "  a\n  a\n+ b");
    }

    #[test]
    fn what_dots_took_is_shown_where_a_line_is_looked_for() {
        assert_eq!(
            report(&["...", "ready", "..."], "start\nnot ready\n"),
            "  ...\n- ready      line 11 of the runbook had no partner\n+ start\n+ not ready\n  ..."
        );
        assert_eq!(report(&["...", "a", "...", "b"], "x\na\ny\nb\nc\n"), "  ...\n  a\n  ...\n  b\n+ c");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        let got = report(&["a b", "c d", "e\u{301}"], "a\tb\r\nc\u{a0}d\n\u{e9}\u{200b}\x07\u{2003}\n");
        assert_eq!(
            got,
            "- a b      line 10 of the runbook had no partner\n- c d      line 11 of the runbook had no partner\n\
             - e\\u{301}      line 12 of the runbook had no partner\n+ a\\tb\n+ c\\u{a0}d\n+ \u{e9}\\u{200b}\\x07\\u{2003}"
        );
        assert_eq!(visible("a  "), "a\\x20\\x20");
    }

    #[test]
    fn a_difference_that_makes_none_is_none() {
        let pattern = compile([("a", Span::default()), ("b", Span::default())], &BTreeMap::new()).unwrap();
        let mut matcher = StreamMatcher::new(&pattern);
        matcher.feed(b"\x1b[1ma\x1b[0m  \r\nb \t");
        assert!(matcher.finish(1).0.holds);
    }

    #[test]
    fn captured_and_given_values_are_shown() {
        assert_eq!(
            report(&["(?<ALL>.*) (re+)", "size (?<SIZE>\\d+) of {{V}} (re)", "{{X}}"], "one\ntwo\n"),
            "  one\n  two\n- size (?<SIZE>\\d+) of {{V}} (re)      line 11 of the runbook had no partner\n\
             - {{X}}      line 12 of the runbook had no partner\n  ALL = two so far\n  {{V}} is a b\n  \
             {{X}} has no value and stands for itself"
        );
    }

    #[test]
    fn of_much_only_a_part_is_shown() {
        let output = |range: std::ops::Range<usize>| range.map(|number| format!("{number}\n")).collect::<String>();
        let got = report(&["\\d+ (re*)", "end"], &(output(0..1000) + "x\n"));
        let start = "  (940 lines before)\n  940\n  941\n  942\n  (54 lines that match)\n  997\n";
        assert!(got.starts_with(start), "{got}");
        assert!(got.ends_with("  999\n- end      line 11 of the runbook had no partner\n+ x"), "{got}");
        let got = report(&["0", "x", "y"], &output(0..1000));
        let lines = "+ 1\n+ 2\n+ 3\n+ (52 more lines)\n+ 56\n+ 57\n+ 58\n+ 59\n+ 60\n  (939 lines after)";
        assert!(got.ends_with(lines), "{got}");
    }
}
