//! Functions in an `sh` session, which cannot be carried over when its shell has to be started again.

use super::syntax::{Place, Script, places};
use super::{Known, steps, target_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::{Language, Runbook, Shell, Step, Token, TokenKind};

/// Every use of a function that another step defined.
pub fn lint(runbook: &Runbook, known: &Known, found: &mut Vec<Diagnostic>) {
    let posix = |step: &&Step| {
        matches!(step.language, Language::Shell(_)) && target_of(runbook, known, step).1 == Some(Shell::Sh)
    };
    let mut defined: Vec<(String, String, &Step)> = Vec::new();
    for step in steps(runbook).filter(posix) {
        let tokens = crate::runbook::tokens(&step.script);
        let script = Script::new(&tokens);
        let target = target_of(runbook, known, step).0;
        for command in places(&script.list).iter().filter_map(Place::command) {
            let by_other = defined.iter().find(|(on, name, owner)| {
                on == target && owner.session == step.session && command.name() == Some(name.as_str())
            });
            if let Some((_, name, owner)) = by_other {
                let message = format!("the function `{name}` is lost when a step before this one ends its shell");
                found.push(
                    Diagnostic::warning(Code::NotCarried, command.head().span, message)
                        .related(owner.name_span, "defined here")
                        .help("define it in this step, too: an `sh` cannot list its functions; bash can"),
                );
            }
        }
        defined.extend(functions(&tokens).map(|name| (target.to_owned(), name, step)));
    }
}

/// The names in `name() …`.
fn functions(tokens: &[Token]) -> impl Iterator<Item = String> {
    tokens.windows(3).filter_map(|three| {
        let word = three[0].kind == TokenKind::Word && three[1].is_operator("(") && three[2].is_operator(")");
        word.then(|| three[0].text.clone())
    })
}
