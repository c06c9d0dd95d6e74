//! `check --fix`: what can be mended in one way only is mended in the file.

use super::replace::replace_known;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Fix, Source};
use crate::plan::examine;
use std::collections::BTreeSet;
use std::path::Path;

/// What was found in a file after it was mended, and how.
pub struct Mended {
    /// Its text now.
    pub source: Source,
    /// What is left.
    pub found: Vec<Diagnostic>,
    /// What was mended, a line each.
    pub mended: Vec<String>,
}

/// Mends a file: one finding after the other, each only if nothing else is wrong then that was not wrong before. A key that is
/// there already is none that a misspelled one can have meant.
///
/// # Errors
///
/// In plain words, if it cannot be written. It is as it was then.
pub fn fix(path: &Path, source: Source, found: Vec<Diagnostic>, config: &Config) -> Result<Mended, String> {
    let (mut now, mut mended, mut refused) = ((source.clone(), found), Vec::new(), BTreeSet::new());
    while let Some((at, one)) = next(&now, &refused) {
        let text = made(&now.0, &one);
        let after = examined(Source::new(&*source.name, text), config);
        let times = |found: &[Diagnostic]| found.iter().filter(|found| said(found) == at.0).count();
        if !contradicts(&now.1, &after.1) && times(&after.1) < times(&now.1) {
            mended.push(words(&now.0, &one));
            now = after;
        } else {
            refused.insert(at);
        }
    }
    if !mended.is_empty() {
        replace_known(path, &source.text, now.0.text.as_bytes()).map_err(|error| error.to_string())?;
    }
    let (source, found) = now;
    Ok(Mended { source, found, mended })
}

/// The first finding that says how to mend it and was not tried, by what it says and where.
fn next(
    (source, found): &(Source, Vec<Diagnostic>),
    refused: &BTreeSet<(String, usize)>,
) -> Option<((String, usize), Fix)> {
    let known = |found: &Diagnostic| (said(found), source.line(found.span.start));
    let mut fixes = found.iter().filter_map(|found| Some((known(found), found.fix.as_deref()?.clone())));
    fixes.find(|(at, fix)| !refused.contains(at) && fix.span.end <= source.text.len())
}

fn made(source: &Source, fix: &Fix) -> String {
    format!("{}{}{}", &source.text[..fix.span.start], fix.text, &source.text[fix.span.end..])
}

fn words(source: &Source, fix: &Fix) -> String {
    let line = source.line(fix.span.start);
    format!("{}:{line}: `{}` is `{}` now", source.name, source.slice(fix.span), fix.text)
}

/// Whether a page says something twice, or cannot be read any more, that did not before. Other findings may come to light:
/// without its errors a page is read further.
fn contradicts(before: &[Diagnostic], after: &[Diagnostic]) -> bool {
    let bad = [Code::DoubledAttribute, Code::UnknownKey, Code::FrontMatter, Code::Attributes, Code::Contradiction];
    let known: BTreeSet<String> = before.iter().map(said).collect();
    after.iter().any(|found| bad.contains(&found.code) && !known.contains(&said(found)))
}

fn said(found: &Diagnostic) -> String {
    format!("{} {}", found.code, found.message)
}

/// A text and what is to be said of it.
pub fn examined(source: Source, config: &Config) -> (Source, Vec<Diagnostic>) {
    match examine(source, config) {
        Ok((runbook, found)) => (runbook.source, found),
        Err(refused) => (refused.source, refused.found),
    }
}
