//! Findings in runbooks, for programs of others: SARIF 2.1.0 and GitHub's workflow commands.

use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::text::escape;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// A file and what was found in it.
pub type Found<'f> = (&'f Source, &'f [Diagnostic]);

/// What may stand in a path of a URI as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Findings as one SARIF log (OASIS, version 2.1.0): a rule for each code that occurs, with its page. Lines and columns count
/// from 1, columns in characters.
pub fn sarif(all: &[Found<'_>]) -> Value {
    let mut codes: Vec<Code> = all.iter().flat_map(|(_, found)| found.iter().map(|found| found.code)).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> =
        all.iter().flat_map(|(source, found)| found.iter().map(|found| result(source, found, &codes))).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "stepgate",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.meaning() },
        "help": { "text": code.page(), "markdown": code.page() },
    })
}

fn result(source: &Source, found: &Diagnostic, codes: &[Code]) -> Value {
    let (start, end) = (source.position(found.span.start), source.position(found.span.end));
    json!({
        "ruleId": found.code.as_str(),
        "ruleIndex": codes.binary_search(&found.code).unwrap_or_default(),
        "level": word(found.severity),
        "message": { "text": words(found) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&source.name) },
            "region": {
                "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
            },
        }}],
    })
}

/// What happened and what to do next.
fn words(found: &Diagnostic) -> String {
    let help = found.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    escape(&format!("{}{help}", found.message)).into_owned()
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A file's name as a URI, below the folder that it was looked for in if it is below it.
fn uri(name: &str) -> String {
    let path = utf8_percent_encode(name.strip_prefix("./").unwrap_or(name), PATH);
    if name.starts_with('/') { format!("file://{path}") } else { path.to_string() }
}

/// Findings as GitHub shows them beside the lines of a change: one workflow command each.
pub fn github(all: &[Found<'_>]) -> String {
    let mut out = String::new();
    for (source, found) in all.iter().flat_map(|(source, found)| found.iter().map(move |found| (source, found))) {
        let (start, end) = (source.position(found.span.start), source.position(found.span.end));
        let word = if found.severity == Severity::Note { "notice" } else { word(found.severity) };
        let file = property(source.name.strip_prefix("./").unwrap_or(&source.name));
        // Columns are for places within one line.
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column)
        } else {
            String::new()
        };
        let place = format!("file={file},line={},endLine={}{columns},title={}", start.line, end.line, found.code);
        out.push_str(&format!("::{word} {place}::{}\n", data(&words(found))));
    }
    out
}

/// Text behind the `::` of a workflow command, where a line end would begin another one.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same in a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(&escape(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    #[test]
    fn no_name_and_no_message_can_begin_another_command() {
        let source = Source::new("./a,b:c%.md", "é x\ny\n");
        let found = [
            Diagnostic::error(Code::Script, Span::new(3, 4), "100 %\n::warning::x").help("so\r\n::stop-commands::t"),
            Diagnostic::warning(Code::Prompt, Span::new(0, 6), "two lines"),
        ];
        let text = github(&[(&source, &found)]);
        assert_eq!(
            text,
            "::error file=a%2Cb%3Ac%25.md,line=1,endLine=1,col=3,endColumn=4,title=SG033::100 %25%0A::warning::x%0Aso\\r%0A::stop-commands::t\n\
             ::warning file=a%2Cb%3Ac%25.md,line=1,endLine=2,title=SG063::two lines\n"
        );
    }

    #[test]
    fn a_log_names_each_rule_once_and_each_place() {
        let source = Source::new("/x/ä b.md", "one\n");
        let error = |span| Diagnostic::error(Code::Script, span, "wrong");
        let found = [error(Span::new(0, 3)), error(Span::new(1, 2))];
        let log = sarif(&[(&source, &found)]);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
        assert_eq!(run["results"].as_array().unwrap().len(), 2);
        let place = &run["results"][1]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "file:///x/%C3%A4%20b.md");
        assert_eq!((&place["region"]["startColumn"], &place["region"]["endColumn"]), (&2.into(), &3.into()));
    }
}
