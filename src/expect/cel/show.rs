//! Parts of an expression as they could be written, and values as people read them.

use super::functions;
use cel::Value;
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};
use cel::objects::Key;

/// More of a value is not shown, in characters.
const LONGEST: usize = 200;
/// More items of a list, or entries of a map, are not shown.
const ITEMS: usize = 20;

/// A path or a call as it could be written; nothing of what is more than that.
pub fn text(node: &IdedExpr) -> Option<String> {
    match &node.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Literal(literal) => literal_text(literal),
        Expr::Select(select) => {
            let path = format!("{}.{}", text(&select.operand)?, select.field);
            Some(if select.test { format!("has({path})") } else { path })
        }
        Expr::Call(call) if call.func_name == operators::INDEX => {
            Some(format!("{}[{}]", text(call.args.first()?)?, text(call.args.get(1)?)?))
        }
        Expr::Call(call) if !functions::is_operator(functions::written_name(&call.func_name)) => {
            let arguments: Option<Vec<_>> = call.args.iter().map(text).collect();
            let target = match &call.target {
                Some(target) => format!("{}.", text(target)?),
                None => String::new(),
            };
            let name = functions::written_name(&call.func_name);
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
        Value::Timestamp(time) => time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        Value::List(items) if depth > 3 => format!("a list of {}", items.len()),
        Value::List(items) => {
            let more = (items.len() > ITEMS).then(|| "…".to_owned());
            let shown: Vec<_> = items.iter().take(ITEMS).map(|item| whole(item, depth + 1)).chain(more).collect();
            format!("[{}]", shown.join(", "))
        }
        Value::Map(map) if depth > 3 => format!("a map of {}", map.map.len()),
        Value::Map(map) if version(map).is_some() => version(map).unwrap_or_default(),
        Value::Map(map) => {
            let mut entries: Vec<_> =
                map.map.iter().map(|(key, item)| format!("{}: {}", key_text(key), whole(item, depth + 1))).collect();
            entries.sort();
            if entries.len() > ITEMS {
                entries.truncate(ITEMS);
                entries.push("…".to_owned());
            }
            format!("{{{}}}", entries.join(", "))
        }
        other => format!("a value of type {:?}", other.type_of()),
    }
}

/// What `semver` makes, as a version.
fn version(map: &cel::objects::Map) -> Option<String> {
    let part = |name: &str| map.map.get(&Key::String(std::sync::Arc::new(name.to_owned())));
    match (map.map.len(), part("major")?, part("minor")?, part("patch")?, part("pre")?) {
        (4, Value::Int(major), Value::Int(minor), Value::Int(patch), Value::String(pre)) => {
            let dash = if pre.is_empty() { "" } else { "-" };
            Some(format!("{major}.{minor}.{patch}{dash}{pre}"))
        }
        _ => None,
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
