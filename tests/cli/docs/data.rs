//! Blocks of data: configuration, JSON, YAML, programs, and the shape of the store.

use super::examples;
use super::pages::{Block, Page};
use crate::harness::{Sandbox, repository};
use crate::mdbook;
use regex::Regex;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use stepgate::diagnostic::Source;

/// `stepgate.toml`, or a part of it.
pub fn check_toml(text: &str) -> Result<(), String> {
    let read = stepgate::config::read(Source::new("stepgate.toml", text));
    read.map(drop).map_err(|findings| format!("{findings:?}"))
}

/// Whether it configures mdBook.
pub fn is_of_a_book(text: &str) -> bool {
    text.lines().any(|line| ["[book", "[preprocessor", "[output"].iter().any(|table| line.starts_with(table)))
}

/// `book.toml`, or a part of it: each command of stepgate in it is one that stepgate takes.
pub fn check_book(text: &str) -> Result<(), String> {
    let value: toml::Value = toml::from_str(text).map_err(|error| error.to_string())?;
    let book =
        value.as_table().into_iter().flatten().filter(|(name, _)| ["preprocessor", "output"].contains(&name.as_str()));
    let tools = book.flat_map(|(_, tools)| tools.as_table().into_iter().flatten());
    let mut commands = tools.filter_map(|(_, tool)| tool.get("command")?.as_str());
    commands.try_for_each(super::command_lines::check_shell)
}

/// A mark in a chapter of a book: something else comes to stand there.
pub fn check_mark(text: &str) -> Result<(), String> {
    let sandbox = Sandbox::with("# R\n\n```bash {name=a effect=read}\ntrue\n```\n");
    let sent = vec![mdbook::chapter("a.md", &format!("# A\n\n{text}\nThat is all.\n"))];
    let got = mdbook::chapters(&mdbook::send(&sandbox, &serde_json::json!({"runbooks": ["r.md"]}), sent));
    let page = got[0]["content"].as_str().unwrap();
    if page.contains(text.trim()) { Err("it stays as it is".to_owned()) } else { Ok(()) }
}

/// What a shape leaves out, with the comma before it.
static LEFT_OUT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r",?\s*…").unwrap());

/// JSON, in which `…` may stand for what is left out of a list or a map.
pub fn check_json(text: &str) -> Result<(), String> {
    let whole = LEFT_OUT.replace_all(text, "");
    serde_json::from_str::<Value>(&whole).map(drop).map_err(|error| format!("{error}: {whole}"))
}

/// One line of a journal: the keys of a real one, in their order.
pub fn check_line(text: &str) -> Result<(), String> {
    check_json(text)?;
    let keys = |text: &str| -> Vec<String> {
        let key = Regex::new(r#"[{,]"(seq|prev|time|mono|event|hash)":"#).unwrap();
        key.captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let (shown, real) = (keys(text), keys(journal(&recorded()).lines().nth(1).unwrap()));
    if shown == real { Ok(()) } else { Err(format!("{shown:?} are not the keys of a record, {real:?}")) }
}

/// A sandbox with one closed run.
fn recorded() -> Sandbox {
    let sandbox = Sandbox::with("```bash {name=save gate=none}\nseq 1 6000\n```\n");
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 0);
    sandbox
}

fn journal(sandbox: &Sandbox) -> String {
    sandbox.read(".stepgate/runs/one/journal.jsonl")
}

/// A program that is shown for a verifier: it believes a real journal and a ledger, and not one with a byte changed.
pub fn check_python(text: &str) -> Result<(), String> {
    let sandbox = recorded();
    sandbox.write("verify.py", text);
    sandbox.write("changed.jsonl", journal(&sandbox).replacen("save", "sane", 1));
    let believes = |file: &str| {
        let mut command = Command::new("/usr/bin/python3");
        command.arg(sandbox.path("verify.py")).arg(sandbox.path(file)).output().unwrap().status.success()
    };
    for (file, wanted) in
        [(".stepgate/runs/one/journal.jsonl", true), (".stepgate/ledger.jsonl", true), ("changed.jsonl", false)]
    {
        if believes(file) != wanted {
            return Err(format!("it does not say {wanted} of {file}"));
        }
    }
    Ok(())
}

fn yaml(text: &str) -> Result<Value, String> {
    let program = "import sys, yaml, json; print(json.dumps(yaml.load(sys.argv[1], yaml.BaseLoader)))";
    let done = Command::new("/usr/bin/python3").args(["-c", program, text]).output().unwrap();
    serde_json::from_slice(&done.stdout).map_err(|_| String::from_utf8_lossy(&done.stderr).into_owned())
}

fn own_yaml(name: &str) -> Value {
    yaml(&std::fs::read_to_string(repository().join(name)).unwrap()).unwrap()
}

/// A workflow names inputs of the project's action, hooks are those of the project, and everything else is front matter.
pub fn check_yaml(block: &Block) -> Result<(), String> {
    let value = yaml(&block.text)?;
    if let Some(jobs) = value["jobs"].as_object() {
        return check_workflow(jobs.values());
    }
    if let Some(repos) = value["repos"].as_array() {
        let known = own_yaml(".pre-commit-hooks.yaml");
        let mut hooks = repos.iter().flat_map(|repo| repo["hooks"].as_array().unwrap());
        let unknown = hooks.find(|hook| !known.as_array().unwrap().iter().any(|known| known["id"] == hook["id"]));
        return unknown.map_or(Ok(()), |hook| Err(format!("there is no hook {}", hook["id"])));
    }
    let text = format!("---\nstepgate: 1\n{}---\n```bash {{name=a effect=read}}\ntest -e x\n```\n", block.text);
    examples::check_good(&Block { text, place: String::new(), page: block.page.clone(), info: None })
}

fn check_workflow<'a>(jobs: impl Iterator<Item = &'a Value>) -> Result<(), String> {
    let inputs = own_yaml("action.yml")["inputs"].clone();
    let steps = jobs.flat_map(|job| job["steps"].as_array().unwrap());
    let ours = steps.filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/stepgate@")));
    let given: Vec<&String> = ours.flat_map(|step| step["with"].as_object().unwrap().keys()).collect();
    match given.iter().find(|input| inputs.get(input.as_str()).is_none()) {
        Some(input) => Err(format!("the action has no input {input}")),
        None if given.is_empty() => Err("the action is given nothing".to_owned()),
        None => Ok(()),
    }
}

/// The tree of the store: every file that a run makes stands in it.
pub fn check_tree(text: &str) -> Result<(), String> {
    let sandbox = recorded();
    let shown = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let named: Vec<Regex> = text.lines().map(|line| pattern(&shown(line))).collect();
    let unnamed: Vec<String> =
        below(&sandbox.store()).into_iter().filter(|name| !named.iter().any(|named| named.is_match(name))).collect();
    if unnamed.is_empty() { Ok(()) } else { Err(format!("{unnamed:?} are not in the tree")) }
}

/// `locks/<32 hex>.lock` as a pattern for a whole path, or for its end.
fn pattern(shown: &str) -> Regex {
    let escaped = regex::escape(shown).replace("<32", "[0-9a-f]{32}.lock").replace("<run>", "[^/]+");
    Regex::new(&format!("(^|/){}/?$", escaped.replace("<step>", "[^/]+").trim_end_matches('/'))).unwrap()
}

fn below(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let all = entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path.display().to_string()] });
    all.collect()
}

/// A drawing of the rooms: each of them is one.
pub fn check_drawing(text: &str) -> Result<(), String> {
    let rooms = std::fs::read_to_string(repository().join("src/lib.rs")).unwrap();
    let missing: Vec<&str> = ["runbook", "plan", "engine", "journal", "shell", "expect", "audit", "report", "annotate"]
        .into_iter()
        .filter(|room| !text.contains(room) || !rooms.contains(&format!("pub mod {room};")))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} are missing")) }
}

#[test]
fn wrong_data_is_noticed() {
    assert!(check_toml("[limits]\ngrase = '5s'\n").unwrap_err().contains("grase"));
    assert!(check_json("{ \"a\": [1, …] }").is_ok() && check_json("{ \"a\": [1, …").is_err());
    assert!(check_line("{\"seq\":1,\"time\":\"\",…}").is_err());
    assert!(check_python("print('sound')\n").unwrap_err().contains("changed.jsonl"));
    assert!(check_tree(".stepgate/\n  ledger.jsonl\n").unwrap_err().contains("journal.jsonl"));
    assert!(check_mark("<!-- stepgate:runboks -->\n").is_err());
    assert!(check_drawing("runbook ──► plan").is_err());
    assert!(is_of_a_book("[preprocessor.x]\n") && !is_of_a_book("[targets]\n"));
    assert!(
        check_book("[preprocessor.x]\ncommand = 'stepgate bok'\n").is_err()
            && check_book("[book]\ntitle = 'x'\n").is_ok()
    );
    let hook = |text: &str| Block { place: String::new(), page: String::new(), info: None, text: text.to_owned() };
    assert!(check_yaml(&hook("repos:\n- repo: x\n  hooks:\n  - id: stepgate-chekc\n")).is_err());
    assert!(check_yaml(&hook("jobs:\n a:\n  steps:\n  - uses: a/stepgate@b\n    with: { path: x }\n")).is_err());
    assert!(check_yaml(&hook("max-aeg: 3d\n")).is_err() && check_yaml(&hook("max-age: 3d\n")).is_ok());
    assert!(Page::named("docs/journal.md").text.contains("sound, head"));
}
