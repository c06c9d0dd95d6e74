//! Whether anybody knows the names and functions of an expression.

use super::assertion::Assertion;
use super::names::{self, Name, Use};
use super::scope::{EVERYWHERE, OUTPUT_FIELDS, PLAIN_FIELDS, RESULT, Scope, StepShape, TYPES, WITH_A_NAME};
use super::{compile, functions, kinds, literals, walk};
use crate::diagnostic::{Code, Diagnostic, nearest};
use cel::common::ast::{Expr, IdedExpr};

/// What is wrong, and what to do about it.
type Wrong = (String, String);

/// Findings on an expression, in the order of its text.
pub fn check(assertion: &Assertion, scope: &dyn Scope) -> Vec<Diagnostic> {
    let tree = assertion.tree();
    let mut found: Vec<Diagnostic> = Vec::new();
    for used in names::uses(tree) {
        if let Some((word, (message, help))) = check_use(&used, scope) {
            let span = assertion.place_of_word(used.node, word);
            found.push(Diagnostic::error(Code::UnknownName, span, message).help(help));
        }
    }
    walk::each(tree, &mut |node| {
        if let Some((message, help)) = check_call(node).or_else(|| check_select(node)) {
            found.push(Diagnostic::error(Code::UnknownName, assertion.place_of(node), message).help(help));
        }
        found.extend(literals::check(assertion, node));
    });
    if let Some(id) = compile::has_struct(tree) {
        let span = assertion.place_of_id(id);
        found.push(
            Diagnostic::error(Code::Expression, span, "no message type is known here")
                .help("a map is written {\"name\": value}"),
        );
    }
    if found.is_empty() {
        found = kinds::check(assertion, scope);
    }
    found.sort_by_key(|diagnostic| diagnostic.span.start);
    found.dedup();
    found
}

/// The word that is wrong, and why.
fn check_use<'t>(used: &Use<'t>, scope: &dyn Scope) -> Option<(&'t str, Wrong)> {
    let (word, wrong) = match used.name {
        Name::Root(name) => (name, check_root(name, scope)),
        Name::Variable(name) => (name, check_variable(name, scope)),
        Name::Parameter(name) => (name, check_parameter(name, scope)),
        Name::Step(step, Some(field)) if scope.step(step).is_some() => (field, check_field(step, field, scope)),
        Name::Step(step, _) => (step, check_step(step, scope)),
        Name::Bound(name) => (name, check_bound(name)),
    };
    wrong.map(|wrong| (word, wrong))
}

fn check_root(name: &str, scope: &dyn Scope) -> Option<Wrong> {
    if WITH_A_NAME.contains(&name) {
        // Over all of them nothing can be said: only those that are named are known.
        return Some((format!("`{name}` is used with a name"), format!("write {name}.NAME")));
    }
    if EVERYWHERE.contains(&name) || (scope.result() && RESULT.contains(&name)) {
        return None;
    }
    if RESULT.contains(&name) {
        let message = format!("`{name}` is a step's own result, and there is none here");
        return Some((message, format!("write steps.NAME.{name} of an earlier step")));
    }
    let help = match () {
        () if scope.param(name).is_some() => format!("write params.{name}"),
        () if scope.var(name) || scope.later_var(name) => {
            format!("write vars.{name} for what was captured, params.{name} for a parameter")
        }
        () if scope.step(name).is_some() => format!("write steps.{name}"),
        () if name == "and" || name == "or" || name == "not" => "write &&, || and !".to_owned(),
        () => {
            let own = RESULT.iter().filter(|_| scope.result());
            suggestion(name, EVERYWHERE.iter().chain(own).copied())
        }
    };
    Some((format!("unknown name `{name}`"), help))
}

fn check_variable(name: &str, scope: &dyn Scope) -> Option<Wrong> {
    match name {
        _ if scope.var(name) => None,
        _ if scope.param(name).is_some() => {
            Some((format!("`{name}` is a parameter and was not captured"), format!("write params.{name}")))
        }
        _ if scope.later_var(name) => {
            let help = "move the step that sets it before this one".to_owned();
            Some((format!("`vars.{name}` is set only by a later step"), help))
        }
        _ => Some((format!("no step captures `{name}`"), suggestion(name, scope.vars().into_iter()))),
    }
}

fn check_parameter(name: &str, scope: &dyn Scope) -> Option<Wrong> {
    match name {
        _ if scope.param(name).is_some() => None,
        _ if scope.var(name) => Some((format!("`{name}` is captured and no parameter"), format!("write vars.{name}"))),
        _ if scope.later_var(name) => {
            Some((format!("`params.{name}` has no value yet"), "it is asked for behind a later step".to_owned()))
        }
        _ => {
            let help = suggestion(name, scope.params().into_iter());
            Some((format!("the runbook has no parameter `{name}`"), help))
        }
    }
}

fn check_step(step: &str, scope: &dyn Scope) -> Option<Wrong> {
    match () {
        () if scope.step(step).is_some() => None,
        () if scope.later_step(step) => {
            let help = "only earlier steps have a result; a step's own is `stdout`, `lines`, `exit_code` …";
            Some((format!("the step `{step}` does not run before"), help.to_owned()))
        }
        () => {
            let help = suggestion(step, scope.steps().into_iter());
            Some((format!("no earlier step is called `{step}`"), help))
        }
    }
}

fn check_field(step: &str, field: &str, scope: &dyn Scope) -> Option<Wrong> {
    let known = match scope.step(step)? {
        StepShape::Output => OUTPUT_FIELDS,
        StepShape::Plain => PLAIN_FIELDS,
    };
    let unknown = !known.contains(&field);
    unknown.then(|| (format!("the step `{step}` has no `{field}`"), suggestion(field, known.iter().copied())))
}

/// A loop's own name may not hide one that is known: readers would take it for the other.
fn check_bound(name: &str) -> Option<Wrong> {
    let taken = EVERYWHERE.contains(&name) || RESULT.contains(&name) || TYPES.contains(&name);
    taken.then(|| (format!("`{name}` has a meaning of its own"), "give the items another name".to_owned()))
}

fn check_call(node: &IdedExpr) -> Option<Wrong> {
    let Expr::Call(call) = &node.expr else { return None };
    let (name, method, count) = (functions::written_name(&call.func_name), call.target.is_some(), call.args.len());
    if functions::is_operator(name) {
        return None;
    }
    let what = if method { format!(".{name}(…)") } else { format!("{name}(…)") };
    match functions::arguments(name, method) {
        None if functions::arguments(name, !method).is_some() => {
            let right = if method { format!("{name}(…)") } else { format!("value.{name}(…)") };
            Some((format!("unknown function `{what}`"), format!("write {right}")))
        }
        None => Some((format!("unknown function `{what}`"), suggestion(name, functions::names(method)))),
        Some(wanted) if wanted.contains(&count) => None,
        Some(wanted) => {
            let wanted = match (*wanted.start(), *wanted.end()) {
                (least, most) if least == most => crate::text::count(least, "argument"),
                (least, most) => format!("{least} to {}", crate::text::count(most, "argument")),
            };
            Some((format!("`{what}` takes {wanted}, not {count}"), "docs/format.md §4.2 lists functions".to_owned()))
        }
    }
}

/// A field of what has none: `lines.size` without its brackets.
fn check_select(node: &IdedExpr) -> Option<Wrong> {
    let Expr::Select(select) = &node.expr else { return None };
    let path = walk::path(&select.operand)?;
    let (name, plain) = match path.as_slice() {
        [root @ ("stdout" | "stderr" | "lines" | "exit_code")] => (*root, true),
        ["steps", _, field @ ("stdout" | "stderr" | "lines" | "exit_code")] => (*field, true),
        _ => ("", false),
    };
    let field = &select.field;
    plain.then(|| {
        (format!("`{name}` has no field `{field}`"), format!("a function is written with brackets: {name}.{field}()"))
    })
}

/// What other languages call a function, and what it is called here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("length", "size"),
    ("len", "size"),
    ("count", "size"),
    ("toLowerCase", "lowerAscii"),
    ("toUpperCase", "upperAscii"),
    ("includes", "contains"),
];

fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let here = |word: &str| {
        let same = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == word).map(|(_, same)| *same);
        same.filter(|same| known.clone().any(|known| known == *same))
    };
    let near = || nearest(name, known.clone());
    let near_elsewhere = || nearest(name, ELSEWHERE.iter().map(|(word, _)| *word)).and_then(here);
    match here(name).or_else(near).or_else(near_elsewhere) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.take(30).collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "nothing of the kind is known here".to_owned(),
            some => format!("known here are {some}"),
        },
    }
}
