//! The runbooks of a book: their chapters, and the index of all of them.

use super::chapter::{Standing, script, style};
use crate::page::{LastPass, PageError, Templates};
use crate::runbook::Runbook;
use crate::text::count;
use mdbook_preprocessor::book::{Book, BookItem, Chapter, SectionNumber};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use pulldown_cmark::{Event, Parser, Tag};
use serde::Serialize;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// Where an author wants the index: a line of a chapter.
const PLACE: &str = "<!-- stepgate:runbooks -->";

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
        Self { path, title: runbook.title.clone(), owner, steps: Some(runbook.items.len()), standing, content }
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
    /// Puts the index where an author wants it, else at the end, and the chapters that the book does not have under it. Nothing
    /// is done if there is neither a place nor such a chapter.
    ///
    /// # Errors
    ///
    /// If the index cannot be made.
    pub fn put(&self, book: &mut Book) -> Result<(), PageError> {
        let (style, script) = (style()?, script()?);
        let page = |content: &str| format!("{style}\n\n{content}\n\n{script}\n");
        let mut failed = None;
        let mut placed = false;
        book.for_each_chapter_mut(|chapter| {
            let place = place(&chapter.content).filter(|_| !placed);
            if let (Some(place), Some(path)) = (place, chapter.path.clone()) {
                placed = true;
                match self.index(&path) {
                    Ok(index) => {
                        chapter.content.replace_range(place, &format!("{index}\n\n"));
                        chapter.content = page(&chapter.content);
                        self.under(chapter);
                    }
                    Err(error) => failed = Some(error),
                }
            }
        });
        if !placed && self.0.iter().any(|one| one.content.is_some()) {
            let number = book.items.iter().filter(|item| is_numbered(item)).count() + 1;
            let mut chapter = Chapter::new("Runbooks", String::new(), "runbooks-index.md", Vec::new());
            chapter.source_path = None;
            chapter.number = Some(SectionNumber::new([u32::try_from(number).unwrap_or(u32::MAX)]));
            chapter.content = page(&format!("# Runbooks\n\n{}\n", self.index(Path::new("runbooks-index.md"))?));
            self.under(&mut chapter);
            book.push_item(BookItem::PartTitle("Runbooks".to_owned()));
            book.push_item(chapter);
        }
        failed.map_or(Ok(()), Err)
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

/// The page that mdBook makes of a chapter.
pub fn page_of(chapter: &Path) -> PathBuf {
    match chapter.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("readme")) {
        true => chapter.with_file_name("index.html"),
        false => chapter.with_extension("html"),
    }
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
