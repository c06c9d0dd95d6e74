//! Going through a syntax tree.

use super::show;
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

/// The nodes right below a node.
pub fn children(node: &IdedExpr) -> Vec<&IdedExpr> {
    match &node.expr {
        Expr::Call(call) => call.target.iter().map(AsRef::as_ref).chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Comprehension(loop_) => {
            vec![&loop_.iter_range, &loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result]
        }
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_nodes(&entry.expr)).collect(),
        Expr::Struct(fields) => fields.entries.iter().flat_map(|entry| entry_nodes(&entry.expr)).collect(),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
    }
}

fn entry_nodes(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

/// Calls `each` for every node, the outer ones first.
pub fn each<'t>(node: &'t IdedExpr, act: &mut dyn FnMut(&'t IdedExpr)) {
    act(node);
    children(node).into_iter().for_each(|child| each(child, act));
}

/// Calls `act` for every node but those of literal maps, which hold no calls worth changing in place.
pub fn each_mut(node: &mut IdedExpr, act: &mut dyn FnMut(&mut IdedExpr)) {
    act(node);
    match &mut node.expr {
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|target| each_mut(target, act));
            call.args.iter_mut().for_each(|argument| each_mut(argument, act));
        }
        Expr::List(list) => list.elements.iter_mut().for_each(|element| each_mut(element, act)),
        Expr::Select(select) => each_mut(&mut select.operand, act),
        Expr::Comprehension(loop_) => {
            let ComprehensionExpr { iter_range, accu_init, loop_cond, loop_step, result, .. } = loop_.as_mut();
            [iter_range, accu_init, loop_cond, loop_step, result].into_iter().for_each(|part| each_mut(part, act));
        }
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    each_mut(&mut entry.key, act);
                    each_mut(&mut entry.value, act);
                }
            }
        }
        Expr::Struct(_) | Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
    }
}

/// The list that `xs.all(…)` goes over.
pub fn list_of_all(node: &IdedExpr) -> Option<&IdedExpr> {
    let Expr::Comprehension(loop_) = &node.expr else { return None };
    let from_true = matches!(&loop_.accu_init.expr, Expr::Literal(LiteralValue::Boolean(start)) if *start.inner());
    let and = matches!(&loop_.loop_step.expr, Expr::Call(call) if call.func_name == operators::LOGICAL_AND);
    (from_true && and).then_some(&loop_.iter_range)
}

/// What each `all` of the tree goes over, as it could be written.
pub fn lists_of_all(tree: &IdedExpr) -> Vec<String> {
    let mut found = Vec::new();
    each(tree, &mut |node| found.extend(list_of_all(node).and_then(show::text)));
    found
}

/// Whether the tree asks for the size of the list that reads `list`, or whether something exists in it.
pub fn tests_size_of(tree: &IdedExpr, list: &str) -> bool {
    let reads = |node: &IdedExpr| show::text(node).as_deref() == Some(list);
    let mut found = false;
    each(tree, &mut |node| {
        found |= match &node.expr {
            Expr::Call(call) if call.func_name == "size" => {
                call.target.as_deref().or(call.args.first()).is_some_and(reads)
            }
            // `xs[0]` fails where there is none.
            Expr::Call(call) if call.func_name == operators::INDEX => call.args.first().is_some_and(reads),
            Expr::Comprehension(loop_) => list_of_all(node).is_none() && reads(&loop_.iter_range),
            _ => false,
        };
    });
    found
}
