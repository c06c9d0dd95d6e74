//! Attributes whose braces were forgotten: in Markdown such a fence is prose, and its author meant a step or a check.

use super::attributes::is_known;
use super::suggest::near;
use crate::diagnostic::{Code, Diagnostic, Span};

/// Languages behind which a known attribute cannot be another program's: those that every stepgate runs.
const OURS: &[&str] = &["bash", "sh", "python", "python3"];
/// What stands around or between attributes where braces and blanks should.
const AROUND: &[char] = &[' ', '\t', ',', ';', ':', '(', ')', '[', ']'];

/// The finding on an info string without braces whose words are attributes; its first byte is byte `base` of the file.
pub fn unbraced(info: &str, base: usize) -> Option<Diagnostic> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
    let (language, rest) = info.split_at(info.find(|c| !plain(c)).unwrap_or(info.len()));
    let rest = rest.trim_start_matches([' ', '\t']);
    let words: Vec<&str> = rest.split(AROUND).filter(|word| !word.is_empty()).collect();
    if !is_meant(language, &words) {
        return None;
    }
    let place = Span::new(base + info.len() - rest.len(), base + info.len());
    let shown = crate::text::shorten(&words.join(" "), 100);
    let message = "attributes without braces are only text: nothing of this block would be run or checked as they say";
    Some(
        Diagnostic::error(Code::Attributes, place, message)
            .help(format!("write the braces: ```{language} {{{shown}}}; text that is none stands in the prose")),
    )
}

/// Whether the words behind a language are attributes of stepgate's, and not what mdBook and others write there.
fn is_meant(language: &str, words: &[&str]) -> bool {
    match language {
        "output" => words.iter().any(|word| near(word, ["stderr", "combined"]).is_some()),
        "assert" => words.iter().any(|word| is_ours(word)),
        language if OURS.contains(&language) => words.iter().any(|word| is_ours(word)),
        // Whoever highlights other languages may write `name=…`, too; but nobody else writes these.
        _ => {
            words.iter().any(|word| is_effect(word))
                || words.contains(&"data") && words.iter().any(|word| is_ours(word))
        }
    }
}

/// Whether a word is a known attribute with a value.
fn is_ours(word: &str) -> bool {
    word.split_once('=').is_some_and(|(key, _)| is_known(key))
}

fn is_effect(word: &str) -> bool {
    let value = word.strip_prefix("effect=").map(|value| value.trim_matches(['"', '\'']));
    value.is_some_and(|value| super::attributes::EFFECTS.iter().any(|effect| effect.as_str() == value))
}
