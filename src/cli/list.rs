//! `stepgate list [PATH]`: the runbooks of a tree.

use super::args::{self, Format};
use super::audit::standing;
use super::configuration;
use super::error::{Exit, Failure};
use super::log::store_path;
use super::output::{print, print_json};
use super::terminal::{Terminal, eprint_line};
use super::{environment, files};
use crate::config::Config;
use crate::event::RunVerdict;
use crate::journal::Store;
use crate::plan::examine;
use crate::report::simple_table;
use crate::text::count;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Serialize)]
struct Row {
    runbook: String,
    /// `None` if the runbook has errors.
    title: Option<String>,
    steps: Option<usize>,
    owner: Option<String>,
    /// `None` if the store knows of no run.
    last: Option<Last>,
}

/// The newest run of a runbook.
#[derive(Clone, Debug, Serialize)]
struct Last {
    run: String,
    verdict: RunVerdict,
    started: Timestamp,
}

pub fn list(options: &args::List, terminal: &Terminal) -> Result<Exit, Failure> {
    if !options.path.exists() {
        return Err(Failure::usage(format!("`{}` does not exist", options.path.display())));
    }
    let config = configuration::load(terminal)?;
    let last = last_runs(options.store.as_ref())?;
    let found = files::find_markdown(&options.path);
    let rows: Vec<Row> = found.iter().filter_map(|path| row(path, &config, &last)).collect();
    match options.format {
        Format::Json => print_json(&rows)?,
        Format::Human if rows.is_empty() => eprint_line("no runbook was found"),
        Format::Human => {
            let now = Timestamp::now();
            print(&simple_table(
                &["runbook", "steps", "last", "ago", "owner", "title"],
                rows.iter().map(|row| cells(row, now)).collect(),
            ))?;
        }
    }
    Ok(Exit::Success)
}

/// The newest run of each runbook that the store knows of, by the runbook's real path.
fn last_runs(option: Option<&PathBuf>) -> Result<HashMap<String, Last>, Failure> {
    let path = store_path(option)?;
    let Some(store) = Store::open(&path)? else { return Ok(HashMap::new()) };
    let listing = store.ledger().listing();
    let listing =
        listing.map_err(|error| Failure::new(Exit::Failure, format!("the ledger cannot be read: {error}")))?;
    if let Some(damage) = &listing.damage {
        eprint_line(&format!("warning: the ledger is damaged, and newer runs are not listed: {damage}"));
    }
    let me = environment::holder("", "");
    let mut last: HashMap<String, Last> = HashMap::new();
    // One that nobody is at and that was never left is worth a look into its journal, but only if it is the last.
    for listed in listing.runs.iter().rev() {
        if !last.contains_key(&listed.runbook_path) {
            let verdict = standing(&store, listed, &me);
            let found = Last { run: listed.run.clone(), verdict, started: listed.began };
            last.insert(listed.runbook_path.clone(), found);
        }
    }
    Ok(last)
}

/// `None` if the file is no runbook.
fn row(path: &Path, config: &Config, last: &HashMap<String, Last>) -> Option<Row> {
    let read = files::read_found(path)?.and_then(|source| examine(source, config)).ok();
    let runbook = path.strip_prefix("./").unwrap_or(path).display().to_string();
    let real = path.canonicalize().ok().map(|path| path.display().to_string());
    let last = real.and_then(|real| last.get(&real)).cloned();
    Some(match read {
        Some((read, _)) => {
            Row { runbook, title: Some(read.title), steps: Some(read.items.len()), owner: read.owner, last }
        }
        None => Row { runbook, title: None, steps: None, owner: None, last },
    })
}

fn cells(row: &Row, now: Timestamp) -> Vec<String> {
    let dash = || "-".to_owned();
    vec![
        crate::text::escape_line(&row.runbook).into_owned(),
        row.steps.map_or_else(dash, |steps| steps.to_string()),
        row.last.as_ref().map_or_else(dash, |last| last.verdict.as_str().to_owned()),
        row.last.as_ref().map_or_else(dash, |last| age(last.started, now)),
        row.owner.clone().unwrap_or_else(dash),
        row.title.clone().unwrap_or_else(|| "(has errors: stepgate check)".to_owned()),
    ]
}

/// How long ago, in the largest unit that fits: what matters is whether it was today or last year.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => count(usize::try_from(seconds / 86_400).unwrap_or(usize::MAX), "day"),
    }
}
