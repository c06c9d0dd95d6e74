//! The functions beside CEL's own, named as in the Kubernetes CEL library where that has them, and the names of all.

use super::budget::Budget;
use super::{quantity, rows, time, versions};
use cel::common::ast::operators;
use cel::extractors::This;
use cel::{Context, ExecutionError, Value};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Stands for `+`, with a bound.
pub const ADD: &str = "@add";
/// Stands for `duration`: CEL's own reads `1h 30m` as one hour and knows no days.
pub const DURATION: &str = "@duration";
/// Stands for `indexOf`, in linear time.
pub const INDEX_OF: &str = "@indexOf";
/// Stands for `lastIndexOf`, in linear time.
pub const LAST_INDEX_OF: &str = "@lastIndexOf";
/// Stands for `join`, with a bound.
pub const JOIN: &str = "@join";
/// Stands for `matches`: CEL's own compiles its pattern each time.
pub const MATCHES: &str = "@matches";
/// Stands for `replace`, with a bound.
pub const REPLACE: &str = "@replace";
/// Is called in every turn of a loop.
pub const TICK: &str = "@tick";
/// Is called for every item that a loop adds to its list.
pub const WEIGH: &str = "@weigh";
/// Stands where a name has no value: its words, and whether they spoil the expression.
pub const HOLE: &str = "@hole";

/// What is called otherwise than it is written.
const OWN: &[(&str, &str)] = &[
    (operators::ADD, ADD),
    ("duration", DURATION),
    ("indexOf", INDEX_OF),
    ("join", JOIN),
    ("lastIndexOf", LAST_INDEX_OF),
    ("matches", MATCHES),
    ("replace", REPLACE),
];

/// Functions that are called by name alone, and how many arguments they take.
const GLOBAL: &[(&str, usize, usize)] = &[
    ("bool", 1, 1),
    ("bytes", 1, 1),
    ("columns", 1, 1),
    ("double", 1, 1),
    ("duration", 1, 1),
    ("dyn", 1, 1),
    ("has", 1, 1),
    ("int", 1, 1),
    ("matches", 2, 2),
    ("parseTime", 1, 1),
    ("quantity", 1, 1),
    ("rows", 1, 1),
    ("semver", 1, 1),
    ("size", 1, 1),
    ("string", 1, 1),
    ("timestamp", 1, 1),
    ("type", 1, 1),
    ("uint", 1, 1),
];

/// Functions that are called on a value, and how many arguments they take beside it.
const METHODS: &[(&str, usize, usize)] = &[
    ("all", 2, 2),
    ("charAt", 1, 1),
    ("compareTo", 1, 1),
    ("contains", 1, 1),
    ("endsWith", 1, 1),
    ("exists", 2, 2),
    ("existsOne", 2, 2),
    ("exists_one", 2, 2),
    ("filter", 2, 2),
    ("find", 1, 1),
    ("findAll", 1, 1),
    ("getDate", 0, 1),
    ("getDayOfMonth", 0, 1),
    ("getDayOfWeek", 0, 1),
    ("getDayOfYear", 0, 1),
    ("getFullYear", 0, 1),
    ("getHours", 0, 1),
    ("getMilliseconds", 0, 1),
    ("getMinutes", 0, 1),
    ("getMonth", 0, 1),
    ("getSeconds", 0, 1),
    ("indexOf", 1, 2),
    ("isGreaterThan", 1, 1),
    ("isLessThan", 1, 1),
    ("join", 0, 1),
    ("lastIndexOf", 1, 2),
    ("lowerAscii", 0, 0),
    ("major", 0, 0),
    ("map", 2, 3),
    ("matches", 1, 1),
    ("minor", 0, 0),
    ("patch", 0, 0),
    ("replace", 2, 3),
    ("size", 0, 0),
    ("split", 1, 2),
    ("startsWith", 1, 1),
    ("substring", 1, 2),
    ("trim", 0, 0),
    ("upperAscii", 0, 0),
];

fn table(method: bool) -> &'static [(&'static str, usize, usize)] {
    if method { METHODS } else { GLOBAL }
}

/// How many arguments a function takes; `None` if there is no such function.
pub fn arguments(name: &str, method: bool) -> Option<RangeInclusive<usize>> {
    let (_, least, most) = table(method).iter().find(|(known, ..)| *known == name)?;
    Some(*least..=*most)
}

/// The names of all functions of a kind.
pub fn names(method: bool) -> impl Iterator<Item = &'static str> + Clone {
    table(method).iter().map(|(name, ..)| *name)
}

/// What is called in the place of a function of this name.
pub fn own_name(name: &str) -> Option<&'static str> {
    OWN.iter().find(|(written, _)| *written == name).map(|(_, own)| *own)
}

/// How a function is written that is called by this name.
pub fn written_name(name: &str) -> &str {
    let name = name.strip_prefix('.').unwrap_or(name);
    OWN.iter().find(|(_, own)| *own == name).map_or(name, |(written, _)| written)
}

/// Whether a function is written as a sign, such as `<`, or never written.
pub fn is_operator(name: &str) -> bool {
    !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

type Words = Arc<String>;
type Result<T> = std::result::Result<T, ExecutionError>;

fn failed(function: &str, why: impl ToString) -> ExecutionError {
    ExecutionError::function_error(function, why)
}

/// Adds them to a context; turns are counted and holes noted in `budget`.
pub fn add(context: &mut Context<'_, '_>, budget: &Budget) {
    let (turns, holes) = (budget.clone(), budget.clone());
    let added = [
        context.add_function(TICK, move || turns.tick().map_err(|why| failed(TICK, why))),
        context.add_function(HOLE, move |why: Words, spoils: bool| -> Result<Value> {
            if spoils {
                holes.spoil(&why);
            }
            Err(failed(HOLE, why))
        }),
        context.add_function(DURATION, duration),
        context.add_function("quantity", quantity),
        context.add_function("rows", |text: Words| rows::rows(&text).map_err(|why| failed("rows", why))),
        context.add_function("columns", |line: Words| rows::columns(&line)),
        context.add_function("parseTime", parse_time),
        context.add_function("semver", semver),
        context.add_function("compareTo", |This(one): This<Value>, other: Value| compare("compareTo", &one, &other)),
        context.add_function("isGreaterThan", |This(one): This<Value>, other: Value| {
            compare("isGreaterThan", &one, &other).map(|order| order > 0)
        }),
        context.add_function("isLessThan", |This(one): This<Value>, other: Value| {
            compare("isLessThan", &one, &other).map(|order| order < 0)
        }),
        context.add_function("major", |This(one): This<Value>| part(&one, "major")),
        context.add_function("minor", |This(one): This<Value>| part(&one, "minor")),
        context.add_function("patch", |This(one): This<Value>| part(&one, "patch")),
    ];
    for function in added {
        function.expect("no function of ours has the name of one of CEL's");
    }
}

fn duration(text: Words) -> Result<Value> {
    let parsed = crate::duration::parse_duration(&text).map_err(|why| failed("duration", why))?;
    let duration = chrono::Duration::from_std(parsed).map_err(|why| failed("duration", why))?;
    Ok(Value::Duration(duration))
}

fn quantity(value: Value) -> Result<Value> {
    match value {
        Value::String(text) => quantity::value(&text).map_err(|why| failed("quantity", why)),
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => Ok(value),
        other => Err(failed("quantity", format!("text or a number is wanted, not {}", super::show::value(&other)))),
    }
}

fn parse_time(text: Words) -> Result<Value> {
    time::parse(&text).map(Value::Timestamp).map_err(|why| failed("parseTime", why))
}

fn semver(text: Words) -> Result<Value> {
    versions::semver(&text).map_err(|why| failed("semver", why))
}

fn compare(function: &str, one: &Value, other: &Value) -> Result<i64> {
    let order = versions::compare(one, other).ok_or_else(|| {
        failed(function, format!("two versions are wanted: semver(\"1.2.3\").{function}(semver(\"1.3.0\"))"))
    })?;
    Ok(order as i64)
}

fn part(value: &Value, name: &str) -> Result<Value> {
    versions::part(value, name).ok_or_else(|| failed(name, "a version is wanted: semver(\"1.2.3\")"))
}
