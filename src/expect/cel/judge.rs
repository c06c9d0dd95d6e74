//! Whether an expression holds, and the values that say why not.

use super::assertion::Assertion;
use super::world::World;
use super::{show, walk};
use cel::Value;
use cel::common::ast::{Expr, IdedExpr};

/// More values are not shown of one expression.
const SHOWN: usize = 6;

/// Whether an expression holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is true.
    pub holds: bool,
    /// Why not, with the values in it; of one that holds, what is worth knowing.
    pub detail: Option<String>,
}

impl Outcome {
    /// One that does not hold, for a reason that lies outside it.
    pub fn failed(assertion: &Assertion, why: &str) -> Self {
        said(assertion, false, &format!("cannot be evaluated: {why}"))
    }
}

fn said(assertion: &Assertion, holds: bool, words: &str) -> Outcome {
    let message = assertion.message().map_or_else(String::new, |message| format!(" · {message}"));
    Outcome { holds, detail: Some(format!("`{}` {words}{message}", assertion.text())) }
}

/// What an expression says of the world.
pub fn judge(world: &World, assertion: &Assertion) -> Outcome {
    let tree = world.filled(assertion.tree());
    match world.begin(&tree) {
        Ok(Value::Bool(true)) => match over_nothing(world, &tree) {
            true => said(assertion, true, "holds (0 items)"),
            false => Outcome { holds: true, detail: None },
        },
        Ok(Value::Bool(false)) => {
            let values = values(world, &tree);
            let values = if values.is_empty() { values } else { format!(": {values}") };
            said(assertion, false, &format!("is false{values}"))
        }
        Ok(other) => said(assertion, false, &format!("is {} and neither true nor false", show::value(&other))),
        Err(why) => {
            let values = values(world, &tree);
            let values = if values.is_empty() { values } else { format!(" ({values})") };
            said(assertion, false, &format!("cannot be evaluated: {why}{values}"))
        }
    }
}

/// Whether an `all` of the tree went over nothing.
fn over_nothing(world: &World, tree: &IdedExpr) -> bool {
    let mut empty = false;
    walk::each(tree, &mut |node| {
        empty |= match walk::list_of_all(node).and_then(|list| world.part(list)) {
            Some(Value::List(items)) => items.is_empty(),
            Some(Value::Map(map)) => map.map.is_empty(),
            _ => false,
        };
    });
    empty
}

/// The paths and calls of the tree with their values; what depends on a loop's own name has none.
fn values(world: &World, tree: &IdedExpr) -> String {
    let mut found: Vec<String> = Vec::new();
    collect(world, tree, &mut found);
    found.join(", ")
}

fn collect(world: &World, node: &IdedExpr, found: &mut Vec<String>) {
    if found.len() >= SHOWN {
        return;
    }
    let worth = match &node.expr {
        Expr::Literal(_) | Expr::Unspecified => return,
        Expr::Ident(_) | Expr::Select(_) | Expr::Call(_) => show::text(node),
        _ => None,
    };
    let value = worth.and_then(|text| Some((text, world.part(node)?)));
    match value {
        // Of `stdout.contains("x")` the output says more than `false`.
        Some((text, value)) if !matches!((&value, &node.expr), (Value::Bool(_), Expr::Call(_))) => {
            let line = format!("`{text}` = {}", show::value(&value));
            if !found.contains(&line) {
                found.push(line);
            }
        }
        _ => walk::children(node).into_iter().for_each(|child| collect(world, child, found)),
    }
}

/// A value as a text of a list to choose from.
///
/// # Errors
///
/// Names the value that is none.
pub fn choice(item: &Value) -> Result<String, String> {
    match item {
        Value::String(text) => Ok(text.to_string()),
        Value::Int(number) => Ok(number.to_string()),
        other => Err(format!("{} in it is no text", show::value(other))),
    }
}

/// The truth of a condition.
///
/// # Errors
///
/// If it is neither true nor false.
pub fn truth(world: &World, assertion: &Assertion) -> Result<bool, String> {
    match world.begin(&world.filled(assertion.tree()))? {
        Value::Bool(truth) => Ok(truth),
        other => Err(format!("it is {} and neither true nor false", show::value(&other))),
    }
}

/// The texts of a list.
///
/// # Errors
///
/// If it is none, or holds something else.
pub fn choices(world: &World, assertion: &Assertion) -> Result<Vec<String>, String> {
    match world.begin(&world.filled(assertion.tree()))? {
        Value::List(items) => items.iter().map(choice).collect(),
        other => Err(format!("it is {} and no list", show::value(&other))),
    }
}
