//! Every block of code in the documentation falls under a rule, by its language and its content, and keeps it.
//!
//! | language | is | must |
//! |---|---|---|
//! | `sh`, `bash` | commands | be taken by bash, each command by its program |
//! | `console` | commands behind `$ `, and what they print | be taken; be printed by a real run |
//! | `markdown` | a good runbook, or a part of one | have no error, nor what its page is about |
//! | `md`, and `text` that is no message, on a code's page | a wrong example | have the finding of that page |
//! | `toml`, `json`, `yaml`, `python` | data, a verifier | be read by what reads it; verify |
//! | `toml` with `[book]`, `[preprocessor…]` or `[output…]` | mdBook's configuration | be TOML, its commands be taken |
//! | `html` | a mark in a chapter of a book | be replaced |
//! | `text` | a transcript | be printed by a real run |
//! | `text` with `►`, from `.stepgate/`, from `{` | a drawing, the store's tree, a record | name what there is |
//!
//! A block that falls under no rule is an error.

use super::pages::{Block, Page, pages};
use super::transcripts::Printed;
use super::{command_lines, data, examples};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Commands,
    Console,
    Good,
    Wrong,
    Toml,
    Book,
    Mark,
    Json,
    Yaml,
    Python,
    Transcript,
    Drawing,
    Tree,
    Record,
}

fn kind(block: &Block) -> Option<Kind> {
    let text = block.text.as_str();
    let about_code = Page::code_of(&block.page).is_some();
    Some(match block.info.as_deref()? {
        "sh" | "bash" => Kind::Commands,
        "console" => Kind::Console,
        "markdown" => Kind::Good,
        "md" if about_code => Kind::Wrong,
        "toml" if data::is_of_a_book(text) => Kind::Book,
        "toml" => Kind::Toml,
        "html" => Kind::Mark,
        "json" => Kind::Json,
        "yaml" => Kind::Yaml,
        "python" => Kind::Python,
        "text" if about_code && !text.starts_with("error[") => Kind::Wrong,
        "text" if text.contains('►') => Kind::Drawing,
        "text" if text.starts_with(".stepgate/") => Kind::Tree,
        "text" if text.starts_with("{\"") => Kind::Record,
        "text" => Kind::Transcript,
        _ => return None,
    })
}

fn check(kind: Kind, block: &Block, printed: &Printed) -> Result<(), String> {
    match kind {
        Kind::Commands => command_lines::check_shell(&block.text),
        Kind::Console => {
            let mut typed = block.text.lines().filter_map(|line| line.strip_prefix("$ "));
            typed.try_for_each(command_lines::check_shell)?;
            printed.hold_lines(block.text.lines().map(|line| if line.starts_with("$ ") { "[…]" } else { line }))
        }
        Kind::Good => examples::check_good(block),
        Kind::Wrong => examples::check_wrong(block),
        Kind::Toml => data::check_toml(&block.text),
        Kind::Book => data::check_book(&block.text),
        Kind::Mark => data::check_mark(&block.text),
        Kind::Json => data::check_json(&block.text),
        Kind::Yaml => data::check_yaml(block),
        Kind::Python => data::check_python(&block.text),
        Kind::Transcript if block.text.lines().all(|line| ["", "[…]"].contains(&line.trim())) => {
            Err("it shows nothing".to_owned())
        }
        Kind::Transcript => printed.hold_lines(block.text.lines()),
        Kind::Drawing => data::check_drawing(&block.text),
        Kind::Tree => data::check_tree(&block.text),
        Kind::Record => data::check_line(&block.text),
    }
}

#[test]
fn every_block_in_the_documentation_falls_under_a_rule_and_keeps_it() {
    let (printed, mut seen, mut bad) = (Printed::by_every_scene(), BTreeMap::<Kind, usize>::new(), Vec::new());
    for block in pages().iter().flat_map(Page::blocks) {
        let Some(kind) = kind(&block) else {
            bad.push(format!("{}: no rule for a block of {:?}", block.place, block.info));
            continue;
        };
        *seen.entry(kind).or_default() += 1;
        bad.extend(check(kind, &block, &printed).err().map(|why| format!("{}: {kind:?}: {why}", block.place)));
    }
    assert!(bad.is_empty(), "{} blocks are wrong:\n{}", bad.len(), bad.join("\n\n"));
    // Nothing is left out by mistake: each rule has found at least what stood there when it was written.
    for (kind, least) in [
        (Kind::Commands, 25),
        (Kind::Console, 4),
        (Kind::Good, 40),
        (Kind::Wrong, 50),
        (Kind::Toml, 2),
        (Kind::Json, 2),
        (Kind::Yaml, 3),
        (Kind::Python, 1),
        (Kind::Transcript, 15),
        (Kind::Drawing, 1),
        (Kind::Tree, 1),
        (Kind::Record, 1),
    ] {
        let count = seen.get(&kind).copied().unwrap_or_default();
        assert!(count >= least, "{kind:?}: {count} blocks, not {least}: {seen:?}");
    }
}

#[test]
fn a_block_of_an_unknown_kind_falls_under_no_rule() {
    let block = |page: &str, info: Option<&str>| Block {
        place: String::new(),
        page: page.to_owned(),
        info: info.map(str::to_owned),
        text: "x\n".to_owned(),
    };
    for (page, info) in [
        ("docs/run.md", None),
        ("docs/run.md", Some("")),
        ("docs/run.md", Some("ruby")),
        ("docs/run.md", Some("md")),
        ("docs/run.md", Some("bash {name=a}")),
    ] {
        assert_eq!(kind(&block(page, info)), None, "{page} {info:?}");
    }
}
