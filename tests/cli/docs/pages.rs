//! The pages of the documentation, and what is in them.

use crate::harness::repository;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use std::path::{Path, PathBuf};
use stepgate::runbook::markdown_options;

/// A page: its path from the repository's root, and its text.
pub struct Page {
    pub path: String,
    pub text: String,
}

/// A block of code.
pub struct Block {
    /// `docs/run.md:12`, for messages.
    pub place: String,
    /// The page's path.
    pub page: String,
    /// The words behind the fence; `None` for indented code.
    pub info: Option<String>,
    pub text: String,
}

/// A piece of a page that is no block of code.
pub enum Piece {
    Link(String),
    Code(String),
}

/// All pages: those at the repository's root, and those below `docs`.
pub fn pages() -> Vec<Page> {
    let mut paths: Vec<PathBuf> = markdown_in(repository()).collect();
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        paths.extend(markdown_in(&folder));
        folders.extend(entries(&folder).filter(|path| path.is_dir()));
    }
    paths.sort();
    let page = |path: PathBuf| Page {
        path: path.strip_prefix(repository()).unwrap().display().to_string(),
        text: std::fs::read_to_string(&path).unwrap(),
    };
    paths.into_iter().map(page).collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}

fn markdown_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    entries(folder).filter(|path| path.extension() == Some("md".as_ref()))
}

impl Page {
    /// The page of that path.
    pub fn named(path: &str) -> Self {
        let text = std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), text }
    }

    /// The code that a page below `docs/diagnostics` is about.
    pub fn code_of(path: &str) -> Option<&str> {
        let name = path.strip_prefix("docs/diagnostics/")?.strip_suffix(".md")?;
        name.starts_with("SG").then_some(name)
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, usize)> {
        let line = |at: usize| self.text[..at].matches('\n').count() + 1;
        Parser::new_ext(&self.text, markdown_options())
            .into_offset_iter()
            .map(move |(event, span)| (event, line(span.start)))
    }

    /// Its blocks of code, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut found: Vec<Block> = Vec::new();
        let mut inside = false;
        for (event, line) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => Some(info.to_string()),
                        CodeBlockKind::Indented => None,
                    };
                    let place = format!("{}:{line}", self.path);
                    found.push(Block { place, page: self.path.clone(), info, text: String::new() });
                    inside = true;
                }
                Event::End(TagEnd::CodeBlock) => inside = false,
                Event::Text(text) if inside => found.last_mut().unwrap().text.push_str(&text),
                _ => {}
            }
        }
        found
    }

    /// Its links, and the code within its lines, each with its line.
    pub fn pieces(&self) -> Vec<(Piece, usize)> {
        let piece = |event: Event<'_>| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(Piece::Link(dest_url.to_string()))
            }
            Event::Code(text) => Some(Piece::Code(text.to_string())),
            _ => None,
        };
        self.events().filter_map(|(event, line)| Some((piece(event)?, line))).collect()
    }

    /// The anchors of its headings, as Git hosts make them: the second of one name gets `-1`.
    pub fn anchors(&self) -> Vec<String> {
        let (mut found, mut heading) = (Vec::<String>::new(), None::<String>);
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { level, .. }) if level <= HeadingLevel::H6 => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = stepgate::runbook::slug(&heading.take().unwrap());
                    let known = found.iter().filter(|other| **other == anchor).count();
                    found.push(if known == 0 { anchor } else { format!("{anchor}-{known}") });
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        found
    }
}
