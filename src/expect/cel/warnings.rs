//! Expressions that hold although nobody looked: of nothing, or of everything.

use super::assertion::Assertion;
use super::{literals, regexes, show, walk};
use crate::diagnostic::{Code, Diagnostic};
use cel::common::ast::{Expr, IdedExpr, SelectExpr, operators};

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
    if never_empty(list) || block.iter().any(|other| tests_size(other.tree(), list)) {
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

/// A list that is written out, or what `split` makes: at least one text.
fn never_empty(list: &IdedExpr) -> bool {
    match &list.expr {
        Expr::List(items) => !items.elements.is_empty(),
        Expr::Call(call) => call.func_name == "split" && call.args.len() == 1,
        _ => false,
    }
}

/// Whether the tree says that something is in this list, or asks what holds if nothing is.
fn tests_size(tree: &IdedExpr, list: &IdedExpr) -> bool {
    // A table has rows if the output it was read from has lines, and an output has lines if it is not empty.
    let text = show::text(list);
    let instead =
        |end: &str, other: &str| text.as_ref().and_then(|text| Some(text.strip_suffix(end)?.to_owned() + other));
    let lines =
        text.as_ref().and_then(|text| Some(text.strip_prefix("rows(")?.strip_suffix("stdout)")?.to_owned() + "lines"));
    let output = instead("lines", "stdout");
    Sized { list: plain(list), lines, output }.tested_by(tree)
}

/// A list, and what else says something of its size.
struct Sized {
    list: IdedExpr,
    lines: Option<String>,
    /// The text whose lines it holds.
    output: Option<String>,
}

impl Sized {
    fn tested_by(&self, node: &IdedExpr) -> bool {
        let inside = || walk::children(node).into_iter().any(|child| self.tested_by(child));
        match &node.expr {
            Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
                // That something is not in it is true of an empty one.
                (operators::LOGICAL_NOT, [inner]) => !self.holds_something(inner) && inside(),
                (name, [left, right]) if COMPARISONS.contains(&name) => match self.compared(name, left, right) {
                    Some(tests) => tests,
                    None => inside(),
                },
                // `xs[0]` fails where there is none.
                (operators::INDEX, [list, _]) => self.selected(list).is_some() || inside(),
                ("size", _) => size_of(node).is_some_and(|of| self.selected(of).is_some()) || inside(),
                _ => self.holds_something(node) || inside(),
            },
            _ => self.holds_something(node) || inside(),
        }
    }

    /// Whether a node is the list.
    fn is(&self, node: &IdedExpr) -> bool {
        plain(node) == self.list || (self.lines.is_some() && show::text(node) == self.lines)
    }

    /// Whether a node is the list (`true`) or what `filter` or `map` takes from it (`false`).
    fn selected(&self, node: &IdedExpr) -> Option<bool> {
        if self.is(node) {
            return Some(true);
        }
        let Expr::Comprehension(loop_) = &node.expr else { return None };
        let builds = matches!(&loop_.accu_init.expr, Expr::List(_));
        (builds && self.selected(&loop_.iter_range).is_some()).then_some(false)
    }

    /// `xs.exists(…)`, `x in xs`, and `stdout.contains(…)` for its lines.
    fn holds_something(&self, node: &IdedExpr) -> bool {
        match &node.expr {
            Expr::Call(call) if call.func_name == operators::IN => call.args.get(1).is_some_and(|list| self.is(list)),
            Expr::Call(call) => {
                let of = call.target.as_deref().is_some_and(|target| self.is_output(target));
                of && literals::call_with_text(node).is_some_and(|(name, _, text)| demands_text(name, text))
            }
            Expr::Comprehension(loop_) => {
                let builds = matches!(&loop_.accu_init.expr, Expr::List(_));
                !builds && walk::list_of_all(node).is_none() && self.selected(&loop_.iter_range).is_some()
            }
            _ => false,
        }
    }

    fn is_output(&self, node: &IdedExpr) -> bool {
        self.output.is_some() && show::text(&plain(node)) == self.output
    }

    /// What a comparison says; `None` if it is of something else.
    fn compared(&self, operator: &str, left: &IdedExpr, right: &IdedExpr) -> Option<bool> {
        self.compared_with(operator, left, right).or_else(|| self.compared_with(turned(operator), right, left))
    }

    fn compared_with(&self, operator: &str, left: &IdedExpr, right: &IdedExpr) -> Option<bool> {
        let equal = operator == operators::EQUALS;
        if let Some(of) = size_of(left) {
            let whole = if self.is_output(of) { true } else { self.selected(of)? };
            let number = show::text(right).and_then(|text| text.parse::<i64>().ok());
            return Some(match (operator, number) {
                (operators::GREATER, number) => number.is_none_or(|number| number >= 0),
                (operators::GREATER_EQUALS, number) => number.is_none_or(|number| number >= 1),
                // Whoever asks whether the whole list is empty knows that it may be.
                (operators::EQUALS, number) => whole || number != Some(0),
                (operators::NOT_EQUALS, number) => number == Some(0),
                _ => false,
            });
        }
        let empty = is_empty(right);
        if self.is_output(left) {
            return Some(if equal { !empty } else { operator == operators::NOT_EQUALS && empty });
        }
        let whole = self.selected(left)?;
        Some(if equal { whole || !empty } else { operator == operators::NOT_EQUALS && empty })
    }
}

const COMPARISONS: &[&str] = &[
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
];

/// The comparison that says the same with its sides exchanged.
fn turned(operator: &str) -> &str {
    match operator {
        operators::GREATER => operators::LESS,
        operators::GREATER_EQUALS => operators::LESS_EQUALS,
        operators::LESS => operators::GREATER,
        operators::LESS_EQUALS => operators::GREATER_EQUALS,
        other => other,
    }
}

/// What `size(x)` or `x.size()` asks of.
fn size_of(node: &IdedExpr) -> Option<&IdedExpr> {
    match &node.expr {
        Expr::Call(call) if call.func_name == "size" => call.target.as_deref().or(call.args.first()),
        _ => None,
    }
}

/// `[]` or `""`.
fn is_empty(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::List(items) if items.elements.is_empty()) || show::text(node).as_deref() == Some("\"\"")
}

/// Whether only a text with something in it is one of which this is true.
fn demands_text(function: &str, text: &str) -> bool {
    match function {
        "contains" | "startsWith" | "endsWith" => !text.is_empty(),
        "matches" => regexes::compile(text).is_ok_and(|regex| !regex.is_match("")),
        _ => false,
    }
}

/// The tree without the numbers of its nodes, so that two places can be compared; `x["a"]` is written `x.a`.
fn plain(node: &IdedExpr) -> IdedExpr {
    let mut node = node.clone();
    walk::each_mut(&mut node, &mut |node| {
        node.id = 0;
        if let Expr::Map(map) = &mut node.expr {
            map.entries.iter_mut().for_each(|entry| entry.id = 0);
        }
        let field = match &node.expr {
            Expr::Call(_) => walk::access(node).map(|(operand, field)| (operand.clone(), field.to_owned())),
            _ => None,
        };
        if let Some((operand, field)) = field {
            node.expr = Expr::Select(SelectExpr { operand: Box::new(operand), field, test: false });
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
