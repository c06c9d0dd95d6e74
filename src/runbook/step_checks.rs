//! What the attributes of a step and its script say together.

use super::attributes::StepAttributes;
use super::model::{DEFAULT_TIMEOUT, Defaults, Effect, ExitRule, Gate, Language};
use super::scan::Fence;
use super::{here_documents, names, placeholders, visible};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::duration::show_duration;
use std::time::Duration;

/// Findings on a step; `block` is its attribute block, `defaults` are those of the front matter.
pub fn check(
    fence: &Fence,
    language: &Language,
    attributes: &StepAttributes,
    block: Span,
    defaults: &Defaults,
) -> Vec<Diagnostic> {
    let effect = attributes.effect.unwrap_or(Effect::Change);
    let mut found = script(fence, language, attributes.literal);
    // What seems to be missing may be what could not be read.
    if !attributes.broken {
        found.extend(missing_name(effect, attributes, block));
        found.extend(gate(effect, attributes));
        found.extend(repeats(effect, attributes, defaults));
    }
    found
}

fn missing_name(effect: Effect, attributes: &StepAttributes, block: Span) -> Option<Diagnostic> {
    (attributes.name.is_none() && !effect.may_repeat()).then(|| {
        let message = format!("a `{}` step needs a name", effect.as_str());
        Diagnostic::error(Code::MissingName, block, message)
            .help("write name=…: a number made by position would shift when steps are added; or write effect=read")
    })
}

fn gate(effect: Effect, attributes: &StepAttributes) -> Vec<Diagnostic> {
    let unwritten = if attributes.always { Gate::None } else { effect.default_gate() };
    let gate = attributes.gate.map_or(unwritten, |(gate, _)| gate);
    let mut found = Vec::new();
    if let (Effect::Destroy, Some((Gate::None, span))) = (effect, attributes.gate) {
        let message = "a `destroy` step always has a gate";
        found.push(contradiction(span, message).help("drop gate=none, or write gate=confirm"));
    }
    let name = attributes.name.as_ref().map(|named| (&named.name, named.span));
    let phrase = attributes.phrase.as_ref().map(|(phrase, span)| (phrase, *span));
    if let (Gate::Type, Some((phrase, span))) = (gate, phrase.or(name))
        && names::is_answer(phrase)
    {
        let message = format!("the phrase `{phrase}` is an answer at every gate, so it could be typed by mistake");
        let help = "write phrase='…' with words that nobody types for another reason";
        found.push(contradiction(span, message).help(help));
    }
    if let (true, Some((_, span))) = (gate != Gate::Type, phrase) {
        let why = match (attributes.gate.is_some(), attributes.always) {
            (true, _) => String::new(),
            (false, true) => ", and an `always` step has none".to_owned(),
            (false, false) => format!(", and a `{}` step has {}", effect.as_str(), gate.as_str()),
        };
        let message = format!("`phrase` is typed at `gate=type` only{why}");
        found.push(contradiction(span, message).help("write gate=type, or drop the phrase"));
    }
    found
}

/// What may be done again: `poll` repeats, and a connection that went away was no attempt that could be judged.
fn repeats(effect: Effect, attributes: &StepAttributes, defaults: &Defaults) -> Vec<Diagnostic> {
    let Some((pause, span)) = attributes.poll else { return Vec::new() };
    let mut found = Vec::new();
    if !effect.may_repeat() {
        let message = format!("`poll` repeats the step, and a `{}` step may not be repeated", effect.as_str());
        let help = "poll a `read` step behind it instead, or write effect=idempotent if that is true";
        found.push(contradiction(span, message).help(help));
    }
    if attributes.exit == Some(ExitRule::Disconnect) {
        let message = "a step that ends with its connection cannot be polled";
        found.push(contradiction(span, message).help("drop `poll`, or `exit=disconnect`"));
    }
    let time = attributes.timeout.or(defaults.timeout).unwrap_or(DEFAULT_TIMEOUT);
    found.extend(no_second_attempt(pause, span, time));
    found
}

/// A pause in which the time runs out that all attempts have together; `span` is its place.
pub fn no_second_attempt(pause: Duration, span: Span, time: Duration) -> Option<Diagnostic> {
    (pause >= time).then(|| {
        let (pause, time) = (show_duration(pause), show_duration(time));
        let message = format!("`poll` waits {pause}, and the attempts have {time} together: it never repeats");
        contradiction(span, message).help("write a longer timeout=…, which bounds all attempts, or a shorter pause")
    })
}

fn script(fence: &Fence, language: &Language, literal: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if fence.lines.iter().all(|line| line.text.trim().is_empty()) {
        let empty = Diagnostic::error(Code::Script, fence.info, "the step has no command");
        found.push(empty.help("write its commands between the fences, or drop the braces"));
    }
    found.extend(visible::in_lines(fence, "script", "remove it, or write it as an escape such as $'\\x1b'"));
    if matches!(language, Language::Shell(_)) && !literal {
        found.extend(placeholders::placeholders(&fence.lines));
    }
    if matches!(language, Language::Shell(_)) {
        found.extend(here_documents::unclosed(&fence.lines));
    }
    found
}

fn contradiction(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Contradiction, span, message)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::body_findings;

    fn findings(attributes: &str) -> Vec<String> {
        body_findings(&format!("~~~bash {{{attributes}}}\na\n~~~\n"))
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (attributes, wanted) in [
            ("gate=none", "SG031 {gate=none}"),
            ("effect=destroy", "SG031 {effect=destroy}"),
            ("name=a effect=destroy gate=none", "SG032 none"),
            ("name=a effect=destroy gate=none always", "SG032 none"),
            ("name=a poll=5s", "SG032 5s"),
            ("name=a effect=destroy poll=5s", "SG032 5s"),
            ("name=a effect=read poll=5s exit=disconnect", "SG032 5s"),
            ("name=a phrase=x", "SG032 x"),
            ("name=a phrase=x gate=confirm", "SG032 x"),
            ("name=a phrase=x effect=destroy always", "SG032 x"),
            ("name=n effect=destroy", "SG032 n"),
            ("name=a gate=type phrase='No: x'", "SG032 'No: x'"),
        ] {
            assert_eq!(findings(attributes), [wanted], "{attributes}");
        }
        for good in [
            "effect=read",
            "effect=idempotent poll=5s",
            "name=a gate=none",
            "name=a effect=destroy phrase='drop it'",
            "name=a effect=destroy gate=confirm",
            "name=a gate=type phrase='drop {{X}}' always",
            "name=a exit=disconnect",
        ] {
            assert_eq!(findings(good), [""; 0], "{good}");
        }
    }

    #[test]
    fn a_step_without_a_command_is_refused() {
        assert_eq!(body_findings("```bash {name=a}\n \n```\n"), ["SG033 bash {name=a}"]);
        assert_eq!(body_findings("```bash {name=a}\n```\n"), ["SG033 bash {name=a}"]);
    }

    #[test]
    fn placeholders_are_looked_for_in_scripts_of_a_shell_only() {
        let found = |info: &str| body_findings(&format!("```{info}\nssh <host>\n```\n"));
        assert_eq!(
            (found("bash {name=a}"), found("sh {name=a}")),
            (vec!["SG028 <host>".into()], vec!["SG028 <host>".into()])
        );
        assert_eq!((found("python {name=a}"), found("bash {name=a literal}")), (vec![], vec![]));
    }
}
