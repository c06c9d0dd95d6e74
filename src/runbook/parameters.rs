//! `params` of the front matter (docs/format.md §3).

use super::attributes::not_supported;
use super::model::{Choices, Named, Parameter, ParameterKind};
use super::names::{is_reserved_variable, is_variable_name};
use super::suggest::did_you_mean;
use super::yaml::{Key, Node, Value, unknown_key};
use crate::diagnostic::{Code, Diagnostic};
use std::collections::HashSet;

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

/// Whether a parameter, a variable of `env` or one of `secrets` may be called so.
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
        Value::Map(entries) => entries,
        _ => return Err(no_declaration(key, node)),
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

fn no_declaration(key: &Key, node: &Node) -> Diagnostic {
    let name = &key.text;
    node.wrong(format!("the parameter `{name}` must be declared by a map, or by nothing"))
        .help(format!("write `{name}: {{ default: … }}`, or `{name}:` alone if it is a required text"))
}

fn kind(node: &Node) -> Result<ParameterKind, Diagnostic> {
    let word = node.text("type")?;
    let names = ParameterKind::ALL.map(ParameterKind::as_str);
    ParameterKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let help = did_you_mean(&word, names, format!("it is one of {}", names.join(", ")));
        node.wrong(format!("`{word}` is no type of a parameter")).help(help)
    })
}

fn entry(parameter: &mut Parameter, key: &Key, value: &Node) -> Result<(), Diagnostic> {
    match key.text.as_str() {
        "type" => {}
        "default" => parameter.default = Some((typed(parameter.kind, "default", value)?, value.span)),
        "pattern" => parameter.pattern = Some((pattern(value)?, value.span)),
        "values" => parameter.values = values(parameter.kind, value)?,
        "help" => parameter.help = Some(value.short_text("help")?),
        "after" => parameter.after = Some(Named { name: value.text("after")?, span: value.span }),
        _ => return Err(unknown_key(key, KEYS)),
    }
    Ok(())
}

/// A number or a truth value is taken as written where the type is one; elsewhere it wants quotes, so that no `010`
/// and no `no` is ever converted.
fn typed(kind: ParameterKind, key: &str, value: &Node) -> Result<String, Diagnostic> {
    match kind {
        ParameterKind::Int | ParameterKind::Bool | ParameterKind::Quantity => value.scalar(key),
        _ => value.exact(key),
    }
}

fn pattern(value: &Node) -> Result<String, Diagnostic> {
    let text = value.exact("pattern")?;
    let build = |pattern: &str| regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
    match build(&text).and_then(|_| build(&format!(r"\A(?:{text})\z"))) {
        Ok(_) => Ok(text),
        Err(error) => {
            let why = match error {
                regex::Error::CompiledTooBig(limit) => format!("it compiles to more than {limit} bytes"),
                error => error.to_string().lines().last().unwrap_or_default().replacen("error: ", "", 1),
            };
            Err(Diagnostic::error(Code::Regex, value.span, format!("the pattern is invalid: {why}"))
                .help("the syntax is that of the Rust crate `regex`: no look-around, no back-references"))
        }
    }
}

fn values(kind: ParameterKind, value: &Node) -> Result<Choices, Diagnostic> {
    match &value.value {
        Value::List(items) if items.is_empty() => {
            Err(value.wrong("`values` is empty: nothing could be chosen").help("list at least one value"))
        }
        Value::List(items) => choices(kind, items).map(Choices::List),
        Value::Text(_) => value.condition("values").map(Choices::Computed),
        _ => Err(value
            .wrong("`values` must be a list, or an expression that makes one")
            .help("write `values: [one, two]`")),
    }
}

fn choices(kind: ParameterKind, items: &[Node]) -> Result<Vec<String>, Diagnostic> {
    let mut seen = HashSet::new();
    let mut choices = Vec::new();
    for item in items {
        let text = typed(kind, "values", item)?;
        if !seen.insert(text.clone()) {
            let shown = crate::text::shorten(&text, 80);
            return Err(item.wrong(format!("the value `{shown}` stands twice")).help("keep one of them"));
        }
        choices.push(text);
    }
    Ok(choices)
}

/// Whether a text that should be an expression is nothing but words.
fn is_plain_list(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ',' | ' '))
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
        (_, Choices::Computed(words), None) if is_plain_list(&words.text) => {
            let message = format!("the values of `{name}` are no list");
            let list = words.text.split([',', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
            let help = format!("a list is wanted: `[{list}]`");
            Some(Diagnostic::error(Code::Parameter, words.span, message).help(help))
        }
        (_, Choices::Computed(_), None) => found(
            format!("the values of `{name}` are computed, and there is nothing to compute them from before the run"),
            "write `after: STEP`, or list the values",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{front_findings, with_front};
    use super::*;

    fn one(declared: &str) -> Parameter {
        with_front(&format!("params:\n  P: {declared}")).params.remove(0)
    }

    fn findings(declared: &str) -> Vec<String> {
        front_findings(&format!("params:\n  P: {declared}"))
    }

    #[test]
    fn a_parameter_is_declared_by_a_map_or_by_its_name_alone() {
        let bare = one("");
        assert_eq!((bare.kind, &bare.default, &bare.values), (ParameterKind::String, &None, &Choices::Any));
        let full = one("{ type: enum, values: [a, 'b '], default: a, pattern: '[a-z ]+', help: what, after: step }");
        assert_eq!(full.values, Choices::List(vec!["a".into(), "b ".into()]));
        assert_eq!((full.default.unwrap().0, full.pattern.unwrap().0), ("a".into(), "[a-z ]+".into()));
        assert_eq!((full.help.unwrap(), full.after.unwrap().name), ("what".into(), "step".into()));
        for kind in ParameterKind::ALL.into_iter().filter(|kind| *kind != ParameterKind::Enum) {
            assert_eq!(one(&format!("{{ type: {} }}", kind.as_str())).kind, kind);
        }
        let computed = one("{ after: step, values: 'steps.step.lines' }");
        assert!(matches!(computed.values, Choices::Computed(condition) if condition.text == "steps.step.lines"));
        let parameters = with_front("params: { B: , A: {} }").params;
        assert_eq!(parameters.iter().map(|parameter| parameter.name.as_str()).collect::<Vec<_>>(), ["B", "A"]);
    }

    #[test]
    fn a_default_is_the_very_text_of_its_author() {
        for (declared, wanted) in [
            ("{ type: int, default: 010 }", "010"),
            ("{ type: int, default: 1e3 }", "1e3"),
            ("{ default: 0x10, type: int }", "0x10"),
            ("{ type: bool, default: true }", "true"),
            ("{ type: bool, default: no }", "no"),
            ("{ type: quantity, default: 1.50 }", "1.50"),
            ("{ default: ' a ' }", " a "),
            ("{ default: '' }", ""),
            ("{ default: 2026-01-07 }", "2026-01-07"),
        ] {
            assert_eq!(one(declared).default.unwrap().0, wanted, "{declared}");
        }
        assert_eq!(one("{ type: int, values: [007, 8] }").values, Choices::List(vec!["007".into(), "8".into()]));
        for (declared, place) in
            [("{ default: 010 }", "010"), ("{ default: true }", "true"), ("{ values: [a, 1.5] }", "1.5")]
        {
            assert_eq!(findings(declared), [format!("SG012 {place}")], "{declared}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_declaration_is_told_at_its_place() {
        for (declared, wanted) in [
            ("x", "SG012 x"),
            ("{ type: strnig }", "SG012 strnig"),
            ("{ defalt: x }", "SG011 defalt"),
            ("{ pattern: '[' }", "SG042 '['"),
            ("{ pattern: 'a)|(b' }", "SG042 'a)|(b'"),
            ("{ pattern: '(?=x)' }", "SG042 '(?=x)'"),
            ("{ pattern: '(\\w{900}){900}' }", "SG042 '(\\w{900}){900}'"),
            ("{ type: enum }", "SG014 P"),
            ("{ values: [a, b, a] }", "SG012 a"),
            ("{ values: 3 }", "SG012 3"),
            ("{ values: 'steps.x.lines' }", "SG014 P"),
            ("{ type: secret, default: x }", "SG014 P"),
            ("{ type: secret, values: [x] }", "SG014 P"),
            ("{ type: secret, after: step }", "SG009 P"),
            ("{ after: stpe }", "SG027 stpe"),
        ] {
            assert_eq!(findings(declared), [wanted], "{declared}");
        }
        for (declared, code) in [("[x]", "SG012"), ("{ values: [] }", "SG012"), ("{ help: [x] }", "SG012")] {
            assert!(matches!(findings(declared).as_slice(), [one] if one.starts_with(code)), "{declared}");
        }
        assert!(one("{ type: secret, pattern: '[0-9]+' }").pattern.is_some());
        // One mistake hides no other.
        let both = front_findings("params: { A: { type: x }, B: { pattern: '[' }, PATH: {}, 1A: {} }");
        assert_eq!(both, ["SG012 x", "SG042 '['", "SG035 PATH", "SG035 1A"]);
    }

    #[test]
    fn reserved_names_are_no_parameters() {
        for name in ["PATH", "IFS", "LD_PRELOAD", "BASH_ENV", "STEPGATE_RUN", "HOME", "PS4", "a-b", "ä", "''"] {
            assert_eq!(front_findings(&format!("params:\n  {name}: {{}}")), [format!("SG035 {name}")]);
        }
    }
}
