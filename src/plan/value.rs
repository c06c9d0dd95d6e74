//! A parameter's value: text as typed, checked against type, pattern and choices. It is never changed.

use crate::duration::parse_duration;
use crate::expect::ParamType;
use crate::runbook::{Choices, Parameter, ParameterKind};
use regex::Regex;
use std::time::Duration;

/// The longest value of a parameter or capture, in bytes: what Linux takes for one entry of an environment, with its
/// name.
pub const MAX_VALUE: usize = (128 << 10) - 256;
/// A pattern of a parameter may compile to so many bytes.
const PATTERN_LIMIT: usize = 1 << 20;

/// A value as CEL sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum TypedValue {
    /// `string`, `path`, `enum`, and whatever is secret.
    Text(String),
    /// `int`.
    Int(i64),
    /// `bool`.
    Bool(bool),
    /// `duration`.
    Duration(Duration),
    /// `quantity`, as its text: its number is what CEL's `quantity` makes of it.
    Quantity(String),
}

/// What CEL makes of a parameter's type.
pub fn param_type(kind: ParameterKind) -> ParamType {
    match kind {
        ParameterKind::Int => ParamType::Int,
        ParameterKind::Bool => ParamType::Bool,
        ParameterKind::Duration => ParamType::Duration,
        ParameterKind::Quantity => ParamType::Quantity,
        ParameterKind::String | ParameterKind::Path | ParameterKind::Enum | ParameterKind::Secret => ParamType::String,
    }
}

/// Checks `text` as a value of `parameter`, whatever is computed later left aside.
///
/// # Errors
///
/// Says in plain words what is wanted; a secret's value is never in them.
pub fn check_value(parameter: &Parameter, text: &str) -> Result<TypedValue, String> {
    let value = check_kind(parameter.kind, text)?;
    if let Some((pattern, _)) = &parameter.pattern
        && !whole_match(pattern, text)?
    {
        return Err(format!("{} does not match the pattern `{pattern}`", shown(parameter.kind, text)));
    }
    if let Choices::List(values) = &parameter.values {
        check_choice(values, text)?;
    }
    Ok(value)
}

/// Whether `text` is among `values`.
///
/// # Errors
///
/// Names the nearest of them, or the first few.
pub fn check_choice(values: &[String], text: &str) -> Result<(), String> {
    if values.iter().any(|value| value == text) {
        return Ok(());
    }
    let shown = crate::text::shorten(text, 80);
    if values.is_empty() {
        return Err(format!("`{shown}` cannot be chosen: there is nothing to choose from"));
    }
    let some: Vec<_> = values.iter().take(10).map(|value| format!("`{}`", crate::text::shorten(value, 80))).collect();
    let more =
        if values.len() > some.len() { format!(" and {} more", values.len() - some.len()) } else { String::new() };
    Err(format!("`{shown}` is none of {}{more}", some.join(", ")))
}

fn check_kind(kind: ParameterKind, text: &str) -> Result<TypedValue, String> {
    let shown = shown(kind, text);
    if text.contains('\0') {
        return Err("it holds a NUL, which no variable can".to_owned());
    }
    if text.len() > MAX_VALUE {
        return Err(format!("it has {} bytes, more than the {MAX_VALUE} of a variable", text.len()));
    }
    match kind {
        ParameterKind::String | ParameterKind::Enum => Ok(TypedValue::Text(text.to_owned())),
        ParameterKind::Secret if text.is_empty() => Err("a secret cannot be empty".to_owned()),
        ParameterKind::Secret => Ok(TypedValue::Text(text.to_owned())),
        ParameterKind::Int => int(text).ok_or(format!("{shown} is no whole number of 64 bits, such as `14` or `-3`")),
        ParameterKind::Bool => match text {
            "true" | "false" => Ok(TypedValue::Bool(text == "true")),
            _ => Err(format!("{shown} is neither `true` nor `false`")),
        },
        ParameterKind::Path => match text.chars().find(|&c| crate::text::is_dangerous(c)) {
            _ if text.is_empty() => Err("a path cannot be empty".to_owned()),
            Some(c) => Err(format!("a path cannot hold the character U+{:04X}", c as u32)),
            None => Ok(TypedValue::Text(text.to_owned())),
        },
        ParameterKind::Duration => parse_duration(text).map(TypedValue::Duration),
        ParameterKind::Quantity => crate::expect::parse_quantity(text).map(|_| TypedValue::Quantity(text.to_owned())),
    }
}

/// Digits as a person writes them: no sign but `-`, no leading zero, since a shell reads `010` as eight.
fn int(text: &str) -> Option<TypedValue> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    text.parse().ok().filter(|_| plain && text != "-0").map(TypedValue::Int)
}

fn whole_match(pattern: &str, text: &str) -> Result<bool, String> {
    let build = |pattern: &str| regex::RegexBuilder::new(pattern).size_limit(PATTERN_LIMIT).build();
    // By itself first: `a)|(b` is valid only inside the group that makes it match the whole value.
    let built: Result<Regex, _> = build(pattern).and_then(|_| build(&format!(r"\A(?:{pattern})\z")));
    built.map(|regex| regex.is_match(text)).map_err(|_| format!("its pattern `{pattern}` is no valid regex"))
}

fn shown(kind: ParameterKind, text: &str) -> String {
    match kind {
        ParameterKind::Secret => "the value".to_owned(),
        _ => format!("`{}`", crate::text::escape_line(&crate::text::shorten(text, 80))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn parameter(kind: ParameterKind) -> Parameter {
        let name = "P".to_owned();
        let span = Span::default();
        Parameter { name, span, kind, default: None, pattern: None, values: Choices::Any, help: None, after: None }
    }

    #[test]
    fn each_type_takes_what_it_says_and_nothing_that_only_looks_like_it() {
        use ParameterKind::*;
        let cases: [(ParameterKind, &[&str], &[&str]); 7] = [
            (String, &["", "$(x)", "a\nb", "\"; rm -rf /"], &["a\0b"]),
            (
                Int,
                &["0", "-3", "9223372036854775807"],
                &["010", "+1", "1e3", " 1", "", "-0", "9223372036854775808", "٣"],
            ),
            (Bool, &["true", "false"], &["yes", "True", "1", ""]),
            (Path, &["/a b", "~/x", "-x"], &["", "a\nb", "a\u{202e}b"]),
            (Duration, &["5m", "1h 30m"], &["5", "0s", ""]),
            (Quantity, &["50Mi", "3"], &["50MB!", "", "x"]),
            (Secret, &["x"], &["", "a\0"]),
        ];
        for (kind, good, bad) in cases {
            for text in good {
                assert!(check_value(&parameter(kind), text).is_ok(), "{kind:?} {text:?}");
            }
            for text in bad {
                assert!(check_value(&parameter(kind), text).is_err(), "{kind:?} {text:?}");
            }
        }
        assert!(check_value(&parameter(String), &"x".repeat(MAX_VALUE + 1)).is_err());
    }

    #[test]
    fn a_pattern_is_for_the_whole_value_and_a_secret_is_never_shown() {
        let pattern = |text: &str| Some((text.to_owned(), Span::default()));
        let named = Parameter { pattern: pattern("[a-z]+|x9"), ..parameter(ParameterKind::String) };
        assert!(check_value(&named, "abc").is_ok() && check_value(&named, "x9").is_ok());
        for bad in ["abc1", "abc\n", "\nabc", "a b", ""] {
            assert!(check_value(&named, bad).is_err(), "{bad:?}");
        }
        let unbalanced = Parameter { pattern: pattern("a)|(b"), ..parameter(ParameterKind::String) };
        assert!(check_value(&unbalanced, "anything").is_err());
        let secret = Parameter { pattern: pattern("[0-9]+"), ..parameter(ParameterKind::Secret) };
        assert!(!check_value(&secret, "hunter2").unwrap_err().contains("hunter2"));
    }

    #[test]
    fn a_choice_is_one_of_the_list() {
        let values = Choices::List(vec!["one".into(), "two".into()]);
        let parameter = Parameter { values, ..parameter(ParameterKind::Enum) };
        assert!(check_value(&parameter, "two").is_ok());
        assert_eq!(check_value(&parameter, "Two").unwrap_err(), "`Two` is none of `one`, `two`");
    }
}
