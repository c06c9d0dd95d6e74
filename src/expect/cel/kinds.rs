//! Kinds of values, as far as they are certain before anything runs.
//!
//! CEL compares anything with anything: `vars.COUNT != 3` is true whatever was captured, since captures are text. Such
//! a comparison says nothing, and an expression that could never hold is no better.

use super::assertion::Assertion;
use super::names::{self, Name};
use super::scope::{ParamType, Scope};
use super::{functions, show, walk};
use crate::diagnostic::{Code, Diagnostic};
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number of any kind.
    Number,
    /// True or false.
    Truth,
    /// A list.
    List,
    /// A length of time.
    Duration,
    /// A point in time.
    Time,
}

impl Kind {
    /// In words.
    fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Truth => "true or false",
            Self::List => "a list",
            Self::Duration => "a duration",
            Self::Time => "a time",
        }
    }

    /// What could be written around a text to make this of it.
    fn conversion(self) -> Option<&'static str> {
        match self {
            Self::Number => Some("int"),
            Self::Duration => Some("duration"),
            Self::Time => Some("parseTime"),
            Self::Text | Self::Truth | Self::List => None,
        }
    }
}

/// Findings on comparisons of values of two kinds, and on an assertion that is neither true nor false.
pub fn check(assertion: &Assertion, scope: &dyn Scope) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    walk::each(assertion.tree(), &mut |node| found.extend(compared(assertion, node, scope)));
    let whole = of(assertion.tree(), scope).filter(|kind| *kind != Kind::Truth && assertion.is_asserted());
    found.extend(whole.map(|kind| {
        let message = format!("the expression is {} and neither true nor false", kind.words());
        Diagnostic::error(Code::Expression, assertion.span(), message).help("compare it with something")
    }));
    found
}

fn compared(assertion: &Assertion, node: &IdedExpr, scope: &dyn Scope) -> Option<Diagnostic> {
    let Expr::Call(call) = &node.expr else { return None };
    let [left, right] = call.args.as_slice() else { return None };
    let verdict = match call.func_name.as_str() {
        operators::EQUALS => "they are never equal",
        operators::NOT_EQUALS => "they always differ",
        operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS => {
            "they cannot be compared"
        }
        _ => return None,
    };
    let kinds = (of(left, scope)?, of(right, scope)?);
    if kinds.0 == kinds.1 {
        return None;
    }
    let name = |node, fallback: &str| show::text(node).map_or(fallback.to_owned(), |text| format!("`{text}`"));
    let message = format!(
        "{} is {} and {} is {}: {verdict}",
        name(left, "the left side"),
        kinds.0.words(),
        name(right, "the right side"),
        kinds.1.words()
    );
    let (text, other) = if kinds.0 == Kind::Text { (left, kinds.1) } else { (right, kinds.0) };
    let help = match (show::text(text), other.conversion(), kinds.0 == Kind::Text || kinds.1 == Kind::Text) {
        (Some(text), Some(function), true) => format!("write {function}({text})"),
        _ => "compare what is of one kind".to_owned(),
    };
    Some(Diagnostic::error(Code::Expression, assertion.place_of(node), message).help(help))
}

/// The kind that a node certainly has if it can be evaluated.
fn of(node: &IdedExpr, scope: &dyn Scope) -> Option<Kind> {
    match &node.expr {
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(_) => Some(Kind::Truth),
            LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => Some(Kind::Number),
            LiteralValue::String(_) => Some(Kind::Text),
            LiteralValue::Bytes(_) | LiteralValue::Null => None,
        },
        Expr::List(_) => Some(Kind::List),
        Expr::Select(select) if select.test => Some(Kind::Truth),
        Expr::Call(call) => {
            of_call(functions::written_name(&call.func_name), &call.args, scope).or_else(|| of_name(node, scope))
        }
        Expr::Ident(_) | Expr::Select(_) => of_name(node, scope),
        Expr::Comprehension(loop_) => match &loop_.accu_init.expr {
            // `all` and `exists` begin with a truth, `map` and `filter` with an empty list, `exists_one` with 0.
            Expr::Literal(LiteralValue::Boolean(_) | LiteralValue::Int(_)) => Some(Kind::Truth),
            Expr::List(_) => Some(Kind::List),
            _ => None,
        },
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => None,
    }
}

fn of_name(node: &IdedExpr, scope: &dyn Scope) -> Option<Kind> {
    // A node that is one whole name is the only use in itself; a loop's own names are none of ours.
    let name = names::uses(node).first().filter(|used| used.node.id == node.id)?.name;
    match name {
        Name::Variable(_) => Some(Kind::Text),
        Name::Parameter(name) => scope.param(name).map(|kind| match kind {
            ParamType::String => Kind::Text,
            ParamType::Int | ParamType::Quantity => Kind::Number,
            ParamType::Bool => Kind::Truth,
            ParamType::Duration => Kind::Duration,
        }),
        Name::Root(field) | Name::Step(_, Some(field)) => match field {
            "exit_code" | "attempt" => Some(Kind::Number),
            "stdout" | "stderr" | "status" => Some(Kind::Text),
            "lines" => Some(Kind::List),
            "elapsed" => Some(Kind::Duration),
            "now" | "started" | "finished" => Some(Kind::Time),
            _ => None,
        },
        Name::Step(_, None) | Name::Bound(_) => None,
    }
}

fn of_call(name: &str, args: &[IdedExpr], scope: &dyn Scope) -> Option<Kind> {
    match name {
        "size" | "int" | "uint" | "double" | "quantity" | "compareTo" | "major" | "minor" | "patch" | "indexOf"
        | "lastIndexOf" => Some(Kind::Number),
        "string" | "find" | "trim" | "lowerAscii" | "upperAscii" | "replace" | "substring" | "charAt" | "join" => {
            Some(Kind::Text)
        }
        "findAll" | "rows" | "columns" | "split" => Some(Kind::List),
        "duration" => Some(Kind::Duration),
        "timestamp" | "parseTime" => Some(Kind::Time),
        "matches" | "contains" | "startsWith" | "endsWith" | "isGreaterThan" | "isLessThan" | "bool" => {
            Some(Kind::Truth)
        }
        _ if name.starts_with("get") => Some(Kind::Number),
        _ => of_sign(name, args, scope),
    }
}

fn of_sign(name: &str, args: &[IdedExpr], scope: &dyn Scope) -> Option<Kind> {
    let kind = |at: usize| of(args.get(at)?, scope);
    match name {
        operators::LOGICAL_AND
        | operators::LOGICAL_OR
        | operators::LOGICAL_NOT
        | operators::EQUALS
        | operators::NOT_EQUALS
        | operators::LESS
        | operators::LESS_EQUALS
        | operators::GREATER
        | operators::GREATER_EQUALS
        | operators::IN => Some(Kind::Truth),
        operators::MULTIPLY | operators::DIVIDE | operators::MODULO => Some(Kind::Number),
        operators::NEGATE => kind(0),
        operators::CONDITIONAL => kind(1).filter(|yes| kind(2) == Some(*yes)),
        operators::ADD | operators::SUBSTRACT => match (kind(0)?, kind(1)?) {
            (Kind::Time, Kind::Time) if name == operators::SUBSTRACT => Some(Kind::Duration),
            (Kind::Time, Kind::Duration) => Some(Kind::Time),
            (Kind::Duration, Kind::Time) if name == operators::ADD => Some(Kind::Time),
            (left, right) => (left == right).then_some(left),
        },
        _ => None,
    }
}
