//! Examples of runbooks: a good one has no error, and a wrong one has the error of the page that it stands on.

use super::pages::{Block, Page};
use crate::harness::Sandbox;

/// What `check` finds in a text: each code with how bad it is, in order.
fn found(text: &str) -> Vec<(String, String)> {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", text);
    let done = sandbox.stepgate("check r.md --shell --format json");
    let found: serde_json::Value = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{done:?}"));
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(|found| (word(&found["code"]), word(&found["severity"]))).collect()
}

const FRONT: &str = "---\nstepgate: 1\n---\n";
const STEP: &str = "```bash {name=before effect=read}\nls\n```\n\n";

/// A text behind what it needs to be a whole runbook: nothing, front matter, or a step, too.
fn whole(text: &str) -> [String; 4] {
    [text.to_owned(), format!("{FRONT}{text}"), format!("{FRONT}{STEP}{text}"), format!("{text}{STEP}")]
}

/// A runbook, or a part of one, that shows how to do it: no error in it, and nothing of what its page is about.
pub fn check_good(block: &Block) -> Result<(), String> {
    let text = if block.text.starts_with("---\n") { block.text.clone() } else { format!("{FRONT}{}", block.text) };
    let about = Page::code_of(&block.page);
    let bad: Vec<_> = found(&text)
        .into_iter()
        .filter(|(code, severity)| severity == "error" || about.is_some_and(|about| code == about))
        .collect();
    if bad.is_empty() { Ok(()) } else { Err(format!("{bad:?}")) }
}

/// An example of what a diagnostic's page is about: it finds that.
pub fn check_wrong(block: &Block) -> Result<(), String> {
    let about = Page::code_of(&block.page).ok_or("a wrong example stands on a page that is about no code")?;
    let mut all = Vec::new();
    for text in whole(&block.text) {
        all.push(found(&text));
        if all.last().unwrap().iter().any(|(code, _)| code == about) {
            return Ok(());
        }
    }
    Err(format!("{about} is not found: {all:?}"))
}

#[test]
fn a_wrong_example_in_the_place_of_a_good_one_is_noticed() {
    let block = |page: &str, text: &str| Block {
        place: String::new(),
        page: page.to_owned(),
        info: None,
        text: text.to_owned(),
    };
    let misspelt = "```bash {name=a timout=5s effect=read}\nls\n```\n";
    assert!(check_good(&block("docs/write.md", misspelt)).unwrap_err().contains("SG023"));
    assert!(check_wrong(&block("docs/write.md", misspelt)).is_err(), "only a code's page shows what is wrong");
    assert!(check_wrong(&block("docs/diagnostics/SG023.md", misspelt)).is_ok());
    assert!(check_wrong(&block("docs/diagnostics/SG024.md", misspelt)).is_err());
    let lint = "```bash {name=a effect=read}\nls\n```\n";
    assert!(check_good(&block("docs/write.md", lint)).is_ok(), "a warning is no error");
    assert!(check_good(&block("docs/diagnostics/SG060.md", lint)).is_err(), "but it is what this page is about");
}
