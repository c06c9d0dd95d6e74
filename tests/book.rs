//! The book, built by mdBook as a library and the built binary as its preprocessor.

use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use proptest::prelude::{Strategy as _, prop};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner};
use regex::Regex;
use std::path::{Path, PathBuf};

/// Builds the book at `root` into a folder of its own.
fn build(root: &Path, out: &Path) {
    let mut config = Config::from_disk(root.join("book.toml")).unwrap();
    let command = format!("{} mdbook", env!("CARGO_BIN_EXE_stepgate"));
    config.set("preprocessor.stepgate.command", command).unwrap();
    config.build.build_dir = out.to_owned();
    MDBook::load_with_config(root, config).unwrap().build().unwrap();
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_projects_book_builds_with_its_runbooks_and_their_index() {
    let out = tempfile::tempdir().unwrap();
    build(Path::new(env!("CARGO_MANIFEST_DIR")), out.path());
    let index = read(out.path().join("runbooks.html"));
    for name in ["cluster-backup", "cluster-snapshot-fetch", "quickstart", "adr-010-k3s-sqlite-to-etcd-migration"] {
        assert!(index.contains(&format!("href=\"runbooks/{name}.html\"")), "{name}");
        let page = read(out.path().join(format!("runbooks/{name}.html")));
        assert!(page.contains("class=\"sg-card sg-about\"") && page.contains("Last passed"), "{name}");
        assert!(!page.contains("stepgate: 1"), "{name}: its front matter is no text of the page");
    }
    let format = read(out.path().join("format.html"));
    assert!(!format.contains("sg-card"), "what only shows a runbook is none");
}

/// Pieces of Markdown and HTML, most of them hostile.
const PIECES: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<b onclick=x>",
    "</b>",
    "<!--",
    "-->",
    "<!-->",
    "<![CDATA[",
    "]]>",
    "<?x",
    "?>",
    "<!DOCTYPE",
    "<iframe src=javascript:x>",
    "<details open ontoggle=x>",
    "<summary>",
    "</details>",
    "<style>",
    "</style>",
    "<textarea>",
    "<pre>",
    "</pre>",
    "<a href='javascript:x'>",
    "</a>",
    "[a](javascript:x)",
    "![a](data:x)",
    "[a]",
    "[a]: javascript:x",
    "[a](<javascript:x>)",
    "<javascript:x>",
    "[a](java\tscript:x)",
    "[a](&#106;avascript:x)",
    "{onclick=x}",
    "{#id .c onclick=x}",
    "# H",
    "H\n===",
    "> ",
    "- ",
    "- [ ] item ",
    "1. ",
    "    ",
    "\n",
    "\n\n",
    "\n\n",
    "`",
    "``",
    "```",
    "~~~",
    "*",
    "_",
    "|",
    "---",
    "a",
    "b c",
    ": d",
    "[^1]",
    "[^1]: <script>alert(1)</script>",
    "\\",
    "&lt;script&gt;",
    "\"",
    "'",
    "=",
    "</div>",
    "<div>",
    "{{x}}",
    "$",
    "> [!NOTE]\n> ",
    "```bash {name=NAME effect=read}\necho '</code><script>alert(1)</script>'\n```\n",
    "```output\n</pre><script>alert(1)</script>\n```\n",
    "```assert {name=NAME}\ntrue\n```\n",
];

const STEP: &str = "```bash {name=last effect=read}\necho '</code><script>alert(1)</script>'\n```\n";

/// What of a page's text is active and was not made by stepgate or mdBook.
fn active(page: &str) -> Option<String> {
    let main =
        page.split_once("<main>").and_then(|(_, rest)| rest.split_once("</main>")).map_or(page, |(main, _)| main);
    let own = Regex::new(
        r"(?s)<script>\n// Copy buttons and a filter.*?</script>|<style>\n/\* The tokens in mdBook's themes.*?</style>",
    )
    .unwrap();
    // The icon that mdBook puts before a note.
    let main = own.replace_all(main, "").replace("<svg viewbox=\"0 0 16 16\" width=\"18\" height=\"18\">", "");
    let tags = Regex::new(r#"(?s)<([a-zA-Z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>"#).unwrap();
    let address = Regex::new(r#"(?i)\b(?:href|src|srcdoc|action)="\s*(?:javascript|data|vbscript):"#).unwrap();
    let handler = Regex::new(r"(?i)\son[a-z]+\s*=").unwrap();
    let bad = ["script", "style", "iframe", "svg", "textarea", "object", "embed", "form", "meta", "base", "link"];
    tags.captures_iter(&main).find_map(|tag| {
        let (name, attributes) = (tag[1].to_ascii_lowercase(), &tag[2]);
        let quoted = Regex::new(r#""[^"]*""#).unwrap().replace_all(attributes, "\"\"").into_owned();
        (bad.contains(&name.as_str()) || address.is_match(attributes) || handler.is_match(&quoted))
            .then(|| tag[0].to_owned())
    })
}

#[test]
fn no_runbook_makes_anything_active_in_a_page() {
    const PAGES: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("src")).unwrap();
    std::fs::write(root.join("book.toml"), "[book]\ntitle = \"b\"\n[preprocessor.stepgate]\n").unwrap();
    let mut runner = TestRunner::new_with_rng(Cases::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let body = prop::collection::vec((0..PIECES.len(), prop::bool::weighted(0.8)), 1..12);
    let (mut summary, mut pages) = (String::from("# Summary\n\n"), Vec::new());
    for at in 0..PAGES {
        let pieces = body.new_tree(&mut runner).unwrap().current();
        let mut text = String::from(
            "---\nstepgate: 1\ntitle: '<script>alert(1)</script>'\nowner: '\"><img src=x onerror=alert(1)>'\n---\n",
        );
        // Every second page is tame enough to be a runbook for certain: its fences are whole, its paragraphs stand apart.
        let tame = at % 2 == 1;
        for (place, (piece, newline)) in pieces.into_iter().enumerate() {
            let piece = PIECES[piece];
            if !tame || !["```", "~~~", "- ["].iter().any(|opener| piece.starts_with(opener)) {
                text.push_str(&piece.replace("NAME", &format!("n{place}")));
            }
            text.push_str(if newline { ["\n", "\n\n"][usize::from(tame)] } else { "" });
        }
        if tame {
            text.push_str(&format!("\n\n{STEP}"));
        }
        std::fs::write(root.join(format!("src/p{at}.md")), &text).unwrap();
        summary.push_str(&format!("- [P {at}](p{at}.md)\n"));
        pages.push(text);
    }
    std::fs::write(root.join("src/SUMMARY.md"), summary).unwrap();
    build(root, &root.join("out"));
    let mut cards = 0;
    for (at, text) in pages.iter().enumerate() {
        let page = read(root.join(format!("out/p{at}.html")));
        cards += usize::from(page.contains("sg-card sg-about") && !page.contains("cannot read this runbook"));
        if let Some(found) = active(&page) {
            panic!("page {at}: {found}\n{text}");
        }
    }
    assert!(cards > PAGES / 4, "only {cards} of {PAGES} pages are runbooks that can be read");
}
