//! The value of a bash's variable: out of what `declare -p` printed, and into a statement that evaluates none of it.

use super::super::quote::quote;
use super::bash::Variable as Declared;
use super::words::{Words, word};
use crate::session_state::{Bytes, Value, Variable};

/// Attributes that change a value on its way in, or evaluate it.
const CHANGING: [char; 4] = ['i', 'l', 'u', 'c'];

/// What a statement of `declare -p` says; `None` if it cannot be read, or cannot be given back without evaluating it.
pub(super) fn variable(declared: Declared<'_>) -> Option<Variable> {
    let attributes = declared.attributes.trim_start_matches('-').to_owned();
    let value = value(declared)?;
    let variable = Variable { name: declared.name.to_owned(), attributes, value };
    is_fit(&variable).then_some(variable)
}

fn value(declared: Declared<'_>) -> Option<Value> {
    let Some(text) = declared.value() else { return Some(Value::Unset) };
    let is_array = declared.attributes.contains(['a', 'A']);
    if !is_array {
        return word(text).map(|word| Value::Scalar(Bytes(word)));
    }
    // A bash before 4.4 quotes an array as a whole.
    let unquoted = if text.starts_with(b"'") { Some(word(text)?) } else { None };
    let pairs = pairs(unquoted.as_deref().unwrap_or(text))?;
    if declared.attributes.contains('A') {
        let mut pairs: Vec<_> = pairs.into_iter().map(|(key, value)| (Bytes(key), Bytes(value))).collect();
        pairs.sort();
        return Some(Value::Associative(pairs));
    }
    let indexed = |(key, value): (Vec<u8>, _)| Some((str::from_utf8(&key).ok()?.parse().ok()?, Bytes(value)));
    pairs.into_iter().map(indexed).collect::<Option<_>>().map(Value::Indexed)
}

/// The elements of `([0]="a" [key]=$'b' )`.
fn pairs(text: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut words = Words { rest: text };
    words.take(b'(')?;
    let mut pairs = Vec::new();
    loop {
        words.rest = words.rest.trim_ascii_start();
        if words.take_if(b')') {
            return words.rest.is_empty().then_some(pairs);
        }
        words.take(b'[')?;
        let key = words.word(b"]")?;
        words.take(b']')?;
        words.take(b'=')?;
        pairs.push((key, words.word(b" )")?));
    }
}

/// Whether attributes and value go together, and no value is one that a shell evaluates whenever it is looked at.
pub(super) fn is_fit(variable: &Variable) -> bool {
    let has = |letter| variable.attributes.contains(letter);
    let known = |letter: char| "aAilcunrtx".contains(letter);
    let once = |(at, letter)| !variable.attributes[..at].contains::<char>(letter);
    let kind = match &variable.value {
        Value::Unset => !(has('a') && has('A')),
        Value::Scalar(_) => !has('a') && !has('A'),
        Value::Indexed(_) => has('a') && !has('A'),
        Value::Associative(_) => has('A') && !has('a'),
    };
    let plain = |letter| "nrtx".contains(letter);
    let refers = match &variable.value {
        Value::Scalar(target) => is_target(&target.0),
        value => *value == Value::Unset,
    };
    let reference = !has('n') || (variable.attributes.chars().all(plain) && refers);
    kind && reference && variable.attributes.chars().all(known) && variable.attributes.char_indices().all(once)
}

/// A name, or one element of an array: any other subscript would be evaluated with each use of the reference.
fn is_target(target: &[u8]) -> bool {
    let word = |text: &[u8]| !text.is_empty() && text.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = |text: &[u8]| word(text) && !text[0].is_ascii_digit();
    match memchr::memchr(b'[', target) {
        None => name(target),
        Some(at) => name(&target[..at]) && target[at + 1..].strip_suffix(b"]").is_some_and(word),
    }
}

/// The statement of `declare` that would print like this, on one line. It must not be evaluated as it stands, but as
/// [`assign`] says.
pub(super) fn declare_as(name: &str, attributes: &str, value: &Value) -> String {
    let attributes = if attributes.is_empty() { "-" } else { attributes };
    format!("declare -{attributes} {name}{}", spell(value))
}

/// The statements that make a variable without any of its value being evaluated or changed: what an attribute does to a
/// value it does when one is assigned.
pub(super) fn assign(declared: Declared<'_>) -> Vec<u8> {
    if !declared.attributes.contains(CHANGING) || declared.value().is_none() {
        return declared.statement.to_vec();
    }
    let name = declared.name;
    match variable(declared) {
        Some(Variable { attributes, value, .. }) => {
            let kind = if attributes.contains('a') {
                "a"
            } else if attributes.contains('A') {
                "A"
            } else {
                "-"
            };
            format!("declare -{kind} {name}{}\ndeclare -{attributes} {name}", spell(&value)).into_bytes()
        }
        // Only of a dump that is not a bash's; then it has no value.
        None => format!("declare -{} {name}", declared.attributes).into_bytes(),
    }
}

fn spell(value: &Value) -> String {
    match value {
        Value::Unset => String::new(),
        Value::Scalar(text) => format!("={}", quote(&text.0)),
        Value::Indexed(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|(index, text)| format!("[{index}]={}", quote(&text.0))).collect();
            format!("=({})", pairs.join(" "))
        }
        Value::Associative(pairs) => {
            let pair = |(key, text): &(Bytes, Bytes)| format!("[{}]={}", key_word(&key.0), quote(&text.0));
            format!("=({})", pairs.iter().map(pair).collect::<Vec<_>>().join(" "))
        }
    }
}

/// A key with no byte in it that means anything in a subscript, such as `]`, `@` or a quote.
fn key_word(key: &[u8]) -> String {
    let byte = |&byte: &u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("\\{byte:03o}"),
    };
    format!("$'{}'", key.iter().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(statement: &str) -> Option<Variable> {
        variable(Declared::parse(statement.as_bytes()).expect("a statement"))
    }

    #[test]
    fn what_declare_printed_is_read_and_spelt_again() {
        for (statement, again) in [
            (r#"declare -- A="it's \"x\"""#, r#"declare -- A=$'it\'s "x"'"#),
            (r"declare -rx A=$'a\nb'", r"declare -rx A=$'a\nb'"),
            ("declare -x A", "declare -x A"),
            ("declare -a a=()", "declare -a a=()"),
            (r#"declare -a a=([0]="b c" [7]=$'\n')"#, r"declare -a a=([0]='b c' [7]=$'\n')"),
            (r#"declare -a a='([0]="b" [1]="'\''")'"#, r"declare -a a=([0]='b' [1]=$'\'')"),
            (r#"declare -A m=([z]="1" ["a]"]="2" )"#, r"declare -A m=([$'a\135']='2' [$'z']='1')"),
            (r#"declare -n r="a[1]""#, "declare -n r='a[1]'"),
        ] {
            let Variable { name, attributes, value } = read(statement).expect(statement);
            assert_eq!(declare_as(&name, &attributes, &value), again, "{statement}");
        }
    }

    #[test]
    fn what_would_be_evaluated_is_not_fit() {
        for statement in [
            "declare -n r=\"a[\\$(id)]\"",
            "declare -in r=\"a\"",
            "declare -a a=([x]=\"1\")",
            "declare -- A=\"$(id)\"",
            "declare -aA a=()",
            "declare -z A=\"1\"",
            "declare -xx A=\"1\"",
        ] {
            assert!(read(statement).is_none(), "{statement}");
        }
    }

    #[test]
    fn an_attribute_that_evaluates_comes_after_the_value() {
        let of = |statement: &str| {
            String::from_utf8(assign(Declared::parse(statement.as_bytes()).expect("a statement"))).unwrap()
        };
        assert_eq!(of("declare -ir A=\"x\\$y\""), "declare -- A='x$y'\ndeclare -ir A");
        assert_eq!(of("declare -ai a=([0]=\"x\")"), "declare -a a=([0]='x')\ndeclare -ai a");
        assert_eq!(of("declare -r A=\"x\""), "declare -r A=\"x\"");
    }
}
