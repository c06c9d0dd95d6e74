//! Names in an expression: which it uses, and whether anybody knows them.

use super::{functions, walk};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};
use std::collections::{BTreeMap, BTreeSet};

/// The type of a parameter, as far as expressions tell types apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A truth value.
    Bool,
    /// A duration.
    Duration,
    /// A number of base units.
    Quantity,
}

/// What an earlier step has to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepShape {
    /// Exit code and output.
    Output,
    /// Status and times only.
    Plain,
}

/// What an expression may name where it stands.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Whether the step's own result is there.
    pub result: bool,
    /// The parameters that have a value.
    pub params: BTreeMap<String, ParamType>,
    /// The variables that were captured, or could have been.
    pub vars: BTreeSet<String>,
    /// Earlier steps.
    pub steps: BTreeMap<String, StepShape>,
    /// Every variable and parameter of the runbook, for the message.
    pub later_vars: BTreeSet<String>,
    /// Every step of the runbook, for the message.
    pub later_steps: BTreeSet<String>,
}

/// What an expression looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Names at the root, such as `stdout`.
    pub roots: BTreeSet<String>,
    /// `vars.X`.
    pub vars: BTreeSet<String>,
    /// `params.X`.
    pub params: BTreeSet<String>,
    /// `steps.X`, each with the fields that are used of it.
    pub steps: BTreeMap<String, BTreeSet<String>>,
}

impl References {
    /// Whether it looks at nothing.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }
}

/// Names of the step's own result.
const RESULT: &[&str] = &["exit_code", "stdout", "stderr", "lines", "json", "elapsed", "attempt"];
/// Names that are there everywhere.
const EVERYWHERE: &[&str] = &["params", "vars", "now", "steps"];
/// Types, which are values in CEL.
const TYPES: &[&str] = &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
/// What is known of every step that ended.
const PLAIN_FIELDS: &[&str] = &["started", "finished", "elapsed", "status"];
/// What is known of a step that ran.
const OUTPUT_FIELDS: &[&str] =
    &["exit_code", "stdout", "stderr", "lines", "json", "started", "finished", "elapsed", "status"];

/// What a tree looks at.
pub fn references(tree: &IdedExpr) -> References {
    let mut found = References::default();
    let mut bound = Vec::new();
    collect(tree, &mut bound, &mut found);
    found
}

fn collect<'t>(node: &'t IdedExpr, bound: &mut Vec<&'t str>, found: &mut References) {
    if let Some((root, field)) = member(node).filter(|(root, _)| !bound.contains(root)) {
        match root {
            "vars" => _ = found.vars.insert(field.to_owned()),
            "params" => _ = found.params.insert(field.to_owned()),
            "steps" => _ = found.steps.entry(field.to_owned()).or_default(),
            _ => {}
        }
    }
    if let Some((step, field)) = step_field(node).filter(|_| !bound.contains(&"steps")) {
        found.steps.entry(step.to_owned()).or_default().insert(field.to_owned());
    }
    match &node.expr {
        Expr::Ident(name) if !bound.contains(&name.as_str()) && !TYPES.contains(&name.as_str()) => {
            found.roots.insert(name.clone());
        }
        Expr::Comprehension(loop_) => {
            collect(&loop_.iter_range, bound, found);
            let before = bound.len();
            bound.extend([loop_.iter_var.as_str(), loop_.accu_var.as_str()]);
            bound.extend(loop_.iter_var2.as_deref());
            for part in [&loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result] {
                collect(part, bound, found);
            }
            bound.truncate(before);
        }
        _ => walk::children(node).into_iter().for_each(|child| collect(child, bound, found)),
    }
}

/// `root.field` or `root["field"]` of a bare name.
fn member(node: &IdedExpr) -> Option<(&str, &str)> {
    let (operand, field) = access(node)?;
    match &operand.expr {
        Expr::Ident(root) => Some((root, field)),
        _ => None,
    }
}

/// `steps.NAME.field`.
fn step_field(node: &IdedExpr) -> Option<(&str, &str)> {
    let (operand, field) = access(node)?;
    member(operand).filter(|(root, _)| *root == "steps").map(|(_, step)| (step, field))
}

fn access(node: &IdedExpr) -> Option<(&IdedExpr, &str)> {
    match &node.expr {
        Expr::Select(select) => Some((&select.operand, &select.field)),
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(field)), .. }] => {
                Some((operand, field.inner()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Findings on a tree whose text stands at `span`.
pub fn check(tree: &IdedExpr, scope: &Scope, span: Span) -> Vec<Diagnostic> {
    let used = references(tree);
    let mut found = Vec::new();
    let mut add = |(message, help): (String, String)| {
        found.push(Diagnostic::error(Code::UnknownName, span, message).help(help));
    };
    used.roots.iter().filter_map(|name| check_root(name, scope)).for_each(&mut add);
    used.vars.iter().filter_map(|name| check_variable(name, scope)).for_each(&mut add);
    used.params.iter().filter_map(|name| check_parameter(name, scope)).for_each(&mut add);
    for (step, fields) in &used.steps {
        check_step(step, fields, scope).into_iter().for_each(&mut add);
    }
    walk::each(tree, &mut |node| {
        if let Expr::Call(call) = &node.expr {
            check_function(&call.func_name, call.target.is_some()).into_iter().for_each(&mut add);
        }
    });
    found
}

fn check_root(name: &str, scope: &Scope) -> Option<(String, String)> {
    let known = EVERYWHERE.contains(&name) || (scope.result && RESULT.contains(&name));
    if known {
        return None;
    }
    if RESULT.contains(&name) {
        let message = format!("`{name}` is a step's own result, and there is none here");
        return Some((message, format!("write steps.NAME.{name} of an earlier step")));
    }
    let whole = scope.vars.contains(name) || scope.params.contains_key(name) || scope.later_vars.contains(name);
    let help = match whole {
        true => format!("write vars.{name} for what was captured, params.{name} for a parameter"),
        false => suggestion(name, EVERYWHERE.iter().chain(RESULT).copied()),
    };
    Some((format!("unknown name `{name}`"), help))
}

fn check_variable(name: &str, scope: &Scope) -> Option<(String, String)> {
    match name {
        _ if scope.vars.contains(name) => None,
        _ if scope.params.contains_key(name) => {
            Some((format!("`{name}` is a parameter and was not captured"), format!("write params.{name}")))
        }
        _ if scope.later_vars.contains(name) => {
            let help = "move the step that sets it before this one".to_owned();
            Some((format!("`vars.{name}` is set only by a later step"), help))
        }
        _ => Some((format!("no step captures `{name}`"), suggestion(name, scope.vars.iter().map(String::as_str)))),
    }
}

fn check_parameter(name: &str, scope: &Scope) -> Option<(String, String)> {
    match name {
        _ if scope.params.contains_key(name) => None,
        _ if scope.later_vars.contains(name) => {
            Some((format!("`params.{name}` has no value yet"), "it is asked for behind a later step".to_owned()))
        }
        _ => {
            let help = suggestion(name, scope.params.keys().map(String::as_str));
            Some((format!("the runbook has no parameter `{name}`"), help))
        }
    }
}

fn check_step(step: &str, fields: &BTreeSet<String>, scope: &Scope) -> Vec<(String, String)> {
    let Some(shape) = scope.steps.get(step) else {
        return vec![match scope.later_steps.contains(step) {
            true => (format!("the step `{step}` runs later"), "only earlier steps have a result".to_owned()),
            false => {
                let help = suggestion(step, scope.steps.keys().map(String::as_str));
                (format!("no earlier step is called `{step}`"), help)
            }
        }];
    };
    let known = if *shape == StepShape::Output { OUTPUT_FIELDS } else { PLAIN_FIELDS };
    let unknown = fields.iter().filter(|field| !known.contains(&field.as_str()));
    unknown
        .map(|field| (format!("the step `{step}` has no `{field}`"), suggestion(field, known.iter().copied())))
        .collect()
}

fn check_function(name: &str, method: bool) -> Option<(String, String)> {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || functions::is_known(name, method) {
        return None;
    }
    let help = suggestion(name, functions::names(method));
    let what = if method { format!("`.{name}(…)`") } else { format!("`{name}(…)`") };
    Some((format!("unknown function {what}"), help))
}

fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.take(30).collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "nothing of the kind is known here".to_owned(),
            some => format!("known here are {some}"),
        },
    }
}
