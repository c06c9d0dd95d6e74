//! CEL's functions that can make much of little, with a bound (ten doublings of 8 MiB are more than a machine has), and
//! those whose time can grow with the square of a text, in linear time.

use super::functions;
use cel::common::types::{CelInt, CelMap, CelString, DYN_TYPE, INT_TYPE, LIST_TYPE, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};
use std::cell::Cell;

/// No text and no list that an expression adds up is larger, in bytes.
pub const LARGEST: usize = 32 << 20;
/// All lists that the loops of one expression make hold no more, in bytes.
const MOST: usize = 128 << 20;

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// Adds them to the language, under names that nobody can write.
pub fn add(env: &mut Env) {
    let text = || STRING_TYPE;
    let added = [
        env.add_overload(functions::WEIGH, "@weigh", vec![DYN_TYPE], weigh),
        env.add_overload(functions::ADD, "@add", vec![DYN_TYPE, DYN_TYPE], sum),
        env.add_member_overload(functions::REPLACE, "@replace", text(), vec![text(), text()], replace),
        env.add_member_overload(functions::REPLACE, "@replace_n", text(), vec![text(), text(), INT_TYPE], replace),
        env.add_member_overload(functions::INDEX_OF, "@indexOf", text(), vec![text()], index_of),
        env.add_member_overload(functions::INDEX_OF, "@indexOf_from", text(), vec![text(), INT_TYPE], index_of),
        env.add_member_overload(functions::LAST_INDEX_OF, "@lastIndexOf", text(), vec![text()], last_index_of),
        env.add_member_overload(
            functions::LAST_INDEX_OF,
            "@lastIndexOf_to",
            text(),
            vec![text(), INT_TYPE],
            last_index_of,
        ),
        env.add_member_overload(functions::JOIN, "@join", LIST_TYPE, vec![], join),
        env.add_member_overload(functions::JOIN, "@join_with", LIST_TYPE, vec![text()], join),
    ];
    for function in added {
        function.expect("names with `@` are ours");
    }
}

fn within(function: &str, size: usize) -> Result<(), ExecutionError> {
    match size > LARGEST {
        true => Err(ExecutionError::function_error(function, "the result would be too large")),
        false => Ok(()),
    }
}

fn sum<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let [left, right] = args.as_slice() else { return Err(ExecutionError::invalid_argument_count(2, args.len())) };
    within("+", size(left.as_ref()).saturating_add(size(right.as_ref())))?;
    let cannot = || {
        let words = format!("{} and {} cannot be added", kind(left.as_ref()), kind(right.as_ref()));
        ExecutionError::function_error("+", words)
    };
    let sum = left.as_adder().ok_or_else(cannot)?.add(right.as_ref());
    match sum {
        Ok(sum) => Ok(CowVal::Owned(sum.into_owned())),
        Err(error @ (ExecutionError::Overflow(..) | ExecutionError::FunctionError { .. })) => Err(error),
        Err(_) => Err(cannot()),
    }
}

thread_local! {
    static WEIGHT: Cell<usize> = const { Cell::new(0) };
}

/// Forgets what the loops of the expression before have made.
pub fn begin() {
    WEIGHT.set(0);
}

/// Gives its argument back, if the loops of the expression have not made too much by now.
fn weigh<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let Some(item) = args.pop() else { return Err(ExecutionError::invalid_argument_count(1, 0)) };
    WEIGHT.set(WEIGHT.get().saturating_add(size(item.as_ref())));
    match WEIGHT.get() > MOST {
        true => Err(ExecutionError::function_error("@weigh", "the lists that it makes are too large")),
        false => Ok(item),
    }
}

/// About how many bytes a value holds; a text by its length, everything else by what is in it.
fn size(value: &dyn Val) -> usize {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return text.inner().len();
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        return map.inner().values().map(|value| 16 + size(value.as_ref())).sum();
    }
    let Some(list) = value.as_iterable() else { return 8 };
    let (mut items, mut sum) = (list.iter(), 0usize);
    while let Some(item) = items.next() {
        sum = sum.saturating_add(8 + size(item));
    }
    sum
}

/// The type of a value, as people call it.
fn kind(value: &dyn Val) -> &str {
    super::words::type_name(value.get_type().name())
}

fn text<'a>(args: &'a [CowVal<'_, '_>], at: usize) -> Result<&'a str, ExecutionError> {
    let text = args.get(at).and_then(|value| value.downcast_ref::<CelString>());
    text.map(CelString::inner).ok_or_else(|| ExecutionError::invalid_argument_count(at + 1, args.len()))
}

fn number(args: &[CowVal<'_, '_>], at: usize) -> Option<i64> {
    args.get(at).and_then(|count| count.downcast_ref::<CelInt>()).map(|count| *count.inner())
}

/// The byte where the character at this place begins; `None` if the text is shorter.
fn byte_of(text: &str, place: i64) -> Option<usize> {
    let place = usize::try_from(place).ok()?;
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(place)
}

/// A place in characters, as CEL counts; -1 for none.
fn place_of(text: &str, byte: Option<usize>) -> i64 {
    byte.map_or(-1, |byte| i64::try_from(text[..byte].chars().count()).unwrap_or(i64::MAX))
}

fn index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let (this, wanted) = (text(&args, 0)?, text(&args, 1)?);
    let outside = || ExecutionError::function_error("indexOf", "the place is outside the text");
    let from = number(&args, 2).map_or(Some(0), |place| byte_of(this, place)).ok_or_else(outside)?;
    let found = this[from..].find(wanted).map(|at| from + at);
    Ok(CowVal::owned(CelInt::from(place_of(this, found))))
}

fn last_index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let (this, wanted) = (text(&args, 0)?, text(&args, 1)?);
    let outside = || ExecutionError::function_error("lastIndexOf", "the place is outside the text");
    // The last place where it may begin; it may end anywhere behind.
    let to = number(&args, 2).map_or(Some(this.len()), |place| byte_of(this, place)).ok_or_else(outside)?;
    let end = to.saturating_add(wanted.len()).min(this.len());
    let end = (end..=this.len()).find(|end| this.is_char_boundary(*end)).unwrap_or(this.len());
    let found = this[..end].rfind(wanted).filter(|at| *at <= to);
    Ok(CowVal::owned(CelInt::from(place_of(this, found))))
}

fn replace<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let (this, from, to) = (text(&args, 0)?, text(&args, 1)?, text(&args, 2)?);
    let most = number(&args, 3).and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    let found = this.matches(from).take(most).count();
    within("replace", found.saturating_mul(to.len()).saturating_add(this.len()))?;
    Ok(CowVal::owned(CelString::from(this.replacen(from, to, most))))
}

fn join<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let with = if args.len() > 1 { text(&args, 1)? } else { "" };
    let not_texts = || ExecutionError::function_error("join", "a list of texts is wanted");
    let list = args.first().and_then(|list| list.as_iterable()).ok_or_else(not_texts)?;
    let mut joined = String::new();
    let mut items = list.iter();
    let mut first = true;
    while let Some(item) = items.next() {
        let item = item.downcast_ref::<CelString>().ok_or_else(not_texts)?.inner();
        within("join", joined.len() + with.len() + item.len())?;
        if !std::mem::take(&mut first) {
            joined.push_str(with);
        }
        joined.push_str(item);
    }
    Ok(CowVal::owned(CelString::from(joined)))
}
