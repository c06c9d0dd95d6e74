//! `stepgate mdbook`, spoken to as mdBook does. What browsers make of its pages is looked at in tests/browser.

use crate::harness::{Done, Sandbox, done};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Stdio;

const FRONT: &str = "---\nstepgate: 1\ntitle: Backup\nowner: platform\n---\n";

/// A chapter as mdBook sends it.
pub fn chapter(path: &str, content: &str) -> Value {
    json!({"Chapter": {"name": path, "content": content, "number": [1], "sub_items": [], "path": path, "source_path": path, "parent_names": []}})
}

/// Sends a book of these chapters, with these lines of `[preprocessor.stepgate]`.
pub fn send(sandbox: &Sandbox, options: &Value, chapters: Vec<Value>) -> Done {
    let context = json!({
        "root": sandbox.path("."), "renderer": "html", "mdbook_version": "0.5.4",
        "config": {"book": {"src": "src"}, "preprocessor": {"stepgate": options}},
    });
    send_text(sandbox, &json!([context, {"items": chapters}]).to_string())
}

fn send_text(sandbox: &Sandbox, text: &str) -> Done {
    let mut command = sandbox.command(["mdbook"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    done(child.wait_with_output().unwrap())
}

/// The chapters that came back.
pub fn chapters(done: &Done) -> Vec<Value> {
    assert_eq!(done.code, 0, "{done:?}");
    let book: Value = serde_json::from_str(&done.stdout).unwrap();
    book["items"].as_array().unwrap().iter().map(|item| item["Chapter"].clone()).collect()
}

/// The Markdown of a page that is made of one chapter.
fn page(content: &str) -> String {
    let sandbox = Sandbox::new();
    chapters(&send(&sandbox, &json!({}), vec![chapter("r.md", content)]))[0]["content"].as_str().unwrap().to_owned()
}

#[test]
fn mdbook_is_told_which_pages_can_be_made() {
    let sandbox = Sandbox::new();
    for (renderer, code) in [("html", 0), ("markdown", 1), ("linkcheck", 1)] {
        assert_eq!(sandbox.stepgate(&format!("mdbook supports {renderer}")).code, code, "{renderer}");
    }
}

#[test]
fn what_is_no_runbook_stays_as_it_is_to_the_byte() {
    let text = "# Notes <script>x</script>\r\n\n```bash {name=a effect=read}\ntrue\n```\n- [ ] item\n{{#include x}}";
    assert_eq!(page(text), text);
    let example = format!("# How to\n\n````markdown\n{FRONT}```bash {{name=a}}\ntrue\n```\n````\n");
    assert_eq!(page(&example), example);
}

#[test]
fn a_card_holds_what_the_author_says_of_a_step_and_what_goes_without_saying() {
    let body = "# Backup\n\nProse.\n\n```bash {name=save effect=change timeout=30s satisfies=\"AC1\" capture=ID}\necho '<b>'\n\nsure\n```\n\n```output {stderr}\nsaved\n```\n\nAnd then:\n\n```assert\nexit_code == 0\n```\n";
    let front = FRONT.replace("owner: platform", "owner: platform\nacceptance: { AC1: it is saved }");
    let page = page(&format!("{front}{body}"));
    let card = page.lines().find(|line| line.contains("id=\"step.save\"")).unwrap_or_else(|| panic!("{page}"));
    for what in [
        "sg-change",
        "gate</span> confirm",
        "on</span> local",
        "at most</span> 30s",
        "proves</span> AC1",
        "captures</span> ID",
        "echo &#39;&lt;b&gt;&#39;&#10;&#10;sure",
        "<summary>Expected on standard error: 1 line</summary>",
    ] {
        assert!(card.contains(what), "{what}: {card}");
    }
    assert!(!card.contains("exit_code"), "what stands behind prose stays behind it");
    let prose = page.find("And then:").unwrap();
    assert!(page[prose..].contains("<summary>Must be true: 1 expression</summary>"), "{page}");
    assert!(page.contains("Prose.") && page.contains("never recorded") && !page.contains("stepgate: 1"), "{page}");
}

#[test]
fn a_card_in_a_list_belongs_to_its_item_and_line_ends_may_be_any() {
    let body = "# L\r\n\r\n1. First:\r\n\r\n   ```bash {name=a effect=read}\r\n   true\r\n   ```\r\n   text at once\r\n2. ```bash {name=b effect=read}\r\n   false || true\r\n   ```";
    let page = page(&format!("{}{body}", FRONT.replace('\n', "\r\n")));
    let line = |name: &str| page.lines().find(|line| line.contains(&format!("id=\"step.{name}\""))).unwrap();
    assert!(line("a").starts_with("   <div class=\"sg-card"), "{page}");
    assert!(line("b").starts_with("2. <div class=\"sg-card"), "{page}");
    let after = page.split("id=\"step.a\"").nth(1).unwrap();
    assert!(after.lines().nth(1).unwrap().trim().is_empty(), "an empty line ends the card: {page}");
}

#[test]
fn an_item_is_a_box_that_can_be_ticked_and_says_for_what() {
    let page = page(&format!("{FRONT}# M\n\n- [ ] Look at \"it\"\n- [x] Done before\n"));
    assert!(
        page.contains("- <input type=\"checkbox\" class=\"sg-check\" aria-label=\"Look at &quot;it&quot;\"> Look"),
        "{page}"
    );
    assert!(page.contains("aria-label=\"Done before\" checked> Done"), "{page}");
}

#[test]
fn the_index_stands_where_it_is_wanted_and_has_every_runbook_with_its_status() {
    let sandbox = Sandbox::new();
    let body = "# Backup\n\n```bash {name=a effect=read}\necho 1\n```\n\n```output\n1\n```\n";
    for name in ["books/one.md", "books/deep/two two.md", "src/three.md"] {
        sandbox.write(name, format!("{FRONT}{body}").replace("Backup", name));
    }
    sandbox.write("books/notes.md", "# none\n");
    assert_eq!(sandbox.stepgate("run books/one.md --run-id one").code, 0);
    assert_eq!(sandbox.stepgate("record one").code, 0);
    let sent = vec![
        chapter("guide/how.md", "# How\n\n```html\n<!-- stepgate:runbooks -->\n```\n"),
        chapter("guide/all.md", "# All\n\n<!-- stepgate:runbooks -->\n\nThat is all.\n"),
        chapter("three.md", &sandbox.read("src/three.md")),
    ];
    let found = chapters(&send(&sandbox, &json!({"runbooks": ["books", "src/three.md"]}), sent.clone()));
    let index = found[1]["content"].as_str().unwrap();
    for link in ["../books/one.html", "../books/deep/two%20two.html", "../three.html"] {
        assert_eq!(index.matches(&format!("href=\"{link}\"")).count(), 1, "{link}: {index}");
    }
    assert!(index.contains("sg-holds\">holds") && index.matches("sg-unrecorded").count() >= 2, "{index}");
    assert!(index.contains("\n\nThat is all."), "{index}");
    let pages: Vec<_> = found[1]["sub_items"].as_array().unwrap().iter().map(|item| &item["Chapter"]).collect();
    assert_eq!(
        pages.iter().map(|page| page["path"].as_str().unwrap()).collect::<Vec<_>>(),
        ["books/deep/two two.md", "books/one.md"]
    );
    assert_eq!((&pages[1]["number"], &pages[1]["parent_names"]), (&json!([1, 2]), &json!(["guide/all.md"])));
    let one = pages[1]["content"].as_str().unwrap();
    assert!(one.contains("Last passed") && one.contains("(run one)") && one.contains("1 of 1 step"), "{one}");

    let found = chapters(&send(&sandbox, &json!({"runbooks": ["books"]}), vec![chapter("a.md", "# A\n")]));
    assert_eq!(found.len(), 3, "without a place it is a part of its own: {found:?}");
    assert!(found[2]["content"].as_str().unwrap().contains("href=\"books/one.html\""));
}

#[test]
fn a_runbook_that_cannot_be_read_is_a_page_that_says_why() {
    let sandbox = Sandbox::new();
    let text = format!("{FRONT}# B\n\n```bash {{name=a nonsense=<b>}}\n</code><script>x</script>\n```\n");
    let done = send(&sandbox, &json!({}), vec![chapter("r.md", &text)]);
    assert!(done.stderr.contains("warning: r.md is no runbook that can be read"), "{done:?}");
    let page = chapters(&done)[0]["content"].as_str().unwrap().to_owned();
    assert!(page.contains("cannot read this runbook") && page.contains("SG023, line 8"), "{page}");
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
}

#[test]
fn what_cannot_be_understood_is_refused_in_plain_words() {
    let sandbox = Sandbox::new();
    sandbox.write("empty/none.md", "# none\n");
    let book = |options: Value| send(&sandbox, &options, vec![chapter("a.md", "# A\n")]);
    for (done, words) in [
        (send_text(&sandbox, ""), "no book"),
        (send_text(&sandbox, "[{}, {}]"), "no book"),
        (send_text(&sandbox, "\u{0}\u{1}"), "no book"),
        (book(json!({"runboks": ["x"]})), "unknown field `runboks`"),
        (book(json!({"runbooks": "x"})), "[preprocessor.stepgate] of book.toml"),
        (book(json!({"runbooks": ["nowhere"]})), "`nowhere` holds no runbook"),
        (book(json!({"runbooks": ["empty"]})), "`empty` holds no runbook"),
        (book(json!({"before": ["links"]})), "behind stepgate's back"),
    ] {
        assert!(done.code == 2 && done.stdout.is_empty() && done.stderr.contains(words), "{words}: {done:?}");
        assert!(done.stderr.contains("help:") || words.starts_with("[pre") || words.starts_with("unk"), "{done:?}");
    }
}

#[test]
fn no_page_is_written_over_another() {
    let sandbox = Sandbox::new();
    let body = "# B\n\n```bash {name=a effect=read}\ntrue\n```\n";
    for name in ["rb/a.md", "rb/a.markdown", "one/rb/b.md", "two/index.md", "three/c.md"] {
        sandbox.write(name, format!("{FRONT}{body}"));
    }
    for (options, chapters, words) in [
        (
            json!({"runbooks": ["rb"]}),
            vec![chapter("x.md", "# X\n")],
            "`rb/a.html` would be two pages: the runbook `rb/a.markdown`",
        ),
        (
            json!({"runbooks": ["rb/a.md"]}),
            vec![chapter("rb/a.md", "# A\n")],
            "the chapter `rb/a.md`, and the runbook `rb/a.md`",
        ),
        (
            json!({"runbooks": ["three"]}),
            vec![chapter("runbooks-index.md", "# Mine\n")],
            "the chapter `runbooks-index.md`, and their index",
        ),
    ] {
        let done = send(&sandbox, &options, chapters);
        assert!(done.code == 2 && done.stderr.contains(words), "{words}: {done:?}");
    }
    let mut command = sandbox.command(["mdbook"]);
    let context = json!({
        "root": sandbox.path("two"), "renderer": "html", "mdbook_version": "0.5.4",
        "config": {"book": {"src": "src"}, "preprocessor": {"stepgate": {"runbooks": ["."]}}},
    });
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let book = json!([context, {"items": [chapter("x.md", "# X\n")]}]).to_string();
    child.stdin.take().unwrap().write_all(book.as_bytes()).unwrap();
    let done = done(child.wait_with_output().unwrap());
    assert!(done.code == 2 && done.stderr.contains("`index.html` would be two pages: mdBook's own"), "{done:?}");
}

#[test]
fn what_cannot_be_planned_or_has_no_sound_recording_says_so_on_its_page() {
    let sandbox = Sandbox::new();
    let text = |when: &str| format!("{FRONT}# B\n\n```bash {{name=a effect=read{when}}}\ntrue\n```\n");
    sandbox.write("rb/wrong.md", text(" when=\"NOPE == 1\""));
    sandbox.write("rb/torn.md", text(""));
    sandbox.write("rb/torn.recording.jsonl", "garbage\n");
    let done = send(&sandbox, &json!({"runbooks": ["rb"]}), vec![chapter("x.md", "# X\n")]);
    assert_eq!(done.stderr.matches("warning: ").count(), 2, "{done:?}");
    let found = chapters(&done);
    let index = found.last().unwrap();
    assert_eq!(index["content"].as_str().unwrap().matches("sg-error\">error").count(), 2, "{index}");
    let pages = index["sub_items"].as_array().unwrap();
    let page = |at: usize| pages[at]["Chapter"]["content"].as_str().unwrap();
    assert!(page(0).contains("sg-error") && page(0).contains("cannot be used"), "{}", page(0));
    assert!(page(1).contains("sg-error") && page(1).contains("NOPE"), "{}", page(1));
}

#[test]
fn making_pages_starts_no_process_and_looks_only_where_it_was_told_to() {
    let sandbox = Sandbox::new();
    sandbox.write("books/one.md", format!("{FRONT}# B\n\n```bash {{name=a effect=read}}\ntouch \"$HOME/ran\"\n```\n"));
    let context = json!({
        "root": sandbox.path("."), "renderer": "html", "mdbook_version": "0.5.4",
        "config": {"book": {"src": "src"}, "preprocessor": {"stepgate": {"runbooks": ["books"]}}},
    });
    let book = json!([context, {"items": [chapter("a.md", "# A\n")]}]).to_string();
    let trace = sandbox.path("trace");
    let wrapper = ["strace", "-f", "-e", "trace=execve,connect,open,openat,openat2", "-o", trace.to_str().unwrap()];
    let mut command = sandbox.wrapped(&wrapper, &["mdbook"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(book.as_bytes()).unwrap();
    let done = done(child.wait_with_output().unwrap());
    assert_eq!(done.code, 0, "{done:?}");
    let trace = sandbox.read("trace");
    assert_eq!(trace.matches("execve(").count(), 1, "stepgate itself: {trace}");
    assert!(!trace.contains("connect("), "{trace}");
    let elsewhere = |line: &&str| {
        let path = line.split('"').nth(1).unwrap_or("/proc");
        line.contains("openat(")
            && !["/proc", "/sys", "/lib", "/usr/lib", "/etc/ld.so", "/dev"].iter().any(|known| path.starts_with(known))
    };
    let opened: Vec<_> = trace.lines().filter(elsewhere).collect();
    let root = sandbox.path("").display().to_string();
    assert!(
        !opened.is_empty()
            && opened
                .iter()
                .all(|line| line.contains(&root) || line.contains("stepgate.toml") || line.contains("gitconfig")),
        "{opened:#?}"
    );
}
