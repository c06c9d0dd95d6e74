//! Parts of an expression as they could be written, and values as people read them.

use cel::Value;
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};
use cel::objects::Key;

/// More of a value is not shown, in characters.
const LONGEST: usize = 200;

/// A path or a call as it could be written; nothing of what is more than that.
pub fn text(node: &IdedExpr) -> Option<String> {
    match &node.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Literal(literal) => literal_text(literal),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", text(&select.operand)?, select.field)),
        Expr::Call(call) if call.func_name == operators::INDEX => {
            Some(format!("{}[{}]", text(call.args.first()?)?, text(call.args.get(1)?)?))
        }
        Expr::Call(call) if call.func_name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            let arguments: Option<Vec<_>> = call.args.iter().map(text).collect();
            let target = match &call.target {
                Some(target) => format!("{}.", text(target)?),
                None => String::new(),
            };
            let name = if call.func_name == super::functions::DURATION { "duration" } else { &call.func_name };
            Some(format!("{target}{name}({})", arguments?.join(", ")))
        }
        _ => None,
    }
}

fn literal_text(literal: &LiteralValue) -> Option<String> {
    Some(match literal {
        LiteralValue::Boolean(truth) => truth.inner().to_string(),
        LiteralValue::Int(number) => number.inner().to_string(),
        LiteralValue::UInt(number) => format!("{}u", number.inner()),
        LiteralValue::Double(number) => number.inner().to_string(),
        LiteralValue::String(text) => format!("{:?}", text.inner()),
        LiteralValue::Null => "null".to_owned(),
        LiteralValue::Bytes(_) => return None,
    })
}

/// A value as it is shown in a failure, shortened.
pub fn value(value: &Value) -> String {
    crate::text::shorten_line(&whole(value, 0), LONGEST)
}

fn whole(value: &Value, depth: usize) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null => "null".to_owned(),
        Value::String(text) => quoted(text),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Duration(duration) => match duration.to_std() {
            Ok(duration) => crate::duration::show_duration(duration),
            Err(_) => format!("{} s", duration.num_seconds()),
        },
        Value::Timestamp(time) => time.to_rfc3339(),
        Value::List(items) if depth > 3 => format!("a list of {}", items.len()),
        Value::List(items) => {
            let items: Vec<_> = items.iter().take(20).map(|item| whole(item, depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) if depth > 3 => format!("a map of {}", map.map.len()),
        Value::Map(map) => {
            let mut entries: Vec<_> =
                map.map.iter().map(|(key, item)| format!("{}: {}", key_text(key), whole(item, depth + 1))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        other => format!("a value of type {:?}", other.type_of()),
    }
}

/// A text in quotes, its first part if it is long.
fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

fn key_text(key: &Key) -> String {
    match key {
        Key::Int(number) => number.to_string(),
        Key::Uint(number) => number.to_string(),
        Key::Bool(truth) => truth.to_string(),
        Key::String(text) => text.to_string(),
    }
}
