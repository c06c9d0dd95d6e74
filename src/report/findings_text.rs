//! What was found about records, for people.

use super::styles::{Styles, paint};
use crate::audit::Finding;
use crate::text::{count, escape_line};
use owo_colors::Style;

/// One paragraph a record; what was not checked of several stands once, at the end.
pub fn findings_text(findings: &[Finding], styles: &Styles) -> String {
    let records: String = findings.iter().map(|finding| record(finding, styles)).collect();
    let mut unchecked: Vec<(&str, Vec<&str>)> = Vec::new();
    for (finding, what) in findings.iter().flat_map(|finding| finding.unchecked.iter().map(move |what| (finding, what)))
    {
        match unchecked.iter_mut().find(|(known, _)| known == what) {
            Some((_, runs)) => runs.push(&finding.run),
            None => unchecked.push((what, vec![&finding.run])),
        }
    }
    if unchecked.is_empty() {
        return records;
    }
    let line = |(what, runs): &(&str, Vec<&str>)| {
        let of = match (runs.len(), findings.len()) {
            (some, all) if some == all => String::new(),
            (1, _) => format!("{}: ", runs[0]),
            (some, _) => format!("{}: ", count(some, "record")),
        };
        format!("  {of}{}\n", escape_line(what))
    };
    format!("{records}\n{}\n{}", paint("not checked", styles.dim), unchecked.iter().map(line).collect::<String>())
}

fn record(finding: &Finding, styles: &Styles) -> String {
    let good = finding.level.is_some();
    let word = paint(finding.word(), styles.holds(good));
    let verdict = finding.verdict.map(|verdict| format!(" · {}", verdict.as_str())).unwrap_or_default();
    let records = count(usize::try_from(finding.records).unwrap_or(usize::MAX), "record");
    let head = paint(&finding.head.map_or_else(String::new, |head| head.short()), styles.dim);
    let signers = match finding.signers.is_empty() {
        true => String::new(),
        false => format!(" · signed by {}", escape_line(&finding.signers.join(", "))),
    };
    let mut text =
        format!("{}  {word}{verdict} · {records} · head {head}{signers}\n", paint(&finding.run, styles.name));
    for doubt in &finding.doubts {
        text.push_str(&format!("  {}\n", paint(&escape_line(&doubt.words), Style::new())));
    }
    text
}
