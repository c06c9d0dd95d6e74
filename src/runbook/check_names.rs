//! Names are unique, and no two of them look alike.

use super::model::{DataBlock, Item};
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use std::collections::HashMap;

/// A name that something of the runbook has.
pub struct Place<'r> {
    name: &'r str,
    span: Span,
    /// It was made of a heading or an item's text.
    made: bool,
}

/// Findings on the names of items and data blocks.
pub fn check(source: &Source, items: &[Item], data: &[DataBlock]) -> Vec<Diagnostic> {
    let items = items.iter().map(|item| place(source, item));
    let blocks = data.iter().map(|block| Place { name: &block.name, span: block.name_span, made: false });
    let mut places: Vec<_> = items.chain(blocks).collect();
    places.sort_by_key(|place| place.span);
    let mut found = doubled(&places);
    found.extend(look_alikes(&places));
    found
}

fn place<'r>(source: &Source, item: &'r Item) -> Place<'r> {
    let (span, made) = match item {
        Item::Step(step) => (step.name_span, source.slice(step.name_span).starts_with('{')),
        Item::Assert(assert) => (assert.name_span, false),
        Item::Manual(manual) => (manual.checkbox, true),
    };
    Place { name: item.name(), span, made }
}

fn doubled(places: &[Place<'_>]) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, &Place<'_>> = HashMap::with_capacity(places.len());
    let mut found = Vec::new();
    for place in places {
        match first.get(place.name) {
            None => _ = first.insert(place.name, place),
            Some(before) => {
                let help = match place.made || before.made {
                    true => "this name was made from the text; give one of the two a name of its own",
                    false => "names are unique, those of data blocks, too",
                };
                let message = format!("two steps are called `{}`", place.name);
                found.push(
                    Diagnostic::error(Code::DoubledName, place.span, message)
                        .related(before.span, "first here")
                        .help(help),
                );
            }
        }
    }
    found
}

/// In what two names are alike.
#[derive(PartialEq, Eq, Hash)]
enum Likeness {
    Look,
    Case,
}

/// Names that a reader, or whoever types one, would take for another.
fn look_alikes(places: &[Place<'_>]) -> Vec<Diagnostic> {
    let mut first: HashMap<(Likeness, String), &Place<'_>> = HashMap::with_capacity(2 * places.len());
    let mut found = Vec::new();
    for place in places {
        // By look and by case apart: `I` looks like `l`, and is no other letter than `i`.
        let skeletons = [(Likeness::Look, by_look(place.name)), (Likeness::Case, by_case(place.name))];
        let before =
            skeletons.iter().find_map(|skeleton| first.get(skeleton)).filter(|before| before.name != place.name);
        if let Some(before) = before {
            let message = format!("`{}` and `{}` look alike", place.name, before.name);
            found.push(
                Diagnostic::error(Code::DoubledName, place.span, message)
                    .related(before.span, "the other one")
                    .help("give one of them another name: whoever types one would take it for the other"),
            );
        }
        for skeleton in skeletons {
            first.entry(skeleton).or_insert(place);
        }
    }
    found
}

fn by_case(name: &str) -> String {
    name.chars().map(|c| if c == '_' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

/// A name with every letter replaced by the plainest that looks like it, then in lower case.
fn by_look(name: &str) -> String {
    name.chars().map(plain_letter).flat_map(char::to_lowercase).collect()
}

fn plain_letter(c: char) -> char {
    match c {
        '1' | 'I' | '|' | 'І' | 'Ӏ' | 'ӏ' | 'Ι' => 'l',
        '0' | 'О' | 'о' | 'Ο' | 'ο' | 'σ' => 'o',
        '_' => '-',
        'а' | 'А' | 'Α' | 'α' => 'a',
        'В' | 'в' | 'Β' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'Ε' => 'e',
        'һ' | 'Н' | 'Η' => 'h',
        'і' | 'ι' | 'ı' => 'i',
        'ј' | 'Ј' => 'j',
        'К' | 'к' | 'Κ' | 'κ' => 'k',
        'М' | 'м' | 'Μ' => 'm',
        'Ν' | 'ո' => 'n',
        'р' | 'Р' | 'Ρ' | 'ρ' => 'p',
        'ѕ' | 'Ѕ' => 's',
        'Т' | 'т' | 'Τ' | 'τ' => 't',
        'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' => 'w',
        'х' | 'Х' | 'Χ' | 'χ' => 'x',
        'у' | 'У' | 'Υ' => 'y',
        'Ζ' => 'z',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, read};
    use super::*;

    #[test]
    fn names_that_a_reader_cannot_tell_apart_are_refused() {
        let count = |names: &[&str]| {
            let place = |name| Place { name, span: Span::default(), made: false };
            look_alikes(&names.iter().map(|name| place(name)).collect::<Vec<_>>()).len()
        };
        for pair in [
            ["node1", "nodel"],
            ["nodeI", "node1"],
            ["save", "Save"],
            ["LIST", "list"],
            ["a-b", "a_b"],
            ["log0", "logO"],
            ["log0", "logo"],
            ["save", "sаve"],
            ["node-Α", "node-a"],
        ] {
            assert_eq!(count(&pair), 1, "{pair:?}");
            assert_eq!(count(&[pair[1], pair[0]]), 1, "{pair:?}");
        }
        assert_eq!(count(&["node1", "node2", "nodes", "save", "saved", "fail", "fall", "0a", "1a", "ja", "ia"]), 0);
        assert_eq!(count(&["a", "a"]), 0);
    }

    #[test]
    fn two_of_one_name_are_an_error_that_cites_both() {
        let step = |name: &str| format!("```bash {{name={name} gate=none}}\na\n```\n");
        let found = read(&format!("---\nstepgate: 1\n---\n{}{}", step("same"), step("same"))).unwrap_err();
        assert_eq!((found[0].code, found[0].related.len(), found.len()), (Code::DoubledName, 1, 1));
        let clash = |body: String| body_findings(&body);
        assert_eq!(clash(step("a") + "```assert {name=a}\ntrue\n```\n"), ["SG030 a"]);
        let used = step("b stdin=a");
        assert_eq!(clash(step("a") + &used + "```text {data name=a}\n```\n"), ["SG030 a"]);
        assert_eq!(clash("```text {data name=a}\n```\n```text {data name=a}\n```\n".to_owned() + &used), ["SG030 a"]);
        assert_eq!(clash(step("look") + "- [ ] Look\n"), ["SG030 [ ]"]);
        assert_eq!(clash(step("look_up") + "- [ ] Look up\n"), ["SG030 [ ]"]);
        assert_eq!(
            clash("# T\n".to_owned() + &step("t-2") + "```bash {effect=read}\na\n```\n"),
            ["SG030 {effect=read}"]
        );
    }
}
