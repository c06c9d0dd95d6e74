//! The functions beside CEL's own, named as in the Kubernetes CEL library where that has them.

use super::{rows, time, versions};
use cel::extractors::This;
use cel::{Context, ExecutionError, Value};
use regex::Regex;
use std::sync::Arc;

/// What a call of `duration` is renamed to: CEL's own cannot be replaced.
pub const DURATION: &str = "stepgate_duration";
/// The compiled size of a regex, in bytes.
const REGEX_LIMIT: usize = 1 << 20;

/// Functions that are called by name alone.
const GLOBAL: &[&str] = &[
    "bool",
    "bytes",
    "columns",
    "double",
    "duration",
    "dyn",
    "has",
    "int",
    "max",
    "min",
    "parseTime",
    "quantity",
    "rows",
    "semver",
    "size",
    "string",
    "timestamp",
    "type",
    "uint",
];
/// Functions that are called on a value.
const METHODS: &[&str] = &[
    "all",
    "charAt",
    "compareTo",
    "contains",
    "endsWith",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "find",
    "findAll",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "indexOf",
    "isGreaterThan",
    "isLessThan",
    "join",
    "lastIndexOf",
    "lowerAscii",
    "major",
    "map",
    "matches",
    "minor",
    "patch",
    "replace",
    "size",
    "split",
    "startsWith",
    "substring",
    "trim",
    "upperAscii",
];

/// Whether there is such a function.
pub fn is_known(name: &str, method: bool) -> bool {
    name == DURATION || if method { METHODS.contains(&name) } else { GLOBAL.contains(&name) }
}

/// The names of all functions of a kind.
pub fn names(method: bool) -> impl Iterator<Item = &'static str> + Clone {
    if method { METHODS.iter().copied() } else { GLOBAL.iter().copied() }
}

type Text = Arc<String>;
type Result<T> = std::result::Result<T, ExecutionError>;

fn failed(function: &str, why: impl ToString) -> ExecutionError {
    ExecutionError::function_error(function, why)
}

/// Adds them to a context.
pub fn add(context: &mut Context<'_, '_>) {
    let added = [
        context.add_function(DURATION, duration),
        context.add_function("find", find),
        context.add_function("findAll", find_all),
        context.add_function("quantity", quantity),
        context.add_function("rows", |text: Text| rows::rows(&text)),
        context.add_function("columns", |line: Text| rows::columns(&line)),
        context.add_function("parseTime", parse_time),
        context.add_function("semver", semver),
        context.add_function("compareTo", |This(one): This<Value>, other: Value| compare(&one, &other)),
        context.add_function("isGreaterThan", |This(one): This<Value>, other: Value| {
            Ok::<_, ExecutionError>(compare(&one, &other)? > 0)
        }),
        context.add_function("isLessThan", |This(one): This<Value>, other: Value| {
            Ok::<_, ExecutionError>(compare(&one, &other)? < 0)
        }),
        context.add_function("major", |This(one): This<Value>| part(&one, "major")),
        context.add_function("minor", |This(one): This<Value>| part(&one, "minor")),
        context.add_function("patch", |This(one): This<Value>| part(&one, "patch")),
    ];
    for function in added {
        function.expect("no function of ours has the name of one of CEL's");
    }
}

fn duration(text: Text) -> Result<Value> {
    let parsed = crate::duration::parse_duration(&text).map_err(|why| failed("duration", why))?;
    let duration = chrono::Duration::from_std(parsed).map_err(|why| failed("duration", why))?;
    Ok(Value::Duration(duration))
}

fn regex(function: &str, pattern: &str) -> Result<Regex> {
    let built = regex::RegexBuilder::new(pattern).size_limit(REGEX_LIMIT).build();
    built.map_err(|error| failed(function, error.to_string().lines().last().unwrap_or_default().to_owned()))
}

/// The first match; an empty text if there is none, as in Kubernetes.
fn find(This(text): This<Text>, pattern: Text) -> Result<Value> {
    let found = regex("find", &pattern)?.find(&text).map_or("", |found| found.as_str());
    Ok(Value::from(found))
}

fn find_all(This(text): This<Text>, pattern: Text) -> Result<Value> {
    let regex = regex("findAll", &pattern)?;
    let found: Vec<Value> = regex.find_iter(&text).map(|found| Value::from(found.as_str())).collect();
    Ok(Value::List(Arc::new(found)))
}

fn quantity(value: Value) -> Result<Value> {
    match value {
        Value::String(text) => versions::quantity_value(&text).map_err(|why| failed("quantity", why)),
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => Ok(value),
        other => Err(failed("quantity", format!("a text or a number is wanted, not {}", super::show::value(&other)))),
    }
}

fn parse_time(text: Text) -> Result<Value> {
    time::parse(&text).map(Value::Timestamp).map_err(|why| failed("parseTime", why))
}

fn semver(text: Text) -> Result<Value> {
    versions::semver(&text).map_err(|why| failed("semver", why))
}

fn compare(one: &Value, other: &Value) -> Result<i64> {
    let order = versions::compare(one, other).ok_or_else(|| {
        failed("compareTo", "two versions are wanted: semver(\"1.2.3\").compareTo(semver(\"1.3.0\"))")
    })?;
    Ok(order as i64)
}

fn part(value: &Value, name: &str) -> Result<Value> {
    versions::part(value, name).ok_or_else(|| failed(name, "a version is wanted: semver(\"1.2.3\")"))
}
