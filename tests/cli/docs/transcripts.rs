//! Transcripts: what a page shows was printed by a real run, but for what differs from run to run.

use super::scenes;
use regex::Regex;
use std::sync::LazyLock;

/// What differs from run to run, and what stands in its place on both sides.
static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>"),
        (r"\b\d\d:\d\d:\d\d\b", "<time>"),
        (r"\b\d{8}-\d{6}-[a-z]{4}\b", "<run>"),
        (r"sha256:[0-9a-f]{4,64}…?", "sha256:<hash>"),
        (r"\b[0-9a-f]{12,64}\b", "<hash>"),
        (r"\b\d+(\.\d+)? (ms|s|min|h|d)\b( \d+ (s|min|h)\b)?", "<span>"),
        (r"\b[a-z_][a-z0-9_-]*@[A-Za-z0-9.-]+", "<who>"),
        (r"\bline \d+", "line <n>"),
        (r"\b\d+ records", "<n> records"),
        (r"\bledger \d+", "ledger <n>"),
        (r"alive: \d+ ", "alive: <pid> "),
        (r"-{3,}", "---"),
    ]
    .map(|(pattern, word)| (Regex::new(pattern).unwrap(), word))
    .into()
});

/// A line as it is compared: what varies by its name, blanks as one.
fn plain(line: &str) -> String {
    let line = VARYING.iter().fold(line.to_owned(), |line, (pattern, word)| pattern.replace_all(&line, *word).into());
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What real runs have printed.
pub struct Printed(Vec<Vec<String>>);

impl Printed {
    pub fn by_every_scene() -> Self {
        Self::of(scenes::all())
    }

    fn of(outputs: Vec<String>) -> Self {
        Self(outputs.iter().map(|output| output.lines().map(plain).collect()).collect())
    }

    /// Whether these lines stand in one output, in their order and without a gap but where `[…]` stands, or `…` alone.
    pub fn hold_lines<'a>(&self, lines: impl Iterator<Item = &'a str>) -> Result<(), String> {
        let lines: Vec<&str> = lines.collect();
        let parts: Vec<Vec<String>> = lines
            .split(|line| line.trim_start_matches(['>', ' ']).trim() == "[…]")
            .map(|part| part.iter().map(|line| plain(line)).collect::<Vec<_>>())
            .filter(|part: &Vec<String>| part.iter().any(|line| !line.is_empty()))
            .collect();
        if self.0.iter().any(|output| holds(output, &parts)) {
            return Ok(());
        }
        Err(format!("no run prints this; the best goes as far as\n  {}", self.farthest(&parts)))
    }

    /// The line up to which some output agrees, for the message.
    fn farthest(&self, parts: &[Vec<String>]) -> String {
        let lines: Vec<String> = parts.concat();
        let reach = |count: usize| self.0.iter().any(|output| holds(output, &cut(parts, count)));
        let count = (1..=lines.len()).take_while(|count| reach(*count)).count();
        let missing = lines.get(count).map_or("(its end)", String::as_str);
        format!("its line {count}, and then lacks\n  {missing}")
    }
}

/// The first `count` lines of all parts.
fn cut(parts: &[Vec<String>], mut count: usize) -> Vec<Vec<String>> {
    let mut first = Vec::new();
    for part in parts {
        let taken = part.len().min(count);
        first.push(part[..taken].to_vec());
        count -= taken;
    }
    first.retain(|part| !part.is_empty());
    first
}

/// Whether a line was printed; a question may be shown without its answer.
fn same((printed, shown): (&String, &String)) -> bool {
    printed == shown || (shown.ends_with("[?]") && printed.starts_with(shown.as_str()))
}

fn holds(output: &[String], parts: &[Vec<String>]) -> bool {
    let mut rest = output;
    parts.iter().all(|part| match rest.windows(part.len()).position(|window| window.iter().zip(part).all(same)) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn a_transcript_holds_whatever_the_day_and_not_with_another_word() {
    let printed =
        Printed::of(vec!["a\nPassed in 3.9 s · run 20261123-035807-durg\nb\nc\nd by root@vm at 03:58:11\n".to_owned()]);
    let hold = |text: &str| printed.hold_lines(text.lines()).is_ok();
    assert!(hold("Passed in 12 ms · run 20270101-000000-aaaa\nb\n"));
    assert!(hold("a\n[…]\nc\nd by me@here at 01:02:03\n"));
    for bad in
        ["Failed in 3.9 s · run 20261123-035807-durg", "a\nb", "c\n[…]\na", "a\n[…]\nb\nd by root@vm at 03:58:11"]
    {
        assert!(!hold(bad), "{bad}");
    }
    assert!(printed.hold_lines("a\nx".lines()).unwrap_err().contains("lacks\n  x"));
}
