//! Expressions that hold although nobody looked: of nothing, or of everything.

use super::assertion::Assertion;
use super::{literals, regexes, show, walk};
use crate::diagnostic::{Code, Diagnostic};
use cel::common::ast::{Expr, IdedExpr, operators};

/// Warnings on the expressions of one block; a size that one of them tests counts for all.
pub fn block_warnings(block: &[Assertion]) -> Vec<Diagnostic> {
    block.iter().flat_map(|assertion| of_one(assertion, block)).collect()
}

fn of_one(assertion: &Assertion, block: &[Assertion]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if assertion.references().is_empty() {
        let message = "the expression looks at nothing, so it says the same of every output";
        found.push(
            Diagnostic::warning(Code::MatchesEverything, assertion.span(), message)
                .help("name what it should look at, such as stdout or json"),
        );
    }
    walk::each(assertion.tree(), &mut |node| {
        found.extend(empty_all(assertion, node, block));
        found.extend(any_text(assertion, node));
        found.extend(same_twice(assertion, node));
    });
    found
}

/// `xs.all(…)` where nothing says that there are any.
fn empty_all(assertion: &Assertion, node: &IdedExpr, block: &[Assertion]) -> Option<Diagnostic> {
    let list = walk::list_of_all(node)?;
    if matches!(&list.expr, Expr::List(items) if !items.elements.is_empty())
        || block.iter().any(|other| tests_size(other.tree(), list))
    {
        return None;
    }
    let (what, size) = match show::text(list) {
        Some(text) => (format!("`{text}`"), format!("size({text}) > 0")),
        None => ("the list".to_owned(), "size(…) > 0 of the same list".to_owned()),
    };
    let message = format!("`all` is true if {what} is empty");
    Some(
        Diagnostic::warning(Code::EmptyAll, assertion.place_of(node), message)
            .help(format!("say how many there should be, such as {size}")),
    )
}

/// Whether the tree asks for the size of this list, or whether something is in it.
fn tests_size(tree: &IdedExpr, list: &IdedExpr) -> bool {
    // A table has rows if the output it was read from has lines.
    let lines = show::text(list)
        .and_then(|text| Some(text.strip_prefix("rows(")?.strip_suffix("stdout)")?.to_owned() + "lines"));
    let list = plain(list);
    let reads = |node: &IdedExpr| plain(node) == list || (lines.is_some() && show::text(node) == lines);
    let mut found = false;
    walk::each(tree, &mut |node| {
        found |= match &node.expr {
            Expr::Call(call) if call.func_name == "size" => {
                call.target.as_deref().or(call.args.first()).is_some_and(reads)
            }
            // `xs[0]` fails where there is none, `xs == []` and `xs != []` say it.
            Expr::Call(call)
                if [operators::INDEX, operators::EQUALS, operators::NOT_EQUALS].contains(&call.func_name.as_str()) =>
            {
                call.args.iter().any(reads)
            }
            Expr::Call(call) if call.func_name == operators::IN => call.args.get(1).is_some_and(reads),
            Expr::Comprehension(loop_) => walk::list_of_all(node).is_none() && reads(&loop_.iter_range),
            _ => false,
        };
    });
    found
}

/// The tree without the numbers of its nodes, so that two places can be compared.
fn plain(node: &IdedExpr) -> IdedExpr {
    let mut node = node.clone();
    walk::each_mut(&mut node, &mut |node| {
        node.id = 0;
        if let Expr::Map(map) = &mut node.expr {
            map.entries.iter_mut().for_each(|entry| entry.id = 0);
        }
    });
    node
}

/// `stdout.contains("")` and patterns that match every text.
fn any_text(assertion: &Assertion, node: &IdedExpr) -> Option<Diagnostic> {
    let (name, literal, text) = literals::call_with_text(node)?;
    let every = match name {
        "contains" | "startsWith" | "endsWith" => text.is_empty(),
        "matches" => regexes::compile(text).is_ok_and(|regex| regexes::matches_everything(&regex)),
        _ => false,
    };
    every.then(|| {
        let message = format!("`{name}({text:?})` is true of every text");
        Diagnostic::warning(Code::MatchesEverything, assertion.place_of(literal), message)
            .help("write what must be there; `^` and `$` bind a pattern to the whole text")
    })
}

/// `a == a`, and sizes that are at least zero.
fn same_twice(assertion: &Assertion, node: &IdedExpr) -> Option<Diagnostic> {
    let Expr::Call(call) = &node.expr else { return None };
    let [left, right] = call.args.as_slice() else { return None };
    let is_size = |node: &IdedExpr| matches!(&node.expr, Expr::Call(call) if call.func_name == "size");
    let zero = |node: &IdedExpr| show::text(node).as_deref() == Some("0");
    let always = match call.func_name.as_str() {
        operators::EQUALS => plain(left) == plain(right) && !assertion.references().is_empty(),
        operators::GREATER_EQUALS => is_size(left) && zero(right),
        operators::LESS_EQUALS => zero(left) && is_size(right),
        _ => false,
    };
    always.then(|| {
        Diagnostic::warning(Code::MatchesEverything, assertion.place_of(node), "the comparison is always true")
            .help("compare it with what it should be")
    })
}
