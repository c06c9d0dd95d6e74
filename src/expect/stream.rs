//! A stream of bytes, cut into lines for the matcher as they come.

use super::diff;
use super::kept::Kept;
use super::lines::BlockPattern;
use super::matcher::{Matcher, Verdict};
use super::normalize::normalize;

/// A longer line, in bytes, is matched by `...` only and not kept.
const MAX_LINE: usize = 1 << 20;

/// Matches one block against one stream in bounded memory.
pub struct StreamMatcher<'p> {
    block: &'p BlockPattern,
    matcher: Matcher<'p>,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    overlong: bool,
    /// Whether bytes of a line have come whose end has not.
    open: bool,
    kept: Kept<'p>,
    lines: usize,
}

impl<'p> StreamMatcher<'p> {
    /// Starts before the first byte.
    pub fn new(block: &'p BlockPattern) -> Self {
        Self {
            block,
            matcher: Matcher::new(block),
            line: Vec::new(),
            overlong: false,
            open: false,
            kept: Kept::new(Box::new(str::to_owned)),
            lines: 0,
        }
    }

    /// Sends every text that the report shows through `hide`, whole and raw, before it is cut or made visible. It is said
    /// before the first byte. The verdict is not changed by it.
    pub fn hiding(mut self, hide: impl Fn(&str) -> String + 'p) -> Self {
        self.kept = Kept::new(Box::new(hide));
        self
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while self.wanted() {
            let Some(end) = memchr::memchr(b'\n', bytes) else { return self.extend(bytes) };
            match self.open {
                true => {
                    self.extend(&bytes[..end]);
                    self.end_line();
                }
                // Most lines come whole.
                false => self.take(&bytes[..end]),
            }
            bytes = &bytes[end + 1..];
        }
        self.lines += memchr::memchr_iter(b'\n', bytes).count();
        self.open = bytes.last().map_or(self.open, |last| *last != b'\n');
    }

    /// The verdict at the end of the stream, and if it does not hold, a line diff that says why. `first_line` is the
    /// line of the runbook that the block's first line stands on.
    pub fn finish(mut self, first_line: usize) -> (Verdict, Option<String>) {
        if self.open {
            self.end_line();
        }
        let verdict = self.matcher.finish();
        let (block, kept, total_lines) = (self.block, &self.kept, self.lines);
        let report = (!verdict.holds)
            .then(|| diff::report(&diff::Failure { block, first_line, kept, total_lines, verdict: &verdict }));
        (verdict, report)
    }

    /// Takes a part of a line.
    fn extend(&mut self, bytes: &[u8]) {
        self.open |= !bytes.is_empty();
        let room = (MAX_LINE + 1).saturating_sub(self.line.len());
        if !self.overlong {
            self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        if self.line.len() > MAX_LINE {
            self.overlong = true;
            self.line = Vec::new();
        }
    }

    /// Whether lines are still looked at: by the matcher, or for the report.
    fn wanted(&self) -> bool {
        match self.matcher.is_dead() {
            true => !self.kept.is_full(self.matcher.furthest().1),
            false => !self.matcher.is_settled(),
        }
    }

    /// The end of a line whose beginning was taken before.
    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        match self.overlong {
            true => self.look(None),
            false => self.take(&line),
        }
        line.clear();
        (self.line, self.overlong, self.open) = (line, false, false);
    }

    /// Takes a whole line.
    fn take(&mut self, line: &[u8]) {
        match line.len() > MAX_LINE {
            true => self.look(None),
            false => self.look(Some(&normalize(&String::from_utf8_lossy(line)))),
        }
    }

    /// Takes a whole line, normalized, or `None` for one too long to be looked at.
    fn look(&mut self, line: Option<&str>) {
        self.lines += 1;
        if self.wanted() {
            self.matcher.feed(line);
            self.kept.push(self.lines - 1, line, self.matcher.accepted(), self.matcher.furthest().1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::*;
    use crate::diagnostic::Span;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn block(lines: &[&str]) -> BlockPattern {
        compile(lines.iter().map(|line| (*line, Span::new(0, line.len()))), &BTreeMap::new()).unwrap()
    }

    fn judge(pattern: &[&str], chunks: &[&[u8]]) -> (bool, Option<String>) {
        judge_block(&block(pattern), chunks)
    }

    fn judge_block(block: &BlockPattern, chunks: &[&[u8]]) -> (bool, Option<String>) {
        let mut matcher = StreamMatcher::new(block);
        chunks.iter().for_each(|chunk| matcher.feed(chunk));
        let (verdict, report) = matcher.finish(10);
        (verdict.holds, report)
    }

    #[test]
    fn chunks_may_cut_anywhere_and_the_last_newline_is_optional() {
        assert!(judge(&["é1", "b"], &[b"\xc3", b"\xa91\r", b"\nb"]).0);
        assert!(judge(&["é1", "b"], &["é1\nb\n".as_bytes()]).0);
        assert!(!judge(&[], &[b"\n"]).0 && judge(&[], &[b""]).0);
        assert!(judge(&["", ""], &[b"\n", b"", b"\n"]).0);
    }

    #[test]
    fn a_line_over_a_megabyte_is_taken_by_dots_only() {
        let long = vec![b'x'; MAX_LINE + 1];
        assert!(judge(&["...", "end"], &[&long, b"\nend\n"]).0);
        assert!(judge(&["...", "end"], &[&[&long, &b"\nend\n"[..]].concat()]).0);
        for line in ["x+ (re)", "x* (glob)", ".* (re*)"] {
            assert!(!judge(&[line, "end"], &[&long, b"\nend\n"]).0);
            assert!(!judge(&[line, "end"], &[&[&long, &b"\nend\n"[..]].concat()]).0);
            assert!(judge(&[line, "end"], &[&long[1..], b"\nend\n"]).0);
        }
    }

    #[test]
    fn the_report_of_a_long_stream_shows_its_place_and_counts_all_lines() {
        let many = b"line\n".repeat(50_000);
        let (_, report) = judge(&["line (+)", "end", "..."], &[&many, b"edn\n", &many, b"last"]);
        let report = report.unwrap();
        assert!(report.starts_with("  (49940 lines before)\n  line\n"), "{report}");
        assert!(report.contains("- end      line 11 of the runbook had no partner\n+ edn\n"), "{report}");
        let (_, report) = judge(&["end"], &[&many, b"last"]);
        assert!(report.unwrap().ends_with("  (49941 lines after)"));
    }

    #[test]
    fn what_may_not_be_shown_is_hidden_before_it_is_cut_or_escaped() {
        let secret = "s\te\u{a0}cret-".repeat(40);
        let long = format!("{}{secret}", "x".repeat(4090));
        let variables = BTreeMap::from([("V".to_owned(), secret.clone())]);
        let lines = ["(?<C>.*) (re)", "{{V}} y", "..."].map(|line| (line, Span::default()));
        let block = compile(lines, &variables).unwrap();
        let mut matcher = StreamMatcher::new(&block).hiding(|text| text.replace(&secret, "***"));
        matcher.feed(format!("{secret}\n{long}\n{secret}\n").as_bytes());
        let (verdict, report) = matcher.finish(10);
        let report = report.unwrap();
        assert_eq!(verdict.so_far["C"], secret);
        assert!(!report.contains("cret"), "{report}");
        assert!(report.starts_with("  ***\n") && report.contains("x***…\n+ ***\n  ...\n"), "{report}");
        assert!(report.ends_with("  C = *** so far\n  {{V}} is ***"), "{report}");
    }

    #[test]
    fn a_long_line_that_matched_is_not_called_wrong_though_it_is_cut() {
        let long = "x".repeat(9000);
        let line = format!("{long}y");
        let (_, report) = judge(&[&line, "b"], &[line.as_bytes(), b"\nc\n"]);
        let report = report.unwrap();
        assert!(report.starts_with("  xxx") && report.ends_with("no partner\n+ c"), "{report}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_block_and_no_output_make_it_panic_and_chunks_make_no_difference(
            pattern in prop::collection::vec(prop::sample::select(vec![
                "...", "a", "(?<X>.*) (re*)", "a* (glob+)", "\\x41\\t (esc?)", "[ab]+ (re)", "b (+)", "", "{{V}} (?)",
            ]), 0..9),
            chunks in prop::collection::vec(prop_oneof![
                prop::sample::select(vec!["\n", "a\n", "b\n", "ab", "\x1b[1m", "\r", "A\t\n", "\u{a0}é"])
                    .prop_map(|text| text.as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..9),
                Just(b"b\n".repeat(70)),
            ], 0..9),
        ) {
            let parts: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            let whole = chunks.concat();
            let bytes: Vec<&[u8]> = whole.chunks(1).collect();
            let block = block(&pattern);
            let got = judge_block(&block, &parts);
            prop_assert_eq!(&got, &judge_block(&block, &[&whole]));
            prop_assert_eq!(&got, &judge_block(&block, &bytes));
            prop_assert_eq!(got.0, got.1.is_none());
        }
    }
}
