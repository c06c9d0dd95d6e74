//! The runbooks of a book: their chapters, and the index of all of them.

use super::chapter::{Standing, script, style};
use crate::page::{LastPass, PageError, Templates};
use crate::runbook::Runbook;
use crate::text::count;
use mdbook_preprocessor::book::{Book, BookItem, Chapter, SectionNumber};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use pulldown_cmark::{Event, Parser, Tag};
use serde::Serialize;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// Where an author wants the index: a line of a chapter.
const PLACE: &str = "<!-- stepgate:runbooks -->";

/// The chapter of the index, if nobody wants it elsewhere.
const INDEX: &str = "runbooks-index.md";

/// Pages that mdBook makes of itself.
const RESERVED: &[&str] = &["index.html", "toc.html", "print.html", "404.html"];

/// Runbooks that cannot be put into a book.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The index cannot be made.
    #[error(transparent)]
    Page(#[from] PageError),
    /// Two pages would be one.
    #[error("`{page}` would be two pages: {by}, and {also}")]
    Taken {
        /// The page.
        page: String,
        /// Whose it is.
        by: String,
        /// Who else wants it.
        also: String,
    },
}

/// What may not stand in the path of an address as it is.
const NOT_IN_PATHS: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'%');

/// A runbook in a book.
#[derive(Clone, Debug)]
pub struct Shelved {
    /// Its chapter's path in the book, such as `runbooks/backup.md`.
    pub path: PathBuf,
    /// Its title.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// How many steps it has; none if it cannot be read.
    pub steps: Option<usize>,
    /// What its recording says.
    pub standing: Standing,
    /// The Markdown of its chapter; none if the book has that chapter already.
    pub content: Option<String>,
}

impl Shelved {
    /// A runbook at a place.
    pub fn new(path: PathBuf, runbook: &Runbook, standing: Standing, content: Option<String>) -> Self {
        let owner = runbook.owner.clone().unwrap_or_default();
        let title = if runbook.title.trim().is_empty() { path.display().to_string() } else { runbook.title.clone() };
        Self { path, title, owner, steps: Some(runbook.items.len()), standing, content }
    }
}

impl Shelved {
    /// A file that claims to be a runbook and cannot be read.
    pub fn unreadable(path: PathBuf) -> Self {
        let title = path.display().to_string();
        Self { path, title, owner: String::new(), steps: None, standing: Standing::default(), content: None }
    }
}

/// All runbooks of a book, in order.
#[derive(Clone, Debug, Default)]
pub struct Shelf(pub Vec<Shelved>);

#[derive(Serialize)]
struct Row<'a> {
    link: String,
    title: &'a str,
    verdict: &'a str,
    last: Option<&'a LastPass>,
    owner: &'a str,
    steps: String,
}

impl Shelf {
    /// Puts the index wherever an author wants it, else at the end, and the chapters that the book does not have under the first
    /// one. Nothing is done if there is neither a place nor such a chapter.
    ///
    /// # Errors
    ///
    /// If the index cannot be made, or two pages would be one.
    pub fn put(&self, book: &mut Book) -> Result<(), ShelfError> {
        self.check_pages(book)?;
        let (style, script) = (style()?, script()?);
        let page = |content: &str| format!("{style}\n\n{content}\n\n{script}\n");
        let (mut failed, mut placed) = (None, false);
        book.for_each_chapter_mut(|chapter| match self.placed(chapter) {
            Ok(None) => {}
            Ok(Some(content)) => {
                chapter.content = page(&content);
                if !std::mem::replace(&mut placed, true) {
                    self.under(chapter);
                }
            }
            Err(error) => failed = Some(error),
        });
        if !placed && self.0.iter().any(|one| one.content.is_some()) {
            let number = book.items.iter().filter(|item| is_numbered(item)).count() + 1;
            let mut chapter = Chapter::new("Runbooks", String::new(), INDEX, Vec::new());
            chapter.source_path = None;
            chapter.number = Some(SectionNumber::new([u32::try_from(number).unwrap_or(u32::MAX)]));
            chapter.content = page(&format!("# Runbooks\n\n{}\n", self.index(Path::new(INDEX))?));
            self.under(&mut chapter);
            book.push_item(BookItem::PartTitle("Runbooks".to_owned()));
            book.push_item(chapter);
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Whether each page has a place of its own: mdBook would write one over the other, and say nothing.
    fn check_pages(&self, book: &Book) -> Result<(), ShelfError> {
        let mdbooks = RESERVED.iter().map(|page| (PathBuf::from(page), "mdBook's own".to_owned()));
        let chapters = book.chapters().filter_map(|chapter| chapter.path.as_ref());
        let chapters = chapters.map(|path| (page_of(path), format!("the chapter `{}`", path.display())));
        let mut pages: HashMap<_, _> = mdbooks.chain(chapters).collect();
        let new = || self.0.iter().filter(|one| one.content.is_some());
        let wanted = book.chapters().any(|chapter| place(&chapter.content).is_some());
        let index = (!wanted && new().next().is_some()).then(|| (page_of(Path::new(INDEX)), "their index".to_owned()));
        let new = new().map(|one| (page_of(&one.path), format!("the runbook `{}`", one.path.display())));
        for (page, also) in index.into_iter().chain(new) {
            if let Some(by) = pages.insert(page.clone(), also.clone()) {
                return Err(ShelfError::Taken { page: page.display().to_string(), by, also });
            }
        }
        Ok(())
    }

    /// A chapter's text with the index in each of its places; none if it has no such place.
    fn placed(&self, chapter: &Chapter) -> Result<Option<String>, PageError> {
        let (Some(path), mut content) = (&chapter.path, chapter.content.clone()) else { return Ok(None) };
        let mut found = false;
        while let Some(place) = place(&content) {
            content.replace_range(place, &format!("{}\n\n", self.index(path)?));
            found = true;
        }
        Ok(found.then_some(content))
    }

    /// The table, for a chapter at `from`.
    fn index(&self, from: &Path) -> Result<String, PageError> {
        #[derive(Serialize)]
        struct Index<'a> {
            rows: Vec<Row<'a>>,
        }
        let rows = self.0.iter().map(|one| one.row(from)).collect();
        Templates::get().render_line("index", &Index { rows })
    }

    /// Appends the chapters that the book does not have.
    fn under(&self, index: &mut Chapter) {
        let mut parents = index.parent_names.clone();
        parents.push(index.name.clone());
        for one in &self.0 {
            let Some(content) = &one.content else { continue };
            let mut chapter = Chapter::new(&one.title, content.clone(), one.path.clone(), parents.clone());
            chapter.source_path = None;
            let place = u32::try_from(index.sub_items.len() + 1).unwrap_or(u32::MAX);
            chapter.number = index.number.as_ref().map(|number| {
                let mut number = number.to_vec();
                number.push(place);
                SectionNumber::new(number)
            });
            index.sub_items.push(BookItem::Chapter(chapter));
        }
    }
}

impl Shelved {
    fn row(&self, from: &Path) -> Row<'_> {
        Row {
            link: relative(from, &page_of(&self.path)),
            title: &self.title,
            verdict: self.standing.verdict.as_ref().map_or("error", |(word, _)| word),
            last: self.standing.last.as_ref(),
            owner: &self.owner,
            steps: self.steps.map_or_else(String::new, |steps| count(steps, "step")),
        }
    }
}

/// The bytes of a chapter's [`PLACE`]; in a fence it is an example of one.
fn place(content: &str) -> Option<Range<usize>> {
    if !content.contains(PLACE) {
        return None;
    }
    let mut blocks = Parser::new(content).into_offset_iter();
    let (_, range) = blocks.find(|(event, range)| {
        matches!(event, Event::Start(Tag::HtmlBlock)) && content[range.clone()].trim() == PLACE
    })?;
    Some(range)
}

fn is_numbered(item: &BookItem) -> bool {
    matches!(item, BookItem::Chapter(chapter) if chapter.number.is_some())
}

/// The page that mdBook makes of a chapter. It has given a `README.md` of `SUMMARY.md` another name by then.
pub fn page_of(chapter: &Path) -> PathBuf {
    chapter.with_extension("html")
}

/// The address of one page, seen from another.
fn relative(from: &Path, to: &Path) -> String {
    let up = from.parent().map_or(0, |folder| folder.components().count());
    let parts = to.components().filter_map(|part| match part {
        Component::Normal(name) => Some(utf8_percent_encode(&name.to_string_lossy(), NOT_IN_PATHS).to_string()),
        _ => None,
    });
    format!("{}{}", "../".repeat(up), parts.collect::<Vec<_>>().join("/"))
}
