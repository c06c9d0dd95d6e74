//! Regexes: of linear time, of bounded size, each compiled once.

use super::functions::MATCHES;
use cel::common::types::{CelBool, CelList, CelString, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};
use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;

/// The compiled size of a regex, in bytes.
const LARGEST: usize = 1 << 20;
/// More regexes are not remembered at once; an expression has a few.
const REMEMBERED: usize = 64;
/// More matches are not listed.
pub const MOST_ITEMS: usize = 1_000_000;

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

/// Adds `matches`, `find` and `findAll` to the language.
pub fn add(env: &mut Env) {
    let text = || vec![STRING_TYPE];
    let added = [
        env.add_member_overload(MATCHES, "@matches", STRING_TYPE, text(), matches),
        env.add_overload(MATCHES, "@matches_global", vec![STRING_TYPE, STRING_TYPE], matches),
        env.add_member_overload("find", "@find", STRING_TYPE, text(), find),
        env.add_member_overload("findAll", "@findAll", STRING_TYPE, text(), find_all),
    ];
    for function in added {
        function.expect("the ids are ours");
    }
}

/// Compiles a pattern.
///
/// # Errors
///
/// Says in a line what is wrong with it.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let built = regex::RegexBuilder::new(pattern).size_limit(LARGEST).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("the regex is larger than {} KiB when compiled", LARGEST >> 10),
        other => {
            let words = other.to_string();
            let last = words.lines().last().unwrap_or_default();
            format!("`{}` is no regex: {}", crate::text::shorten(pattern, 60), last.trim_start_matches("error: "))
        }
    })
}

/// Whether a regex says the same of every text.
pub fn matches_everything(regex: &Regex) -> bool {
    ["", "\u{1}", "zz9\nzz9\n"].into_iter().all(|text| regex.is_match(text))
}

fn with<T>(function: &str, pattern: &str, act: impl FnOnce(&Regex) -> T) -> Result<T, ExecutionError> {
    let known = COMPILED.with_borrow(|compiled| compiled.get(pattern).cloned());
    let regex = match known {
        Some(regex) => regex,
        None => {
            let regex = compile(pattern).map_err(|why| ExecutionError::function_error(function, why))?;
            COMPILED.with_borrow_mut(|compiled| {
                if compiled.len() >= REMEMBERED {
                    compiled.clear();
                }
                compiled.insert(pattern.to_owned(), regex.clone());
            });
            regex
        }
    };
    Ok(act(&regex))
}

/// The text and the pattern.
fn texts<'a>(args: &'a [CowVal<'_, '_>]) -> Result<(&'a str, &'a str), ExecutionError> {
    let text = |at: usize| args.get(at).and_then(|value| value.downcast_ref::<CelString>()).map(CelString::inner);
    text(0).zip(text(1)).ok_or_else(|| ExecutionError::invalid_argument_count(2, args.len()))
}

fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let (text, pattern) = texts(&args)?;
    Ok(CowVal::owned(CelBool::from(with("matches", pattern, |regex| regex.is_match(text))?)))
}

/// The first match; an empty text if there is none, as in Kubernetes.
fn find<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let (text, pattern) = texts(&args)?;
    let found = with("find", pattern, |regex| regex.find(text).map_or("", |found| found.as_str()))?;
    Ok(CowVal::owned(CelString::from(found.to_owned())))
}

fn find_all<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let (text, pattern) = texts(&args)?;
    let found = with("findAll", pattern, |regex| {
        let found = regex.find_iter(text).take(MOST_ITEMS + 1).map(|found| CelString::from(found.as_str().to_owned()));
        found.map(|found| Box::new(found) as Box<dyn Val>).collect::<Vec<_>>()
    })?;
    match found.len() > MOST_ITEMS {
        true => Err(ExecutionError::function_error("findAll", format!("there are more than {MOST_ITEMS} matches"))),
        false => Ok(CowVal::owned(CelList::from(found))),
    }
}
