//! Going through a syntax tree.

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

/// Calls `act` for every node, the outer ones first.
pub fn each<'t>(node: &'t IdedExpr, act: &mut dyn FnMut(&'t IdedExpr)) {
    act(node);
    children(node).into_iter().for_each(|child| each(child, act));
}

/// Calls `act` for every node, the inner ones first: what `act` puts in is not gone through again.
pub fn each_mut(node: &mut IdedExpr, act: &mut dyn FnMut(&mut IdedExpr)) {
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
        Expr::Map(map) => map.entries.iter_mut().for_each(|entry| each_of_entry(&mut entry.expr, act)),
        Expr::Struct(fields) => fields.entries.iter_mut().for_each(|entry| each_of_entry(&mut entry.expr, act)),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
    }
    act(node);
}

fn each_of_entry(entry: &mut EntryExpr, act: &mut dyn FnMut(&mut IdedExpr)) {
    match entry {
        EntryExpr::StructField(field) => each_mut(&mut field.value, act),
        EntryExpr::MapEntry(entry) => {
            each_mut(&mut entry.key, act);
            each_mut(&mut entry.value, act);
        }
    }
}

/// `operand.field` or `operand["field"]`.
pub fn access(node: &IdedExpr) -> Option<(&IdedExpr, &str)> {
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

/// `name`, `root.field` and `root.name.field` as words; in brackets with a text it is the same.
pub fn path(node: &IdedExpr) -> Option<Vec<&str>> {
    match &node.expr {
        // `.stdout` is the same name.
        Expr::Ident(name) => Some(vec![name.strip_prefix('.').unwrap_or(name)]),
        _ => {
            let (operand, field) = access(node)?;
            let mut words = path(operand)?;
            words.push(field);
            Some(words)
        }
    }
}

/// Whether the node asks with `has(…)`.
pub fn is_test(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Select(select) if select.test)
}

/// The list that `xs.all(…)` goes over.
pub fn list_of_all(node: &IdedExpr) -> Option<&IdedExpr> {
    let Expr::Comprehension(loop_) = &node.expr else { return None };
    let from_true = matches!(&loop_.accu_init.expr, Expr::Literal(LiteralValue::Boolean(start)) if *start.inner());
    let and = matches!(&loop_.loop_step.expr, Expr::Call(call) if call.func_name == operators::LOGICAL_AND);
    (from_true && and).then_some(&loop_.iter_range)
}
