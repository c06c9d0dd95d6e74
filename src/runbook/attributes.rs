//! Attributes to typed values. What the format knows and stepgate does not do yet is refused by name here.

use super::duration::{DURATION_HELP, parse_duration};
use super::info::{Attribute, Info};
use super::model::{Effect, ExitRule, ExpectedStream, Gate};
use super::names::{is_reserved_variable, is_step_name, is_variable_name};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use std::time::Duration;

/// Attributes of a step that are built.
const BUILT: &[&str] = &["name", "effect", "gate", "phrase", "timeout", "exit", "always", "capture", "satisfies"];
/// Attributes of a step that the format knows and that are not built yet.
const LATER: &[&str] = &[
    "on",
    "session",
    "poll",
    "until",
    "background",
    "when",
    "unless",
    "undo",
    "stdin",
    "interactive",
    "secret",
    "wait",
    "literal",
    "data",
];

/// What a step's attribute block says.
#[derive(Debug, Default)]
pub struct StepAttributes {
    pub name: Option<(String, Span)>,
    pub effect: Option<Effect>,
    pub gate: Option<(Gate, Span)>,
    pub phrase: Option<(String, Span)>,
    pub timeout: Option<Duration>,
    pub exit: Option<ExitRule>,
    pub always: bool,
    pub capture: Option<(String, Span)>,
    pub satisfies: Vec<(String, Span)>,
}

/// What kind of fence an info string makes.
pub enum Fence {
    /// Prose: nothing is run, nothing is checked.
    Prose,
    /// A step.
    Step(Box<StepAttributes>),
    /// An `output` block.
    Output(ExpectedStream),
}

/// Decides what a fence is; every finding goes to `found`. A fence with a finding counts as prose.
pub fn classify(info: &Info, found: &mut Vec<Diagnostic>) -> Fence {
    let before = found.len();
    let fence = match (info.language.as_str(), &info.attributes) {
        ("output", attributes) => Fence::Output(output_stream(attributes.as_deref().unwrap_or_default(), found)),
        (near, _)
            if near != near.to_ascii_lowercase() && matches!(&*near.to_ascii_lowercase(), "output" | "assert") =>
        {
            let message = format!("`{near}` is no fence language of stepgate's: this block would check nothing");
            let help = format!("did you mean `{}`?", near.to_ascii_lowercase());
            found.push(Diagnostic::error(Code::UnknownLanguage, info.span, message).help(help));
            Fence::Prose
        }
        ("assert", _) => {
            found.push(not_supported(info.span, "`assert` blocks"));
            Fence::Prose
        }
        (_, None) => Fence::Prose,
        (language, Some(attributes)) => {
            check_language(language, attributes, info, found);
            Fence::Step(Box::new(step_attributes(attributes, found)))
        }
    };
    if found.len() > before { Fence::Prose } else { fence }
}

/// "Known, but not built yet": the format's own words that this version refuses.
pub fn not_supported(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(Code::NotSupported, span, format!("not supported yet: {what}"))
        .help("the format knows it, this version of stepgate does not do it yet; nothing of the runbook is run")
}

fn check_language(language: &str, attributes: &[Attribute], info: &Info, found: &mut Vec<Diagnostic>) {
    if attributes.iter().any(|attribute| attribute.key == "data") {
        found.push(not_supported(info.span, "data blocks"));
        return;
    }
    match language {
        "bash" => {}
        "sh" | "python" => found.push(not_supported(info.word, &format!("`{language}` steps"))),
        _ => {
            let hint = match language {
                "shell" | "console" | "zsh" | "shell-session" => "steps are written in `bash`".to_owned(),
                _ => match nearest(language, ["bash", "sh", "python", "output", "assert"]) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "to show a block without running it, drop the braces".to_owned(),
                },
            };
            let message = format!("no interpreter `{language}`");
            found.push(Diagnostic::error(Code::UnknownLanguage, info.word, message).help(hint));
        }
    }
}

fn output_stream(attributes: &[Attribute], found: &mut Vec<Diagnostic>) -> ExpectedStream {
    refuse_doubled(attributes, found);
    let mut stream = ExpectedStream::Stdout;
    for attribute in attributes {
        match attribute.key.as_str() {
            key @ ("stderr" | "combined") if attribute.value.is_some() => {
                found.push(wrong(attribute, format!("`{key}` is a flag and has no value")));
            }
            "stderr" if stream == ExpectedStream::Stdout => stream = ExpectedStream::Stderr,
            "combined" if stream == ExpectedStream::Stdout => stream = ExpectedStream::Combined,
            "stderr" | "combined" => {
                let message = "`stderr` and `combined` exclude each other";
                found.push(
                    Diagnostic::error(Code::Contradiction, attribute.span, message)
                        .help("`combined` holds both streams; without either it is standard output"),
                );
            }
            _ => found.push(unknown(attribute, "an `output` block", &["stderr", "combined"])),
        }
    }
    stream
}

fn step_attributes(attributes: &[Attribute], found: &mut Vec<Diagnostic>) -> StepAttributes {
    refuse_doubled(attributes, found);
    let mut step = StepAttributes::default();
    for attribute in attributes {
        if let Err(diagnostic) = step_attribute(attribute, &mut step) {
            found.push(diagnostic);
        }
    }
    if let (Some((_, span)), Some((Gate::None | Gate::Confirm, _))) = (&step.phrase, &step.gate) {
        let message = "`phrase` is typed at `gate=type` only";
        found.push(Diagnostic::error(Code::Contradiction, *span, message).help("write gate=type, or drop the phrase"));
    }
    step
}

fn step_attribute(attribute: &Attribute, step: &mut StepAttributes) -> Result<(), Diagnostic> {
    match attribute.key.as_str() {
        "name" => {
            let (name, span) = text(attribute)?;
            if !is_step_name(&name) {
                let message = format!("`{name}` is no step name");
                return Err(Diagnostic::error(Code::WrongValue, span, message).help(
                    "a name starts with a letter, holds letters, digits, `_` and `-`, and has at most 100 of them",
                ));
            }
            step.name = Some((name, span));
        }
        "effect" => {
            let effects = [Effect::Read, Effect::Idempotent, Effect::Change, Effect::Destroy];
            step.effect = Some(one_of(attribute, effects.map(|effect| (effect.as_str(), effect)))?.0);
        }
        "gate" => {
            let (word, span) = text(attribute)?;
            if word == "approve" {
                return Err(not_supported(span, "`gate=approve`"));
            }
            let gates = [Gate::None, Gate::Confirm, Gate::Type];
            step.gate = Some(one_of(attribute, gates.map(|gate| (gate.as_str(), gate)))?);
        }
        "phrase" => step.phrase = Some(phrase(attribute)?),
        "timeout" => {
            let (value, span) = text(attribute)?;
            let wrong = |why| Diagnostic::error(Code::WrongValue, span, why).help(DURATION_HELP);
            step.timeout = Some(parse_duration(&value).map_err(wrong)?);
        }
        "exit" => step.exit = Some(exit_rule(attribute)?),
        "always" if attribute.value.is_none() => step.always = true,
        "always" => return Err(wrong(attribute, "`always` is a flag and has no value".to_owned())),
        "capture" => {
            let (name, span) = text(attribute)?;
            check_variable(&name, span)?;
            step.capture = Some((name, span));
        }
        "satisfies" => step.satisfies = id_list(attribute)?,
        key if LATER.contains(&key) => return Err(not_supported(attribute.span, &format!("the attribute `{key}`"))),
        _ => return Err(unknown(attribute, "a step", &[BUILT, LATER].concat())),
    }
    Ok(())
}

/// Whether a capture may be called so; the same rule for `capture=` and for a regex's named groups.
pub fn check_variable(name: &str, span: Span) -> Result<(), Diagnostic> {
    if !is_variable_name(name) {
        return Err(Diagnostic::error(Code::VariableName, span, format!("`{name}` is no variable name"))
            .help("a variable's name holds letters, digits and `_`, and starts with no digit"));
    }
    if is_reserved_variable(name) {
        return Err(Diagnostic::error(
            Code::VariableName,
            span,
            format!("`{name}` is reserved and cannot be captured"),
        )
        .help("the shell or stepgate itself uses it; choose another name"));
    }
    Ok(())
}

fn phrase(attribute: &Attribute) -> Result<(String, Span), Diagnostic> {
    let (value, span) = text(attribute)?;
    if value.trim() != value || value.is_empty() || value.chars().any(crate::text::is_dangerous) {
        return Err(Diagnostic::error(Code::WrongValue, span, "a phrase must be something that can be typed")
            .help("visible characters, no blanks at its ends"));
    }
    if value.contains("{{") {
        return Err(not_supported(span, "`{{NAME}}` in a phrase"));
    }
    Ok((value, span))
}

fn exit_rule(attribute: &Attribute) -> Result<ExitRule, Diagnostic> {
    let (value, span) = text(attribute)?;
    match value.as_str() {
        "any" => return Ok(ExitRule::Any),
        "nonzero" => return Ok(ExitRule::Nonzero),
        "disconnect" => return Err(not_supported(span, "`exit=disconnect`")),
        _ => {}
    }
    let codes: Result<Vec<u8>, _> = value.split(',').map(|code| code.trim().parse()).collect();
    codes.map(ExitRule::Codes).map_err(|_| {
        Diagnostic::error(Code::WrongValue, span, format!("`{value}` is no list of exit codes"))
            .help("write numbers from 0 to 255 with commas between them, `nonzero` or `any`")
    })
}

fn id_list(attribute: &Attribute) -> Result<Vec<(String, Span)>, Diagnostic> {
    let (value, span) = text(attribute)?;
    let ids: Vec<_> = value.split([',', ' ']).filter(|id| !id.is_empty()).map(|id| (id.to_owned(), span)).collect();
    match ids.is_empty() {
        true => Err(wrong(attribute, "`satisfies` names no criterion".to_owned())),
        false => Ok(ids),
    }
}

fn one_of<T: Copy, const N: usize>(attribute: &Attribute, known: [(&str, T); N]) -> Result<(T, Span), Diagnostic> {
    let (word, span) = text(attribute)?;
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == word) {
        return Ok((*value, span));
    }
    let names = known.map(|(name, _)| name);
    let help = match nearest(&word, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it is one of {}", names.map(|name| format!("`{name}`")).join(", ")),
    };
    Err(Diagnostic::error(Code::WrongValue, span, format!("`{word}` is no {}", attribute.key)).help(help))
}

fn text(attribute: &Attribute) -> Result<(String, Span), Diagnostic> {
    match &attribute.value {
        Some((value, span)) => Ok((value.clone(), *span)),
        None => Err(wrong(attribute, format!("`{0}` needs a value: {0}=…", attribute.key))),
    }
}

fn wrong(attribute: &Attribute, message: String) -> Diagnostic {
    Diagnostic::error(Code::WrongValue, attribute.span, message)
        .help("attributes are `key=value`, `key=\"quoted\"` or a bare flag; docs/format.md lists them")
}

fn unknown(attribute: &Attribute, of: &str, known: &[&str]) -> Diagnostic {
    let help = match nearest(&attribute.key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here are {}", known.join(", ")),
    };
    let message = format!("unknown attribute `{}` of {of}", attribute.key);
    Diagnostic::error(Code::UnknownAttribute, attribute.span, message).help(help)
}

fn refuse_doubled(attributes: &[Attribute], found: &mut Vec<Diagnostic>) {
    for (index, attribute) in attributes.iter().enumerate() {
        if let Some(first) = attributes[..index].iter().find(|first| first.key == attribute.key) {
            let message = format!("the attribute `{}` stands twice", attribute.key);
            found.push(
                Diagnostic::error(Code::DoubledAttribute, attribute.span, message)
                    .related(first.span, "first here")
                    .help("keep one of them"),
            );
        }
    }
}
