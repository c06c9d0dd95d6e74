//! What stepgate reads: every mistake in a runbook is named by file, line and column before anything runs.

use crate::harness::{Done, Sandbox, finish, repository};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use stepgate::diagnostic::{Code, Diagnostic, Source, render_json, render_text};

/// Far more than a refusal takes; only a hang or a blow-up gets here.
const LIMIT: Duration = Duration::from_secs(30);
/// A step whose running shows: every refused runbook ends with it.
const WITNESS: &str = "\n\n```bash {name=witness gate=none}\ntouch witness\n```\n";

/// Where the caret of a refusal must stand is marked with `¶` in the text; this takes it out and counts.
fn unmark(text: &str) -> (String, String) {
    let at = text.find('¶').unwrap_or_else(|| panic!("no ¶ in {text:?}"));
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (text.replacen('¶', "", 1), format!("{line}:{column}"))
}

/// Runs `run`, `plan` and `check` on `r.md`, and sees that all refuse it in the same words and nothing ran.
pub(crate) fn refusal(sandbox: &Sandbox, code: &str) -> Done {
    let [run, plan, check] = ["run", "plan", "check"].map(|command| {
        let output = finish(&mut sandbox.command([command, "r.md"]), LIMIT);
        crate::harness::done(output)
    });
    assert_eq!((run.code, plan.code, check.code), (2, 2, 1), "{run:?}\n{plan:?}\n{check:?}");
    for done in [&run, &plan, &check] {
        assert!(done.stderr.contains(&format!("error[{code}]")), "want {code}: {}", done.stderr);
        assert!(done.stderr.contains("help: "), "{}", done.stderr);
        assert_eq!(done.stdout, "", "{done:?}");
    }
    assert!(!sandbox.path("witness").exists(), "something ran: {}", run.stderr);
    assert!(!sandbox.store().exists(), "a store was made");
    run
}

/// A whole file that is refused with `code`, at its `¶`, with a caret and with `words`.
pub(crate) fn refuses_file(text: &str, code: &str, words: &str) -> String {
    let (text, place) = unmark(text);
    let sandbox = Sandbox::new();
    sandbox.write("r.md", text);
    let run = refusal(&sandbox, code);
    assert!(run.stderr.contains(&format!("r.md:{place}")), "want {code} at {place}:\n{}", run.stderr);
    assert!(run.stderr.contains('^'), "{}", run.stderr);
    assert!(run.stderr.contains(words), "want `{words}`:\n{}", run.stderr);
    run.stderr
}

/// Like [`refuses_file`], behind the least front matter and before a witness step.
pub(crate) fn refuses(body: &str, code: &str, words: &str) -> String {
    refuses_file(&format!("---\nstepgate: 1\n---\n{body}{WITNESS}"), code, words)
}

/// Like [`refuses`], with `front` in the front matter.
pub(crate) fn refuses_front(front: &str, code: &str, words: &str) -> String {
    refuses_file(&format!("---\nstepgate: 1\n{front}\n---\n{WITNESS}"), code, words)
}

#[test]
fn the_witness_of_these_tests_runs_where_nothing_is_wrong() {
    let sandbox = Sandbox::with(WITNESS);
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    assert!(sandbox.path("witness").exists());
}

#[test]
fn carriage_returns_are_accepted_scripts_run_with_lf_and_the_file_keeps_its_bytes() {
    let sandbox = Sandbox::new();
    let text = "---\r\nstepgate: 1\r\n---\r\n# Zwei\r\n\r\n```bash {name=a gate=none}\r\nprintf '%s' 'x\r\ny' | od -An -c\r\n```\r\n\r\n```output\r\n   x  \\n   y\r\n```\r\n\r\nThe end.\r\n";
    sandbox.write("r.md", text);
    let run = sandbox.stepgate("run r.md");
    assert_eq!(run.code, 0, "{run:?}");
    let log = sandbox.stepgate("log").stdout;
    assert!(!log.replace("\r\n", "").contains('\n'), "a line end of the log is not the file's");
    let without_quotes = |text: &str| -> String {
        let lines = text.split_inclusive('\n').filter(|line| !line.starts_with('>') && !line.trim().is_empty());
        lines.collect()
    };
    assert_eq!(without_quotes(&log), without_quotes(text));
}

#[test]
fn a_byte_order_mark_is_accepted_and_kept() {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("\u{feff}---\nstepgate: 1\n---\n{WITNESS}"));
    let run = sandbox.stepgate("run r.md");
    assert!(run.code == 0 && sandbox.path("witness").exists(), "{run:?}");
    assert!(sandbox.stepgate("log").stdout.starts_with('\u{feff}'));
    let folder = sandbox.stepgate("check .");
    assert!(folder.code == 0 && folder.stderr.contains("1 runbook checked"), "{folder:?}");
}

#[test]
fn a_marked_block_where_nothing_is_ever_run_is_noted_and_not_run() {
    for (body, place) in [
        ("> ¶```bash {name=q gate=none}\n> touch witness\n> ```\n", "a block quote"),
        ("<!--\n¶```bash {name=q gate=none}\ntouch witness\n```\n-->\n", "an HTML comment"),
        ("````text\n¶```bash {name=q gate=none}\ntouch witness\n```\n````\n", "another fence"),
        ("Text:\n\n¶    ```bash {name=q gate=none}\n    touch witness\n    ```\n", "indented code"),
        ("> ¶```output\n> never\n> ```\n", "a block quote"),
        ("Text:\n\n¶    ```output\n    never\n    ```\n", "indented code"),
    ] {
        let (text, place_in_file) =
            unmark(&format!("---\nstepgate: 1\n---\n{body}\n```bash {{name=real gate=none}}\ntouch real\n```\n"));
        let sandbox = Sandbox::new();
        sandbox.write("r.md", text);
        let check = sandbox.stepgate("check r.md");
        assert!(check.code == 0 && check.stderr.contains("note[SG050]"), "{body}: {}", check.stderr);
        assert!(check.stderr.contains(place), "{body}: {}", check.stderr);
        let line = place_in_file.split(':').next().unwrap();
        assert!(check.stderr.contains(&format!("r.md:{line}:")), "{body}: {}", check.stderr);
        let run = sandbox.stepgate("run r.md");
        assert_eq!(run.code, 0, "{run:?}");
        assert!(sandbox.path("real").exists() && !sandbox.path("witness").exists(), "{body}");
    }
}

#[test]
fn a_file_that_holds_nothing_to_run_is_an_error_and_never_a_success() {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", "");
    let run = refusal(&sandbox, "SG003");
    assert!(run.stderr.contains("r.md:1:1"), "{}", run.stderr);
    refuses_file("¶# Title\n\nNo front matter.\n", "SG003", "no front matter");
    refuses_file("---\n¶title: x\n---\n```bash {name=a}\ntouch witness\n```\n", "SG003", "no runbook");
    refuses_file("---\nstepgate: 1\n---\n¶Only prose.\n\n```bash\ntouch witness\n```\n", "SG004", "nothing to run");
}

#[test]
fn bytes_that_are_no_text_are_named_by_their_offset() {
    let head = b"---\nstepgate: 1\n---\n";
    for (tail, words, place) in [
        (&b"abc\xffdef"[..], "invalid UTF-8 at byte 23", "r.md:4:4"),
        (b"\xc3\xa9\xed\xa0\x80", "invalid UTF-8 at byte 22", "r.md:4:2"),
        (b"ab\0c", "NUL at byte 22", "r.md:4:3"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("r.md", [head, tail, WITNESS.as_bytes()].concat());
        let run = refusal(&sandbox, "SG002");
        assert!(run.stderr.contains(words) && run.stderr.contains(place), "{}", run.stderr);
    }
}

#[test]
fn utf_16_is_called_by_its_name() {
    for big in [false, true] {
        let text = format!("\u{feff}---\nstepgate: 1\n---\n{WITNESS}");
        let units = text.encode_utf16();
        let bytes: Vec<u8> = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        let sandbox = Sandbox::new();
        sandbox.write("r.md", bytes);
        let run = refusal(&sandbox, "SG002");
        assert!(run.stderr.contains("UTF-16") && run.stderr.contains("iconv"), "{}", run.stderr);
    }
}

#[test]
fn an_unclosed_fence_is_an_error_at_its_opening_line() {
    let open = "---\nstepgate: 1\n---\n# T\n";
    refuses_file(&format!("{open}{WITNESS}\n¶```bash {{name=b}}\ntouch witness\n"), "SG020", "never closed");
    refuses_file(
        &format!("{open}{WITNESS}\n¶```text\nno step, but it swallows what follows\n"),
        "SG020",
        "never closed",
    );
    refuses_file(
        &format!("{open}{WITNESS}\n- item\n\n  ¶```bash {{name=b}}\n  ls\n\nprose\n"),
        "SG020",
        "never closed",
    );
    refuses_file(&format!("{open}{WITNESS}\n¶~~~bash {{name=b}}\nls\n```\n"), "SG020", "~~~");
    refuses_file(&format!("{open}{WITNESS}\n¶````bash {{name=b}}\nls\n```\n"), "SG020", "````");
}

#[test]
fn a_line_that_only_looks_like_a_marked_fence_is_an_error() {
    refuses("¶```bash {name=a satisfies=`x`}\ntouch witness\n```\n", "SG021", "backtick");
    refuses("¶- ```bash {name=a phrase=`x`}\n  touch witness\n  ```\n", "SG021", "`~~~`");
}

#[test]
fn mistakes_in_the_attribute_block_are_errors_at_their_column() {
    for (info, code, words) in [
        ("bash {¶nmae=x}", "SG023", "did you mean `name`?"),
        ("bash {name=x ¶confrim}", "SG023", "unknown attribute `confrim`"),
        ("bash {name=x ¶tiemout=3s}", "SG023", "did you mean `timeout`?"),
        ("bash {name=x ¶retries=3}", "SG023", "unknown attribute `retries`"),
        ("bash {name=x ¶name=y}", "SG024", "stands twice"),
        ("bash {name=x effect=read ¶effect=change}", "SG024", "first here"),
        ("bash ¶{name=x", "SG022", "never closed"),
        ("bash {name=¶\"x}", "SG022", "quote is never closed"),
        ("bash {name=¶'x}", "SG022", "quote is never closed"),
        ("bash {name=x} ¶}", "SG022", "behind the attribute block"),
        ("bash {name=x} ¶title", "SG022", "behind the attribute block"),
        ("bash ¶title {name=x}", "SG022", "between the language"),
        ("bash¶{name=x}", "SG022", "a blank is missing"),
        ("¶{name=x}", "SG022", "no language"),
        ("bash ¶{}", "SG022", "empty"),
        ("bash {name=¶}", "SG022", "no value"),
        ("bash {name=a¶=b}", "SG022", "not quoted"),
        ("¶ruby {name=x}", "SG025", "no interpreter `ruby`"),
        ("¶bsh {name=x}", "SG025", "did you mean `bash`?"),
        ("¶zsh {name=x}", "SG025", "written in `bash`"),
        ("bash {¶name}", "SG012", "needs a value"),
        ("bash {name=¶1x}", "SG012", "no step name"),
        ("bash {name=x effect=¶raed}", "SG012", "did you mean `read`?"),
        ("bash {name=x gate=¶conform}", "SG012", "did you mean `confirm`?"),
        ("bash {name=x ¶always=yes}", "SG012", "is a flag"),
        ("bash {name=x exit=¶256}", "SG012", "exit codes"),
        ("bash {name=x exit=¶-1}", "SG012", "exit codes"),
        ("bash {name=x exit=¶success}", "SG012", "exit codes"),
        ("bash {name=x gate=type phrase=¶\" x\"}", "SG012", "typed"),
        ("bash {name=x gate=type phrase=¶\"\"}", "SG012", "typed"),
        ("bash {name=x gate=confirm phrase=¶x}", "SG032", "gate=type"),
        ("bash {name=x phrase=¶x}", "SG032", "gate=type"),
        ("bash {name=x satisfies=¶AC9}", "SG034", "unknown criterion"),
        ("bash {name=x capture=¶1A}", "SG035", "no variable name"),
        ("bash {name=x effect=destroy gate=¶none}", "SG032", "always has a gate"),
        ("bash ¶{gate=none}", "SG031", "needs a name"),
        ("bash ¶{effect=destroy}", "SG031", "needs a name"),
    ] {
        refuses(&format!("```{info}\ntouch witness\n```\n"), code, words);
    }
}

#[test]
fn a_language_that_no_step_has_is_refused_where_it_stands() {
    // The columns are of the language, not of its braces: what must be changed is the word.
    refuses("```¶console {name=x}\n$ ls\n```\n", "SG025", "written in `bash`");
}

#[test]
fn durations_without_unit_or_of_nothing_are_errors_that_list_the_units() {
    for bad in ["10", "-1s", "0s", "0", "1e99", "1.5h", "7w", "99999999999d"] {
        refuses(&format!("```bash {{name=x timeout=¶{bad}}}\ntouch witness\n```\n"), "SG012", "no duration");
        refuses_front(&format!("defaults: {{ timeout: ¶'{bad}' }}"), "SG012", "no duration");
    }
    let told = refuses("```bash {name=x timeout=¶10}\ntouch witness\n```\n", "SG012", "no duration");
    assert!(told.contains("`ms`, `s`, `m`, `h`, `d`"), "{told}");
    refuses_front("defaults: { timeout: ¶10 }", "SG012", "no duration");
}

#[test]
fn mistakes_in_the_front_matter_are_errors_at_their_place() {
    for (front, code, words) in [
        ("¶titel: x", "SG011", "did you mean `title`?"),
        ("¶ownr: x", "SG011", "did you mean `owner`?"),
        ("¶steps: 3", "SG011", "unknown key `steps`"),
        ("defaults: { ¶timout: 3s }", "SG011", "did you mean `timeout`?"),
        ("title: ¶3", "SG012", "must be text, found a number"),
        ("title: ¶1.5", "SG012", "must be text, found a number"),
        ("title: ¶true", "SG012", "must be text, found a truth value"),
        ("title: ¶[a, b]", "SG012", "must be text, found a list"),
        ("title: ¶{ a: b }", "SG012", "must be text, found a map"),
        ("title: ¶010", "SG012", "must be text"),
        ("owner: ¶\"a\\u202eb\"", "SG012", "U+202E"),
        ("acceptance: ¶AC1", "SG012", "must be a map"),
        ("acceptance: { ¶\"a b\": x }", "SG012", "no id of a criterion"),
        ("acceptance: { AC1: ¶7 }", "SG012", "must be text"),
        ("title: x\n¶title: y", "SG011", "stands twice"),
        ("title: x¶: y", "SG010", "cannot be read"),
    ] {
        refuses_front(front, code, words);
    }
}

#[test]
fn a_word_that_only_some_yaml_takes_for_a_truth_value_stays_what_was_written() {
    for title in ["no", "on", "2026-01-07", "1_000 things"] {
        let sandbox = Sandbox::new();
        sandbox.write("r.md", format!("---\nstepgate: 1\ntitle: {title}\n---\n{WITNESS}"));
        let plan = sandbox.stepgate("plan r.md --format json");
        assert_eq!(plan.code, 0, "{plan:?}");
        let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
        assert_eq!(plan["title"], title);
    }
}

#[test]
fn anchors_aliases_and_deep_nesting_are_refused_at_once() {
    refuses_front("title: &a ¶x\nowner: *a", "SG010", "anchor");
    let mut bomb = "title: &a0 [x, x]\n".to_owned();
    (1..64).for_each(|level| bomb.push_str(&format!("k{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)));
    let deep_flow = format!("title: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let deep_maps = format!("title: {}x{}\n", "{a: ".repeat(10_000), "}".repeat(10_000));
    let mut deep_block = "title:\n".to_owned();
    (1..4000).for_each(|level| deep_block.push_str(&format!("{}a:\n", " ".repeat(level))));
    let wide = format!("title: [{}]\n", "x, ".repeat(100_000));
    for front in [bomb, deep_flow, deep_maps, deep_block, wide] {
        let sandbox = Sandbox::new();
        sandbox.write("r.md", format!("---\nstepgate: 1\n{front}---\n{WITNESS}"));
        let run = refusal(&sandbox, "SG010");
        assert!(run.stderr.contains("r.md:") && run.stderr.len() < 10_000, "{}", run.stderr);
    }
}

#[test]
fn a_front_matter_without_end_is_an_error_at_its_opening() {
    refuses_file(&format!("¶---\nstepgate: 1\n{WITNESS}"), "SG010", "no end");
}

#[test]
fn another_format_version_is_refused_by_name() {
    let file = |version: &str| format!("---\nstepgate: ¶{version}\n---\n{WITNESS}");
    refuses_file(&file("2"), "SG013", "format version 2");
    for odd in ["0", "-1", "'1'", "1.0", "true", "latest", "99999999999999999999", "[1]"] {
        refuses_file(&file(odd), "SG013", "format version");
    }
}

#[test]
fn two_steps_of_one_name_are_an_error_that_cites_both() {
    let told = refuses(
        "```bash {name=same gate=none}\ntouch witness\n```\n\n```bash {name=¶same gate=none}\ntouch witness\n```\n",
        "SG030",
        "two steps are called `same`",
    );
    assert!(told.contains("first here") && told.contains("4 |") && told.contains("8 |"), "{told}");
    // A made name may clash with a given one.
    refuses(
        "# Take it\n\n```bash {name=take-it-2 gate=none}\ntouch witness\n```\n\n```bash ¶{effect=read}\ntouch witness\n```\n",
        "SG030",
        "take-it-2",
    );
}

#[test]
fn an_expectation_that_belongs_to_no_step_is_an_error() {
    let step = "```bash {name=a gate=none}\ntouch witness\n```\n\n";
    for body in [
        "```¶output\nx\n```\n".to_owned(),
        format!("{step}```text\nbetween\n```\n\n```¶output\nx\n```\n"),
        format!("{step}## Next\n\n```¶output\nx\n```\n"),
        format!("{step}```bash\nls\n```\n\n```¶output {{stderr}}\nx\n```\n"),
    ] {
        refuses(&body, "SG040", "belongs to no step");
    }
}

#[test]
fn two_expectations_for_one_stream_are_an_error() {
    let step = "```bash {name=a gate=none}\ntouch witness\n```\n";
    for (first, second) in [
        ("output", "output"),
        ("output {stderr}", "output {stderr}"),
        ("output", "output {combined}"),
        ("output {combined}", "output {stderr}"),
    ] {
        let body = format!("{step}\n```{first}\nx\n```\n\n```¶{second}\nx\n```\n");
        refuses(&body, "SG041", "two expectations for one stream");
    }
    refuses(&format!("{step}\n```output {{stderr ¶combined}}\nx\n```\n"), "SG032", "exclude each other");
    refuses(&format!("{step}\n```output {{¶stdrr}}\nx\n```\n"), "SG023", "did you mean `stderr`?");
    refuses(&format!("{step}\n```output {{¶name=x}}\nx\n```\n"), "SG023", "unknown attribute `name`");
}

/// A step with one line of expectation.
fn expecting(line: &str) -> String {
    format!("```bash {{name=a gate=none}}\ntouch witness\n```\n\n```output\n{line}\n```\n")
}

#[test]
fn a_bad_or_huge_regex_is_an_error_at_its_column() {
    refuses(&expecting("ab¶[c (re)"), "SG042", "regex is invalid");
    refuses(&expecting("a¶(b (re)"), "SG042", "regex is invalid");
    refuses(&expecting("x¶(?=y) (re)"), "SG042", "look-around");
    refuses(&expecting("¶(\\w{900}){900} (re)"), "SG042", "compiles to more than");
    refuses(&expecting("(?<¶1A>x) (re)"), "SG042", "regex is invalid");
}

#[test]
fn a_line_end_that_looks_like_a_mark_and_is_none_is_an_error() {
    for mark in ["(re**)", "(re!)", "(glob!)", "(re{2})"] {
        refuses(&expecting(&format!("x ¶{mark}")), "SG043", "looks like a line mark");
    }
}

#[test]
fn a_reserved_name_cannot_be_captured() {
    for name in ["PATH", "IFS", "LD_PRELOAD", "BASH_ENV", "STEPGATE_RUN", "HOME", "PS4"] {
        refuses(&format!("```bash {{name=a capture=¶{name}}}\ntouch witness\n```\n"), "SG035", "reserved");
        refuses(&expecting(&format!("(?<¶{name}>.*) (re)")), "SG035", "reserved");
        refuses(&expecting(&format!("(?P<¶{name}>.*) (re)")), "SG035", "reserved");
    }
}

#[test]
fn nothing_is_substituted_into_a_script() {
    refuses("```bash {name=a gate=none}\ntouch ¶{{NAME}}\n```\n", "SG033", "nothing is substituted");
    let step = "```bash {name=a gate=none capture=name}\ntouch witness\n```\n\n";
    refuses(&format!("{step}```bash {{name=b gate=none}}\necho ¶{{{{name}}}}\n```\n"), "SG033", "\"$name\"");
    // A Go template is the script's own.
    let sandbox = Sandbox::with("```bash {name=a gate=none}\necho '{{end}} {{ .Name }}'\n```\n");
    assert_eq!(sandbox.stepgate("check r.md").code, 0);
}

#[test]
fn a_variable_used_before_its_capture_is_an_error() {
    let capture = "```bash {name=c gate=none capture=FILE}\necho x\n```\n";
    refuses(&format!("```bash {{name=a gate=none}}\ntouch ¶\"$FILE\"\n```\n\n{capture}"), "SG036", "before the step");
    refuses(&format!("```bash {{name=a gate=none}}\ntouch ¶${{FILE}}\n```\n\n{capture}"), "SG036", "before the step");
    refuses(&format!("{}\n{capture}", expecting("¶x {{FILE}}")), "SG036", "before the step");
    // Its own capture comes too late, too.
    refuses("```bash {name=a gate=none capture=FILE}\ntouch ¶\"$FILE\"\n```\n", "SG036", "before the step");
}

#[test]
fn a_use_that_is_none_and_a_name_that_the_script_sets_itself_are_no_error() {
    let capture = "```bash {name=c gate=none capture=FILE}\necho x\n```\n";
    for script in [
        "awk '{print $FILE}' f",
        "echo '$FILE'",
        "# $FILE",
        "cat <<'E'\n$FILE\nE",
        "read -r FILE <f; echo \"$FILE\"",
        "for FILE in a b; do echo \"$FILE\"; done",
        "f() { local FILE=x; echo \"$FILE\"; }",
        "a; FILE=x b; echo \"$FILE\"",
        "a && FILE=x; echo \"$FILE\"",
        "printf -v FILE %s x; echo \"$FILE\"",
    ] {
        let sandbox = Sandbox::with(&format!("```bash {{name=a gate=none}}\n{script}\n```\n\n{capture}"));
        let done = sandbox.stepgate("check r.md");
        assert!(!done.stderr.contains("SG036"), "{script}: {done:?}");
    }
}

#[test]
fn invisible_and_reordering_characters_are_errors_that_name_the_code_point() {
    for (c, name) in [
        ('\u{202e}', "U+202E"),
        ('\u{2066}', "U+2066"),
        ('\u{200b}', "U+200B"),
        ('\u{feff}', "U+FEFF"),
        ('\u{ad}', "U+00AD"),
    ] {
        for body in [
            format!("```bash {{name=a gate=none}}\ntouch ¶{c}witness\n```\n"),
            format!("¶# A {c} heading\n"),
            format!("- ¶[ ] An {c} item\n"),
        ] {
            let body = if body.starts_with('-') { body.replacen("- ¶", "¶- ", 1) } else { body };
            let told = refuses(&body, "SG033", name);
            assert!(!told.contains(c), "the character itself is printed: {told:?}");
        }
    }
    // In a list a tab is more columns than bytes.
    refuses("- item\n\n  ```bash {name=a gate=none}\n\ttouch ¶\u{200b}witness\n  ```\n", "SG033", "U+200B");
    let told = refuses("```bash {name=a gate=none}\ntouch ¶\rwitness\n```\n", "SG033", "carriage return");
    assert!(!told.contains('\r'), "{told:?}");
    refuses(
        "```bash {name=a gate=none}\n¶\n```\n".replace("¶\n", "\n").replacen("bash", "¶bash", 1).as_str(),
        "SG033",
        "no command",
    );
}

#[test]
fn control_characters_are_errors_wherever_they_stand() {
    for (c, name) in [('\u{1b}', "U+001B"), ('\u{7}', "U+0007"), ('\u{7f}', "U+007F"), ('\u{9b}', "U+009B")] {
        for body in
            [format!("Some ¶{c}[2J prose.\n"), format!("```bash {{name=a gate=none}}\ntouch ¶{c}witness\n```\n")]
        {
            let told = refuses(&body, "SG002", name);
            assert!(!told.contains(c), "the character itself is printed: {told:?}");
        }
    }
}

#[test]
fn what_is_no_regular_file_is_refused_without_blocking() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(sandbox.path("fifo")).status().unwrap().success());
    for (name, words) in [
        ("folder", "a folder"),
        ("fifo", "no regular file"),
        ("/dev/zero", "no regular file"),
        ("none.md", "cannot be read"),
    ] {
        for command in ["run", "plan"] {
            let done = crate::harness::done(finish(&mut sandbox.command([command, name]), LIMIT));
            assert_eq!(done.code, 2, "{done:?}");
            assert!(done.stderr.contains("SG001") && done.stderr.contains(words), "{done:?}");
            assert!(done.stderr.contains(name) && done.stderr.contains("help: "), "{done:?}");
        }
        if name != "folder" {
            let done = crate::harness::done(finish(&mut sandbox.command(["check", name]), LIMIT));
            assert!(done.code == 1 && done.stderr.contains("SG001"), "{done:?}");
        }
    }
    let empty = crate::harness::done(finish(&mut sandbox.command(["check", "folder"]), LIMIT));
    assert_eq!(empty.code, 2, "a folder without runbooks is no success: {empty:?}");
    assert!(!sandbox.store().exists());
}

/// Too much of something: refused within the limit, the place named, and little said about it.
fn refuses_bulk(text: impl AsRef<[u8]>, words: &str, place: &str) {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", text);
    let run = refusal(&sandbox, "SG001");
    assert!(run.stderr.contains(words) && run.stderr.contains(place), "{}", run.stderr);
    assert!(run.stderr.len() < 10_000, "{} bytes", run.stderr.len());
}

#[test]
fn a_file_of_17_mib_is_refused() {
    let text = format!("---\nstepgate: 1\n---\n{WITNESS}{}", "prose\n".repeat((17 << 20) / 6));
    refuses_bulk(text, "more than the 16777216", "r.md:1:1");
}

#[test]
fn ten_thousand_and_one_steps_are_refused() {
    let steps = "```bash {effect=read}\n:\n```\n\n".repeat(10_001);
    refuses_bulk(format!("---\nstepgate: 1\n---\n{steps}"), "10001 steps", "r.md:4:1");
    let items = (0..10_001).map(|at| format!("- [ ] item {at}\n")).collect::<String>();
    refuses_bulk(format!("---\nstepgate: 1\n---\n{items}"), "10001 steps", "r.md:4:1");
}

#[test]
fn a_hundred_thousand_small_steps_are_refused_in_time() {
    let steps = "```bash {effect=read}\n:\n```\n".repeat((3 << 20) / 28);
    refuses_bulk(format!("---\nstepgate: 1\n---\n{steps}"), "steps, more than", "r.md:4:1");
}

#[test]
fn a_line_of_two_mib_is_refused() {
    let text = format!("---\nstepgate: 1\n---\n{WITNESS}\n{}\n", "x".repeat(2 << 20));
    refuses_bulk(text, "the line has 2097152 bytes", "r.md:10:1");
}

#[test]
fn thousands_of_mistakes_are_told_in_time() {
    let steps = "```bash {nmae=x}\n:\n```\n".repeat(5_000);
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("---\nstepgate: 1\n---\n{steps}"));
    let run = refusal(&sandbox, "SG023");
    assert!(run.stderr.contains("5000 errors"), "{}", &run.stderr[run.stderr.len() - 300..]);
}

#[test]
fn what_the_format_knows_and_is_not_built_yet_is_refused_in_these_words() {
    for attribute in ["background", "interactive", "until='true'", "undo=w", "wait=1s"] {
        refuses(
            &format!("```bash {{name=x gate=none ¶{attribute}}}\ntouch witness\n```\n"),
            "SG009",
            "not supported yet",
        );
    }
    refuses("```bash {name=x gate=¶approve}\ntouch witness\n```\n", "SG009", "not supported yet");
    for key in ["sections", "requires"] {
        refuses_front(&format!("¶{key}: {{}}"), "SG009", "not supported yet");
    }
    refuses_front("targets: { all: { ¶each: { w1: ssh w1 } } }", "SG009", "not supported yet");
}

#[test]
fn check_on_a_folder_finds_runbooks_only_and_follows_no_links() {
    let sandbox = Sandbox::new();
    let outside = Sandbox::new();
    let broken = "---\nstepgate: 1\n---\n```bash {nmae=x}\n:\n```\n";
    outside.write("linked.md", broken);
    sandbox.runbook("a.md", WITNESS);
    sandbox.runbook("deep/er/b.markdown", WITNESS);
    sandbox.write("prose.md", "# Just prose\n\n```bash {nmae=x}\n```\n");
    sandbox.write("jekyll.md", "---\nlayout: page\n---\n```bash {nmae=x}\n```\n");
    sandbox.write("code.rs", broken);
    sandbox.write(".hidden/c.md", broken);
    std::os::unix::fs::symlink(outside.path("linked.md"), sandbox.path("link.md")).unwrap();
    std::os::unix::fs::symlink(outside.path("."), sandbox.path("linkdir")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("."), sandbox.path("deep/loop")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(sandbox.path("fifo.md")).status().unwrap().success());
    let check = crate::harness::done(finish(&mut sandbox.command(["check", "."]), LIMIT));
    assert!(check.code == 0 && check.stderr.contains("2 runbooks checked, 0 errors, 0 warnings"), "{check:?}");
    sandbox.write("deep/broken.md", broken);
    let check = sandbox.stepgate("check .");
    assert!(check.code == 1 && check.stderr.contains("deep/broken.md:4:10"), "{check:?}");
    assert!(check.stderr.contains("3 runbooks checked, 1 error, 0 warnings"), "{check:?}");
    assert!(!sandbox.path("witness").exists() && !sandbox.store().exists());
}

#[test]
fn check_reads_a_pattern_that_no_shell_has_read() {
    let sandbox = Sandbox::new();
    let step = "```bash {name=a effect=read}\ntest -e x\n```\n";
    for name in ["a.md", "docs/b.md", "docs/deep/c.md"] {
        sandbox.runbook(name, step);
    }
    sandbox.write("docs/plain.md", "# No runbook\n");
    for (pattern, checked) in [
        ("*.md", "1 runbook"),
        ("docs/*.md", "1 runbook"),
        ("**/*.md", "3 runbooks"),
        ("./docs/**/[bc].md", "2 runbooks"),
        ("{a,b}.md", "1 runbook"),
    ] {
        let done = sandbox.run(["check", pattern]);
        assert!(done.code == 0 && done.stderr.contains(&format!("{checked} checked")), "{pattern}: {done:?}");
    }
    for pattern in ["*.txt", "docs/p*.md", "[.md"] {
        assert_eq!(sandbox.run(["check", pattern]).code, 2, "{pattern}");
    }
    sandbox.runbook("[x].md", step);
    assert_eq!(sandbox.run(["check", "[x].md"]).code, 0);
}

#[test]
fn check_tells_programs_each_finding_with_the_same_keys() {
    let sandbox = Sandbox::with("é `x`\n\n> ```bash {name=q}\n> ls\n> ```\n\n```bash {nmae=x}\n:\n```\n");
    let check = sandbox.stepgate("check r.md --format json");
    assert_eq!(check.code, 1);
    let found: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    for finding in found {
        let keys: Vec<_> = finding.as_object().unwrap().keys().map(String::as_str).collect();
        let known = ["code", "column", "end_column", "end_line", "file", "help", "line", "message", "severity"];
        let keys: BTreeSet<_> = keys.into_iter().collect();
        assert_eq!(keys, BTreeSet::from(known));
    }
    assert_eq!((&found[0]["severity"], &found[0]["code"]), (&"note".into(), &"SG050".into()));
    let error = &found[1];
    assert_eq!(
        (&error["file"], &error["code"], &error["severity"]),
        (&"r.md".into(), &"SG023".into(), &"error".into())
    );
    assert_eq!((&error["line"], &error["column"]), (&10.into(), &10.into()));
    assert_eq!((&error["end_line"], &error["end_column"]), (&10.into(), &14.into()));
    let clean = Sandbox::with(WITNESS).stepgate("check r.md --format json");
    assert_eq!((clean.code, clean.stdout.trim()), (0, "[]"));
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let folder = std::fs::read_dir(repository().join("docs/diagnostics")).expect("docs/diagnostics");
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<String> =
        names.filter(|name| name != "README.md").map(|name| name.trim_end_matches(".md").to_owned()).collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    assert_eq!(pages, codes);
    let sandbox = Sandbox::new();
    for code in &codes {
        let explained = sandbox.stepgate(&format!("explain {}", code.to_lowercase()));
        assert!(explained.code == 0 && explained.stdout.starts_with(&format!("# {code}: ")), "{explained:?}");
    }
    let unknown = sandbox.stepgate("explain SG999");
    assert!(unknown.code == 2 && unknown.stderr.contains("there is no code `SG999`"), "{unknown:?}");
}

#[test]
fn the_runbooks_of_the_repository_pass_check() {
    let sandbox = Sandbox::new();
    let check = sandbox.run([Path::new("check"), &repository().join("runbooks")]);
    assert_eq!(check.code, 0, "{}", check.stderr);
}

/// Pieces of runbooks, right and wrong, that random runbooks are made of.
const PIECES: &[&str] = &[
    "# Heading\n",
    "## Ünïcode — heading\n",
    "prose\n",
    "\n",
    "\r\n",
    "\t",
    "    ",
    "- ",
    "1. ",
    "> ",
    "- [ ] item (AC1)\n",
    "- [x] done\n",
    "```\n",
    "~~~\n",
    "````\n",
    "```bash {name=a}\n",
    "```bash {name=b effect=read}\n",
    "```bash {effect=read}\n",
    "```bash {name=c gate=none capture=OUT timeout=1s}\n",
    "```bash {name=d effect=destroy phrase='x y'}\n",
    "```bash {name=",
    "```bash {name=\"",
    "```sh {name=s}\n",
    "```output\n",
    "```output {stderr}\n",
    "```output {combined}\n",
    "```assert\n",
    "echo \"$OUT\"\n",
    "{{OUT}}\n",
    "...\n",
    "x (re)\n",
    "(?<OUT>.*) (re)\n",
    "[ (re)\n",
    "(?<PATH>é) (re)\n",
    "é{{OUT}}[ (re)\n",
    "x (glob)\n",
    "x (re**)\n",
    "<!--\n",
    "-->\n",
    "<details>\n",
    "| a | b |\n|---|---|\n",
    "[^1]: note\n",
    "`x` ",
    "{",
    "}",
    "é",
    "\u{202e}",
    "\u{feff}",
    "\u{1b}",
    "\r",
    "---\n",
    "title: x\n",
    "acceptance:\n  AC1: one\n",
    "defaults: { timeout: 2m }\n",
    "title: &a x\n",
    "title: [",
    "owner: \"",
    "stepgate: 2\n",
    "satisfies=AC1",
    " exit=1,3",
    "=",
    "`",
    "\\",
    "\0",
    "((((",
    "😀",
];

/// A runbook made of pieces, then edited here and there.
fn random_runbook() -> impl Strategy<Value = String> {
    let piece = || prop_oneof![9 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    let front = prop::sample::select(vec![
        "---\nstepgate: 1\n---\n",
        "---\nstepgate: 1\nacceptance:\n  AC1: one\n---\n",
        "\u{feff}---\r\nstepgate: 1\r\n---\r\n",
        "---\nstepgate: 1\n",
        "",
    ]);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..4usize, piece()), 0..4);
    (front, prop::collection::vec(piece(), 0..30), edits).prop_map(|(front, pieces, edits)| {
        let mut text = format!("{front}{}", pieces.concat());
        for (index, cut, piece) in edits {
            let at = text.floor_char_boundary(index.index(text.len() + 1));
            let end = text.ceil_char_boundary((at + cut).min(text.len()));
            text.replace_range(at..end, &piece);
        }
        text
    })
}

/// A finding must point into its file and be printable by every rendering.
fn assert_sound(found: &[Diagnostic], source: &Source) {
    for diagnostic in found {
        let spans = std::iter::once(&diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| span));
        for span in spans {
            assert!(span.start <= span.end && span.end <= source.text.len(), "{diagnostic:?} in {:?}", source.text);
        }
        let text = render_text(diagnostic, source, false);
        assert!(text.contains(diagnostic.code.as_str()) && text.contains("f.md:"), "{text}");
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}', '\0']), "{text:?}");
        serde_json::to_string(&render_json(diagnostic, source)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_text_makes_reading_or_planning_panic_or_point_outside_the_file(text in random_runbook()) {
        match stepgate::runbook::read(Source::new("f.md", text.clone())) {
            Ok((runbook, found)) => assert_sound(&found, &runbook.source),
            Err(refused) => {
                assert!(!refused.found.is_empty());
                assert_sound(&refused.found, &refused.source);
            }
        }
        match stepgate::plan::examine(Source::new("f.md", text), &stepgate::config::Config::default()) {
            Ok((runbook, found)) => {
                assert!(!runbook.items.is_empty(), "an empty plan would pass");
                assert_sound(&found, &runbook.source);
            }
            Err(refused) => assert_sound(&refused.found, &refused.source),
        }
    }
}

#[test]
fn an_expectation_or_a_step_inside_html_is_an_error_and_never_lost() {
    refuses(
        "```bash {name=a gate=none}\necho x\n```\n\n<details>\n<summary>expected</summary>\n¶```output\nWRONG\n```\n</details>\n",
        "SG021",
        "inside an HTML block",
    );
    refuses(
        "<details>\n<summary>steps</summary>\n¶```bash {name=backup gate=none}\ntrue\n```\n</details>\n\n```bash {name=b gate=none}\ntrue\n```\n",
        "SG021",
        "inside an HTML block",
    );
    refuses("```bash {name=a gate=none}\necho x\n```\n\n```¶Output\nWRONG\n```\n", "SG025", "would check nothing");
    // After a blank line Markdown starts again: folded, and checked.
    let sandbox = Sandbox::with(
        "```bash {name=a gate=none}\necho right\n```\n\n<details>\n<summary>expected</summary>\n\n```output\nWRONG\n```\n\n</details>\n",
    );
    assert_eq!(sandbox.stepgate("run r.md").code, 1);
}

#[test]
fn the_example_of_stepgate_toml_in_the_format_is_accepted_and_its_keys_are_all_there_are() {
    let text = std::fs::read_to_string(repository().join("docs/format.md")).unwrap();
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let config = stepgate::config::read(Source::new("stepgate.toml", example)).expect("a good example");
    assert!(!config.targets.is_empty() && !config.interpreters.is_empty() && !config.secrets.is_empty());
    assert!(!config.lint.is_empty() && !config.profiles["lab"].gates.is_empty());
    assert_eq!(config.limits, stepgate::config::Limits::default(), "the example shows the defaults");
}
