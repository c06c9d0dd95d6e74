//! The attributes of a step. What the format knows and stepgate does not do yet is refused by name here.

use super::info::Attribute;
use super::model::{Condition, Effect, ExitRule, Gate, Named, SessionName};
use super::names::is_step_name;
use super::suggest::{near, suggest};
use super::values::{condition, duration, exit_rule, id_list, named, one_of, phrase, session, text, variable};
use crate::diagnostic::{Code, Diagnostic, Fix, Span};
use std::collections::HashMap;
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

/// The words of `effect`.
pub const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Idempotent, Effect::Change, Effect::Destroy];
/// The words of `gate` that are built.
const GATES: [Gate; 3] = [Gate::None, Gate::Confirm, Gate::Type];

/// Whether the format knows an attribute of this name.
pub fn is_known(key: &str) -> bool {
    BUILT.contains(&key) || LATER.contains(&key)
}

/// `gate=confirm` for `confrim`: the attribute that has a value like this word.
pub fn with_such_a_value(word: &str) -> Option<String> {
    let values = EFFECTS.iter().map(|effect| ("effect", effect.as_str()));
    let values = values.chain(GATES.iter().map(|gate| ("gate", gate.as_str())));
    let values: Vec<_> = values.chain(["nonzero", "any", "disconnect"].map(|rule| ("exit", rule))).collect();
    let near = near(word, values.iter().map(|(_, value)| *value))?;
    values.iter().find(|(_, value)| *value == near).map(|(key, value)| format!("{key}={value}"))
}

/// What a step's attribute block says.
#[derive(Debug, Default)]
pub struct StepAttributes {
    pub name: Option<Named>,
    pub effect: Option<Effect>,
    pub gate: Option<(Gate, Span)>,
    pub phrase: Option<(String, Span)>,
    pub on: Option<Named>,
    pub session: SessionName,
    pub timeout: Option<Duration>,
    pub poll: Option<(Duration, Span)>,
    pub exit: Option<ExitRule>,
    pub when: Option<Condition>,
    pub unless: Option<Named>,
    pub stdin: Option<Named>,
    pub secret: bool,
    pub literal: bool,
    pub always: bool,
    pub capture: Option<(String, Span)>,
    pub satisfies: Vec<(String, Span)>,
    /// One of them could not be read: what seems to be missing may be that one.
    pub broken: bool,
}

/// "Known, but not built yet": the format's own words that this version refuses.
pub fn not_supported(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(Code::NotSupported, span, format!("not supported yet: {what}"))
        .help("the format knows it, this version of stepgate does not do it yet; nothing of the runbook is run")
}

/// Reads the attributes of a step; what is wrong with one does not hide the others.
pub fn step_attributes(attributes: &[Attribute], found: &mut Vec<Diagnostic>) -> StepAttributes {
    let before = found.len();
    found.extend(duplicates(attributes));
    let mut step = StepAttributes::default();
    for attribute in attributes {
        found.extend(step_attribute(attribute, &mut step).err());
    }
    step.broken = found.len() > before;
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
        "always" => step.always = flag(attribute)?,
        "secret" => step.secret = flag(attribute)?,
        "literal" => step.literal = flag(attribute)?,
        "effect" => step.effect = Some(effect(attribute)?),
        "gate" => step.gate = Some(gate(attribute)?),
        "phrase" => step.phrase = Some(phrase(attribute)?),
        "timeout" => step.timeout = Some(duration(attribute)?.0),
        "exit" => step.exit = Some(exit_rule(attribute)?),
        "capture" => step.capture = Some(variable(attribute)?),
        "satisfies" => step.satisfies = id_list(attribute)?,
        key if LATER.contains(&key) => return Err(not_supported(attribute.span, &format!("the attribute `{key}`"))),
        _ => return Err(unknown_of_step(attribute)),
    }
    Ok(())
}

fn effect(attribute: &Attribute) -> Result<Effect, Diagnostic> {
    one_of(attribute, EFFECTS.map(|effect| (effect.as_str(), effect))).map(|(effect, _)| effect)
}

fn gate(attribute: &Attribute) -> Result<(Gate, Span), Diagnostic> {
    let (word, span) = text(attribute)?;
    if word == "approve" {
        return Err(not_supported(span, "`gate=approve`"));
    }
    one_of(attribute, GATES.map(|gate| (gate.as_str(), gate)))
}

/// The name of a step or a data block.
pub fn step_name(attribute: &Attribute) -> Result<Named, Diagnostic> {
    let (name, span) = text(attribute)?;
    if is_step_name(&name) {
        return Ok(Named { name, span });
    }
    let message = format!("`{}` is no step name", crate::text::shorten(&name, 100));
    Err(Diagnostic::error(Code::WrongValue, span, message)
        .help("a name starts with a letter, holds letters, digits, `_` and `-`, and has at most 100 of them"))
}

/// `true` for a bare attribute.
pub fn flag(attribute: &Attribute) -> Result<bool, Diagnostic> {
    match attribute.value {
        None => Ok(true),
        Some(_) => Err(wrong(attribute, format!("`{}` is a flag and has no value", attribute.key))),
    }
}

/// A finding at the name of an attribute.
pub fn wrong(attribute: &Attribute, message: String) -> Diagnostic {
    Diagnostic::error(Code::WrongValue, attribute.span, message)
        .help("attributes are `key=value`, `key=\"quoted\"` or a bare flag; docs/format.md lists them")
}

/// A finding at an attribute that is not among `known`.
pub fn unknown(attribute: &Attribute, of: &str, known: &[&str]) -> Diagnostic {
    let otherwise = format!("known here are {}", known.join(", "));
    let shown = crate::text::shorten(&attribute.key, 100);
    let found =
        Diagnostic::error(Code::UnknownAttribute, attribute.span, format!("unknown attribute `{shown}` of {of}"));
    suggest(found, &attribute.key, known.iter().copied(), otherwise)
}

/// A finding at an attribute that no step has. A bare one may be the value of another; what is not built is suggested, but
/// not offered.
fn unknown_of_step(attribute: &Attribute) -> Diagnostic {
    let found = unknown(attribute, "a step", BUILT);
    let key = attribute.key.as_str();
    let attributes = near(key, BUILT.iter().chain(LATER).copied());
    let value = with_such_a_value(key).filter(|_| attribute.value.is_none());
    let distance = |word: &str| strsim::damerau_levenshtein(key, word.rsplit('=').next().unwrap_or(word));
    let nearer = |value: &String| attributes.is_none_or(|attribute| distance(value) < distance(attribute));
    match (value.filter(nearer), attributes) {
        (Some(meant), _) => found.help(format!("did you mean `{meant}`?")).fix(attribute.span, meant),
        (None, Some(meant)) => {
            let fix = BUILT.contains(&meant).then(|| Box::new(Fix { span: attribute.span, text: meant.to_owned() }));
            Diagnostic { fix, ..found.help(format!("did you mean `{meant}`?")) }
        }
        (None, None) => found,
    }
}

/// Findings on attributes that stand twice.
pub fn duplicates(attributes: &[Attribute]) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, Span> = HashMap::new();
    let mut found = Vec::new();
    for attribute in attributes {
        match first.get(attribute.key.as_str()) {
            None => _ = first.insert(&attribute.key, attribute.span),
            Some(before) => {
                let message = format!("the attribute `{}` stands twice", crate::text::shorten(&attribute.key, 100));
                found.push(
                    Diagnostic::error(Code::DoubledAttribute, attribute.span, message)
                        .related(*before, "first here")
                        .help("keep one of them"),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, step, with_body};
    use super::*;

    #[test]
    fn every_attribute_reaches_the_model() {
        let runbook = with_body(
            "~~~bash {name=a effect=idempotent on=m session=s poll=5s timeout=1m when='true' unless=p stdin=d secret literal \
             exit=0,3 capture=OUT gate=type phrase='go {{X}}'}\nls <x>\n~~~\n\n\
             ~~~bash {name=p effect=read session=none exit=nonzero poll=1s}\nls\n~~~\n\n~~~text {data name=d}\n~~~\n\n\
             ~~~sh {name=r exit=disconnect session=main always}\nreboot\n~~~\n",
        );
        let a = step(&runbook, "a");
        assert_eq!(
            (a.effect, a.gate, a.phrase.as_ref().map(|phrase| phrase.0.as_str())),
            (Effect::Idempotent, Some(Gate::Type), Some("go {{X}}"))
        );
        assert_eq!((a.on.as_ref().unwrap().name.as_str(), &a.session), ("m", &SessionName::Named("s".into())));
        assert_eq!((a.poll, a.timeout), (Some(Duration::from_secs(5)), Some(Duration::from_secs(60))));
        assert_eq!((a.unless.as_ref().unwrap().name.as_str(), a.stdin.as_ref().unwrap().name.as_str()), ("p", "d"));
        assert!(a.secret && a.literal && !a.always);
        assert_eq!((&a.exit, a.capture.as_ref().unwrap().0.as_str()), (&ExitRule::Codes(vec![0, 3]), "OUT"));
        assert_eq!(runbook.source.slice(a.when.as_ref().unwrap().span), "true");
        assert_eq!((&step(&runbook, "p").session, &step(&runbook, "p").exit), (&SessionName::None, &ExitRule::Nonzero));
        let r = step(&runbook, "r");
        assert_eq!((&r.session, &r.exit, r.always), (&SessionName::Main, &ExitRule::Disconnect, true));
    }

    #[test]
    fn a_mistake_is_told_at_its_place_and_makes_no_others() {
        for (attributes, wanted) in [
            ("nmae=x", "SG023 nmae"),
            ("name=x confrim", "SG023 confrim"),
            ("name=1x", "SG012 1x"),
            ("name", "SG012 name"),
            ("name=x name=y", "SG024 name"),
            ("name=x effect=raed", "SG012 raed"),
            ("name=x gate=conform", "SG012 conform"),
            ("name=x gate=approve", "SG009 approve"),
            ("name=x secret=yes", "SG012 secret"),
            ("name=x session=1", "SG012 1"),
            ("name=x on=''", "SG012 on"),
            ("name=x when=' '", "SG012 when"),
            ("name=x poll=5 effect=read", "SG012 5"),
            ("name=x timeout=0s", "SG012 0s"),
            ("name=x exit=256", "SG012 256"),
            ("name=x exit=0,", "SG012 0,"),
            ("name=x capture=PATH", "SG035 PATH"),
            ("name=x capture=a-b", "SG035 a-b"),
            ("name=x gate=type phrase=' x'", "SG012 ' x'"),
            ("name=x satisfies=','", "SG012 satisfies"),
            ("name=x undo=y", "SG009 undo"),
            ("name=x background until='true'", "SG009 background"),
            ("name=x wait=1s", "SG009 wait"),
            ("name=x interactive", "SG009 interactive"),
        ] {
            let found = body_findings(&format!("~~~bash {{{attributes}}}\na\n~~~\n~~~output\nx\n~~~\n"));
            assert_eq!(found[0], wanted, "{attributes}");
            assert_eq!(found.len(), if attributes.contains("until") { 2 } else { 1 }, "{found:?}");
        }
    }

    #[test]
    fn every_mistake_of_a_block_is_told() {
        let body = "```bash {name=x efect=read gate=conform timeout=5}\na\n```\n";
        assert_eq!(body_findings(body), ["SG023 efect", "SG012 conform", "SG012 5"]);
    }

    #[test]
    fn a_name_has_at_most_a_hundred_characters() {
        let named = |length| body_findings(&format!("```bash {{name={} gate=none}}\na\n```\n", "x".repeat(length)));
        assert_eq!((named(100).len(), named(101).len()), (0, 1));
    }
}
