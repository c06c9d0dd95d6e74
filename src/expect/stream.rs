//! A stream of bytes, cut into lines for the matcher as they come.

use super::diff;
use super::lines::BlockPattern;
use super::matcher::{Matcher, Verdict};
use super::normalize::normalize;

/// A longer line, in bytes, is matched by `...` only and not kept.
const MAX_LINE: usize = 1 << 20;
/// How much of the stream is kept for a report, in bytes.
const KEPT: usize = 64 << 10;

/// Matches one block against one stream in bounded memory.
pub struct StreamMatcher<'p> {
    pattern: &'p BlockPattern,
    matcher: Matcher<'p>,
    line: Vec<u8>,
    overlong: bool,
    kept: Vec<String>,
    kept_bytes: usize,
    lines: usize,
}

impl<'p> StreamMatcher<'p> {
    /// Starts before the first byte.
    pub fn new(pattern: &'p BlockPattern) -> Self {
        Self {
            pattern,
            matcher: Matcher::new(pattern),
            line: Vec::new(),
            overlong: false,
            kept: Vec::new(),
            kept_bytes: 0,
            lines: 0,
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        if !self.wanted() {
            self.lines += memchr::memchr_iter(b'\n', bytes).count();
            return;
        }
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.extend(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes);
    }

    /// The verdict at the end of the stream, and if it does not hold, a line diff that says why. `first_line` is the
    /// line of the runbook that the block's first line stands on.
    pub fn finish(mut self, first_line: usize) -> (Verdict, Option<String>) {
        if !self.line.is_empty() || self.overlong {
            self.end_line();
        }
        let verdict = self.matcher.finish();
        let report = verdict.stuck.map(|stuck| {
            diff::report(&diff::Failure {
                pattern: self.pattern,
                first_line,
                output: &self.kept,
                total_lines: self.lines,
                stuck,
            })
        });
        (verdict, report)
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.wanted() && !self.overlong {
            self.line.extend_from_slice(bytes);
        }
        if self.line.len() > MAX_LINE {
            self.overlong = true;
            self.line = Vec::new();
        }
    }

    /// Whether lines are still looked at: by the matcher, or for the report.
    fn wanted(&self) -> bool {
        match self.matcher.is_dead() {
            true => self.kept_bytes < KEPT,
            false => !self.matcher.is_settled(),
        }
    }

    fn end_line(&mut self) {
        self.lines += 1;
        if !self.wanted() {
            return;
        }
        let text = String::from_utf8_lossy(&self.line);
        let line = normalize(&text);
        self.matcher.feed((!self.overlong).then_some(&line));
        if self.kept_bytes < KEPT {
            let shown =
                if self.overlong { format!("(a line of more than {MAX_LINE} bytes)") } else { line.into_owned() };
            let shown = crate::text::shorten_line(&shown, KEPT / 16);
            self.kept_bytes += shown.len() + 1;
            self.kept.push(shown);
        }
        self.line.clear();
        self.overlong = false;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::*;
    use crate::diagnostic::Span;
    use std::collections::BTreeMap;

    fn judge(pattern: &[&str], chunks: &[&[u8]]) -> (bool, Option<String>) {
        let pattern = compile(pattern.iter().map(|line| (*line, Span::new(0, line.len()))), &BTreeMap::new()).unwrap();
        let mut matcher = StreamMatcher::new(&pattern);
        chunks.iter().for_each(|chunk| matcher.feed(chunk));
        let (verdict, report) = matcher.finish(10);
        (verdict.holds, report)
    }

    #[test]
    fn chunks_may_cut_anywhere_and_the_last_newline_is_optional() {
        assert!(judge(&["é1", "b"], &[b"\xc3", b"\xa91\r", b"\nb"]).0);
        assert!(judge(&["é1", "b"], &["é1\nb\n".as_bytes()]).0);
        assert!(!judge(&[], &[b"\n"]).0 && judge(&[], &[b""]).0);
    }

    #[test]
    fn a_line_over_a_megabyte_is_taken_by_dots_only() {
        let long = vec![b'x'; MAX_LINE + 1];
        assert!(judge(&["...", "end"], &[&long, b"\nend\n"]).0);
        assert!(!judge(&["x+ (re)", "end"], &[&long, b"\nend\n"]).0);
    }

    #[test]
    fn the_report_names_the_line_without_a_partner() {
        let (_, report) = judge(&["Name  Size", "a  [0-9]+ (re)", "..."], &[b"Name  Size\na  -\n"]);
        let report = report.unwrap();
        assert!(report.contains("  Name  Size\n- a  [0-9]+ (re)"), "{report}");
        assert!(report.contains("line 11 of the runbook had no partner\n+ a  -"), "{report}");
    }
}
