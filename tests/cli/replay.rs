//! `record` and `verify`: today's runbooks held against what really happened.

use crate::harness::{Done, Sandbox};
use serde_json::Value;

const FRONT: &str = "---\nstepgate: 1\ntitle: Keep it\nparams:\n  WORD: { type: string, default: hi }\n  TOKEN: { type: secret }\n---\n";
const BODY: &str = r#"# Keep it

```bash {name=look effect=read}
echo "$WORD there, $TOKEN"; echo warn >&2; printf 'no end\xff'
```

```output
{{WORD}} (?<WHO>\w+), {{TOKEN}} (re)
...
```

```output {stderr}
warn
```

```bash {name=there effect=read}
cat kept
```

```output
kept
```

```bash {name=save gate=none unless=there}
echo kept > kept; seq 1 5
```

```output
1
...
5
```

```assert
steps.look.exit_code == 0 && stdout.contains("3")
vars.WHO == "there"
```

```bash {name=hidden effect=read secret capture=KEY}
echo a-long-key-of-its-own
```

- [ ] It is there

```bash {name=never effect=read when="vars.WHO == 'nobody'"}
false
```

```assert {name=quick}
steps.look.elapsed < duration('1h')
```

```bash {name=tidy effect=read always}
echo "tidy in $STEPGATE_RUN"
```

```output
tidy in {{STEPGATE_RUN}}
```
"#;

/// A runbook, run and recorded.
fn recorded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("{FRONT}{BODY}"));
    let mut run = sandbox.command(["run", "r.md", "--run-id", "one", "--answer", "it-is-there=done"]);
    let done = run.env("STEPGATE_PARAM_TOKEN", "tok-en-4711-very-long").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let done = sandbox.stepgate("record one");
    assert!(done.code == 0 && done.stderr.contains("r.recording.jsonl"), "{done:?}");
    sandbox
}

fn change(sandbox: &Sandbox, from: &str, to: &str) {
    let text = sandbox.read("r.md");
    assert_eq!(text.matches(from).count(), 1, "{from}");
    sandbox.write("r.md", text.replace(from, to));
}

fn json(done: &Done) -> Value {
    let mut all: Value = serde_json::from_str(&done.stdout).unwrap();
    all[0].take()
}

/// `name=verdict` of every step, and the whole's.
fn verdicts(sandbox: &Sandbox) -> String {
    let found = json(&sandbox.stepgate("verify r.md --format json"));
    let steps = found["steps"].as_array().unwrap().iter();
    let steps = steps.map(|step| format!("{}={}", step["name"].as_str().unwrap(), step["verdict"].as_str().unwrap()));
    format!("{}: {}", found["verdict"].as_str().unwrap_or("none"), steps.collect::<Vec<_>>().join(" "))
}

const GOOD: &str = "holds: look=holds save=holds hidden=unrecorded never=unrecorded quick=holds tidy=holds";

#[test]
fn what_passed_holds_as_long_as_nothing_is_changed_and_no_secret_is_in_the_recording() {
    let sandbox = recorded();
    assert_eq!(verdicts(&sandbox), GOOD);
    let done = sandbox.stepgate("verify .");
    assert!(done.code == 0 && done.stdout.contains("r.md   holds    4 of 6  one"), "{done:?}");
    let text = sandbox.read("r.recording.jsonl");
    assert!(!text.contains("4711") && !text.contains("of-its-own") && text.contains("[secret]"), "{text}");
    // The next recording differs in its first and last line, and where the output differs.
    let mut run = sandbox.command(["run", "r.md", "--run-id", "two", "--answer", "it-is-there=done"]);
    let done = run.env("STEPGATE_PARAM_TOKEN", "tok-en-4711-very-long").output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(sandbox.stepgate("record two").code, 0);
    let again = sandbox.read("r.recording.jsonl");
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(&text), lines(&again));
    let satisfied = after.iter().position(|line| line.contains("satisfied")).unwrap();
    assert_eq!(before[1..satisfied], after[1..satisfied]);
    assert_eq!(verdicts(&sandbox), GOOD, "a step that was not needed is judged by its probe");
}

#[test]
fn an_expectation_that_no_longer_accepts_what_happened_is_broken_and_shown() {
    for (from, to, step) in [
        ("{{WORD}} (?<WHO>", "{{WORD}}! (?<WHO>", "look"),
        ("5\n```\n\n```assert", "6\n```\n\n```assert", "save"),
        ("contains(\"3\")", "contains(\"9\")", "save"),
        ("```output {stderr}\nwarn", "```output {stderr}\nwarned", "look"),
        ("{name=tidy effect=read always}", "{name=tidy effect=read always exit=3}", "tidy"),
        ("steps.look.elapsed <", "steps.look.elapsed >", "quick"),
        ("cat kept\n```\n\n```output\nkept", "cat kept\n```\n\n```output\nlost", "save"),
    ] {
        let sandbox = recorded();
        change(&sandbox, from, to);
        let said = verdicts(&sandbox);
        assert!(said.starts_with("broken: ") && said.contains(&format!("{step}=broken")), "{from}: {said}");
        let done = sandbox.stepgate("verify r.md");
        assert!(done.code == 1 && done.stderr.contains("SG081") && done.stderr.contains(step), "{done:?}");
    }
}

#[test]
fn a_probe_that_would_have_hidden_a_needed_step_is_broken_too() {
    let sandbox = recorded();
    change(&sandbox, "{name=there effect=read}", "{name=there effect=read exit=any}");
    change(&sandbox, "```output\nkept\n```\n\n", "");
    let done = sandbox.stepgate("verify r.md");
    assert!(done.stderr.contains("would say that it is not needed, and it was"), "{done:?}");
}

#[test]
fn a_changed_step_is_stale_and_so_is_whatever_looks_at_it() {
    for (from, to, stale) in [
        ("seq 1 5", "seq 1 6", "look=holds save=stale hidden=unrecorded never=unrecorded quick=holds"),
        ("echo warn >&2", "echo warm >&2", "look=stale save=stale hidden=unrecorded never=unrecorded quick=stale"),
        ("cat kept", "cat ./kept", "look=holds save=stale hidden=unrecorded never=unrecorded quick=holds"),
        ("stepgate: 1\n", "stepgate: 1\nenv: { KEEPER: me }\n", "look=stale"),
        ("```bash {name=tidy", "```sh {name=tidy", "tidy=holds"),
    ] {
        let sandbox = recorded();
        change(&sandbox, from, to);
        let said = verdicts(&sandbox);
        assert!(said.contains(stale), "{from}: {said}");
        assert_eq!(said.starts_with("stale: "), !stale.starts_with("tidy"), "{said}");
    }
    let sandbox = recorded();
    change(&sandbox, "  TOKEN:", "  NEW: { type: string }\n  TOKEN:");
    let done = sandbox.stepgate("verify r.md");
    assert!(done.code == 1 && done.stderr.contains("cannot be planned as it was"), "{done:?}");
}

#[test]
fn what_was_never_recorded_is_a_warning_and_what_is_too_old_an_error() {
    let sandbox = recorded();
    change(&sandbox, "- [ ] It", "```bash {name=new effect=read}\necho x\n```\n\n- [ ] It");
    let done = sandbox.stepgate("verify r.md");
    assert!(done.code == 0 && done.stderr.contains("SG084") && done.stdout.contains("unrecorded"), "{done:?}");
    sandbox.write("stepgate.toml", "[lint]\nSG084 = \"error\"\n");
    assert_eq!(sandbox.stepgate("verify r.md").code, 1);
    let sandbox = recorded();
    change(&sandbox, "stepgate: 1\n", "stepgate: 1\nmax-age: 30d\n");
    assert_eq!(sandbox.stepgate("verify r.md").code, 0);
    let text = sandbox.read("r.recording.jsonl");
    let at = text.find("\"finished\":\"").unwrap() + 12;
    sandbox.write("r.recording.jsonl", format!("{}2020-01-01{}", &text[..at], &text[at + 10..]));
    let done = sandbox.stepgate("verify r.md");
    assert!(done.code == 1 && done.stderr.contains("`max-age` is 30d") && done.stdout.contains("expired"), "{done:?}");
    std::fs::remove_file(sandbox.path("r.recording.jsonl")).unwrap();
    let done = sandbox.stepgate("verify r.md");
    assert!(done.code == 0 && done.stderr.contains("nobody knows whether it works"), "{done:?}");
}

#[test]
fn only_a_whole_run_that_passed_and_kept_everything_can_be_recorded() {
    let sandbox = Sandbox::new();
    let step = "```bash {name=a effect=read}\necho $((1 + 1))\n```\n\n```output\n2\n```\n\n";
    let gate = "```bash {name=b gate=confirm}\necho x\n```\n";
    sandbox.runbook("r.md", &format!("# R\n\n{step}{gate}"));
    let refused = |run: &str, told: &str| {
        let done = sandbox.stepgate(&format!("record {run}"));
        assert!(done.code == 1 && done.stderr.contains(told), "{told}: {done:?}");
        assert!(!sandbox.path("r.recording.jsonl").exists());
    };
    assert_eq!(sandbox.stepgate("run r.md --run-id open").code, 3);
    refused("open", "it has not closed");
    assert_eq!(sandbox.stepgate("run r.md --run-id part --only a").code, 0);
    refused("part", "only a part of it was chosen");
    sandbox.runbook("r.md", &format!("# R\n\n{}{gate}", step.replace("\n2\n", "\n3\n")));
    assert_eq!(sandbox.stepgate("run r.md --run-id bad --yes").code, 1);
    refused("bad", "it failed");
    sandbox.runbook("r.md", &format!("# R\n\n{step}"));
    sandbox.write("stepgate.toml", "[limits]\noutput = \"20KiB\"\n");
    sandbox.runbook("r.md", "# R\n\n```bash {name=a effect=read}\nseq 1 9000\n```\n\n```output\n...\n```\n");
    assert_eq!(sandbox.stepgate("run r.md --run-id cut").code, 0);
    refused("cut", "not all that `a` printed was kept");
    sandbox.write("stepgate.toml", "");
    sandbox.runbook("r.md", "# R\n\n```bash {name=a effect=read}\nyes 0123456789 | head -c 17M || true\n```\n");
    assert_eq!(sandbox.stepgate("run r.md --run-id big").code, 0);
    refused("big", "more than 16 MiB, most of it from `a`");
    sandbox.runbook("r.md", &format!("# R\n\n{step}"));
    assert_eq!(sandbox.stepgate("run r.md --run-id good").code, 0);
    let journal = sandbox.store().join("runs/good/journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replace("\"lines\":1", "\"lines\":2")).unwrap();
    let done = sandbox.stepgate("record good");
    assert!(done.code == 1 && !sandbox.path("r.recording.jsonl").exists(), "{done:?}");
    std::fs::write(&journal, text).unwrap();
    assert_eq!(sandbox.stepgate("record good").code, 0);
    assert_eq!(sandbox.stepgate("record nobody").code, 2);
}

#[test]
fn a_recording_is_written_beside_the_runbook_and_over_no_link() {
    let sandbox = recorded();
    std::fs::rename(sandbox.path("r.recording.jsonl"), sandbox.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", sandbox.path("r.recording.jsonl")).unwrap();
    let before = sandbox.read("elsewhere");
    let done = sandbox.stepgate("record one");
    assert!(done.code == 1 && done.stderr.contains("no regular file"), "{done:?}");
    assert_eq!(sandbox.read("elsewhere"), before);
    std::fs::rename(sandbox.path("r.md"), sandbox.path("moved.md")).unwrap();
    let done = sandbox.stepgate("record one");
    assert!(done.code == 2 && done.stderr.contains("--runbook FILE"), "{done:?}");
    assert_eq!(sandbox.stepgate("record one --runbook moved.md").code, 0);
    assert_eq!(sandbox.stepgate("verify moved.md").code, 0);
    let left: Vec<_> = std::fs::read_dir(sandbox.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".stepgate-")), "{left:?}");
}

#[test]
fn a_recording_that_is_none_is_an_error_that_says_why() {
    let sandbox = recorded();
    let whole = sandbox.read("r.recording.jsonl");
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().concat();
    let doubled = |at: usize| [&lines[..=at], &lines[at..]].concat().concat();
    let step = lines.iter().position(|line| line.contains("\"save\"")).unwrap();
    for (text, told) in [
        (String::new(), "it is empty"),
        ("no recording\n".to_owned(), "line 1: it is no line of a recording"),
        (without(0), "line 1: it is no head"),
        (without(lines.len() - 1), "the end is missing"),
        (whole[..whole.len() - 9].to_owned(), "it was cut off"),
        (doubled(0), "line 2: a recording has one head"),
        (doubled(step), "the step stands twice"),
        (doubled(lines.len() - 1), "it stands behind the end"),
        (without(2), "line 3: it is output of nothing that printed"),
        (whole.replace("\"format\":1", "\"format\":99"), "written by a newer stepgate"),
        (whole.replace("\"runbook\":\"r.md\"", "\"runbook\":\"x.md\""), "it is of another runbook, `x.md`"),
        (whole.replace("\"passed\"}", "\"failed\"}"), "no step of a passed run is failed"),
        (whole.replace("\"attempt\":1", "\"attempt\":-1"), "it is no line of a recording"),
        (whole.replace("\"exit\":0", "\"exit\":0,\"more\":1"), "it is no line of a recording"),
        (format!("{}{}", whole, "x".repeat(17 << 20)), "it has more than 16 MiB"),
    ] {
        sandbox.write("r.recording.jsonl", &text);
        let done = sandbox.stepgate("verify r.md");
        assert!(done.code == 1 && done.stderr.contains("SG080") && done.stderr.contains(told), "{told}: {done:?}");
        assert!(done.stdout.contains("error") && !done.stderr.contains("panicked"), "{done:?}");
    }
    std::fs::remove_file(sandbox.path("r.recording.jsonl")).unwrap();
    std::fs::create_dir(sandbox.path("r.recording.jsonl")).unwrap();
    assert!(sandbox.stepgate("verify r.md").stderr.contains("it is a folder"));
}

#[test]
fn hostile_text_in_a_recording_drives_no_terminal() {
    let sandbox = recorded();
    let text = sandbox.read("r.recording.jsonl");
    let evil = r"\u001b]52;c;eA==\u0007\u202e\u009b2J";
    let text = text.replace("{\"out\":\"1\"}", &format!("{{\"out\":\"{evil}\"}}"));
    let text = text.replace("\"operator\":\"", &format!("\"operator\":\"{evil}"));
    sandbox.write("r.recording.jsonl", text);
    for words in ["verify r.md", "verify r.md --format json"] {
        let done = sandbox.stepgate(words);
        assert_eq!(done.code, 1);
        let all = format!("{}{}", done.stdout, done.stderr);
        assert!(!all.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}']), "{all:?}");
    }
}

#[test]
fn verifying_starts_no_process_and_asks_no_environment() {
    let sandbox = recorded();
    let mut command = sandbox.command(["verify", "r.md"]);
    let done = command.env("STEPGATE_PARAM_WORD", "other").env("PATH", "").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_folder_of_unrelated_markdown_holds_no_runbook() {
    let sandbox = Sandbox::new();
    for number in 0..2000 {
        let text = match number % 4 {
            0 => "# Notes\n\n```bash\nrm -rf /\n```\n".to_owned(),
            1 => "---\ntitle: A page\n---\n\n```output\nx\n```\n".to_owned(),
            2 => "---\nbroken: [\n\n```bash {name=x}\n".to_owned(),
            _ => "\u{feff}---\r\nlayout: post\r\n---\r\n- [ ] to do\r\n".to_owned(),
        };
        sandbox.write(&format!("notes/{number}.md"), text);
    }
    for words in ["check notes", "verify notes", "list notes"] {
        let done = sandbox.stepgate(words);
        assert!(!done.stderr.contains("panicked"), "{done:?}");
        assert_eq!(done.code, if words.starts_with("list") { 0 } else { 2 }, "{done:?}");
        assert!(done.stderr.contains("no runbook was found"), "{done:?}");
    }
}

const PRINTS: &str = "printf 'backup.db 1024 bytes\\nstate Ready\\nsaved at 12:03\\n'";

#[test]
fn strength_tells_an_expectation_that_accepts_anything_from_one_that_asserts() {
    let sandbox = Sandbox::new();
    let step =
        |name: &str, expected: &str| format!("```bash {{name={name} effect=read}}\n{PRINTS}\n```\n\n{expected}\n");
    let weak = step("weak", "```output\n...\n```\n");
    let strong = step(
        "strong",
        "```output\nbackup.db (?<SIZE>[1-9]\\d{3,}) bytes (re)\nstate Ready\nsaved at \\d+:\\d+ (re)\n```\n",
    );
    let plain = "```bash {name=plain effect=read}\ntrue\n```\n";
    sandbox.runbook("s.md", &format!("# S\n\n{weak}{strong}{plain}"));
    assert_eq!(sandbox.stepgate("run s.md --run-id one").code, 0);
    assert_eq!(sandbox.stepgate("record one").code, 0);
    let found = json(&sandbox.stepgate("verify s.md --strength --format json"));
    let strengths = found["strengths"].as_array().unwrap();
    let of = |at: usize, key: &str| strengths[at][key].as_u64().unwrap();
    assert_eq!((strengths.len(), strengths[0]["step"].as_str()), (3, Some("weak")));
    assert_eq!((of(2, "noticed"), of(2, "tried")), (1, 1), "what prints nothing speaks by its exit code");
    assert_eq!((of(0, "noticed"), of(0, "tried")), (1, of(1, "tried")), "only the exit code is noticed");
    assert!(100 * of(1, "noticed") > 85 * of(1, "tried"), "{strengths:?}");
    assert_eq!(strengths[0]["missed"][0]["what"], "nothing is printed");
    let again = sandbox.stepgate("verify s.md --strength --format json").stdout;
    assert_eq!(sandbox.stepgate("verify s.md --strength --format json --seed 0").stdout, again);
    let done = sandbox.stepgate("verify s.md --strength=80");
    assert!(
        done.code == 1 && done.stderr.contains("`weak` notices 5 %") && !done.stderr.contains("strong"),
        "{done:?}"
    );
    assert!(
        done.stdout.contains("lets pass: `Ready` is `NotReady`")
            || done.stdout.contains("lets pass: nothing is printed")
    );
    assert_eq!(sandbox.stepgate("verify s.md --strength").code, 0, "without a number it only tells");
    let done = sandbox.stepgate("verify s.md --strength 70");
    assert!(done.code == 2 && done.stderr.contains("write --strength=70"), "{done:?}");
    for bad in ["--strength=101", "--strength=x", "--seed 1"] {
        assert_eq!(sandbox.stepgate(&format!("verify s.md {bad}")).code, 2, "{bad}");
    }
}

#[test]
fn a_wrong_output_that_a_later_step_looks_at_is_noticed_there() {
    let sandbox = Sandbox::new();
    let step = |name: &str, more: &str| format!("```bash {{name={name} effect=read{more}}}\n{PRINTS}\n```\n\n");
    let assertion = |attributes: &str, text: &str| format!("```assert {{{attributes}}}\n{text}\n```\n\n");
    let page = [
        "# S\n".to_owned(),
        step("unseen", ""),
        step("seen", ""),
        step("captured", " capture=ALL"),
        step("left", ""),
        step("led", " capture=LED"),
        assertion("name=q", "steps.seen.stdout.contains('Ready') && steps.seen.lines.size() == 3"),
        assertion("name=maybe when=\"steps.left.stdout.contains('Ready')\"", "steps.left.stdout.contains('Ready')"),
        "```bash {name=prints effect=read}\necho backup.db 1024 bytes, and so on\n```\n\n```output\n...\n```\n\n"
            .to_owned(),
        assertion("name=r", "vars.ALL.startsWith(steps.prints.stdout.substring(0, 14))"),
        "```bash {name=goes-on effect=read}\necho \"$LED\"\n```\n\n".to_owned(),
        assertion("name=t", "steps.goes-on.stdout.contains(vars.LED)").replace("steps.goes-on", "steps['goes-on']"),
    ];
    sandbox.runbook("s.md", &page.concat());
    let ran = sandbox.stepgate("run s.md --run-id one");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(sandbox.stepgate("record one").code, 0);
    let found = json(&sandbox.stepgate("verify s.md --strength --format json"));
    let of = |name: &str| {
        let all = found["strengths"].as_array().unwrap();
        let one = all.iter().find(|one| one["step"] == name).unwrap_or_else(|| panic!("{name}: {found}"));
        let missed = one["missed"].as_array().unwrap().iter().map(|missed| missed["kind"].as_str().unwrap().to_owned());
        (one["noticed"].as_u64().unwrap(), missed.collect::<Vec<_>>())
    };
    assert_eq!(of("unseen").0, 1, "its exit code alone");
    let (noticed, missed) = of("seen");
    assert!(noticed > 10 && !missed.iter().any(|kind| kind == "emptied" || kind == "dropped"), "{found}");
    assert!(missed.contains(&"near".to_owned()), "a number that nobody looks at: {missed:?}");
    assert!(!of("captured").1.contains(&"emptied".to_owned()), "{found}");
    assert_eq!(of("left").0, 1, "who is left out notices nothing");
    assert_eq!(of("led").0, 1, "what a script does with another value nobody knows");
    let told = sandbox.stepgate("verify s.md --strength").stdout;
    assert!(!told.contains("s.md · q") && told.contains("s.md · unseen notices"), "{told}");
}

#[test]
fn a_recording_needs_no_profile_where_it_is_verified() {
    let sandbox = Sandbox::new();
    let lab =
        "[profile.lab]\nparams = { WORD = \"lab\" }\ntargets = { far = \"local\" }\ngates = { save = \"none\" }\n";
    sandbox.write("stepgate.toml", lab);
    let front = "---\nstepgate: 1\nparams: { WORD: { default: x } }\n---\n# F\n\n";
    let step = "```bash {name=save on=far}\necho \"$WORD\"\n```\n\n```output\n{{WORD}}\n```\n";
    sandbox.write("r.md", format!("{front}{step}"));
    assert_eq!(sandbox.stepgate("run r.md --run-id one --profile lab").code, 0);
    assert_eq!(sandbox.stepgate("record one").code, 0);
    sandbox.write("stepgate.toml", "[profile.production.targets]\nfar = \"ssh far\"\n");
    assert_eq!(sandbox.stepgate("verify r.md").code, 0);
    let done = sandbox.stepgate("record one");
    assert!(done.code == 1 && done.stderr.contains("cannot be planned as it was"), "{done:?}");
}

/// A runbook of these blocks, run, recorded, and changed.
fn changed(front: &str, body: &str, from: &str, to: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("---\nstepgate: 1\n{front}---\n# R\n\n{body}"));
    let mut run = sandbox.command(["run", "r.md", "--run-id", "one", "--yes"]);
    let done = run.env("STEPGATE_PARAM_TOKEN", "tok-en-4711-very-long").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(sandbox.stepgate("record one").code, 0);
    if from != to {
        change(&sandbox, from, to);
    }
    sandbox
}

fn read(name: &str, script: &str, expected: &str) -> String {
    format!("```bash {{name={name} effect=read}}\n{script}\n```\n\n{expected}\n")
}

#[test]
fn what_a_step_would_capture_otherwise_makes_whoever_looks_at_it_stale() {
    let look = read("a", "printf 'v1\\nv2\\n'", "```output\n(?<V>v1) (re)\nv2\n```\n");
    let later = read("b", "echo \"x=$V\"", "```output\nx=v1\n```\n");
    for (from, to, wanted) in [
        ("(?<V>v1) (re)\nv2", "v1\n(?<V>v2) (re)", "stale: a=holds b=stale"),
        ("(?<V>v1)", "(?<V>v)1", "stale: a=holds b=stale"),
        ("(?<V>v1) (re)", "v1", "stale: a=holds b=stale"),
        ("(?<V>v1)", "(?<V>v\\d)", "holds: a=holds b=holds"),
        ("echo \"x=$V\"", "echo \"x=$V\" # same", "stale: a=holds b=stale"),
    ] {
        let sandbox = changed("", &format!("{look}{later}"), from, to);
        assert_eq!(verdicts(&sandbox), wanted, "{from} → {to}");
    }
}

#[test]
fn steps_that_are_gone_moved_or_left_out_now_do_not_go_unnoticed() {
    let (a, b) = (read("a", "X=5", ""), read("b", "echo \"x=$X\"", "```output\nx=5\n```\n"));
    let both = format!("{a}{b}");
    for (from, to, told) in [
        (a.as_str(), "", "`a` is in the recording and no longer in the runbook"),
        (both.as_str(), &format!("{b}{a}"), "runs in another order"),
        ("{name=b effect=read}", "{name=b effect=read when=\"1 > 2\"}", "its `when` would leave it out now"),
    ] {
        let sandbox = changed("", &both, from, to);
        let done = sandbox.stepgate("verify r.md");
        assert!(done.code == 1 && done.stderr.contains(told) && done.stdout.contains("stale"), "{told}: {done:?}");
    }
}

#[test]
fn what_only_a_person_does_and_what_looks_for_programs_may_change() {
    let body = format!("- [ ] Look at it\n\n{}", read("a", "echo x", "```output\nx\n```\n"));
    for (from, to) in [("Look at it", "Look at it closely"), ("- [ ] Look at it\n\n", ""), ("tools: { cat: }\n", "")] {
        let sandbox = Sandbox::new();
        sandbox.write("r.md", format!("---\nstepgate: 1\ntools: {{ cat: }}\n---\n# R\n\n{body}"));
        assert_eq!(sandbox.stepgate("run r.md --run-id one --answer look-at-it=done").code, 0);
        assert_eq!(sandbox.stepgate("record one").code, 0);
        change(&sandbox, from, to);
        let said = verdicts(&sandbox);
        assert!(said.starts_with("holds: ") && said.contains("a=holds"), "{from}: {said}");
    }
}

#[test]
fn of_a_secret_that_was_printed_only_its_mask_is_known_and_that_is_no_alarm() {
    let front = "params: { TOKEN: { type: secret } }\n";
    let print = |expected: &str| read("a", "echo \"t $TOKEN\"", expected);
    let later = format!(
        "{}{}",
        "```bash {name=a effect=read capture=S}\necho a-long-value-of-its-own\n```\n\n",
        read("b", "echo \"x $S\"", "```output\nx {{S}}\n```\n")
    );
    for (body, wanted) in [
        (print("```output\nt {{TOKEN}}\n```\n"), "holds: a=holds"),
        (print("```output\nt [\\w-]+ (re)\n```\n"), "unrecorded: a=unrecorded"),
        (print("```assert\nstdout.size() == 24\n```\n"), "unrecorded: a=unrecorded"),
        (
            format!(
                "{}{}",
                print("```output\nt {{TOKEN}}\n```\n"),
                "```assert {name=q}\nsteps.a.stdout.size() == 24\n```\n"
            ),
            "holds: a=holds q=unrecorded",
        ),
        (later, "holds: a=unrecorded b=holds"),
    ] {
        let front = if body.contains("capture=S") { "secrets: [S]\n" } else { front };
        let sandbox = changed(front, &body, "", "");
        assert_eq!(verdicts(&sandbox), wanted, "{body}");
    }
    let sandbox = changed(front, &print("```output\nt [\\w-]+ (re)\n```\n"), "t [\\w-]+ (re)", "u [\\w-]+ (re)");
    assert_eq!(verdicts(&sandbox), "broken: a=broken", "no secret would be accepted");
    let sandbox = changed(front, &print("```assert\nstdout.size() == 24\n```\n"), "", "");
    let done = sandbox.stepgate("verify r.md --deny warnings");
    assert!(done.code == 1 && done.stderr.contains("nothing of it could be judged"), "{done:?}");
    assert!(done.stdout.contains("a is not judged: an expression looks at what it printed"), "{done:?}");
}

#[test]
fn what_is_certain_counts_beside_what_a_secret_hides() {
    let front = "params: { TOKEN: { type: secret } }\n";
    let hidden = "```assert\nstdout.size() == 24\n```\n\n";
    let two = format!("{hidden}```output\nt {{{{TOKEN}}}}\n```\n");
    let script = "echo \"t $TOKEN\"";
    let when = "```bash {name=a effect=read}\necho \"t $TOKEN\"\n```\n\n\
        ```bash {name=b effect=read when=\"steps.a.stdout.size() > 3\"}\necho x\n```\n\n```output\nx\n```\n";
    let lines = read("a", "printf 'begin\\n%s\\nend\\n' \"$TOKEN\"", "```output\nbegin\n\\S+ (re)\nend\n```\n");
    for (body, from, to, wanted) in [
        (read("a", script, &two), "t {{TOKEN}}\n", "T {{TOKEN}}\n", "broken: a=broken"),
        (read("a", script, &two), "{name=a effect=read}", "{name=a effect=read exit=3}", "broken: a=broken"),
        (read("a", script, &two), "", "", "unrecorded: a=unrecorded"),
        (
            read("a", script, "```output\nt \\S+ (re)\n```\n"),
            "t \\S+ (re)",
            "t [\\w-]{12} (re)",
            "unrecorded: a=unrecorded",
        ),
        (read("a", script, "```output\nt \\S+ (re)\n```\n"), "t \\S+ (re)", "u [\\w-]{12} (re)", "broken: a=broken"),
        (read("a", script, "```output\nt \\S+ (re)\n```\n"), "t \\S+ (re)", "t gone", "unrecorded: a=unrecorded"),
        (lines.clone(), "\\S+ (re)\nend", "\\S+ (re)\n\\S+ (re)\nend", "unrecorded: a=unrecorded"),
        (lines, "\nend\n```", "\nfin\n```", "broken: a=broken"),
        (when.to_owned(), "size() > 3", "size() > 9", "holds: a=holds b=holds"),
    ] {
        let sandbox = changed(front, &body, from, to);
        assert_eq!(verdicts(&sandbox), wanted, "{body}: {to}");
    }
    let skipped = "```bash {name=a effect=read when=false}\necho x\n```\n\n```assert {name=q}\nsteps.a.status == 'skipped'\n```\n";
    let sandbox = changed("", skipped, "", "");
    assert_eq!(verdicts(&sandbox), "holds: a=unrecorded q=holds");
    let sandbox = changed("", skipped, "'skipped'", "'passed'");
    assert_eq!(verdicts(&sandbox), "broken: a=unrecorded q=broken");
}

#[test]
fn a_recording_from_the_future_and_one_that_is_a_pipe_are_seen_through() {
    let sandbox = changed("", &read("a", "echo x", "```output\nx\n```\n"), "", "");
    let text = sandbox.read("r.recording.jsonl");
    let at = text.find("\"finished\":\"").unwrap() + 12;
    sandbox.write("r.recording.jsonl", format!("{}2099{}", &text[..at], &text[at + 4..]));
    let done = sandbox.stepgate("verify r.md");
    assert!(done.code == 1 && done.stderr.contains("which is yet to come"), "{done:?}");
    std::fs::remove_file(sandbox.path("r.recording.jsonl")).unwrap();
    nix::unistd::mkfifo(&sandbox.path("r.recording.jsonl"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let done = sandbox.stepgate("record one");
    assert!(done.code == 1 && done.stderr.contains("no regular file"), "{done:?}");
    std::fs::remove_file(sandbox.path("r.recording.jsonl")).unwrap();
    change(&sandbox, "# R", "# Changed");
    let done = sandbox.stepgate("record one");
    assert!(done.code == 0 && done.stderr.contains("the runbook was changed since this run"), "{done:?}");
}
