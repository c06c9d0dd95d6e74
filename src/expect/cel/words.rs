//! What went wrong in an evaluation, in plain words.

use super::{functions, show};
use cel::ExecutionError;
use cel::common::ast::operators;

/// The longest reason, in characters.
const LONGEST: usize = 300;

/// An error of CEL in plain words.
pub fn explain(error: &ExecutionError) -> String {
    let value = show::value;
    let words = match error {
        ExecutionError::NoSuchKey(key) => format!("there is no `{key}`"),
        ExecutionError::UndeclaredReference(name) => format!("`{name}` has no value here"),
        ExecutionError::FunctionError { function, message }
            if function.starts_with('@') && functions::written_name(function) == function =>
        {
            message.clone()
        }
        ExecutionError::FunctionError { function, message } => {
            format!("{}: {message}", functions::written_name(function))
        }
        ExecutionError::IndexOutOfBounds(at) => format!("the list has no item {}", value(at)),
        ExecutionError::UnsupportedIndex(at, of) => format!("{} is no index into {}", value(at), kind(of)),
        ExecutionError::UnexpectedType { got, want } => {
            format!("{} is wanted, and this is {}", type_name(want), type_name(got))
        }
        ExecutionError::NoSuchOverload(call) => {
            let types: Vec<_> = call.argument_types().iter().map(|name| type_name(name)).collect();
            format!("{} does not work on {}", sign(call.function()), types.join(" and "))
        }
        ExecutionError::UnsupportedBinaryOperator(name, left, right) => {
            format!("`{}` does not work on {} and {}", binary_sign(name), value(left), value(right))
        }
        ExecutionError::ValuesNotComparable(left, right) => {
            format!("{} and {} cannot be compared", value(left), value(right))
        }
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "it divides by zero".to_owned(),
        ExecutionError::Overflow(name, left, right) => {
            format!("{} {} {} is out of range", value(left), binary_sign(name), value(right))
        }
        ExecutionError::UnsupportedKeyType(key) => format!("{} cannot be a key", value(key)),
        ExecutionError::DuplicateKey(key) => format!("the key {} stands twice", value(key)),
        ExecutionError::UnsupportedTargetType { target } => format!("it does not work on {}", value(target)),
        ExecutionError::NotSupportedAsMethod { method, target } => {
            format!("`.{method}(…)` does not work on {}", value(target))
        }
        ExecutionError::InvalidArgumentCount { expected, actual } => {
            format!("a function takes {}, not {actual}", crate::text::count(*expected, "argument"))
        }
        other => other.to_string(),
    };
    crate::text::shorten_line(&words.replace('\n', " "), LONGEST)
}

fn kind(value: &cel::Value) -> String {
    match value {
        cel::Value::List(items) => format!("a list of {}", items.len()),
        cel::Value::Map(_) => "a map".to_owned(),
        other => show::value(other),
    }
}

/// A type's name, as people say it.
pub fn type_name(name: &str) -> &str {
    match name {
        "int" | "uint" | "double" => "a number",
        "string" | "String" | "Arc<String>" => "text",
        "bool" => "true or false",
        "list" | "iterable" => "a list",
        "map" => "a map",
        "null_type" => "null",
        "google.protobuf.Duration" => "a duration",
        "google.protobuf.Timestamp" => "a time",
        other => other,
    }
}

/// An operator or function, as it is written.
fn sign(name: &str) -> String {
    let name = functions::written_name(name);
    match name {
        operators::IN => "`in`".to_owned(),
        operators::INDEX => "`[…]`".to_owned(),
        operators::CONDITIONAL => "`? :`".to_owned(),
        _ if functions::is_operator(name) => format!("`{}`", name.trim_matches(['_', '@'])),
        _ => format!("`{name}(…)`"),
    }
}

fn binary_sign(name: &str) -> &str {
    match name {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        other => other,
    }
}
