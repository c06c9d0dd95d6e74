//! The line matcher held against a plain backtracking matcher, and against hostile blocks.

use super::lines::{BlockPattern, compile};
use super::matcher::{Matcher, Verdict};
use crate::diagnostic::Span;
use proptest::prelude::*;
use regex::Regex;
use std::cell::RefCell;
use std::collections::BTreeMap;

type Taken = BTreeMap<String, String>;

fn block(lines: &[String]) -> BlockPattern {
    compile(lines.iter().map(|line| (line.as_str(), Span::new(0, line.len()))), &BTreeMap::new()).unwrap()
}

fn judge(pattern: &BlockPattern, output: &[&str]) -> (Verdict, usize) {
    let mut matcher = Matcher::new(pattern);
    output.iter().for_each(|line| matcher.feed(Some(line)));
    let steps = matcher.steps;
    (matcher.finish(), steps)
}

/// A pattern line, read here by itself: `None` is `...`, else a regex and how often.
type Line = Option<(Regex, char)>;

thread_local! {
    /// What was read before: compiling is most of what a case costs.
    static READ: RefCell<BTreeMap<String, Line>> = RefCell::default();
}

fn read(text: &str) -> Line {
    READ.with_borrow_mut(|known| known.entry(text.to_owned()).or_insert_with(|| read_anew(text)).clone())
}

fn read_anew(text: &str) -> Line {
    if text == "..." {
        return None;
    }
    let (body, sign) = match text.strip_suffix(')').and_then(|text| text.split_at_checked(text.len() - 1)) {
        Some((body, sign)) if "?*+".contains(sign) => (body.to_owned() + ")", sign.chars().next().unwrap()),
        _ => (text.to_owned(), '1'),
    };
    let source = match body.rsplit_once(" (") {
        Some((pattern, "re)")) => pattern.to_owned(),
        Some((pattern, "glob)")) => pattern.replace('*', ".*").replace('?', "."),
        Some((pattern, "esc)")) => pattern.replace("\\x61", "a"),
        Some((pattern, ")")) => pattern.to_owned(),
        _ => body,
    };
    Some((Regex::new(&format!("^(?:{source})$")).unwrap(), sign))
}

/// The plain definition, exponential and obviously right: what the first match in order captures.
fn search(pattern: &[Line], output: &[&str], taken: &Taken) -> Option<Taken> {
    let Some((line, rest)) = pattern.split_first() else { return output.is_empty().then(|| taken.clone()) };
    let Some((regex, sign)) = line else {
        return (0..=output.len()).find_map(|number| search(rest, &output[number..], taken));
    };
    let most = if "*+".contains(*sign) { output.len() } else { 1 };
    let least = usize::from("1+".contains(*sign));
    greedy(regex, (least, most), rest, output, taken)
}

fn greedy(
    regex: &Regex,
    (least, most): (usize, usize),
    rest: &[Line],
    output: &[&str],
    taken: &Taken,
) -> Option<Taken> {
    let one = output.first().filter(|_| most > 0).and_then(|line| regex.captures(line));
    let more = one.and_then(|found| {
        let mut taken = taken.clone();
        for name in regex.capture_names().flatten() {
            taken.extend(found.name(name).map(|value| (name.to_owned(), value.as_str().to_owned())));
        }
        greedy(regex, (least.saturating_sub(1), most - 1), rest, &output[1..], &taken)
    });
    more.or_else(|| if least == 0 { search(rest, output, taken) } else { None })
}

/// `@` stands for the line's number, so that names differ; without it two lines share one.
const LINES: &[&str] = &[
    "...",
    "a",
    "b",
    "[ab] (re)",
    "(?<X@>.) (re)",
    "(?<X@>.*) (re)",
    "(?<Y>[bc]) (re)",
    "(?<P@>a)|(?<Q@>.) (re)",
    "? (glob)",
    "a* (glob)",
    "\\x61 (esc)",
    "c",
];

fn patterns() -> impl Strategy<Value = Vec<String>> {
    let repeated = |(line, sign): (&str, &str)| match (line, line.strip_suffix(')')) {
        ("...", _) | (_, Some(_)) if line == "..." || sign.is_empty() => line.to_owned(),
        (_, Some(open)) => format!("{open}{sign})"),
        (_, None) if sign.is_empty() => line.to_owned(),
        (_, None) => format!("{line} ({sign})"),
    };
    let signs = prop::sample::select(vec!["", "?", "*", "+"]);
    let line = (prop::sample::select(LINES.to_vec()), signs).prop_map(repeated);
    let number = |lines: Vec<String>| {
        let numbered = lines.iter().enumerate().map(|(at, line)| line.replace('@', &at.to_string()));
        numbered.collect()
    };
    prop::collection::vec(line, 0..7).prop_map(number)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]
    #[test]
    fn verdict_and_captures_are_those_of_a_backtracking_matcher(
        pattern in patterns(),
        output in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "aa", "ab"]), 0..8),
    ) {
        let lines: Vec<Line> = pattern.iter().map(|line| read(line)).collect();
        let block = block(&pattern);
        let (got, steps) = judge(&block, &output);
        let wanted = search(&lines, &output, &Taken::new());
        prop_assert_eq!(got.holds, wanted.is_some());
        prop_assert_eq!(got.captures, wanted.unwrap_or_default());
        prop_assert!(steps <= output.len() * (pattern.len() + 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn dead_and_settled_mean_that_nothing_changes_any_more(
        pattern in patterns(),
        output in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "aa"]), 0..6),
        more in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "zz"]), 0..4),
    ) {
        let block = block(&pattern);
        let mut matcher = Matcher::new(&block);
        output.iter().for_each(|line| matcher.feed(Some(line)));
        let (dead, settled) = (matcher.is_dead(), matcher.is_settled());
        let now = matcher.finish();
        let then = judge(&block, &[output.as_slice(), &more].concat()).0;
        if dead {
            prop_assert!(!now.holds && then == now);
        }
        if settled {
            prop_assert!(now.holds && then == now);
        }
    }
}

fn hostile(pattern: &[&str], line: &str, holds: bool) {
    let block = block(&pattern.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
    let output = vec![line; 100_000];
    let (verdict, steps) = judge(&block, &output);
    assert_eq!(verdict.holds, holds, "{pattern:?}");
    assert!(steps <= output.len() * (pattern.len() + 1), "{steps} steps");
}

#[test]
fn a_hundred_thousand_lines_against_many_dots_come_to_an_end() {
    hostile(&[["...", "a"].repeat(40).as_slice(), &["b"]].concat(), "a", false);
    hostile(&["..."].repeat(40), "a", true);
}

#[test]
fn a_hundred_thousand_lines_against_many_repetitions_come_to_an_end() {
    hostile(&[["...", "a (*)"].repeat(40).as_slice(), &["b"]].concat(), "a", false);
    hostile(&["(?<X>.*) (re*)", "...", "a (?)", "* (glob+)"].repeat(4), "a", true);
    hostile(&[["a (?)"].repeat(40).as_slice(), &["a (+)", "b (?)"]].concat(), "a", true);
}

#[test]
fn a_regex_or_glob_that_would_backtrack_comes_to_an_end() {
    let long = "a".repeat(5_000) + "b";
    for pattern in ["(a|aa)+$ (re+)", "(a*)*c (re*)", "(a|a|aa)*(a|aa)*c (re?)"] {
        let block = block(&[pattern.to_owned(), "end".to_owned()]);
        let (verdict, steps) = judge(&block, &[&long, &long]);
        assert!(!verdict.holds && steps <= 6);
    }
    let stars = block(&["*a".repeat(50) + "*c (glob)"]);
    assert!(!judge(&stars, &[&long]).0.holds);
}
