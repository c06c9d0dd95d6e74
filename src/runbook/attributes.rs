//! Attributes to typed values. What the format knows and stepgate does not do yet is refused by name here.

use super::info::{Attribute, Info};
use super::model::{Condition, Effect, ExitRule, ExpectedStream, Gate, Language, Named, SessionName};
use super::names::{is_reserved_variable, is_step_name, is_variable_name};
use super::target::Shell;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::duration::{DURATION_HELP, parse_duration};
use std::time::Duration;

/// Attributes of a step that are built.
const BUILT: &[&str] = &[
    "name",
    "effect",
    "gate",
    "phrase",
    "on",
    "session",
    "timeout",
    "poll",
    "exit",
    "when",
    "unless",
    "always",
    "stdin",
    "capture",
    "secret",
    "literal",
    "satisfies",
    "data",
];
/// Attributes of a step that the format knows and that are not built yet.
const LATER: &[&str] = &["until", "background", "undo", "interactive", "wait"];

/// What a step's attribute block says.
#[derive(Debug, Default)]
pub struct StepAttributes {
    pub name: Option<(String, Span)>,
    /// What its script is written in; `None` only before that is looked at.
    pub language: Option<Language>,
    pub effect: Option<Effect>,
    pub gate: Option<(Gate, Span)>,
    pub phrase: Option<(String, Span)>,
    pub on: Option<Named>,
    pub session: SessionName,
    pub timeout: Option<Duration>,
    pub poll: Option<(Duration, Span)>,
    pub exit: Option<(ExitRule, Span)>,
    pub when: Option<Condition>,
    pub unless: Option<Named>,
    pub stdin: Option<Named>,
    pub secret: bool,
    pub literal: bool,
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
    /// An `assert` block behind a step.
    Assert,
    /// An `assert` block that is a step by itself.
    AssertStep(Box<StepAttributes>),
    /// A data block.
    Data(Named),
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
        ("assert", None) => Fence::Assert,
        ("assert", Some(attributes)) => assert_step(attributes, info.span, found),
        (_, None) => Fence::Prose,
        (_, Some(attributes)) if attributes.iter().any(|attribute| attribute.key == "data") => {
            data_block(attributes, info.span, found)
        }
        (language, Some(attributes)) => {
            let mut step = step_attributes(attributes, found);
            step.language = language_of(language, info, found);
            Fence::Step(Box::new(step))
        }
    };
    if found.len() > before { Fence::Prose } else { fence }
}

/// "Known, but not built yet": the format's own words that this version refuses.
pub fn not_supported(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(Code::NotSupported, span, format!("not supported yet: {what}"))
        .help("the format knows it, this version of stepgate does not do it yet; nothing of the runbook is run")
}

/// `bash` and `sh` are the session's shell; whether another word is an interpreter's name only the plan can tell.
fn language_of(language: &str, info: &Info, found: &mut Vec<Diagnostic>) -> Option<Language> {
    let plausible = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    match language {
        "bash" => Some(Language::Shell(Shell::Bash)),
        "sh" => Some(Language::Shell(Shell::Sh)),
        name if name.chars().all(plausible) => Some(Language::Interpreter(name.to_owned())),
        name => {
            found.push(unknown_language(name, info.word, std::iter::empty()));
            None
        }
    }
}

/// The finding on a step in a language that nobody knows; `declared` are those of `stepgate.toml`.
pub fn unknown_language<'a>(language: &str, span: Span, declared: impl Iterator<Item = &'a str>) -> Diagnostic {
    let hint = match language {
        "shell" | "console" | "zsh" | "shell-session" => "steps are written in `bash`".to_owned(),
        "python3" => "write `python`".to_owned(),
        _ => match nearest(language, ["bash", "sh", "python", "output", "assert"].into_iter().chain(declared)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "declare it in stepgate.toml as [interpreter.{language}]; to show a block without running it, drop the braces"
            ),
        },
    };
    Diagnostic::error(Code::UnknownLanguage, span, format!("no interpreter `{language}`")).help(hint)
}

/// `{data name=…}`: bytes for a step's standard input.
fn data_block(attributes: &[Attribute], span: Span, found: &mut Vec<Diagnostic>) -> Fence {
    refuse_doubled(attributes, found);
    let mut name = None;
    for attribute in attributes {
        match attribute.key.as_str() {
            "data" if attribute.value.is_none() => {}
            "data" => found.push(wrong(attribute, "`data` is a flag and has no value".to_owned())),
            "name" => match step_name(attribute) {
                Ok((given, span)) => name = Some(Named { name: given, span }),
                Err(diagnostic) => found.push(diagnostic),
            },
            _ => found.push(unknown(attribute, "a data block, which is no step", &["data", "name"])),
        }
    }
    match name {
        Some(name) => Fence::Data(name),
        None => {
            let message = "a data block needs a name";
            found.push(
                Diagnostic::error(Code::MissingName, span, message)
                    .help("write {data name=…}; a step uses it by stdin=…"),
            );
            Fence::Prose
        }
    }
}

/// ```` ```assert {name=…} ````: a step that runs nothing.
fn assert_step(attributes: &[Attribute], span: Span, found: &mut Vec<Diagnostic>) -> Fence {
    const KNOWN: &[&str] = &["name", "when", "satisfies"];
    let (ours, others): (Vec<_>, Vec<_>) =
        attributes.iter().cloned().partition(|attribute| KNOWN.contains(&attribute.key.as_str()));
    let message = "a named `assert` block, which runs nothing";
    found.extend(others.iter().map(|attribute| unknown(attribute, message, KNOWN)));
    let step = step_attributes(&ours, found);
    if step.name.is_none() && others.is_empty() {
        let message = "an `assert` block with attributes is a step by itself and needs a name";
        found.push(
            Diagnostic::error(Code::MissingName, span, message)
                .help("write ```assert {name=…}, or drop the braces if it belongs to the step before it"),
        );
    }
    Fence::AssertStep(Box::new(step))
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
        "name" => step.name = Some(step_name(attribute)?),
        "on" => step.on = Some(named(attribute)?),
        "session" => step.session = session(attribute)?,
        "poll" => step.poll = Some(duration(attribute)?),
        "when" => step.when = Some(condition(attribute)?),
        "unless" => step.unless = Some(named(attribute)?),
        "stdin" => step.stdin = Some(named(attribute)?),
        key @ ("always" | "secret" | "literal") if attribute.value.is_some() => {
            return Err(wrong(attribute, format!("`{key}` is a flag and has no value")));
        }
        "always" => step.always = true,
        "secret" => step.secret = true,
        "literal" => step.literal = true,
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
        "timeout" => step.timeout = Some(duration(attribute)?.0),
        "exit" => step.exit = Some(exit_rule(attribute)?),
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

fn step_name(attribute: &Attribute) -> Result<(String, Span), Diagnostic> {
    let (name, span) = text(attribute)?;
    if is_step_name(&name) {
        return Ok((name, span));
    }
    Err(Diagnostic::error(Code::WrongValue, span, format!("`{name}` is no step name"))
        .help("a name starts with a letter, holds letters, digits, `_` and `-`, and has at most 100 of them"))
}

fn named(attribute: &Attribute) -> Result<Named, Diagnostic> {
    let (name, span) = text(attribute)?;
    match name.is_empty() {
        true => Err(wrong(attribute, format!("`{}` names nothing", attribute.key))),
        false => Ok(Named { name, span }),
    }
}

fn session(attribute: &Attribute) -> Result<SessionName, Diagnostic> {
    let (name, span) = text(attribute)?;
    match name.as_str() {
        "main" => Ok(SessionName::Main),
        "none" => Ok(SessionName::None),
        id if is_step_name(id) => Ok(SessionName::Named(name)),
        _ => Err(Diagnostic::error(Code::WrongValue, span, format!("`{name}` is no name of a session"))
            .help("a name starts with a letter and holds letters, digits, `_` and `-`; `none` is a fresh one")),
    }
}

fn duration(attribute: &Attribute) -> Result<(Duration, Span), Diagnostic> {
    let (value, span) = text(attribute)?;
    let wrong = |why| Diagnostic::error(Code::WrongValue, span, why).help(DURATION_HELP);
    Ok((parse_duration(&value).map_err(wrong)?, span))
}

/// An expression; its place is that of the text inside the quotes.
fn condition(attribute: &Attribute) -> Result<Condition, Diagnostic> {
    let (text, span) = text(attribute)?;
    let quotes = (span.end - span.start).saturating_sub(text.len());
    let inner = if quotes == 2 { Span::new(span.start + 1, span.end - 1) } else { span };
    match text.trim().is_empty() {
        true => Err(wrong(attribute, format!("`{}` has no expression", attribute.key))),
        false => Ok(Condition { text, span: inner }),
    }
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
    Ok((value, span))
}

fn exit_rule(attribute: &Attribute) -> Result<(ExitRule, Span), Diagnostic> {
    let (value, span) = text(attribute)?;
    match value.as_str() {
        "any" => return Ok((ExitRule::Any, span)),
        "nonzero" => return Ok((ExitRule::Nonzero, span)),
        "disconnect" => return Ok((ExitRule::Disconnect, span)),
        _ => {}
    }
    let codes: Result<Vec<u8>, _> = value.split(',').map(|code| code.trim().parse()).collect();
    codes.map(|codes| (ExitRule::Codes(codes), span)).map_err(|_| {
        Diagnostic::error(Code::WrongValue, span, format!("`{value}` is no list of exit codes"))
            .help("write numbers from 0 to 255 with commas between them, `nonzero`, `any` or `disconnect`")
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
