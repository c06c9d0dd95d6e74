//! A run as its readers want it: annotated, as a page, or for programs.

use super::args::LogFormat;
use super::error::{Exit, Failure};
use super::output::json_text;
use super::resume_changes;
use crate::annotate;
use crate::event::{Excerpt, RunState, StreamRecord};
use crate::journal::{DiskFile, RunFolder};
use crate::report::{Journal, Report, html_page, run_json, run_junit};
use crate::runbook::{self, Runbook};
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// How much of each end of a kept output is read, in bytes.
const EDGE: u64 = 16 << 10;

/// A run to be shown.
pub struct View<'a> {
    /// What is known of it.
    pub state: &'a RunState,
    /// The runbook that was run, or why it cannot be shown.
    pub runbook: Result<&'a Runbook, String>,
    /// Where outputs and earlier texts of the runbook are kept, if anywhere.
    pub folder: Option<&'a RunFolder>,
    /// How far the record vouches for itself.
    pub journal: Journal,
}

impl View<'_> {
    /// The run in one of the formats.
    pub fn text(&self, format: LogFormat) -> Result<String, Failure> {
        match format {
            LogFormat::Markdown => self.markdown(),
            LogFormat::Json => run_json(self.state).map(|record| json_text(&record)).ok_or_else(|| self.nothing()),
            LogFormat::Html => self.html()?.ok_or_else(|| self.nothing()),
            LogFormat::Junit if self.state.header.is_none() => Err(self.nothing()),
            LogFormat::Junit => Ok(run_junit(self.state)),
        }
    }

    fn markdown(&self) -> Result<String, Failure> {
        let failed = |why: &String| {
            Failure::new(Exit::Failure, format!("the runbook of {} cannot be shown: {why}", self.name()))
        };
        let runbook = self.runbook.as_ref().map_err(failed)?;
        Ok(annotate::annotate(&annotate::Log {
            runbook,
            state: self.state,
            journal: self.level(),
            earlier: &|file, step| self.earlier(file, step),
            excerpt: &|stream| self.excerpt(stream),
        }))
    }

    fn html(&self) -> Result<Option<String>, Failure> {
        let report = Report {
            state: self.state,
            runbook: self.runbook.clone(),
            journal: self.journal.clone(),
            earlier: &|file, step| self.earlier(file, step),
            excerpt: &|stream| self.excerpt(stream),
        };
        html_page(&report).map_err(|error| Failure::new(Exit::Failure, error.to_string()))
    }

    /// How far the record vouches for itself, in words.
    fn level(&self) -> String {
        match (self.journal.doubts.first(), &self.journal.head, &self.state.seal) {
            (Some(doubt), ..) => format!("**damaged**: {}", annotate::inline(doubt)),
            (None, Some(head), Some(_)) => format!("sealed, head `{head}`"),
            (None, Some(head), None) => format!("not sealed, head `{head}`"),
            (None, None, _) => "not kept".to_owned(),
        }
    }

    fn nothing(&self) -> Failure {
        Failure::usage(format!("nothing is recorded of run {}", self.name()))
    }

    fn name(&self) -> &str {
        let known = self.state.header.as_ref().map(|header| header.run.as_str());
        self.folder.map(|folder| folder.run.as_str()).or(known).unwrap_or_default()
    }

    /// The source of a step in an earlier text of the runbook.
    fn earlier(&self, file: &str, step: &str) -> Option<String> {
        let mut bytes = Vec::new();
        self.folder?.open(file).ok()?.read_to_end(&mut bytes).ok()?;
        let (runbook, _) = runbook::read(runbook::decode(file, bytes).ok()?).ok()?;
        resume_changes::source(&runbook, step)
    }

    fn excerpt(&self, stream: &StreamRecord) -> Option<Excerpt> {
        excerpt(self.folder?.open(stream.file.as_ref()?).ok()?).ok()
    }
}

fn excerpt(mut file: Box<dyn DiskFile>) -> io::Result<Excerpt> {
    let (_, length) = file.names_and_bytes()?;
    let mut text = |start: u64, size: u64| -> io::Result<String> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(size).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    if length <= 2 * EDGE {
        return Ok(Excerpt { head: text(0, length)?, tail: None });
    }
    Ok(Excerpt { head: text(0, EDGE)?, tail: Some(text(length - EDGE, EDGE)?) })
}
