//! Rules on the commands of a script.

use super::syntax::{Block, Command, Kind, Pipeline, Place, Script, Stage, places};
use super::{background, early_closer, editors, never_ends, will_ask, writes};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::runbook::{Part, PartKind, Step, Token};
use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// `root@host:~#`, as bash shows it.
static PROMPT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\[?[\w.-]+@[\w.-]+[: ]?\S*[$#]$").expect("a constant"));
/// `exit 0` as a command of its own.
static EXIT_ZERO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[;&|{\s])exit\s+0\s*(?:$|[;&|}\n])").expect("a constant"));

/// Every warning on the commands of one step.
pub fn lint(step: &Step, script: &Script<'_>, found: &mut Vec<Diagnostic>) {
    let places = places(&script.list);
    let waits = places.iter().filter_map(Place::command).any(|command| command.is(&["wait"]));
    let functions = functions(&places);
    for place in &places {
        found.extend(early_closer::lint(place));
        found.extend(background::lint(place, waits));
        found.extend(writes::lint(place, step));
        if step.timeout.is_none() {
            found.extend(never_ends::lint(place));
        }
        if let Stage::Simple(command) = place.stage() {
            found.extend(prompt(command, step));
            found.extend(masked_exit(command, step));
            found.extend(exit_trap(command, &functions));
            found.extend(will_ask::lint(place, command, step));
            found.extend(editors::lint(place, command));
        }
    }
    if !step.literal {
        found.extend(placeholders(script));
    }
}

fn warn(code: Code, span: Span, message: impl Into<String>, help: &str) -> Option<Diagnostic> {
    Some(Diagnostic::warning(code, span, message).help(help))
}

/// `$ command`, `% command`, `root@host:~# command`.
fn prompt(command: &Command<'_>, step: &Step) -> Option<Diagnostic> {
    let is_prompt = |word: &&&Token| word.is_word("$") || word.is_word("%") || PROMPT.is_match(&word.text);
    let first = command.all_words().first().filter(is_prompt)?;
    let message = format!("`{}` is a prompt and no command", first.text);
    let help = "take it out; what the command prints belongs into an `output` block";
    let found = warn(Code::Prompt, first.span, message, help)?;
    // Where other lines have none they may be what the command printed, and would be run.
    let lines = step.script.iter().map(|line| line.text.trim()).filter(|line| !line.is_empty());
    let all = lines.into_iter().all(|line| line.starts_with(&format!("{} ", first.text)));
    Some(match command.all_words().get(1).filter(|_| all) {
        Some(next) => found.fix(Span::new(first.span.start, next.span.start), ""),
        None => found,
    })
}

/// `export X=$(command)`.
fn masked_exit(command: &Command<'_>, step: &Step) -> Option<Diagnostic> {
    let name = command.name().filter(|name| ["export", "local", "declare", "readonly", "typeset"].contains(name))?;
    let word = command.arguments().iter().find(|word| word.text.contains('=') && runs(&word.parts))?;
    let message = format!("`{name}` hides the exit code of the command inside: if it fails, nobody notices");
    let found = warn(Code::MaskedExit, word.span, message, "assign first and export then: X=$(command); export X")?;
    let variable = word.text.split_once('=').map_or("", |(variable, _)| variable);
    let plain = name == "export" && !variable.is_empty() && stands_alone(&format!("export {}", word.text), step);
    Some(match plain {
        true => {
            let span = Span::new(command.head().span.start, word.span.end);
            found.fix(span, format!("{}; export {variable}", word.text))
        }
        false => found,
    })
}

/// Whether a command is a line of its own, and neither the end nor the beginning of a longer one.
fn stands_alone(command: &str, step: &Step) -> bool {
    let joins = |line: &str| {
        ["&&", "||", "|", "\\", "!", "(", "if", "while", "until"].iter().any(|end| line.trim_end().ends_with(end))
    };
    let lines = || step.script.iter().map(|line| line.text.as_str());
    let places = lines().enumerate().filter(|(_, line)| line.trim() == command).map(|(at, _)| at);
    places.into_iter().any(|at| at == 0 || lines().nth(at - 1).is_some_and(|line| !joins(line)))
}

/// Whether a command is run inside, also as what `${Y:-$(a)}` falls back to.
fn runs(parts: &[Part]) -> bool {
    let inside = |part: &Part| part.inner.iter().any(|word| runs(&word.parts));
    parts.iter().any(|part| match part.kind {
        PartKind::Command => true,
        PartKind::Variable(_) => inside(part),
        _ => false,
    })
}

/// `trap 'exit 0' EXIT`, also in a longer text or in a function that the trap calls.
fn exit_trap(command: &Command<'_>, functions: &HashMap<&str, &Block<'_>>) -> Option<Diagnostic> {
    let ends = |word: &Token| word.is_word("EXIT") || word.is_word("0");
    let (text, signals) = command.is(&["trap"]).then(|| command.arguments().split_first())??;
    if !signals.iter().any(|word| ends(word)) {
        return None;
    }
    let plain: String =
        text.parts.iter().filter(|part| part.kind == PartKind::Text).map(|part| part.text.as_str()).collect();
    if !EXIT_ZERO.is_match(&plain) && !functions.get(plain.trim()).is_some_and(|function| passes(function)) {
        return None;
    }
    let message = "`exit 0` in an EXIT trap makes a pass of every failure that ends the shell";
    warn(Code::ExitTrap, text.span, message, "take `exit 0` out of the trap: the exit code stays what it was")
}

/// The functions of a script by name.
fn functions<'a, 't>(places: &[Place<'a, 't>]) -> HashMap<&'t str, &'a Block<'t>> {
    let function = |place: &Place<'a, 't>| match place.stage() {
        Stage::Block(block) if block.kind == Kind::Function => Some((block.head.text.as_str(), block)),
        _ => None,
    };
    places.iter().filter_map(function).collect()
}

/// Whether a function says `exit 0` outside of all conditions.
fn passes(function: &Block<'_>) -> bool {
    let zero = |command: &Command<'_>| command.is(&["exit"]) && command.has_word("0");
    let plainly = |pipeline: &Pipeline<'_>| match pipeline.stages.as_slice() {
        [Stage::Simple(command)] => zero(command),
        [Stage::Block(block)] if block.kind == Kind::Group => {
            block.bodies.iter().flatten().any(|inner| matches!(inner.stages.as_slice(), [Stage::Simple(c)] if zero(c)))
        }
        _ => false,
    };
    function.bodies.iter().flatten().any(plainly)
}

/// `YOUR_…` and a lone `xxx`.
fn placeholders(script: &Script<'_>) -> Vec<Diagnostic> {
    let words = script.tokens.iter().flat_map(|list| list.iter());
    let one = |word: &Token| {
        let text = word.parts.iter().filter(|part| part.kind == PartKind::Text);
        let yours = text.map(|part| &part.text).find_map(|text| {
            let at = text.find("YOUR_")?;
            let name: String =
                text[at..].chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_').collect();
            (name.len() > "YOUR_".len()).then_some(name)
        });
        let lone = word.literal().filter(|text| text.eq_ignore_ascii_case("xxx"));
        let name = yours.or(lone)?;
        let message = format!("`{name}` reads like something that has to be replaced");
        warn(
            Code::PlaceholderWord,
            word.span,
            message,
            "declare a parameter and write \"$NAME\"; if it is meant, write the flag `literal`",
        )
    };
    words.filter_map(one).collect()
}
