//! Every link of a page into the repository leads to a file that is there, and to a heading in it.

use super::pages::{Page, Piece, pages};
use crate::harness::repository;
use std::path::{Component, Path, PathBuf};

/// A path without `.` and `..`, or none if it leaves the repository.
fn resolved(path: &Path) -> Option<PathBuf> {
    path.components().try_fold(PathBuf::new(), |mut whole, part| {
        match part {
            Component::Normal(name) => whole.push(name),
            Component::CurDir => {}
            Component::ParentDir => whole.pop().then_some(())?,
            _ => return None,
        }
        Some(whole)
    })
}

/// Why `link` of a page leads nowhere.
fn wrong(page: &Page, link: &str) -> Option<String> {
    if link.starts_with("https://") || link.starts_with("http://") {
        return None;
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let beside = Path::new(&page.path).parent().unwrap();
    let target = if file.is_empty() { PathBuf::from(&page.path) } else { resolved(&beside.join(file))? };
    if !repository().join(&target).exists() {
        return Some(format!("there is no {}", target.display()));
    }
    let anchor = anchor?;
    let anchors = Page::named(target.to_str().unwrap()).anchors();
    (!anchors.iter().any(|known| known == anchor)).then(|| format!("{} has no heading #{anchor}", target.display()))
}

#[test]
fn every_link_in_the_documentation_leads_to_a_file_and_a_heading() {
    let (mut followed, mut bad) = (0, Vec::new());
    for page in pages() {
        for (piece, line) in page.pieces() {
            let Piece::Link(link) = piece else { continue };
            followed += 1;
            bad.extend(wrong(&page, &link).map(|why| format!("{}:{line}: {link}: {why}", page.path)));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(followed > 200, "{followed}");
}

#[test]
fn a_link_that_leads_nowhere_is_noticed() {
    let page = Page { path: "docs/x.md".to_owned(), text: String::new() };
    assert!(wrong(&page, "nowhere.md").unwrap().contains("there is no docs/nowhere.md"));
    assert!(wrong(&page, "format.md#nowhere").unwrap().contains("has no heading #nowhere"));
    assert_eq!(wrong(&page, "../README.md#how-it-compares"), None);
}

#[test]
fn the_summary_lists_every_page_of_the_book_once() {
    let summary = Page::named("docs/SUMMARY.md");
    let mut listed: Vec<String> = summary
        .pieces()
        .into_iter()
        .filter_map(|(piece, _)| match piece {
            Piece::Link(link) => Some(format!("docs/{link}")),
            Piece::Code(_) => None,
        })
        .collect();
    listed.sort();
    let pages = pages().into_iter().map(|page| page.path);
    let there: Vec<String> = pages.filter(|path| path.starts_with("docs/") && path != "docs/SUMMARY.md").collect();
    let differ = there.iter().chain(&listed).filter(|path| there.contains(path) != listed.contains(path));
    assert_eq!(differ.collect::<Vec<_>>(), Vec::<&String>::new(), "not both there and listed");
    assert_eq!(listed.len(), there.len(), "a page is listed twice");
}

#[test]
fn every_drawing_says_what_it_shows_and_reads_in_light_and_dark() {
    let links: Vec<String> = pages()
        .iter()
        .flat_map(Page::pieces)
        .filter_map(|(piece, _)| match piece {
            Piece::Link(link) => Some(link),
            Piece::Code(_) => None,
        })
        .collect();
    for entry in std::fs::read_dir(repository().join("docs/img")).unwrap() {
        let path = entry.unwrap().path();
        let (name, text) = (path.file_name().unwrap().to_str().unwrap(), std::fs::read_to_string(&path).unwrap());
        for wanted in ["<title", "<desc", "prefers-color-scheme: dark"] {
            assert!(text.contains(wanted), "{name} has no {wanted}");
        }
        assert!(
            !text.contains("<script") && !text.contains("href") && !text.contains("@import"),
            "{name} fetches or runs"
        );
        assert!(links.iter().any(|link| link.ends_with(name)), "no page shows {name}");
    }
}
