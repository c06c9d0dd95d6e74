//! The word behind a fence: which of them a step may be written in.

use super::info::Info;
use super::model::Language;
use super::suggest::{did_you_mean, near};
use super::target::Shell;
use crate::diagnostic::{Code, Diagnostic, Span};

/// What a step may be written in.
const WRITTEN_IN: &str =
    "a step is written in `bash`, `sh`, `python`, or what an [interpreter.NAME] of stepgate.toml runs";
/// The longest name of an interpreter, in bytes.
const MAX_NAME: usize = 100;

/// What a step's script is written in. `bash` and `sh` are the session's shell; whether another word is an
/// interpreter's name only the plan can tell, so that only what can be none is refused here.
pub fn language(info: &Info) -> Result<Language, Diagnostic> {
    let plausible = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
    match Shell::parse(&info.language) {
        Some(shell) => Ok(Language::Shell(shell)),
        None if info.language.len() <= MAX_NAME && info.language.chars().all(plausible) => {
            Ok(Language::Interpreter(info.language.clone()))
        }
        None => Err(unknown_language(&info.language, info.word, std::iter::empty())),
    }
}

/// The finding on a step in a language that nobody knows. `word` is its place, `declared` are the names that
/// `stepgate.toml` declares.
pub fn unknown_language<'a>(language: &str, word: Span, declared: impl Iterator<Item = &'a str>) -> Diagnostic {
    let shown = crate::text::shorten(language, MAX_NAME);
    let help = match language {
        "shell" | "console" | "zsh" | "ksh" | "fish" | "shell-session" => {
            format!("{WRITTEN_IN}; to show code, drop the braces")
        }
        "python3" => "write `python`".to_owned(),
        _ => {
            let known = ["bash", "sh", "python", "output", "assert"].into_iter().chain(declared);
            let declare = format!("declare it in stepgate.toml as [interpreter.{shown}]");
            did_you_mean(language, known, format!("{WRITTEN_IN}: {declare}; to show code, drop the braces"))
        }
    };
    Diagnostic::error(Code::UnknownLanguage, word, format!("no interpreter `{shown}`")).help(help)
}

/// The finding on `Output` or `asserts`: a block that would silently check nothing. A word that is only near is one where
/// an expectation would belong to a step: elsewhere it may be anything.
pub fn misspelt(info: &Info, behind_step: bool) -> Option<Diagnostic> {
    let lower = info.language.to_ascii_lowercase();
    let meant = match lower.as_str() {
        "output" | "assert" if lower != info.language => lower.as_str(),
        "output" | "assert" => return None,
        _ if !behind_step || info.attributes.is_some() => return None,
        "expect" | "expected" | "expectation" => "output",
        "assertion" | "assertions" => "assert",
        near_miss => near(near_miss, ["output", "assert"])?,
    };
    let message = format!("`{}` is no fence language of stepgate's: this block would check nothing", info.language);
    Some(
        Diagnostic::error(Code::UnknownLanguage, info.word, message)
            .help(format!("did you mean `{meant}`? an illustration is ```text")),
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, step, with_body};
    use super::*;

    #[test]
    fn shells_are_known_here_and_interpreters_to_the_plan() {
        for (word, wanted) in [
            ("bash", Language::Shell(Shell::Bash)),
            ("sh", Language::Shell(Shell::Sh)),
            ("python", Language::Interpreter("python".into())),
            ("python3.11", Language::Interpreter("python3.11".into())),
            ("c++", Language::Interpreter("c++".into())),
        ] {
            let runbook = with_body(&format!("```{word} {{name=a}}\n1\n```\n"));
            let step = step(&runbook, "a");
            assert_eq!((&step.language, runbook.source.slice(step.language_span)), (&wanted, word));
        }
        for word in ["ba/sh", "bäsh", "$x", "a:b"] {
            assert_eq!(body_findings(&format!("```{word} {{name=a}}\n1\n```\n")), [format!("SG025 {word}")]);
        }
    }

    #[test]
    fn an_unknown_language_gets_the_nearest_known_one() {
        let help = |word: &str| unknown_language(word, Span::default(), ["node"].into_iter()).help.unwrap();
        assert_eq!((help("bsh").as_str(), help("nod").as_str()), ("did you mean `bash`?", "did you mean `node`?"));
        assert!(help("zsh").contains("`bash`") && help("python3").contains("`python`"));
        assert!(help("cobol").contains("[interpreter.cobol]"));
    }

    #[test]
    fn an_expectation_in_capitals_is_refused_and_what_follows_is_not() {
        let step = "```bash {name=a gate=none}\na\n```\n";
        for word in ["Output", "ASSERT", "OutPut"] {
            let body = format!("{step}```{word}\nx\n```\n```output\ny\n```\n");
            assert_eq!(body_findings(&body), [format!("SG025 {word}")]);
        }
    }
}
