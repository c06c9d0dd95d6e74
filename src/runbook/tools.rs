//! `tools` of the front matter: programs that must be there (docs/format.md §8).

use super::model::{Named, Tool};
use super::yaml::{Key, Node, Value, unknown_key};
use crate::diagnostic::{Code, Diagnostic};

/// Reads every program; what is wrong with one does not hide the others.
pub fn read(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<Tool>, Diagnostic> {
    let mut all = Vec::new();
    for (key, value) in node.map("tools")? {
        match tool(key, value, found) {
            Ok(tool) => all.push(tool),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

fn tool(key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Result<Tool, Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if key.text.is_empty() || key.text.starts_with('-') || !key.text.chars().all(plain) {
        let message = format!("`{}` is no program's name", crate::text::shorten(&key.text, 80));
        return Err(Diagnostic::error(Code::WrongValue, key.span, message)
            .help("name the program as it is typed, without a path: `jq`"));
    }
    let mut tool = Tool { name: key.text.clone(), span: key.span, on: None, version: None, ask: None };
    match &node.value {
        Value::Nothing => {}
        Value::Map(entries) => {
            found.extend(entries.iter().filter_map(|(key, value)| entry(&mut tool, key, value).err()));
        }
        _ => tool.version = Some((range(node)?, node.span)),
    }
    if let (Some(_), None) = (&tool.ask, &tool.version) {
        let message = format!("`{}` is asked for a version that nothing is compared with", tool.name);
        let wrong = Diagnostic::error(Code::WrongValue, key.span, message);
        found.push(wrong.help("write `version: '>=1.2'` beside `ask`, or drop `ask`"));
    }
    Ok(tool)
}

fn entry(tool: &mut Tool, key: &Key, value: &Node) -> Result<(), Diagnostic> {
    match key.text.as_str() {
        "on" => tool.on = Some(Named { name: value.text("on")?, span: value.span }),
        "version" => tool.version = Some((range(value)?, value.span)),
        "ask" => {
            let ask = value.short_text("ask")?;
            if ask.trim().is_empty() || ask.contains('\n') {
                return Err(value.wrong("`ask` must be a command in a line").help("write `ask: etcdctl version`"));
            }
            tool.ask = Some(ask);
        }
        _ => return Err(unknown_key(key, &["on", "version", "ask"])),
    }
    Ok(())
}

/// A version range: comparators with blanks between, such as `>=1.33 <2`.
fn range(node: &Node) -> Result<String, Diagnostic> {
    let text = node.text("version")?;
    let mut comparators = text.split_whitespace().peekable();
    match comparators.peek().is_some() && comparators.all(is_comparator) {
        true => Ok(text),
        false => {
            let message = format!("`{}` is no range of versions", crate::text::shorten(&text, 80));
            Err(node.wrong(message).help("write `>=1.33`, `=1.2.3` or `>=1.33 <2`"))
        }
    }
}

/// A sign and one to three numbers.
fn is_comparator(comparator: &str) -> bool {
    let version = comparator.trim_start_matches(['<', '>', '=']);
    let sign = &comparator[..comparator.len() - version.len()];
    let number = |part: &str| (1..10).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(sign, ">=" | "<=" | ">" | "<" | "=") && version.split('.').all(number) && version.split('.').count() <= 3
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{front_findings, with_front};

    #[test]
    fn a_tool_is_a_name_a_range_or_a_map() {
        let tools = with_front(
            "tools: { jq: , etcdctl: '>=3.5  <4', g++: { on: local, version: '=12.2.0', ask: g++ -dumpversion } }",
        )
        .tools;
        assert_eq!((tools[0].name.as_str(), &tools[0].version), ("jq", &None));
        assert_eq!(tools[1].version.as_ref().unwrap().0, ">=3.5  <4");
        assert_eq!(tools[2].on.as_ref().unwrap().name, "local");
        assert_eq!(tools[2].ask.as_deref(), Some("g++ -dumpversion"));
    }

    #[test]
    fn what_is_no_program_or_no_range_is_told() {
        for range in ["1.2", ">=", ">=x", "=1.2.3.4", ">=1.", ">1,<2", "^1.2", "=>1", "==1", "", ">=12345678901"] {
            let found = front_findings(&format!("tools: {{ jq: '{range}' }}"));
            assert_eq!(found, [format!("SG012 '{range}'")]);
        }
        for (tools, wanted) in [
            ("{ jq: 1.6 }", "SG012 1.6"),
            ("{ jq: { verison: '>1' } }", "SG011 verison"),
            ("{ a/b: }", "SG012 a/b"),
            ("{ -x: }", "SG012 -x"),
            ("{ 'a b': }", "SG012 'a b'"),
            ("{ jq: { ask: jq -V } }", "SG012 jq"),
            ("{ jq: { version: '>1', ask: \"a\\nb\" } }", "SG012 \"a\\nb\""),
        ] {
            assert_eq!(front_findings(&format!("tools: {tools}")), [wanted], "{tools}");
        }
    }
}
