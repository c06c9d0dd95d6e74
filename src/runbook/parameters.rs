//! `params` of the front matter (docs/format.md §3).

use super::attributes::not_supported;
use super::model::{Choices, Condition, Named, Parameter, ParameterKind};
use super::names::{is_reserved_variable, is_variable_name};
use super::yaml::{Key, Node, Value, unknown_key};
use crate::diagnostic::{Code, Diagnostic, nearest};

const KEYS: &[&str] = &["type", "default", "pattern", "values", "help", "after"];

/// Reads every parameter; what is wrong with one does not hide the others.
pub fn read(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<Parameter>, Diagnostic> {
    let mut parameters = Vec::new();
    for (key, value) in node.map("params")? {
        if let Err(diagnostic) = check_name(key) {
            found.push(diagnostic);
            continue;
        }
        let before = found.len();
        match parameter(key, value, found) {
            Ok(parameter) => {
                if found.len() == before {
                    found.extend(contradictions(&parameter));
                }
                parameters.push(parameter);
            }
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(parameters)
}

/// Whether a parameter, or a variable of `env`, may be called so.
pub fn check_name(key: &Key) -> Result<(), Diagnostic> {
    let name = &key.text;
    let found = |why: String| Diagnostic::error(Code::VariableName, key.span, why);
    if !is_variable_name(name) {
        return Err(found(format!("`{name}` is no variable name"))
            .help("a variable's name holds letters, digits and `_`, and starts with no digit"));
    }
    if is_reserved_variable(name) {
        return Err(found(format!("`{name}` is reserved and cannot be set by a runbook"))
            .help("the shell, the loader or stepgate itself uses it; choose another name"));
    }
    Ok(())
}

fn parameter(key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Result<Parameter, Diagnostic> {
    let mut parameter = Parameter {
        name: key.text.clone(),
        span: key.span,
        kind: ParameterKind::String,
        default: None,
        pattern: None,
        values: Choices::Any,
        help: None,
        after: None,
    };
    let entries = match &node.value {
        Value::Nothing => return Ok(parameter),
        _ => node.map(&key.text)?,
    };
    // The type first: it says how a default is read.
    if let Some((_, value)) = entries.iter().find(|(key, _)| key.text == "type") {
        parameter.kind = kind(value)?;
    }
    for (key, value) in entries {
        if let Err(diagnostic) = entry(&mut parameter, key, value) {
            found.push(diagnostic);
        }
    }
    Ok(parameter)
}

fn kind(node: &Node) -> Result<ParameterKind, Diagnostic> {
    let word = node.text("type")?;
    let names = ParameterKind::ALL.map(ParameterKind::as_str);
    ParameterKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let help = match nearest(&word, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {}", names.join(", ")),
        };
        node.wrong(format!("`{word}` is no type of a parameter")).help(help)
    })
}

fn entry(parameter: &mut Parameter, key: &Key, value: &Node) -> Result<(), Diagnostic> {
    match key.text.as_str() {
        "type" => {}
        "default" => parameter.default = Some((default(parameter.kind, value)?, value.span)),
        "pattern" => parameter.pattern = Some((pattern(value)?, value.span)),
        "values" => parameter.values = values(value)?,
        "help" => parameter.help = Some(value.short_text("help")?),
        "after" => parameter.after = Some(Named { name: value.text("after")?, span: value.span }),
        _ => return Err(unknown_key(key, KEYS)),
    }
    Ok(())
}

/// A number or a truth value is taken as written where the type is one; elsewhere it wants quotes, so that no `010`
/// and no `no` is ever converted.
fn default(kind: ParameterKind, value: &Node) -> Result<String, Diagnostic> {
    match kind {
        ParameterKind::Int | ParameterKind::Bool | ParameterKind::Quantity => value.scalar("default"),
        _ => value.text("default"),
    }
}

fn pattern(value: &Node) -> Result<String, Diagnostic> {
    let text = value.text("pattern")?;
    let build = |pattern: &str| regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
    match build(&text).and_then(|_| build(&format!(r"\A(?:{text})\z"))) {
        Ok(_) => Ok(text),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Err(Diagnostic::error(Code::Regex, value.span, format!("the pattern is invalid: {why}"))
                .help("the syntax is that of the Rust crate `regex`: no look-around, no back-references"))
        }
    }
}

fn values(value: &Node) -> Result<Choices, Diagnostic> {
    match &value.value {
        Value::List(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| item.text("values")).collect();
            let items = items?;
            match items.is_empty() {
                true => Err(value.wrong("`values` is empty: nothing could be chosen").help("list at least one value")),
                false => Ok(Choices::List(items)),
            }
        }
        Value::Text(text) => {
            // Quoted or not, the expression is the text; its place is what stands between the quotes.
            let quotes = usize::from(value.written.starts_with(['\'', '"']));
            let span = crate::diagnostic::Span::new(value.span.start + quotes, value.span.end.saturating_sub(quotes));
            Ok(Choices::Computed(Condition { text: text.clone(), span }))
        }
        _ => Err(value
            .wrong("`values` must be a list, or an expression that makes one")
            .help("write `values: [one, two]`")),
    }
}

/// What cannot stand together.
fn contradictions(parameter: &Parameter) -> Option<Diagnostic> {
    let name = &parameter.name;
    let found =
        |message: String, help: &str| Some(Diagnostic::error(Code::Parameter, parameter.span, message).help(help));
    match (parameter.kind, &parameter.values, &parameter.after) {
        (ParameterKind::Secret, _, Some(_)) => {
            Some(not_supported(parameter.span, "a secret that is asked for behind a step"))
        }
        (ParameterKind::Secret, Choices::List(_) | Choices::Computed(_), _) => {
            found(format!("the secret `{name}` cannot be chosen from a list"), "drop `values`: they would be known")
        }
        (ParameterKind::Secret, _, _) if parameter.default.is_some() => found(
            format!("the secret `{name}` has a default, which everybody could read"),
            "drop it; stepgate.toml says where the secret comes from",
        ),
        (ParameterKind::Enum, Choices::Any, _) => {
            found(format!("`{name}` is an `enum` without `values`"), "write `values: [one, two]`")
        }
        (_, Choices::Computed(_), None) => found(
            format!("the values of `{name}` are computed, and there is nothing to compute them from before the run"),
            "write `after: STEP`, or list the values",
        ),
        _ => None,
    }
}
