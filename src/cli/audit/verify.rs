//! `stepgate audit verify [RUN…|FILE…|--all]`: how far records can be believed.

use super::super::args::Format;
use super::super::error::{Exit, Failure};
use super::super::output::{print, print_json};
use super::super::past::Place;
use super::super::ssh::AllowedSigners;
use super::super::terminal::{Terminal, eprint_line};
use super::super::{configuration, parallel};
use super::args;
use crate::audit::{Finding, HeadLine, HeadOf};
use crate::journal::{RunFolder, RunId};
use crate::report::findings_text;
use crate::text::count;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is to be checked.
struct Asked {
    run: String,
    /// Which of the places it is in.
    place: usize,
    /// None if it should be there and is not.
    folder: Option<RunFolder>,
}

/// The command.
pub fn verify(options: &args::Verify, terminal: &Terminal) -> Result<Exit, Failure> {
    let signers = allowed_signers(options.allowed_signers.as_ref(), terminal)?;
    let signatures = AllowedSigners { file: signers.clone() };
    let (places, asked) = asked(options)?;
    refuse_strange_heads(&options.head, &asked)?;
    let mut findings = parallel::each(&asked, |asked| match &asked.folder {
        Some(folder) => places[asked.place].check(&options.head, &signatures).record(folder),
        None => Finding::gone(&asked.run),
    });
    if options.all {
        about_all(&mut findings, &places, &options.head)?;
    }
    show(&findings, options.format, terminal)?;
    if let Some(file) = signers.filter(|_| options.format == Format::Human && is_signed(&findings)) {
        eprint_line(&format!("whose keys count: {}", file.display()));
    }
    let short = findings.iter().filter(|finding| !finding.reaches(options.level)).count();
    if short > 0 && options.format == Format::Human {
        let level = options.level.as_str();
        eprint_line(&format!("{short} of {} below `{level}`", count(findings.len(), "record")));
    }
    Ok(if short == 0 { Exit::Success } else { Exit::Failure })
}

fn is_signed(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| !finding.signers.is_empty())
}

/// What is to be said of all runs together: of the ledger, and of runs that it does not list any more.
fn about_all(findings: &mut Vec<Finding>, places: &[Place], heads: &[HeadLine]) -> Result<(), Failure> {
    let listing = places.first().and_then(|place| place.listing.as_ref());
    let ledger = listing.and_then(|listing| Finding::of_ledger(listing, heads));
    if findings.is_empty() && ledger.is_none() {
        return Err(Failure::new(
            Exit::Failure,
            "the ledger lists no run, and the store holds none: nothing was verified",
        ));
    }
    if heads.iter().all(|head| head.of != HeadOf::Ledger) {
        let what = "whether runs are gone as a whole, with the end of the ledger: that takes a head of the ledger that was kept elsewhere";
        findings.iter_mut().for_each(|finding| finding.unchecked(what));
    }
    findings.extend(ledger);
    Ok(())
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

/// What was asked for, and where that is.
fn asked(options: &args::Verify) -> Result<(Vec<Place>, Vec<Asked>), Failure> {
    if options.all {
        let place = Place::store(options.store.as_ref())?;
        let listing = place.listing.as_ref().and_then(|listing| listing.as_ref().ok());
        let listed = listing.into_iter().flat_map(|listing| listing.runs.iter().map(|listed| listed.run.clone()));
        let runs: BTreeSet<String> = listed.chain(place.store.runs().iter().map(ToString::to_string)).collect();
        let folder = |run: &String| RunId::parse(run).ok().and_then(|run| place.store.folder_of(&run));
        let asked = runs.into_iter().map(|run| Asked { folder: folder(&run), place: 0, run }).collect();
        return Ok((vec![place], asked));
    }
    let texts: Vec<Option<&str>> = match options.runs.is_empty() {
        true => vec![None],
        false => options.runs.iter().map(|run| Some(run.as_str())).collect(),
    };
    let (mut places, mut asked) = (Vec::new(), Vec::new());
    for (at, text) in texts.into_iter().enumerate() {
        let (place, folder) = Place::of(text, options.store.as_ref())?;
        asked.push(Asked { run: folder.run.to_string(), place: at, folder: Some(folder) });
        places.push(place);
    }
    Ok((places, asked))
}

/// A head of a run that nobody asked about would check nothing, and seem to.
fn refuse_strange_heads(heads: &[HeadLine], asked: &[Asked]) -> Result<(), Failure> {
    let known = |run: &str| asked.iter().any(|asked| asked.run == run);
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
