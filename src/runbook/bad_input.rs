//! The bad input that docs promise an answer to, by its number in the list of promises: each gets its code, at its place.

use super::fixture::{STEP, body_findings, file, findings, front_findings, read, with_body};
use super::{MAX_BYTES, decode};
use crate::diagnostic::{Code, Diagnostic};
use std::time::{Duration, Instant};

/// The one finding on bytes that are no text.
fn undecodable(bytes: &[u8]) -> Diagnostic {
    decode("t.md", bytes.to_vec()).unwrap_err().found.remove(0)
}

#[test]
fn n01_a_file_that_is_empty_or_without_steps_is_refused() {
    assert_eq!(findings(""), ["SG003 "]);
    assert_eq!(body_findings(""), ["SG004 "]);
    assert_eq!(body_findings("Prose.\n\n```bash\nls\n```\n"), ["SG004 "]);
    assert_eq!(body_findings("```text {data name=d}\n```\n"), ["SG004 ", "SG027? d"]);
}

#[test]
fn n02_a_byte_order_mark_is_accepted_and_utf_16_is_named() {
    let (runbook, found) = read(&format!("\u{feff}---\nstepgate: 1\n---\n{STEP}")).unwrap();
    assert!(found.is_empty() && runbook.source.text.starts_with('\u{feff}'));
    for bytes in [b"\xff\xfe-\0-\0-\0", b"\xfe\xff\0-\0-\0-"] {
        let found = undecodable(bytes);
        assert!(found.code == Code::Encoding && found.message.contains("UTF-16"), "{found:?}");
    }
}

#[test]
fn n03_nul_and_invalid_utf_8_are_named_by_their_offset() {
    for (bytes, words) in [(&b"ab\0c"[..], "NUL at byte 2"), (b"ab\xff", "invalid UTF-8 at byte 2")] {
        let found = undecodable(bytes);
        assert_eq!((found.code, found.message.as_str()), (Code::Encoding, words));
    }
}

#[test]
fn n04_crlf_is_accepted_and_a_lone_carriage_return_is_not() {
    let text = file("title: x", STEP).replace('\n', "\r\n");
    let runbook = read(&text).unwrap().0;
    let super::Item::Step(step) = &runbook.items[0] else { panic!() };
    assert_eq!((step.script_text().as_str(), runbook.title.as_str()), ("ls", "x"));
    assert_eq!(body_findings("```bash {name=a}\nls\rx\n```\n"), ["SG033 \r"]);
}

#[test]
fn n05_invisible_characters_in_script_name_or_heading_are_named() {
    assert_eq!(body_findings("```bash {name=a}\nls \u{202e}x\n```\n"), ["SG033 \u{202e}"]);
    assert_eq!(body_findings("```bash {name=a\u{200b}}\nls\n```\n"), ["SG012 a\u{200b}"]);
    assert_eq!(body_findings(&format!("# A\u{2066}\n{STEP}")), ["SG033 # A\u{2066}\n"]);
    assert_eq!(front_findings("title: \"a\\u202eb\""), ["SG012 \"a\\u202eb\""]);
    assert_eq!(undecodable(b"a\x1b").code, Code::Encoding);
}

#[test]
fn n06_an_unclosed_fence_is_an_error_at_its_opening() {
    assert_eq!(body_findings("# x\n\n```bash {name=a}\nls\n"), ["SG020 ```bash {name=a}"]);
    assert_eq!(body_findings(&format!("{STEP}~~~text\nls\n```\n")), ["SG020 ~~~text"]);
}

#[test]
fn n07_a_marked_block_where_nothing_runs_is_no_step_and_noted() {
    for body in [
        "> ```bash {name=q}\n> a\n> ```\n\n",
        "<!--\n```bash {name=q}\na\n```\n-->\n\n",
        "````text\n```bash {name=q}\n```\n````\n\n",
        "[^1]: x\n\n    ```bash {name=q}\n    a\n    ```\n\n",
    ] {
        assert_eq!(body_findings(&format!("{body}{STEP}"))[0].split(' ').next(), Some("SG050?"), "{body}");
        assert_eq!(with_body(&format!("{body}{STEP}")).items.len(), 1);
    }
}

#[test]
fn n08_indented_code_is_never_a_step() {
    let body = format!("Text:\n\n    ```bash {{name=i}}\n    a\n    ```\n\n{STEP}");
    assert_eq!(with_body(&body).items.len(), 1);
}

#[test]
fn n09_two_of_one_name_or_of_one_look_cite_both() {
    for other in ["step", "Step", "stеp"] {
        let body = if other == "stеp" {
            format!("{STEP}- [ ] stеp\n")
        } else {
            STEP.to_owned() + &STEP.replace("=step", &format!("={other}"))
        };
        let found = read(&file("", &body)).unwrap_err();
        assert_eq!((found.len(), found[0].code, found[0].related.len()), (1, Code::DoubledName, 1), "{other}");
    }
}

#[test]
fn n10_too_much_is_refused_at_once() {
    let start = Instant::now();
    assert_eq!(undecodable(&vec![b'x'; MAX_BYTES + 1]).code, Code::File);
    assert_eq!(undecodable(&vec![b'x'; (1 << 20) + 1]).code, Code::File);
    assert_eq!(body_findings(&"- [ ] x\n".repeat(10_001)), ["SG001 "]);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn n14_and_n15_anchors_aliases_and_deep_nesting_are_refused() {
    let mut bomb = "title: &a0 [x, x]\n".to_owned();
    (1..64).for_each(|level| bomb.push_str(&format!("k{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)));
    let deep = format!("title: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    for front in [bomb, deep] {
        let found = front_findings(&front);
        assert!(found.len() == 1 && found[0].starts_with("SG010"), "{found:?}");
    }
}

#[test]
fn n16_a_key_twice_or_unknown_gets_a_suggestion() {
    assert_eq!(front_findings("owner: a\nowner: b"), ["SG011 owner"]);
    let found = read(&file("ownr: a", STEP)).unwrap_err();
    assert_eq!((found[0].code, found[0].help.as_deref()), (Code::UnknownKey, Some("did you mean `owner`?")));
}

#[test]
fn n17_front_matter_without_end_is_refused() {
    assert_eq!(findings("---\nstepgate: 1\n# x\n"), ["SG010 ---"]);
}

#[test]
fn n18_nothing_is_converted_silently() {
    for written in ["010", "1.0", "true"] {
        assert_eq!(front_findings(&format!("title: {written}")), [format!("SG012 {written}")]);
    }
    for written in ["no", "2026-01-07"] {
        assert_eq!(read(&file(&format!("title: {written}"), STEP)).unwrap().0.title, written);
    }
}

#[test]
fn n19_a_duration_that_is_none_lists_the_units() {
    for bad in ["10", "-1s", "0", "1e99", "0s"] {
        for text in
            [file(&format!("max-age: '{bad}'"), STEP), file("", &STEP.replace("name", &format!("timeout={bad} name")))]
        {
            let found = read(&text).unwrap_err();
            assert_eq!((found.len(), found[0].code), (1, Code::WrongValue), "{bad}");
            assert!(found[0].help.as_ref().unwrap().contains("`30s`"), "{found:?}");
        }
    }
}

#[test]
fn n20_a_newer_format_is_refused_by_name() {
    let found = read(&format!("---\nstepgate: 2\n---\n{STEP}")).unwrap_err();
    assert!(found[0].code == Code::Version && found[0].message.contains("version 2"), "{found:?}");
}

#[test]
fn n21_and_n22_a_misspelt_flag_and_an_unbalanced_quote_or_brace_are_told_at_their_column() {
    assert_eq!(body_findings(&STEP.replace("name=", "confrim name=")), ["SG023 confrim"]);
    for (info, wanted) in [("bash {name=\"x}", "SG022 \""), ("bash {name=x", "SG022 {"), ("bash {name=x}}", "SG022 }")]
    {
        assert_eq!(body_findings(&format!("```{info}\nls\n```\n")), [wanted]);
    }
    assert_eq!(body_findings("```bash {name=a phrase=`x`}\na\n```\n")[0], "SG021 ```bash {name=a phrase=`x`}");
}

#[test]
fn n23_what_cannot_be_an_interpreter_is_refused_here_and_all_others_by_the_plan() {
    assert_eq!(body_findings("```ba$h {name=a}\nls\n```\n"), ["SG025 ba$h"]);
    assert_eq!(body_findings("```cobol {name=a}\nls\n```\n"), [""; 0]);
}

#[test]
fn n24_contradictions_and_names_that_lead_nowhere_are_refused() {
    let step = |attributes: &str| body_findings(&format!("```bash {{name=a {attributes}}}\na\n```\n"));
    assert_eq!(step("effect=destroy gate=none"), ["SG032 none"]);
    assert_eq!(step("poll=1s"), ["SG032 1s"]);
    assert_eq!(step("unless=b"), ["SG027 b"]);
    let circle = "```bash {name=a effect=read unless=b}\na\n```\n```bash {name=b effect=read unless=a}\nb\n```\n";
    assert_eq!(body_findings(circle), ["SG027 b", "SG027 a"]);
}
