//! `stepgate mdbook`: the preprocessor that mdBook starts. Reads a book on standard input, writes it to standard output.

use super::args;
use super::configuration;
use super::error::{Exit, Failure};
use super::files;
use super::output::print;
use super::replay::{Asked, Verified, verify_file};
use super::terminal::{Terminal, eprint_line};
use crate::book::{Shelf, ShelfError, Shelved, Standing, chapter, unreadable};
use crate::diagnostic::Refused;
use crate::page::LastPass;
use crate::replay::Verdict;
use crate::runbook::{self, declares_runbook};
use crate::text::{count, escape_line};
use jiff::Timestamp;
use mdbook_preprocessor::book::{Book, Chapter};
use mdbook_preprocessor::{MDBOOK_VERSION, PreprocessorContext, parse_input};
use serde::Deserialize;
use std::collections::HashSet;
use std::io::IsTerminal as _;
use std::path::{Component, Path, PathBuf};

/// `[preprocessor.stepgate]` of book.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Options {
    /// Files and folders of runbooks that the book shows beside its own chapters, seen from book.toml.
    runbooks: Vec<PathBuf>,
    // What mdBook reads of it itself.
    #[serde(rename = "command")]
    _command: Option<String>,
    before: Option<Vec<String>>,
    #[serde(rename = "after")]
    _after: Option<Vec<String>>,
    #[serde(rename = "renderers")]
    _renderers: Option<Vec<String>>,
    #[serde(rename = "optional")]
    _optional: Option<bool>,
}

/// The command.
pub fn mdbook(options: &args::Mdbook, terminal: &Terminal) -> Result<Exit, Failure> {
    match &options.ask {
        Some(args::MdbookAsk::Supports { renderer }) => {
            Ok(if renderer == "html" { Exit::Success } else { Exit::Failure })
        }
        None if std::io::stdin().is_terminal() => Err(Failure::usage("mdBook starts this, and nobody else")
            .hint("put `[preprocessor.stepgate]` into book.toml, and run `mdbook build`")),
        None => preprocess(terminal),
    }
}

fn preprocess(terminal: &Terminal) -> Result<Exit, Failure> {
    let (context, mut book) = parse_input(std::io::stdin().lock()).map_err(|error| {
        Failure::usage(format!("what mdBook sent is no book: {error:#}"))
            .hint(format!("this stepgate speaks with mdBook {MDBOOK_VERSION} and its like"))
    })?;
    let options: Option<Options> = context
        .config
        .get("preprocessor.stepgate")
        .map_err(|error| Failure::usage(format!("[preprocessor.stepgate] of book.toml: {error:#}")))?;
    let options = options.unwrap_or_default();
    if options.before.iter().flatten().any(|name| name == "links") {
        let message = "[preprocessor.stepgate] of book.toml: `before = [\"links\"]` would let mdBook include files behind stepgate's back";
        return Err(
            Failure::usage(message).hint("what an author includes is looked at as the rest of the page; leave it out")
        );
    }
    let config = configuration::load_above(&context.root, terminal)?;
    let builder = Builder { asked: Asked { config: &config, now: Timestamp::now(), strength: None, seed: 0 }, context };
    builder.build(&mut book, &options)?;
    print(&serde_json::to_string(&book).expect("a book that was JSON is JSON again"))?;
    Ok(Exit::Success)
}

struct Builder<'a> {
    asked: Asked<'a>,
    context: PreprocessorContext,
}

impl Builder<'_> {
    fn build(&self, book: &mut Book, options: &Options) -> Result<(), Failure> {
        let mut shelf = Shelf::default();
        let mut chapters = HashSet::new();
        let mut failed = None;
        book.for_each_chapter_mut(|chapter| match self.chapter(chapter) {
            Ok(Some((file, one))) => {
                chapters.extend(file.and_then(|file| file.canonicalize().ok()));
                shelf.0.push(one);
            }
            Ok(None) => {}
            Err(error) => failed = Some(error),
        });
        if let Some(error) = failed {
            return Err(error);
        }
        for path in &options.runbooks {
            shelf.0.extend(self.beside(path, &chapters)?);
        }
        shelf.put(book).map_err(|error| match error {
            ShelfError::Page(error) => failure(error),
            taken => Failure::usage(taken.to_string())
                .hint("rename one of the files, or list the runbook in SUMMARY.md only"),
        })
    }

    /// A chapter that is a runbook, made into its page; and the file that it was read from.
    fn chapter(&self, chapter: &mut Chapter) -> Result<Option<(Option<PathBuf>, Shelved)>, Failure> {
        let Some(path) = chapter.path.clone().filter(|_| declares_runbook(&chapter.content)) else { return Ok(None) };
        let folder = self.context.root.join(&self.context.config.book.src);
        let file = chapter.source_path.as_ref().map(|source| folder.join(source));
        // Not the file: what mdBook included is part of the page.
        let text = std::mem::take(&mut chapter.content);
        let (shelved, content) = self.shelved(&path, text, file.as_deref())?;
        chapter.content = content;
        Ok(Some((file, shelved)))
    }

    /// The runbooks of a file or a folder that the book does not have as chapters.
    fn beside(&self, path: &Path, chapters: &HashSet<PathBuf>) -> Result<Vec<Shelved>, Failure> {
        let root = &self.context.root;
        let place = root.join(path);
        let found = match place.is_dir() {
            true => files::find_markdown(&place),
            false => vec![place.clone()],
        };
        let (mut shelved, mut any) = (Vec::new(), false);
        for file in found {
            let Some(read) = files::read_found(&file) else { continue };
            any = true;
            if file.canonicalize().is_ok_and(|file| chapters.contains(&file)) {
                continue;
            }
            let text = read.map_or_else(|refused| refused.source.text, |source| source.text);
            let (one, content) = self.shelved(&in_book(&file, root), text, Some(&file))?;
            shelved.push(Shelved { content: Some(content), ..one });
        }
        if !any {
            let message = format!("[preprocessor.stepgate] of book.toml: `{}` holds no runbook", path.display());
            return Err(Failure::usage(message).hint("`runbooks` lists files and folders, seen from book.toml"));
        }
        Ok(shelved)
    }

    /// A runbook as a chapter that the book has already, and the Markdown of its page.
    fn shelved(&self, path: &Path, text: String, file: Option<&Path>) -> Result<(Shelved, String), Failure> {
        let name = path.display().to_string();
        let read = runbook::decode(&name, text.into_bytes()).and_then(runbook::read);
        match read {
            Ok((runbook, _)) => {
                let standing = file.map(|file| self.standing(file)).unwrap_or_default();
                let page = chapter(&runbook, &standing).map_err(failure)?;
                Ok((Shelved::new(path.to_owned(), &runbook, standing, None), page))
            }
            Err(refused) => {
                warn(&name, &refused);
                let page = unreadable(&refused.source, &refused.found).map_err(failure)?;
                Ok((Shelved::unreadable(path.to_owned()), page))
            }
        }
    }

    /// What a runbook's recording says of it.
    fn standing(&self, file: &Path) -> Standing {
        let Verified { verdict, head, steps, found, .. } = verify_file(file, files::read(file), &self.asked);
        let holds = steps.iter().filter(|step| step.verdict == Verdict::Holds).count();
        let last = head.map(|head| LastPass::new(&head.run, &head.operator, head.started, head.finished));
        let verdict = match (verdict, found.first()) {
            (Some(verdict), _) => (verdict.as_str().to_owned(), words(verdict, holds, steps.len())),
            (None, why) => {
                let why = why.map_or_else(String::new, |found| found.message.clone());
                eprint_line(&format!("warning: {}: {}", escape_line(&file.display().to_string()), escape_line(&why)));
                ("error".to_owned(), why)
            }
        };
        Standing { verdict: Some(verdict), last }
    }
}

/// What a verdict means for whoever wants to run the page.
fn words(verdict: Verdict, holds: usize, steps: usize) -> String {
    match verdict {
        Verdict::Holds => format!("{holds} of {} would accept what really happened", count(steps, "step")),
        Verdict::Unrecorded => "no run of it was recorded, or not enough of one".to_owned(),
        Verdict::Expired => "its last recorded run is older than it may be".to_owned(),
        Verdict::Stale => "it was changed since that run".to_owned(),
        Verdict::Broken => "it would no longer accept what really happened".to_owned(),
    }
}

fn warn(name: &str, refused: &Refused) {
    let first = refused.found.first().map_or_else(String::new, |found| found.message.clone());
    let found = count(refused.found.len(), "error");
    eprint_line(&format!(
        "warning: {} is no runbook that can be read: {found}, first: {}",
        escape_line(name),
        escape_line(&first)
    ));
}

/// Where a file's chapter stands in the book: as it lies below book.toml, whatever leads out of there left away.
fn in_book(file: &Path, root: &Path) -> PathBuf {
    let seen = file.strip_prefix(root).unwrap_or(file);
    seen.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

fn failure(error: crate::page::PageError) -> Failure {
    Failure::new(Exit::Failure, error.to_string())
}
