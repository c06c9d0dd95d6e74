//! `{{NAME}}` in a script, in which nothing is ever put.

use crate::diagnostic::{Code, Diagnostic};
use crate::expect;
use crate::runbook::{Language, Step};

/// A finding at every `{{NAME}}` of a script that reads like a variable of stepgate's: in capitals, or `known`. Other
/// braces are a template's own.
pub fn check(step: &Step, known: impl Fn(&str) -> bool, found: &mut Vec<Diagnostic>) {
    for line in &step.script {
        for (at, name) in expect::placed_references(&line.text) {
            let capitals =
                name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase());
            if !capitals && !known(name) {
                continue;
            }
            let message = format!("nothing is substituted into a script: `{{{{{name}}}}}`");
            let wrong = Diagnostic::error(Code::Script, line.part(at..at + name.len() + 4), message);
            found.push(
                wrong.help(format!("a variable reaches a script by its name: {}", written(&step.language, name))),
            );
        }
    }
}

/// How a variable is written in a language.
fn written(language: &Language, name: &str) -> String {
    match language {
        Language::Shell(_) => format!("write \"${name}\""),
        Language::Interpreter(program) if program == "python" => format!("write os.environ[\"{name}\"]"),
        Language::Interpreter(_) => format!("read `{name}` from the environment"),
    }
}
