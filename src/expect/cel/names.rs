//! Which names an expression uses, and where in its tree.

use super::scope::{TYPES, WITH_A_NAME};
use super::walk;
use cel::common::ast::{Expr, IdedExpr};
use std::collections::{BTreeMap, BTreeSet};

/// What an expression looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Names at the root, such as `stdout`.
    pub roots: BTreeSet<String>,
    /// `vars.X`.
    pub vars: BTreeSet<String>,
    /// `params.X`.
    pub params: BTreeSet<String>,
    /// `steps.X`, each with the fields that are used of it; `*` stands for all of them.
    pub steps: BTreeMap<String, BTreeSet<String>>,
}

/// The field that stands for a step as a whole.
pub const WHOLE: &str = "*";

impl References {
    /// Whether it looks at nothing.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Whether it looks at what the step itself did: its output, exit code or times.
    pub fn own_result(&self) -> bool {
        self.roots.iter().any(|root| super::scope::RESULT.contains(&root.as_str()))
    }
}

/// One use of a name.
#[derive(Clone, Copy, Debug)]
pub struct Use<'t> {
    /// The node that uses it: the whole path as far as it counts.
    pub node: &'t IdedExpr,
    /// The name.
    pub name: Name<'t>,
}

/// A name as it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'t> {
    /// `stdout`; `vars` and the like only if nothing stands behind it.
    Root(&'t str),
    /// `vars.X`.
    Variable(&'t str),
    /// `params.X`.
    Parameter(&'t str),
    /// `steps.X` and the field of it.
    Step(&'t str, Option<&'t str>),
    /// A name that a loop such as `xs.all(x, …)` gives.
    Bound(&'t str),
}

/// Every use of a name, in the order of the tree.
pub fn uses(tree: &IdedExpr) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    collect(tree, &mut Vec::new(), &mut found);
    found
}

fn collect<'t>(node: &'t IdedExpr, bound: &mut Vec<&'t str>, found: &mut Vec<Use<'t>>) {
    if let Some(name) = own_name(node, bound) {
        return found.push(Use { node, name });
    }
    let Expr::Comprehension(loop_) = &node.expr else {
        return walk::children(node).into_iter().for_each(|child| collect(child, bound, found));
    };
    collect(&loop_.iter_range, bound, found);
    found.push(Use { node, name: Name::Bound(&loop_.iter_var) });
    let before = bound.len();
    bound.extend([loop_.iter_var.as_str(), loop_.accu_var.as_str()]);
    bound.extend(loop_.iter_var2.as_deref());
    for part in [&loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result] {
        collect(part, bound, found);
    }
    bound.truncate(before);
}

/// The name that a node as a whole is a use of.
fn own_name<'t>(node: &'t IdedExpr, bound: &[&str]) -> Option<Name<'t>> {
    let words = walk::path(node)?;
    let (root, rest) = words.split_first()?;
    if bound.contains(root) {
        return None;
    }
    match (*root, rest) {
        (root, []) if !TYPES.contains(&root) => Some(Name::Root(root)),
        ("vars", [name]) => Some(Name::Variable(name)),
        ("params", [name]) => Some(Name::Parameter(name)),
        ("steps", [step]) => Some(Name::Step(step, None)),
        ("steps", [step, field]) => Some(Name::Step(step, Some(field))),
        _ => None,
    }
}

/// What a tree looks at.
pub fn references(tree: &IdedExpr) -> References {
    let mut found = References::default();
    for Use { node, name } in uses(tree) {
        match name {
            Name::Root(name) => _ = found.roots.insert(name.to_owned()),
            Name::Variable(name) => _ = found.vars.insert(name.to_owned()),
            Name::Parameter(name) => _ = found.params.insert(name.to_owned()),
            Name::Step(step, field) => {
                let fields = found.steps.entry(step.to_owned()).or_default();
                fields.extend(field.or((!walk::is_test(node)).then_some(WHOLE)).map(str::to_owned));
            }
            Name::Bound(_) => {}
        }
    }
    let whole = [!found.params.is_empty(), !found.vars.is_empty(), !found.steps.is_empty()];
    let whole = WITH_A_NAME.iter().zip(whole).filter(|(_, used)| *used);
    found.roots.extend(whole.map(|(root, _)| (*root).to_owned()));
    found
}
