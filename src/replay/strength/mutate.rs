//! What a step printed, changed in the ways in which real outputs go wrong. Pure; a seed decides where.

use super::super::recording::Streams;
use super::super::text::amounts;
use super::states::flips;
use crate::chance::Chance;
use crate::text::{escape_line, shorten};
use serde::Serialize;
use std::ops::Range;

/// So many places of each kind are tried in one stream.
const PLACES: usize = 12;

/// More of a stream's lines, words and numbers are not looked at.
const LOOKED_AT: usize = 4096;

/// What programs print when they fail.
const ERRORS: &[&str] = &[
    "Error: connection refused\n",
    "error: Unauthorized\n",
    "permission denied\n",
    "sh: 1: not found\n",
    "No such file or directory\n",
];

/// A way in which output goes wrong, the worst to overlook first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing is printed.
    Emptied,
    /// An error message stands in its place.
    Error,
    /// The exit code is another one.
    Exit,
    /// `Ready` is `NotReady`, and the like.
    State,
    /// A number is 0.
    Zero,
    /// The second half is missing.
    Cut,
    /// A line is missing.
    Dropped,
    /// A line stands twice.
    Doubled,
    /// Two lines have changed places.
    Swapped,
    /// A number is quite another one.
    Far,
    /// A number is one more.
    Near,
}

/// One changed output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// In which way.
    pub kind: Kind,
    /// What was changed, in plain words.
    pub what: String,
    /// What is printed.
    pub streams: Streams,
    /// The exit code.
    pub exit_code: Option<i32>,
}

/// Which stream is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Standard output, or both if they are combined.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Every changed output of what a step printed, none of them what it was.
pub fn mutations(streams: &Streams, exit_code: Option<i32>, which: &[Which], seed: u64) -> Vec<Mutation> {
    let mut chance = Chance(seed);
    let mut all = Vec::new();
    if let Some(code) = exit_code {
        let other = if code == 0 { 1 } else { 0 };
        let (what, streams) = (format!("it ends with {other}"), streams.clone());
        all.push(Mutation { kind: Kind::Exit, what, streams, exit_code: Some(other) });
    }
    for which in which {
        let own = match which {
            Which::Stdout => &streams.stdout,
            Which::Stderr => &streams.stderr,
        };
        for (kind, what, changed) in changed(own, &mut chance) {
            let mut streams = streams.clone();
            match which {
                Which::Stdout => streams.stdout = changed,
                Which::Stderr => streams.stderr = changed,
            }
            all.push(Mutation { kind, what, streams, exit_code });
        }
    }
    all
}

type Changed = (Kind, String, Vec<u8>);

fn changed(stream: &[u8], chance: &mut Chance) -> Vec<Changed> {
    let mut all = whole(stream);
    let lines: Vec<&[u8]> = stream.split_inclusive(|byte| *byte == b'\n').take(LOOKED_AT).collect();
    let ends: Vec<usize> = lines
        .iter()
        .scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        })
        .collect();
    let place = |at: usize| ends[at] - lines[at].len()..ends[at];
    let shown = |at: usize| shorten(&escape_line(String::from_utf8_lossy(lines[at]).trim_end()), 60);
    for at in some(lines.len(), chance) {
        all.push((Kind::Dropped, format!("line {} is missing: `{}`", at + 1, shown(at)), with(stream, place(at), b"")));
    }
    for at in some(lines.len(), chance) {
        let twice = [lines[at], if lines[at].ends_with(b"\n") { b"" } else { b"\n" }, lines[at]].concat();
        all.push((
            Kind::Doubled,
            format!("line {} stands twice: `{}`", at + 1, shown(at)),
            with(stream, place(at), &twice),
        ));
    }
    let pairs: Vec<usize> =
        (1..lines.len()).filter(|at| lines[at - 1] != lines[*at] && lines[*at].ends_with(b"\n")).collect();
    for at in some(pairs.len(), chance).into_iter().map(|at| pairs[at]) {
        let swapped = [lines[at], lines[at - 1]].concat();
        let what = format!("lines {at} and {} change places: `{}`", at + 1, shown(at));
        all.push((Kind::Swapped, what, with(stream, place(at - 1).start..place(at).end, &swapped)));
    }
    if let Ok(text) = std::str::from_utf8(stream) {
        all.extend(inside(text, chance));
    }
    all.retain(|(_, _, changed)| changed != stream);
    all
}

/// What befalls a stream as a whole.
fn whole(stream: &[u8]) -> Vec<Changed> {
    let mut all = vec![(Kind::Emptied, "nothing is printed".to_owned(), Vec::new())];
    let half = stream[..stream.len() / 2].iter().rposition(|byte| *byte == b'\n').map_or(stream.len() / 2, |at| at + 1);
    all.push((Kind::Cut, "only the first half is printed".to_owned(), stream[..half].to_vec()));
    let error = |error: &&str| {
        (Kind::Error, format!("an error stands in its place: `{}`", error.trim_end()), error.as_bytes().to_vec())
    };
    all.extend(ERRORS.iter().map(error));
    all
}

/// What befalls words and numbers.
fn inside(text: &str, chance: &mut Chance) -> Vec<Changed> {
    let mut all = Vec::new();
    let mut put = |kind, place: Range<usize>, new: &str| {
        let what = format!("`{}` is `{new}` in `{}`", &text[place.clone()], line_of(text, place.start));
        all.push((kind, what, with(text.as_bytes(), place, new.as_bytes())));
    };
    let states: Vec<_> = flips(text).take(LOOKED_AT).collect();
    for at in some(states.len(), chance) {
        let (place, other) = states[at].clone();
        put(Kind::State, place, other);
    }
    let numbers: Vec<_> = amounts(text).take(LOOKED_AT).collect();
    for at in some(numbers.len(), chance) {
        put(Kind::Zero, numbers[at].clone(), "0");
    }
    for at in some(numbers.len(), chance) {
        put(Kind::Near, numbers[at].clone(), &one_more(&text[numbers[at].clone()]));
    }
    for at in some(numbers.len(), chance) {
        put(Kind::Far, numbers[at].clone(), &format!("{}7", &text[numbers[at].clone()]));
    }
    all
}

/// At most [`PLACES`] of so many, in order.
fn some(many: usize, chance: &mut Chance) -> Vec<usize> {
    let mut places: Vec<usize> = (0..many).collect();
    if many > PLACES {
        for at in 0..PLACES {
            let other = at + chance.below((many - at) as u64) as usize;
            places.swap(at, other);
        }
        places.truncate(PLACES);
        places.sort_unstable();
    }
    places
}

fn with(bytes: &[u8], place: Range<usize>, new: &[u8]) -> Vec<u8> {
    [&bytes[..place.start], new, &bytes[place.end..]].concat()
}

/// The line that a byte stands in.
fn line_of(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    shorten(&escape_line(text[start..end].trim_end()), 60)
}

/// The next number, with as many digits if it can.
fn one_more(digits: &str) -> String {
    let mut next = digits.as_bytes().to_vec();
    for digit in next.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return String::from_utf8_lossy(&next).into_owned();
        }
        *digit = b'0';
    }
    format!("1{}", String::from_utf8_lossy(&next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(stdout: &str) -> Vec<Mutation> {
        let streams = Streams { stdout: stdout.as_bytes().to_vec(), stderr: Vec::new() };
        mutations(&streams, Some(0), &[Which::Stdout], 7)
    }

    #[test]
    fn every_kind_of_change_is_tried_and_none_leaves_the_output_as_it_was() {
        let text = "node-1 Ready 12\nnode-2 Ready 9\nsaved\n";
        let found = all(text);
        assert!(found.iter().all(|one| one.exit_code != Some(0) || one.streams.stdout != text.as_bytes()));
        let of = |kind| {
            found
                .iter()
                .filter(|one| one.kind == kind)
                .map(|one| String::from_utf8_lossy(&one.streams.stdout))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Kind::Emptied), [""]);
        assert_eq!(of(Kind::Cut), ["node-1 Ready 12\n"]);
        assert_eq!(of(Kind::Exit).len(), 1);
        assert_eq!(of(Kind::Error).len(), ERRORS.len());
        assert_eq!((of(Kind::Dropped).len(), of(Kind::Doubled).len(), of(Kind::Swapped).len()), (3, 3, 2));
        assert!(of(Kind::State).contains(&"node-1 NotReady 12\nnode-2 Ready 9\nsaved\n".into()));
        assert!(of(Kind::Zero).contains(&"node-1 Ready 0\nnode-2 Ready 9\nsaved\n".into()));
        assert!(of(Kind::Near).contains(&"node-1 Ready 12\nnode-2 Ready 10\nsaved\n".into()));
        assert!(of(Kind::Far).contains(&"node-1 Ready 127\nnode-2 Ready 9\nsaved\n".into()));
    }

    #[test]
    fn a_seed_decides_and_a_long_output_is_tried_at_some_places_only() {
        let text: String = (0..5000).map(|at| format!("line {at} ok\n")).collect();
        let (one, other) = (all(&text), all(&text));
        assert_eq!(one, other);
        assert!(one.len() < 120, "{}", one.len());
        let streams = Streams { stdout: text.into_bytes(), stderr: Vec::new() };
        assert_ne!(mutations(&streams, Some(0), &[Which::Stdout], 8), one);
    }

    #[test]
    fn what_is_empty_or_no_text_can_go_wrong_as_well() {
        assert_eq!(all("").len(), 1 + ERRORS.len());
        let streams = Streams { stdout: b"\xff\n\xfe".to_vec(), stderr: Vec::new() };
        assert!(mutations(&streams, None, &[Which::Stdout], 1).len() > ERRORS.len());
    }
}
