//! The page as a whole: put together here, and nowhere else, of templates and of prose that is HTML already.

use super::body::{Body, body};
use super::policy::hash_of;
use super::top::Top;
use crate::event::{ReadExcerpt, RunState};
use crate::hash::Hash256;
use crate::page::{PageError, Templates};
use crate::runbook::Runbook;
use serde::Serialize;

/// What a page is made of.
pub struct Report<'a> {
    /// The run.
    pub state: &'a RunState,
    /// The runbook that was run, or why it cannot be shown.
    pub runbook: Result<&'a Runbook, String>,
    /// How far the record vouches for itself.
    pub journal: Journal,
    /// The source of a step, by its name, in a file below the run's folder that holds an earlier text of the runbook.
    pub earlier: &'a dyn Fn(&str, &str) -> Option<String>,
    /// Reads the first and last bytes of a stream that the record keeps in a file.
    pub excerpt: ReadExcerpt<'a>,
}

/// How far a record vouches for itself.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// What speaks against it.
    pub doubts: Vec<String>,
    /// Its last hash; none if no record is kept.
    pub head: Option<Hash256>,
}

#[derive(Serialize)]
struct Head<'a> {
    style: String,
    script: String,
    title: String,
    version: &'a str,
}

#[derive(Serialize)]
struct End<'a> {
    version: &'a str,
    run: &'a str,
    /// Whether there is a record that could be asked.
    recorded: bool,
}

/// The page; `None` of a run of which nothing is recorded.
///
/// # Errors
///
/// If a template asks for what it was not given.
pub fn html_page(report: &Report<'_>) -> Result<Option<String>, PageError> {
    let Some(header) = report.state.header.as_deref() else { return Ok(None) };
    let templates = Templates::get();
    let version = env!("CARGO_PKG_VERSION");
    let style = templates.render("style", &())? + &templates.render("report_style", &())?;
    let script = templates.render("script", &())?;
    let Body { html, contents } = body(report)?;
    let top = Top::of(report, header, contents);
    let head = Head { style: hash_of(&style), script: hash_of(&script), title: top.title(), version };
    let mut page = templates.render("report_head", &head)?;
    page.push_str(&format!("<style>{style}</style>\n"));
    page.push_str(&templates.render("report_top", &top)?);
    page.push_str(&html);
    page.push_str(
        &templates.render("report_end", &End { version, run: &header.run, recorded: report.journal.head.is_some() })?,
    );
    page.push_str(&format!("<script>{script}</script>\n</body>\n</html>\n"));
    Ok(Some(page))
}
