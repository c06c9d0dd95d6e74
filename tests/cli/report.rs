//! A run as a page: all of it is there, and nothing that somebody else wrote becomes active.

use crate::harness::{Done, Sandbox, done, finish};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Far more than any of these takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A page as a parser sees it.
struct Page {
    html: String,
    title: String,
    text: String,
    links: Vec<String>,
}

fn page(html: &str) -> Page {
    let script = include_str!("page.py");
    let mut python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    python.stdin.take().unwrap().write_all(html.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["wrong"], serde_json::json!([]));
    let words = |key: &str| seen[key].as_str().unwrap().to_owned();
    let links = seen["links"].as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned());
    Page { html: html.to_owned(), title: words("title"), text: words("text"), links: links.collect() }
}

fn run(sandbox: &Sandbox, words: &str) -> Done {
    done(finish(&mut sandbox.command(words.split_whitespace()), LIMIT))
}

/// The page of the newest run, which `log` shows without a complaint.
fn log_page(sandbox: &Sandbox) -> Page {
    let done = run(sandbox, "log --format html");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    page(&done.stdout)
}

#[track_caller]
fn assert_order(text: &str, pieces: &[&str]) {
    let mut at = 0;
    for piece in pieces {
        let found = text[at..].find(piece).unwrap_or_else(|| panic!("`{piece}` is not where it should be: {text}"));
        at += found + piece.len();
    }
}

const PLAIN: &str = "# Make room\n\nRead [this](https://example.org/a), **first**.\n\n## Look\n\n\
    ```bash {name=look gate=none satisfies=\"AC1\" capture=SEEN}\necho 42\n```\n\n```output\n[0-9]+ (re)\n```\n\n\
    1. In a list:\n\n   ```bash {name=long gate=none}\n   seq 5000\n   ```\n\n\
    - [ ] The alert is gone (AC1)\n\n```bash {name=remove effect=destroy gate=confirm}\necho gone\n```\n";

fn plain() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("---\nstepgate: 1\nparams: {{ KEEP: {{ default: three }} }}\nacceptance: {{ AC1: It has room }}\n---\n{PLAIN}"));
    sandbox
}

#[test]
fn a_passed_run_is_one_page_from_its_verdict_to_its_last_step() {
    let sandbox = plain();
    let done = run(&sandbox, "run r.md --answer the-alert-is-gone=done:seen --confirm remove --report html=r.html");
    assert_eq!(done.code, 0, "{done:?}");
    let page = log_page(&sandbox);
    assert_eq!(page.title, "Passed: Make room");
    assert_order(
        &page.text,
        &[
            "Passed",
            "Make room",
            "sealed, head",
            "Not as planned",
            "none.",
            "--confirm remove",
            "Acceptance",
            "AC1",
            "proved",
            "Timeline",
            "When each step ran",
            "Steps in short",
            "confirmed on the command line",
            "Parameters",
            "KEEP",
            "Step by step",
            "Read this, first.",
            "Look",
            "look",
            "echo 42",
            "Expected on standard output: 1 line",
            "passed",
            "42",
            "SEEN = 42",
            "In a list:",
            "long",
            "… 4980 lines …",
            "5000 lines, 23893 bytes, ",
            "kept in output/long.stdout",
            "The alert is gone (AC1)",
            "done",
            "\"seen\"",
            "gone",
        ],
    );
    assert!(page.links.iter().any(|link| link == "https://example.org/a"), "{:?}", page.links);
    assert_eq!(sandbox.read("r.html"), page.html, "the report is what `log` prints");
    assert!(!page.html.contains("<details class=\"sg-result sg-is-passed\" open>"), "what passed is folded");
}

#[test]
fn a_failed_run_shows_the_difference_and_every_assertion_with_its_values() {
    let body = "```bash {name=a gate=none}\nprintf 'one\\n<b>two\\n'\n```\n\n```output\none\nthree\n```\n\n```assert\n\
        stdout.contains(\"nine\")\nexit_code == 0\n```\n\n```bash {name=b gate=none}\necho never\n```\n";
    let sandbox = Sandbox::with(body);
    assert_eq!(run(&sandbox, "run r.md").code, 1);
    let page = log_page(&sandbox);
    assert_eq!(page.title, "Failed: r");
    assert_order(
        &page.text,
        &["What did not pass:", "a", "failed: an expectation does not hold", "2 of 3 expectations do not hold"],
    );
    assert!(page.html.contains("<del>- three"), "{}", page.html);
    assert!(page.html.contains("<ins>+ &lt;b&gt;two</ins>"), "{}", page.html);
    assert!(page.text.contains("stdout.contains(\"nine\") is false: stdout = \"one\\n<b>two\\n\""), "{}", page.text);
    assert!(page.html.contains("<details class=\"sg-result sg-is-failed\" open>"), "what failed is open");
    assert!(page.text.contains("not run"), "{}", page.text);
}

#[test]
fn a_run_in_two_parts_says_who_went_on_and_marks_it_in_the_chart() {
    let sandbox = Sandbox::with(
        "```bash {name=a gate=none}\necho one\n```\n\n- [ ] Look\n\n```bash {name=b gate=none}\necho two\n```\n",
    );
    assert_eq!(run(&sandbox, "run r.md").code, 3);
    let suspended = log_page(&sandbox);
    assert_eq!(suspended.title, "Suspended: r");
    assert_order(
        &suspended.text,
        &["Suspended", "it waits for look", "not sealed", "What did not pass:", "look", "waiting"],
    );
    assert_eq!(run(&sandbox, "resume --answer look=done --report html=two.html").code, 0);
    let page = page(&sandbox.read("two.html"));
    assert_order(&page.text, &["in 2 parts", "Parts:", "resumed by", "after the last record", "part 2, "]);
}

#[test]
fn a_partial_run_and_one_that_is_kept_nowhere_say_so() {
    let sandbox = plain();
    assert_eq!(
        run(&sandbox, "run r.md --only look --ephemeral --report html=r.html --report markdown=r.log.md").code,
        0
    );
    let page = page(&sandbox.read("r.html"));
    assert_eq!(page.title, "Partial: Make room");
    assert_order(&page.text, &["not kept", "Partial run, no evidence:", "--only look", "open", "SEEN = 42"]);
    assert!(sandbox.read("r.log.md").contains("journal not kept"), "{}", sandbox.read("r.log.md"));
}

#[test]
fn a_damaged_record_is_a_page_that_says_so_first() {
    let sandbox = plain();
    assert_eq!(run(&sandbox, "run r.md --answer the-alert-is-gone=done --confirm remove --run-id one").code, 0);
    let file = sandbox.store().join("runs/one/journal.jsonl");
    let journal = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = journal.lines().collect();
    std::fs::write(&file, format!("{}\n{}\n", lines[..3].join("\n"), lines[4..].join("\n"))).unwrap();
    let damaged = run(&sandbox, "log --format html");
    assert_eq!(damaged.code, 1, "{damaged:?}");
    let page = page(&damaged.stdout);
    assert!(page.title.contains("its record is damaged: Make room"), "{}", page.title);
    assert_order(
        &page.text,
        &["The record of this run is damaged.", "Interrupted", "journal", "damaged", "Not as planned"],
    );
    // A runbook that is not the one that was run is not shown, but what happened is.
    std::fs::write(&file, journal).unwrap();
    std::fs::write(sandbox.store().join("runs/one/runbook.md"), "forged").unwrap();
    let forged = run(&sandbox, "log --format html");
    assert_eq!(forged.code, 1, "{forged:?}");
    let page = self::page(&forged.stdout);
    assert_order(&page.text, &["damaged", "The runbook cannot be shown:", "look", "passed", "SEEN = 42"]);
}

#[test]
fn nothing_from_outside_becomes_active() {
    let nasty = [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "`````` ```",
        "{{#include /etc/passwd}} {{{x}}} {{> top}}",
        "\\033[2J\\033]0;x\\007 \\342\\200\\256 bidi \\r \\001 \\302\\233",
        "\" onmouseover=\"alert(1)",
        "&lt;b&gt; <!-- x -->",
    ];
    let printed = nasty.map(|line| line.replace('\'', "'\\''").replace('%', "%%")).join("\\n");
    let body = format!(
        "# <b onclick=x>Title</b> {{{{x}}}}\n\n\u{202e} [a](javascript:alert(1)) <javascript:alert(1)> [b]  ![i](https://example.org/x.png) \
         [net](//host/share) [c](<JaVa\tscript:x>) &#8238; <kbd onclick=x>k</kbd>\n\n<script>alert(1)</script>\n\n<div style=\"x\">\n\n[b]: data:text/html,x\n\n\
         > <iframe src=x>\n\n- [ ] Do <svg onload=alert(1)> \"it\" [x](vbscript:y)\n- item\n  <img src=x>\n\n\
         | <b>a</b> |\n|---|\n| [x](data:x) `<i>` |\n\n[^n\"><script>]: <b>note</b>\n\nsee [^n\"><script>]\n\n```html\n<script>alert(2)</script>\n```\n\n\
         ```bash {{name=out gate=none capture=TAKEN}}\nprintf '{printed}\\n'; printf '{printed}\\n' >&2; printf '\\377\\376 not text' >&2\n```\n\n\
         ```bash {{name=big gate=none}}\nhead -c 1000000 /dev/zero | tr '\\0' '<'\n```\n\n\
         ```bash {{name=wrong gate=none}}\nprintf '{printed}\\n'\n```\n\n```output\n</script><b>\n```\n\n```assert\nstdout == \"</script>`\"\n```\n"
    );
    let sandbox = Sandbox::with(&body);
    let item = run(&sandbox, "plan r.md --format json");
    let plan: Value = serde_json::from_str(&item.stdout).unwrap_or_else(|_| panic!("{item:?}"));
    let manual = plan["steps"].as_array().unwrap().iter().find(|step| step["action"]["kind"] == "manual").unwrap();
    let answer = format!("{}=done:<script>alert(3)</script> \u{202e} `x`", manual["name"].as_str().unwrap());
    let done = done(finish(&mut sandbox.command(["run", "r.md", "--answer", &answer]), LIMIT));
    assert_eq!(done.code, 1, "{done:?}");
    // What is active, wrong or driving is refused by the parser that looks at it.
    let page = log_page(&sandbox);
    for text in [
        "<img src=x onerror=alert(1)>",
        "{{#include /etc/passwd}}",
        "\\u{202e}",
        "\\x1b[2J",
        "alert(3)",
        "javascript:alert(1)",
    ] {
        assert!(page.text.contains(text), "{text} is not shown: {}", page.text);
    }
    assert!(!page.links.iter().any(|link| link.contains("host/share")), "{:?}", page.links);
    assert!(page.html.len() < 200_000, "a long line is cut: {}", page.html.len());
}

#[test]
fn a_run_is_written_in_every_format_that_log_prints() {
    let sandbox = plain();
    let reports = "--report junit=r.xml --report json=r.json --report markdown=r.log.md --report html=r.html";
    let done = run(&sandbox, &format!("run r.md --answer the-alert-is-gone=done --confirm remove {reports}"));
    assert_eq!(done.code, 0, "{done:?}");
    for (format, file) in [("junit", "r.xml"), ("json", "r.json"), ("markdown", "r.log.md"), ("html", "r.html")] {
        assert_eq!(run(&sandbox, &format!("log --format {format}")).stdout, sandbox.read(file), "{format}");
    }
    assert!(sandbox.read("r.xml").contains("<system-out>42"), "{}", sandbox.read("r.xml"));
    for refused in ["html=", "pdf=x", "x"] {
        let done = run(&sandbox, &format!("run r.md --report {refused}"));
        assert!(done.code == 2 && done.stderr.contains("`html=FILE`"), "{done:?}");
    }
}

#[test]
fn a_changed_runbook_shows_what_ran_then_and_a_step_that_is_gone_stays() {
    let step = |name: &str, text: &str| format!("```bash {{name={name} gate=none}}\necho {text}\n```\n\n");
    let before = format!("{}{}- [ ] Look\n", step("a", "old"), step("gone", "left"));
    let sandbox = Sandbox::with(&before);
    assert_eq!(run(&sandbox, "run r.md").code, 3);
    sandbox.runbook("r.md", &format!("{}- [ ] Look\n", step("a", "new")));
    let resumed = run(&sandbox, "resume --answer look=done");
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let page = log_page(&sandbox);
    assert_order(
        &page.text,
        &["Step by step", "echo new", "This is not what ran.", "echo old", "gone", "passed", "left"],
    );
}

#[test]
fn a_report_takes_no_place_that_something_else_needs_and_that_is_found_before_anything_runs() {
    let sandbox = Sandbox::new();
    sandbox.runbook("r.md", "# R\n\n```bash {name=a effect=read}\ntouch ran\n```\n");
    assert_eq!(sandbox.stepgate("run r.md --run-id first").code, 0);
    std::fs::remove_file(sandbox.path("ran")).unwrap();
    let before = (sandbox.read("r.md"), std::fs::read(sandbox.store().join("ledger.jsonl")).unwrap());
    std::os::unix::fs::symlink("elsewhere", sandbox.path("link")).unwrap();
    for (options, told) in [
        ("--report html=r.md", "something else stands there"),
        ("--report html=./r.md", "something else stands there"),
        ("--report json=.stepgate/ledger.jsonl", "something else stands there"),
        ("--report html=x --report junit=x", "something else stands there"),
        ("--report html=link", "no regular file"),
        ("--report html=/dev/stdout", "cannot be written there"),
        ("--report html=.", "cannot be written there"),
        ("--report html=nowhere/x", "no such folder"),
    ] {
        let done = sandbox.stepgate(&format!("run r.md {options}"));
        assert!(done.code == 2 && done.stderr.contains(told) && done.stderr.contains("nothing was run"), "{done:?}");
    }
    assert!(!sandbox.path("ran").exists());
    assert_eq!(before, (sandbox.read("r.md"), std::fs::read(sandbox.store().join("ledger.jsonl")).unwrap()));
}
