//! Random runbooks: whatever is written, reading it ends, in findings that stand inside the file.

use super::fixture::{file, read};
use crate::diagnostic::Severity;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Reads `text` and sees that every finding can be shown.
fn survives(text: &str) {
    let (refused, found) = match read(text) {
        Ok((runbook, found)) => {
            assert!(runbook.items.iter().all(|item| !item.name().is_empty()));
            (false, found)
        }
        Err(found) => (true, found),
    };
    assert_eq!(refused, found.iter().any(|finding| finding.severity == Severity::Error), "{found:#?}");
    for finding in &found {
        let places = finding.related.iter().map(|(span, _)| span).chain([&finding.span]);
        for span in places {
            assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}: {finding:?}");
        }
    }
    assert!(found.is_sorted_by_key(|finding| finding.span.start));
}

/// Pieces that front matter is made of, right and wrong.
const FRONT: &[&str] = &[
    "params:",
    "secrets:",
    "targets:",
    "env:",
    "defaults:",
    "tools:",
    "acceptance:",
    "max-age:",
    "title:",
    "P:",
    "type:",
    "int",
    "secret",
    "enum",
    "default:",
    "pattern:",
    "'[a-z'",
    "values:",
    "after:",
    "on:",
    "run:",
    "shell:",
    "sh",
    "each:",
    "version:",
    "'>=1.2 <2'",
    "ssh x",
    "local",
    "7d",
    "10",
    "010",
    "true",
    "1e3",
    "~",
    "2026-01-07",
    "[",
    "]",
    "{",
    "}",
    ",",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "\n",
    " ",
    "'",
    "\"",
    "#",
    "|",
    ">",
    "&a",
    "*a",
    "? ",
    "!!int",
    "<<:",
    "!x",
    "é",
    "\u{202e}",
    "\t",
    "\r\n",
    "---",
    "steps.a.lines",
];

/// Pieces that info strings are made of.
const INFO: &[&str] = &[
    "bash",
    "sh",
    "python",
    "output",
    "assert",
    "Output",
    " ",
    " {",
    "}",
    "name=a",
    "name=b",
    "effect=read",
    "effect=destroy",
    "gate=type",
    "gate=none",
    "phrase='x y'",
    "on=m",
    "session=none",
    "poll=5s",
    "timeout=1m",
    "exit=0,3",
    "exit=disconnect",
    "when='true'",
    "unless=a",
    "unless=b",
    "stdin=d",
    "always",
    "secret",
    "literal",
    "data",
    "name=d",
    "capture=X",
    "satisfies=AC1",
    "stderr",
    "combined",
    "until='x'",
    "=",
    "'",
    "\"",
    "\\",
    "`",
    "é",
    "\u{202e}",
    "{{P}}",
];

/// Pieces that bodies are made of.
const BODY: &[&str] = &[
    "# H\n",
    "\n",
    "prose\n",
    "- ",
    "> ",
    "- [ ] item (AC1)\n",
    "-[ ] none\n",
    "- [] none\n",
    "``bash {name=c effect=read}\n",
    "```bash name=c\n",
    "```asserts\n",
    "```\n",
    "~~~\n",
    "````\n",
    "    ",
    "\t",
    "\r\n",
    "```output\n",
    "```assert\n",
    "```assert {name=w}\n",
    "```bash {name=a effect=read}\n",
    "```bash {name=b gate=none unless=a stdin=d}\n",
    "```text {data name=d}\n",
    "ls <host>\n",
    "cat <<E\n",
    "E\n",
    "\"$(",
    "))\n",
    "'\n",
    "{{X}}\n",
    "(?<X>.*) (re)\n",
    "<!--\n",
    "-->\n",
    "<p>\n",
    "| a |\n|---|\n",
    "[^1]: x\n",
    "exit_code == 0\n",
    "é",
    "\u{feff}",
    "\\",
];

fn pieces(from: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(from), 0..most).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_front_matter_makes_it_panic(front in pieces(FRONT, 25), noise in "\\PC{0,10}") {
        survives(&file(&format!("{front}{noise}"), "- [ ] x\n"));
        survives(&format!("---\n{front}\nstepgate: 1\n---\n- [ ] x\n"));
    }

    #[test]
    fn no_info_string_makes_it_panic(info in prop::collection::vec(prop::sample::select(INFO), 0..12), blanks: bool) {
        let info = info.join(if blanks { " " } else { "" });
        survives(&file("acceptance: { AC1: x }", &format!("```{info}\nls\n```\n```output\nx\n```\n")));
        survives(&file("", &format!("~~~bash {{{info}}}\nls\n~~~\n~~~assert\nx\n~~~\n")));
    }

    #[test]
    fn no_body_makes_it_panic(body in pieces(BODY, 30), noise in "\\PC{0,10}") {
        survives(&file("params: { P: { after: a } }\nsecrets: [X]", &format!("{body}{noise}")));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(---\n)?(stepgate: 1\n)?(---\n)?(\\PC|\n|`|\\{|\\}){0,60}") {
        survives(&text);
    }
}

#[test]
fn a_great_deal_of_anything_is_read_in_time() {
    let many =
        |block: &str, count: usize| (0..count).map(|at| block.replace("{}", &at.to_string())).collect::<String>();
    let mega = "x".repeat(1 << 20);
    for (what, body) in [
        ("attributes", format!("```bash {{{}}}\n:\n```\n", many("a{} ", 80_000))),
        ("one attribute", format!("```bash {{{}}}\n:\n```\n", "a ".repeat(300_000))),
        ("references", many("```sh {name=a{} effect=read unless=b{}}\n:\n```\n", 9_000)),
        ("criteria", many("```sh {name=a{} effect=read satisfies=b{}}\n:\n```\n", 9_000)),
        ("many criteria", format!("```sh {{effect=read satisfies='{}'}}\n:\n```\n", many("b{},", 100_000))),
        ("long words", format!("```sh {{name={mega} unless={mega} {mega} effect={mega} on={mega}}}\n:\n```\n")),
        ("data blocks", many("```text {data name=d{}}\n:\n```\n", 9_000)),
        ("expectations", format!("```sh {{effect=read}}\n:\n```\n{}", many("```output\n```\n", 50_000))),
        ("asserts", format!("```sh {{effect=read}}\n:\n```\n{}", many("```assert\ntrue\n```\n", 50_000))),
        ("placeholders", format!("```sh {{effect=read}}\n{}```\n", "a <b>\n".repeat(100_000))),
        ("redirections", format!("```sh {{effect=read}}\n{}\n```\n", "<a ".repeat(300_000))),
        ("here-documents", format!("```sh {{effect=read}}\n{}```\n", "cat <<E\n".repeat(100_000))),
        ("shifts", format!("```sh {{effect=read}}\n{}\n```\n", "((1<<2)) a <<b ".repeat(60_000))),
        ("near items", many("- [] none {}\n", 5_000)),
        ("items", many("- [ ] same\n", 200_000)),
    ] {
        let start = Instant::now();
        survives(&file("", &body));
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: {:?}", start.elapsed());
    }
}
