//! Texts in an expression that are checked before anything runs: durations, quantities, versions, times, regexes.

use super::assertion::Assertion;
use super::{functions, quantity, regexes, time, versions};
use crate::diagnostic::{Code, Diagnostic};
use cel::common::ast::{Expr, IdedExpr, LiteralValue};

/// A finding on the last argument of a call, if that is a text that the function cannot read.
pub fn check(assertion: &Assertion, node: &IdedExpr) -> Option<Diagnostic> {
    let (name, literal, text) = call_with_text(node)?;
    let why = match name {
        "duration" => crate::duration::parse_duration(text).err(),
        "quantity" => quantity::parse_quantity(text).err(),
        "semver" => versions::semver(text).err(),
        "parseTime" => time::parse(text).err(),
        "matches" | "find" | "findAll" => regexes::compile(text).err(),
        _ => None,
    }?;
    let help = match name {
        "duration" => crate::duration::DURATION_HELP,
        "quantity" => "write it as \"50Mi\", \"1.5G\" or \"200m\"",
        "semver" => "write it as \"1.34.3\" or \"v1.34.3-rc.1\"",
        "parseTime" => "write it as \"2026-01-31T12:00:00Z\"",
        _ => "it is a regex as the Rust crate regex reads it: no look-around, no back-references",
    };
    Some(Diagnostic::error(Code::Expression, assertion.place_of(literal), why).help(help))
}

/// A call whose last argument is a text as written: its name, that argument and the text.
pub fn call_with_text(node: &IdedExpr) -> Option<(&str, &IdedExpr, &str)> {
    let Expr::Call(call) = &node.expr else { return None };
    let literal = call.args.last()?;
    match &literal.expr {
        Expr::Literal(LiteralValue::String(text)) => {
            Some((functions::written_name(&call.func_name), literal, text.inner()))
        }
        _ => None,
    }
}
