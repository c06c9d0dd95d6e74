//! The values of attributes: durations, expressions, exit codes, names.

use super::attributes::{with_such_a_value, wrong};
use super::info::Attribute;
use super::model::{Condition, ExitRule, Named, SessionName};
use super::names::{is_reserved_variable, is_step_name, is_variable_name};
use super::suggest::did_you_mean;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::duration::{DURATION_HELP, parse_duration};
use std::time::Duration;

/// So much of a wrong value is repeated, in characters.
const SHOWN: usize = 100;

/// The value, which must be there, and its place with the quotes.
pub fn text(attribute: &Attribute) -> Result<(String, Span), Diagnostic> {
    match &attribute.value {
        Some((value, span)) => Ok((value.clone(), *span)),
        None => Err(wrong(attribute, format!("`{0}` needs a value: {0}=…", attribute.key))),
    }
}

/// A name, whatever it is the name of.
pub fn named(attribute: &Attribute) -> Result<Named, Diagnostic> {
    let (name, span) = text(attribute)?;
    match name.is_empty() {
        true => Err(wrong(attribute, format!("`{}` names nothing", attribute.key))),
        false => Ok(Named { name, span }),
    }
}

/// The id of a session, or `none`.
pub fn session(attribute: &Attribute) -> Result<SessionName, Diagnostic> {
    let (name, span) = text(attribute)?;
    match name.as_str() {
        "main" => Ok(SessionName::Main),
        "none" => Ok(SessionName::None),
        id if is_step_name(id) => Ok(SessionName::Named(name)),
        _ => Err(bad(span, &name, "name of a session")
            .help("a name starts with a letter and holds letters, digits, `_` and `-`; `none` is a fresh one")),
    }
}

/// A duration with its unit.
pub fn duration(attribute: &Attribute) -> Result<(Duration, Span), Diagnostic> {
    let (value, span) = text(attribute)?;
    let wrong = |why| Diagnostic::error(Code::WrongValue, span, why).help(DURATION_HELP);
    Ok((parse_duration(&value).map_err(wrong)?, span))
}

/// An expression. Its place is that of the text inside the quotes, if nothing in it is escaped.
pub fn condition(attribute: &Attribute) -> Result<Condition, Diagnostic> {
    let (text, span) = text(attribute)?;
    let quotes = (span.end - span.start).saturating_sub(text.len());
    let inner = if quotes == 2 { Span::new(span.start + 1, span.end - 1) } else { span };
    match text.trim().is_empty() {
        true => Err(wrong(attribute, format!("`{}` has no expression", attribute.key))),
        false => Ok(Condition { text, span: inner }),
    }
}

/// The name of a variable that is captured.
pub fn variable(attribute: &Attribute) -> Result<(String, Span), Diagnostic> {
    let (name, span) = text(attribute)?;
    check_variable(&name, span)?;
    Ok((name, span))
}

/// Whether a capture may be called so; the same rule for `capture=` and for a regex's named groups.
pub fn check_variable(name: &str, span: Span) -> Result<(), Diagnostic> {
    let shown = crate::text::shorten(name, SHOWN);
    if !is_variable_name(name) {
        return Err(Diagnostic::error(Code::VariableName, span, format!("`{shown}` is no variable name"))
            .help("a variable's name holds letters, digits and `_`, and starts with no digit"));
    }
    if is_reserved_variable(name) {
        let message = format!("`{shown}` is reserved and cannot be captured");
        return Err(Diagnostic::error(Code::VariableName, span, message)
            .help("the shell or stepgate itself uses it; choose another name"));
    }
    Ok(())
}

/// What must be typed at a gate.
pub fn phrase(attribute: &Attribute) -> Result<(String, Span), Diagnostic> {
    let (value, span) = text(attribute)?;
    if value.trim() != value || value.is_empty() || value.chars().any(crate::text::is_dangerous) {
        return Err(Diagnostic::error(Code::WrongValue, span, "a phrase must be something that can be typed")
            .help("visible characters, no blanks at its ends"));
    }
    Ok((value, span))
}

/// Exit codes, or a word for many.
pub fn exit_rule(attribute: &Attribute) -> Result<ExitRule, Diagnostic> {
    let (value, span) = text(attribute)?;
    match value.as_str() {
        "any" => return Ok(ExitRule::Any),
        "nonzero" => return Ok(ExitRule::Nonzero),
        "disconnect" => return Ok(ExitRule::Disconnect),
        _ => {}
    }
    let code = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit()).then(|| code.parse().ok()).flatten();
    let codes: Option<Vec<u8>> = value.split(',').map(|one| code(one.trim())).collect();
    codes.map(ExitRule::Codes).ok_or_else(|| {
        bad(span, &value, "list of exit codes")
            .help("write numbers from 0 to 255 with commas between them, `nonzero`, `any` or `disconnect`")
    })
}

/// Ids with commas or blanks between them.
pub fn id_list(attribute: &Attribute) -> Result<Vec<(String, Span)>, Diagnostic> {
    let (value, span) = text(attribute)?;
    let ids: Vec<_> = value.split([',', ' ']).filter(|id| !id.is_empty()).map(|id| (id.to_owned(), span)).collect();
    match ids.is_empty() {
        true => Err(wrong(attribute, format!("`{}` names no criterion", attribute.key))),
        false => Ok(ids),
    }
}

/// One of a few words.
pub fn one_of<T: Copy, const N: usize>(attribute: &Attribute, known: [(&str, T); N]) -> Result<(T, Span), Diagnostic> {
    let (word, span) = text(attribute)?;
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == word) {
        return Ok((*value, span));
    }
    let names = known.map(|(name, _)| name);
    let otherwise = match with_such_a_value(&word) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it is one of {}", names.map(|name| format!("`{name}`")).join(", ")),
    };
    Err(bad(span, &word, &attribute.key).help(did_you_mean(&word, names, otherwise)))
}

fn bad(span: Span, value: &str, what: &str) -> Diagnostic {
    Diagnostic::error(Code::WrongValue, span, format!("`{}` is no {what}", crate::text::shorten(value, SHOWN)))
}
