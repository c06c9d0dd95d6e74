//! `stepgate audit verify [RUN…|--all]`: how far records can be believed.

use super::args::{self, Format};
use super::error::{Exit, Failure};
use super::log::open_store;
use super::output::{print, print_json};
use super::ssh::AllowedSigners;
use super::terminal::{Terminal, eprint_line};
use super::{configuration, parallel};
use crate::audit::{Check, Finding, HeadLine, HeadOf};
use crate::journal::{RunFolder, RunId, Store};
use crate::report::findings_text;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is to be checked: a run's folder, or the id of one that should be there.
enum Asked {
    There(RunFolder),
    Gone(String),
}

/// The command.
pub fn verify(options: &args::AuditVerify, terminal: &Terminal) -> Result<Exit, Failure> {
    let signatures = AllowedSigners { file: allowed_signers(options.allowed_signers.as_ref(), terminal)? };
    let store = open_store(options.store.as_ref())?;
    // Before the journals: the other way round a run that goes on would seem to be ahead of its journal.
    let listing = store.ledger().listing();
    let asked = asked(options, &store, listing.as_ref().ok())?;
    refuse_strange_heads(&options.head, &asked)?;
    let check = Check { listing: Some(&listing), heads: &options.head, signatures: &signatures };
    let findings = parallel::each(&asked, |asked| match asked {
        Asked::There(folder) => check.record(folder),
        Asked::Gone(run) => Finding::gone(run),
    });
    show(&findings, options.format, terminal)?;
    let short = findings.iter().filter(|finding| !finding.reaches(options.level)).count();
    if short > 0 && options.format == Format::Human {
        let level = options.level.as_str();
        eprint_line(&format!("{short} of {} do not reach `{level}`", crate::text::count(findings.len(), "record")));
    }
    Ok(if short == 0 { Exit::Success } else { Exit::Failure })
}

/// Whose signatures count: what was named, or what `stepgate.toml` says.
pub fn allowed_signers(named: Option<&PathBuf>, terminal: &Terminal) -> Result<Option<PathBuf>, Failure> {
    let file = match named {
        Some(file) => Some(file.clone()),
        None => {
            let config = configuration::load(terminal)?;
            config.sign.allowed.as_ref().map(|path| configuration::placed(&config, path)).transpose()?
        }
    };
    match file {
        Some(file) if !file.is_file() => {
            Err(Failure::usage(format!("the allowed signers `{}` are no file", file.display())))
        }
        file => Ok(file),
    }
}

fn asked(
    options: &args::AuditVerify,
    store: &Store,
    listing: Option<&crate::journal::Listing>,
) -> Result<Vec<Asked>, Failure> {
    if options.all {
        let listed = listing.into_iter().flat_map(|listing| listing.runs.iter().map(|listed| listed.run.clone()));
        let runs: BTreeSet<String> = listed.chain(store.runs().iter().map(ToString::to_string)).collect();
        let folder = |run: &String| RunId::parse(run).ok().and_then(|run| store.folder_of(&run));
        return Ok(runs.into_iter().map(|run| folder(&run).map_or(Asked::Gone(run), Asked::There)).collect());
    }
    if options.runs.is_empty() {
        return Ok(vec![Asked::There(store.find(None)?)]);
    }
    options.runs.iter().map(|run| Ok(Asked::There(store.find(Some(run))?))).collect()
}

/// A head of a run that nobody asked about would check nothing, and seem to.
fn refuse_strange_heads(heads: &[HeadLine], asked: &[Asked]) -> Result<(), Failure> {
    let known = |run: &str| {
        asked.iter().any(|asked| match asked {
            Asked::There(folder) => folder.run.as_str() == run,
            Asked::Gone(gone) => gone == run,
        })
    };
    let strange = heads.iter().find_map(|head| match &head.of {
        HeadOf::Run(run) if !known(run) => Some(run),
        _ => None,
    });
    match strange {
        None => Ok(()),
        Some(run) => {
            Err(Failure::usage(format!("--head names run {run}, and that is not among the runs that are checked"))
                .hint(format!("stepgate audit verify {run} --head …")))
        }
    }
}

fn show(findings: &[Finding], format: Format, terminal: &Terminal) -> Result<(), Failure> {
    match format {
        Format::Json => print_json(&findings),
        Format::Human => print(&findings_text(findings, &terminal.output_styles())),
    }
}
