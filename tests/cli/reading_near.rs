//! Near misses: what its author meant to be a step or a check is refused where it is none, and never lost silently.

use crate::harness::Sandbox;
use crate::reading::{refusal, refuses, refuses_file, refuses_front};

/// A step that is right, before what is looked at.
const STEP: &str = "```bash {name=a gate=none}\necho x\n```\n\n";

/// What `check` says of a body that has no error.
fn accepted(body: &str) -> String {
    let sandbox = Sandbox::with(&format!("{body}\n{STEP}"));
    let done = sandbox.stepgate("check r.md");
    assert_eq!(done.code, 0, "{body}: {}", done.stderr);
    done.stderr
}

#[test]
fn attributes_without_braces_are_an_error_behind_every_language_of_a_step_or_an_expectation() {
    for info in [
        "bash ¶name=verify effect=read",
        "bash ¶(name=b)",
        "bash ¶[name=b]",
        "bash¶(name=b)",
        "bash¶, name=b",
        "sh ¶always name=b",
        "python ¶timeout=3s",
        "yaml ¶data name=config",
        "node ¶name=x effect=read",
        "assert ¶name=window",
        "output ¶stderr",
        "output ¶(combined)",
        "output ¶stdrr",
    ] {
        refuses(&format!("{STEP}```{info}\nx\n```\n"), "SG022", "braces");
    }
    let told = refuses(&format!("{STEP}- item\n\n  ```bash ¶name=b gate=none\n  ls\n  ```\n"), "SG022", "braces");
    assert!(told.contains("```bash {name=b gate=none}"), "{told}");
}

#[test]
fn what_others_write_behind_a_language_stays_prose() {
    for info in
        ["bash title=\"x.sh\"", "rust,ignore", "sh hl_lines=\"1 2\"", "js name=x", "text data", "bash showname=1"]
    {
        accepted(&format!("```{info}\nx\n```\n"));
    }
}

#[test]
fn an_opening_of_two_backticks_is_an_error() {
    for line in ["``bash {name=b effect=read}", "``output", "~~python {name=b effect=read}"] {
        let told = refuses(&format!("{STEP}Text.\n\n¶{line}\nx\n``\n"), "SG021", "only two");
        assert!(told.contains("write three"), "{told}");
    }
    accepted("Write ``bash {name=x}`` to mark a step.\n\n``bash {name=x}`` it is.\n");
}

#[test]
fn a_misspelt_expectation_behind_a_step_is_an_error_with_the_suggestion() {
    for (word, meant) in [
        ("outptu", "output"),
        ("ouput", "output"),
        ("outputs", "output"),
        ("expect", "output"),
        ("expected", "output"),
        ("Outptu", "output"),
        ("asserts", "assert"),
        ("asert", "assert"),
        ("assertion", "assert"),
    ] {
        let wanted = format!("did you mean `{meant}`?");
        refuses(&format!("{STEP}It says:\n\n```¶{word}\nx\n```\n"), "SG025", &wanted);
        refuses(&format!("{STEP}```output\nx\n```\n\n```¶{word}\nx\n```\n"), "SG025", &wanted);
        accepted(&format!("{STEP}```text\nx\n```\n\n```{word}\nx\n```\n").replace("name=a", "name=b"));
    }
    for real in ["text", "json", "console", "yaml", "xml", "rust", "diff", "log", "ini", "sql", "astro", "aspx", ""] {
        accepted(&format!("{STEP}```{real}\nx\n```\n").replace("name=a", "name=b"));
    }
}

#[test]
fn a_line_that_only_looks_like_a_task_item_is_an_error() {
    for (line, words) in [
        ("- ¶[] Look", "`[ ]`"),
        ("¶-[ ] Look", "before the box"),
        ("- ¶[ ]Look", "behind the box"),
        ("- ¶[x]Look", "behind the box"),
        ("- ¶[  ] Look", "`[ ]`"),
        ("* ¶[ x ] Look", "`[ ]`"),
        ("1. ¶[] Look", "`[ ]`"),
        ("- - ¶[] Look", "`[ ]`"),
        ("  ¶-[x] Look", "before the box"),
        ("- ¶[\u{a0}] Look", "`[ ]`"),
        ("Text\n2. ¶[ ] Look", "continues the paragraph"),
        ("<details>\n- ¶[ ] Look\n</details>", "HTML"),
    ] {
        refuses(&format!("# T\n\n{line}\n\n"), "SG029", words);
    }
    accepted(
        "- [text](url)\n- [ref]\n- [x](url)\n- [x][ref]\n- [](url)\n- `[]`\n- []\n- [1] a note\n- [a] or [ ]\n\n\
        > - [] quoted\n\n<!--\n- [] hidden\n-->\n\n```text\n- [] shown\n```\n\n    -[ ] code\n\n*[x] means done*\n\n\
        a -[ ] b\n\n[ref]: http://x\n",
    );
}

#[test]
fn a_here_document_that_is_never_closed_is_an_error_at_its_opening() {
    let script = |script: &str| format!("```bash {{name=b gate=none}}\n{script}\n```\n");
    refuses(&script("cat ¶<<EOF >x\nhello\n"), "SG033", "its here-document `EOF` is never closed");
    refuses(&script("cat ¶<<EOF\nhello\n EOF"), "SG033", "differs only by blanks");
    refuses(&script("cat ¶<<EOF\nhello\nEOF  "), "SG033", "differs only by blanks");
    refuses(&script("cat ¶<<EOF\nhello\n\tEOF"), "SG033", "<<-");
    refuses(&script("cat ¶<<-'E F'\nhello\n  E F"), "SG033", "tabs");
    refuses(&script("x=$(cat ¶<<EOF\nhello\n)"), "SG033", "never closed");
    refuses(&script("cat ¶<<EOF\nhello\n EOF").replace("bash", "sh"), "SG033", "never closed");
    for good in [
        "cat <<EOF\nhello\nEOF",
        "cat <<-EOF\nhello\n\tEOF",
        "cat <<'A' <<B\na\nA\nb\nB",
        "echo $((1 << 2))",
        "for ((i=0; i < 1<<3; i++)); do :; done",
        "a[1<<2]=3",
        "cat <<<x",
        "echo 'cat <<EOF'",
        "# cat <<EOF",
    ] {
        accepted(&script(good));
    }
    accepted("```python {name=b gate=none}\nprint(1 <<EOF)\n```\n");
}

#[test]
fn a_heading_inside_a_list_ends_the_reach_of_a_step() {
    refuses(&format!("{STEP}- one\n- ## Next\n\n  ```¶output\n  x\n  ```\n"), "SG040", "belongs to no step");
    refuses(&format!("{STEP}- one\n\n  Next\n  ----\n\n  ```¶assert\n  true\n  ```\n"), "SG040", "belongs to no step");
}

#[test]
fn a_value_that_stands_as_an_attribute_is_suggested_with_its_name() {
    for (attributes, code, words) in [
        ("¶confrim", "SG023", "did you mean `gate=confirm`?"),
        ("¶read", "SG023", "did you mean `effect=read`?"),
        ("¶nonzero", "SG023", "did you mean `exit=nonzero`?"),
        ("effect=¶confrim", "SG012", "did you mean `gate=confirm`?"),
        ("gate=¶destory", "SG012", "did you mean `effect=destroy`?"),
        ("¶alwyas", "SG023", "did you mean `always`?"),
    ] {
        refuses(&format!("```bash {{name=b {attributes}}}\nls\n```\n"), code, words);
    }
    let told = refuses("```bash {name=b ¶zzzzzzzz}\nls\n```\n", "SG023", "known here are name");
    for later in ["until", "background", "undo", "interactive", "wait"] {
        assert!(!told.contains(later), "{told}");
    }
    let told = refuses_front("¶zzzzzzzz: x", "SG011", "known here are");
    assert!(!told.contains("sections") && !told.contains("requires"), "{told}");
}

#[test]
fn merge_keys_and_tags_in_the_front_matter_are_errors_at_their_place() {
    for (front, words) in [
        ("¶<<: { title: x }", "merge key"),
        ("defaults: { ¶<<: { timeout: 3s } }", "merge key"),
        ("title: ¶!!binary aGk=", "tag"),
        ("title: ¶!foo x", "tag"),
        ("title: ¶!!str x", "tag"),
        ("title: ¶!!str 'x'", "tag"),
        ("¶!!str title: x", "tag"),
        ("acceptance: ¶!!map { AC1: x }", "tag"),
        ("secrets: ¶!foo [X]", "tag"),
        ("title: ¶! x", "tag"),
    ] {
        refuses_front(front, "SG010", words);
    }
    let sandbox = Sandbox::new();
    let front = "title: 'a !!str b' # !!str\nowner: a !foo <<\ndescription: |\n  !!str <<: x\n";
    sandbox.write("r.md", format!("---\nstepgate: 1\n{front}---\n{STEP}"));
    assert_eq!(sandbox.stepgate("check r.md").code, 0);
}

#[test]
fn text_in_wide_characters_is_called_by_its_name_with_and_without_a_mark() {
    let text = format!("---\nstepgate: 1\n---\n{STEP}");
    let wide = |mark: &str, big: bool| -> Vec<u8> {
        let characters = mark.chars().chain(text.chars()).map(u32::from);
        characters.flat_map(|c| if big { c.to_be_bytes() } else { c.to_le_bytes() }).collect()
    };
    let short = |big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for (bytes, words) in [
        (short(false), "looks like UTF-16"),
        (short(true), "looks like UTF-16"),
        (wide("", false), "looks like UTF-32"),
        (wide("", true), "looks like UTF-32"),
        (wide("\u{feff}", false), "is UTF-32"),
        (wide("\u{feff}", true), "is UTF-32"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("r.md", bytes);
        let told = refusal(&sandbox, "SG002").stderr;
        assert!(told.contains(words) && told.contains("iconv -f UTF-"), "want {words}: {told}");
    }
}

#[test]
fn every_substitution_on_a_line_has_its_own_place_and_its_languages_help() {
    let told = refuses("```bash {name=b gate=none}\necho {{N}} ¶{{N}}\n```\n", "SG033", "write \"$N\"");
    assert!(told.contains("r.md:5:6") && told.matches("error[SG033]").count() == 2, "{told}");
    refuses("```python {name=b gate=none}\nprint(¶{{N}})\n```\n", "SG033", "os.environ[\"N\"]");
}

#[test]
fn the_prose_of_a_list_item_is_shown_whole() {
    let plan = |body: &str| -> Vec<String> {
        let sandbox = Sandbox::with(&format!("{body}\n{STEP}"));
        let run = sandbox.stepgate("run r.md --yes");
        assert_eq!(run.code, 0, "{run:?}");
        run.stdout.lines().chain(run.stderr.lines()).map(|line| line.trim().to_owned()).collect()
    };
    for (body, wanted) in [
        ("1. one [x] two\n2. three\n", "one [x] two"),
        ("- run `ls -l` **now** or <b>later</b>\n", "run `ls -l` **now** or <b>later</b>"),
        ("- [link](http://x) and *more*\n", "[link](http://x) and *more*"),
    ] {
        let shown = plan(body);
        assert!(shown.iter().any(|line| line.ends_with(wanted)), "{wanted}: {shown:#?}");
    }
}

#[test]
fn a_pause_that_is_not_shorter_than_the_time_is_a_contradiction() {
    let step = |attributes: &str| format!("```bash {{name=b effect=read {attributes}}}\nls\n```\n");
    refuses(&step("poll=¶20s timeout=2s"), "SG032", "never");
    refuses(&step("timeout=2s poll=¶2s"), "SG032", "never");
    refuses(&step("poll=¶15m"), "SG032", "10m");
    refuses_front("defaults: { poll: ¶20s, timeout: 2s }", "SG032", "never");
    let file = |front: &str, body: &str| format!("---\nstepgate: 1\n{front}\n---\n{body}");
    refuses_file(&file("defaults: { timeout: 2s }", &step("poll=¶3s")), "SG032", "2s");
    accepted(&step("poll=1s timeout=2s"));
}

#[test]
fn a_default_that_makes_a_phrase_or_a_target_unusable_is_found_before_any_run() {
    let file = |params: &str, more: &str, body: &str| {
        format!("---\nstepgate: 1\nparams: {{ P: {params} }}\n{more}\n---\n{body}")
    };
    let step = |phrase: &str| format!("```bash {{name=b gate=type phrase={phrase}}}\nls\n```\n");
    refuses(&step("¶\"go {{V}}\""), "SG012", "the phrase cannot hold `{{V}}`");
    refuses_file(&file("{ default: n }", "", &step("¶\"{{P}}\"")), "SG012", "an answer at every gate");
    refuses_file(&file("{ default: '' }", "", &step("¶\"{{P}}\"")), "SG012", "cannot be typed");
    let on = "```bash {name=b gate=none on=m}\nls\n```\n";
    refuses_file(&file("{ default: ¶'-x' }", "targets: { m: env -u $P }", on), "SG015", "starts with `-`");
    refuses_file(&file("{ default: ¶'a b' }", "targets: { m: env -u $P }", on), "SG015", "a blank");
}

#[test]
fn messages_say_what_to_write() {
    for word in ["shell", "console", "zsh"] {
        let told = refuses(&format!("```¶{word} {{name=b}}\nls\n```\n"), "SG025", "drop the braces");
        assert!(["`bash`", "`sh`", "`python`", "[interpreter."].iter().all(|word| told.contains(word)), "{told}");
    }
    refuses("```bash {name=b effect=read¶, timeout=3s}\nls\n```\n", "SG022", "separated by blanks");
    refuses("```bash {name=b¶,effect=read}\nls\n```\n", "SG022", "separated by blanks");
    refuses("```bash {name=b gate=none exit=0¶, 3}\nls\n```\n", "SG022", "exit=\"0, …\"");
    refuses_front("params: { P: { type: enum, values: ¶debug } }", "SG014", "a list is wanted: `[debug]`");
    refuses_front("params: { P: { type: enum, values: '¶debug, info' } }", "SG014", "`[debug, info]`");
    refuses_file(&format!("---\n¶stepgat: 1\n---\n{STEP}"), "SG003", "did you mean `stepgate`?");
    refuses_front("params: { P: { pattern: ¶\"\\d+\" } }", "SG010", "single quotes");
}

#[test]
fn what_is_never_closed_in_the_front_matter_is_told_where_it_opens() {
    for (front, at) in [
        ("params: { P: { default: x }\ntitle: y", "5:9"),
        ("title: [a, b\nowner: y", "5:8"),
        ("title: 'x\nowner: y", "5:8"),
        ("title: \"x\nowner: y", "5:8"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("r.md", format!("---\nstepgate: 1\n# [ ' {{\n\n{front}\n---\n{STEP}"));
        let told = refusal(&sandbox, "SG010").stderr;
        let line = front.lines().next().unwrap();
        assert!(told.contains("opens here") && told.contains(line), "{at}: {told}");
    }
}

#[test]
fn a_note_is_not_called_an_error_where_its_level_is_set() {
    let sandbox = Sandbox::with(STEP);
    sandbox.write("stepgate.toml", "[lint]\nSG050 = \"error\"\n");
    let done = sandbox.stepgate("check r.md");
    assert!(done.code != 0 && done.stderr.contains("SG050 is a note"), "{done:?}");
    assert!(!done.stderr.contains("error by nature"), "{done:?}");
}
