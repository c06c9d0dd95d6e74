//! Parameters, conditions, probes, polling, data blocks, interpreters, sessions, expressions: what a runbook may ask for.

use crate::harness::{Sandbox, statuses};
use serde_json::json;

fn runbook(sandbox: &Sandbox, front: &str, body: &str) {
    sandbox.write("r.md", format!("---\nstepgate: 1\n{front}---\n{body}"));
}

fn with(front: &str, body: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    runbook(&sandbox, front, body);
    sandbox
}

const ECHO: &str = "```bash {name=show effect=read}\nprintf '%s\\n' \"$P\"\n```\n";

#[test]
fn the_command_line_wins_over_the_environment_that_over_the_profile_and_that_over_the_default() {
    let mut sandbox = with("params: { P: { default: d } }\n", ECHO);
    sandbox.write("stepgate.toml", "[profile.lab]\nparams = { P = \"p\" }\n");
    let said = |sandbox: &Sandbox, words: &str| {
        assert_eq!(sandbox.stepgate(&format!("run r.md {words}")).code, 0);
        (
            sandbox.log()["params"]["P"].as_str().unwrap().to_owned(),
            sandbox.events()[2]["stdout"]["text"].as_str().unwrap().trim().to_owned(),
        )
    };
    let both = |text: &str| (text.to_owned(), text.to_owned());
    assert_eq!(said(&sandbox, ""), both("d"));
    assert_eq!(said(&sandbox, "--profile lab"), both("p"));
    sandbox.set("STEPGATE_PARAM_P", "e");
    assert_eq!(said(&sandbox, "--profile lab"), both("e"));
    assert_eq!(said(&sandbox, "--profile lab --param P=c"), both("c"));
    assert_eq!(sandbox.log()["profile"], "lab");
}

#[test]
fn a_parameter_that_is_missing_unknown_twice_or_wrong_is_a_usage_error_and_nothing_runs() {
    let front =
        "params:\n  P: { type: int, help: how many }\n  Q: { pattern: '[a-z]+', default: a }\n  S: { type: secret }\n";
    let sandbox = with(front, "```bash {name=w gate=none}\ntouch witness; echo \"$P $Q\"\n```\n");
    for (words, said) in [
        ("", "`P` is required"),
        ("--param P=1 --param X=1", "no parameter `X`"),
        ("--param P=1 --param P=2", "given twice"),
        ("--param P=010", "no whole number"),
        ("--param P=1 --param Q=A", "does not match the pattern"),
        ("--param P=1 --param S=x", "is secret and cannot stand on a command line"),
        ("--param P=1 --profile lab", "no profile is called `lab`"),
    ] {
        for command in ["run", "plan"] {
            let done = sandbox.stepgate(&format!("{command} r.md {words}"));
            assert!(done.code == 2 && done.stderr.contains(said), "{command} {words}: {done:?}");
        }
    }
    assert!(!sandbox.path("witness").exists() && !sandbox.store().exists());
    assert_eq!(sandbox.stepgate("run r.md --param P=7").code, 0);
}

#[test]
fn a_late_parameter_is_asked_for_behind_its_step_and_its_values_come_from_that() {
    let front = "params: { PICK: { after: list, values: 'steps.list.lines.filter(l, l.startsWith(\"s\"))' } }\n";
    let body = "```bash {name=list effect=read}\necho s1; echo t1; echo s2\n```\n```bash {name=use effect=read}\necho \"got $PICK\"\n```\n\n```output\ngot {{PICK}}\n```\n";
    let sandbox = with(front, body);
    let suspended = sandbox.stepgate("run r.md");
    assert_eq!((suspended.code, statuses(&sandbox.log()).as_str()), (3, "list=passed use=not-run"));
    assert!(suspended.stderr.contains("--param PICK=VALUE"), "{}", suspended.stderr);
    assert_eq!(sandbox.stepgate("run r.md --param PICK=s2").code, 0);
    assert_eq!(sandbox.log()["params"]["PICK"], "s2");
    let wrong = sandbox.stepgate("run r.md --param PICK=t1");
    assert_eq!((wrong.code, statuses(&sandbox.log()).as_str()), (1, "list=passed use=not-run"));
    assert!(wrong.stderr.contains("`t1` is none of `s1`, `s2`"), "{}", wrong.stderr);
}

#[test]
fn a_late_parameter_of_a_step_that_is_left_out_counts_from_the_start() {
    let body = "```bash {name=list effect=read}\necho s1\n```\n```bash {name=use effect=read}\necho \"got $PICK\"\n```\n\n```output\ngot {{PICK}}\n```\n";
    let sandbox = with("params: { PICK: { after: list, pattern: 's.' } }\n", body);
    let missing = sandbox.stepgate("run r.md --only use");
    assert!(
        missing.code == 2 && missing.stderr.contains("this run leaves `list` out: give it with --param"),
        "{missing:?}"
    );
    assert_eq!(sandbox.stepgate("run r.md --only use --param PICK=x").code, 2);
    assert_eq!(sandbox.stepgate("run r.md --from use --param PICK=s7").code, 0);
    assert_eq!(sandbox.log()["params"]["PICK"], "s7");
    let computed = with("params: { PICK: { after: list, values: 'steps.list.lines' } }\n", body);
    let done = computed.stepgate("run r.md --only use --param PICK=s1");
    assert!(done.code == 2 && done.stderr.contains("chosen from what `list` says"), "{done:?}");
    assert!(!computed.store().exists());
}

#[test]
fn a_step_whose_when_is_false_is_skipped_and_that_is_no_deviation() {
    let body = "```bash {name=a effect=read}\necho 1\n```\n```bash {name=b effect=read when=\"steps.a.stdout == '2'\" capture=V}\necho 2\n```\n```bash {name=c effect=read when=\"!has(vars.V) && steps.b.status == 'skipped'\"}\ntrue\n```\n";
    let sandbox = with("", body);
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    let log = sandbox.log();
    assert_eq!(statuses(&log), "a=passed b=skipped c=passed");
    assert_eq!((&log["deviations"], &log["steps"][1]["deviation"]), (&json!(0), &json!(null)));
    assert!(sandbox.stepgate("log").stdout.contains("its `when` is false"));
}

#[test]
fn the_headline_of_a_passed_run_names_the_criteria_that_it_left_open() {
    let front = "acceptance:\n  AC_1: one\n  AC2: two\n  AC3: three\n";
    let step = |name: &str, more: &str| format!("```bash {{name={name} effect=read {more}}}\ntrue\n```\n");
    let body = |when: &str| step("a", &format!("satisfies='AC_1' when='{when}'")) + &step("b", "satisfies='AC2, AC3'");
    for (when, more, words) in [
        ("true", String::new(), "Passed in "),
        ("false", String::new(), "Passed, AC_1 not proved, in "),
        ("false", step("c", "satisfies='AC3' when='false'"), "Passed, AC_1, AC3 not proved, in "),
        ("false", step("c", "exit=1"), "Failed in "),
    ] {
        let sandbox = with(front, &(body(when) + &more));
        let done = sandbox.stepgate("run r.md");
        assert_eq!(done.code, i32::from(words.starts_with("Failed")), "{done:?}");
        assert!(done.stdout.lines().last().unwrap().starts_with(words), "{words}: {done:?}");
        let (verdict, rest) = words.split_at(6);
        let log = sandbox.stepgate("log").stdout;
        assert!(log.contains(&format!("> **{verdict}**{rest}")), "{words}: {log}");
    }
    let partial = with(front, &body("false"));
    assert!(partial.stepgate("run r.md --from b").stdout.contains("\nPartial in "), "no evidence in any case");
}

#[test]
fn the_head_of_a_run_names_its_profile() {
    let sandbox = with("", "```bash {name=a effect=read}\ntrue\n```\n");
    sandbox.write("stepgate.toml", "[profile.lab]\n");
    let facts = |words: &str| sandbox.stepgate(words).stderr.lines().nth(1).unwrap().to_owned();
    assert!(facts("run r.md --profile lab").ends_with(" · profile lab"));
    assert!(!facts("run r.md").contains("profile"));
}

#[test]
fn a_when_that_cannot_be_decided_fails_its_step() {
    let body = "```bash {name=a effect=read}\necho x\n```\n```bash {name=b effect=read when=\"steps.a.json.x == 1\"}\ntouch witness\n```\n";
    let sandbox = with("", body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!((done.code, statuses(&sandbox.log()).as_str()), (1, "a=passed b=failed"));
    assert!(done.stderr.contains("`when` decides nothing") && done.stderr.contains("is not JSON"), "{}", done.stderr);
    assert!(!sandbox.path("witness").exists());
}

#[test]
fn a_probe_says_whether_a_step_is_needed_and_whether_it_worked() {
    let body = "```bash {name=make gate=none unless=there}\necho made >>witness; touch \"$HERE\"\n```\n```bash {name=there effect=read poll=100ms timeout=2s}\ntest -e file\n```\n";
    let sandbox = with("params: { HERE: { default: file } }\n", body);
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    assert_eq!(statuses(&sandbox.log()), "make=passed there=not-run");
    let kinds: Vec<_> = sandbox.events().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        kinds[1..7],
        ["probe-started", "probe-finished", "step-started", "probe-started", "probe-finished", "step-finished"]
    );
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    assert_eq!(
        (statuses(&sandbox.log()).as_str(), sandbox.read("witness").as_str()),
        ("make=satisfied there=not-run", "made\n")
    );
    std::fs::remove_file(sandbox.path("file")).unwrap();
    let wrong = sandbox.stepgate("run r.md --param HERE=elsewhere");
    assert_eq!((wrong.code, statuses(&sandbox.log()).as_str()), (1, "make=failed there=not-run"));
    assert!(wrong.stderr.contains("its probe `there` still does not pass"), "{}", wrong.stderr);
    assert_eq!(sandbox.stepgate("run r.md --only there").code, 2);
}

#[test]
fn a_polled_step_is_tried_until_it_passes_or_its_time_is_over() {
    let body = "```bash {name=wait effect=read poll=50ms timeout=20s}\necho x >>witness\ntest \"$(wc -l <witness)\" -ge 4\n```\n\n```assert\nattempt == 4\n```\n";
    let sandbox = with("", body);
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    assert_eq!((sandbox.read("witness").lines().count(), &sandbox.log()["steps"][0]["attempts"]), (4, &json!(4)));
    let attempts = sandbox.events().iter().filter(|event| event["type"] == "attempt-finished").count();
    assert_eq!(attempts, 3);
    let slow = with(
        "",
        "```bash {name=wait effect=read poll=300ms timeout=60s}\ntest -e again || { touch again; exit 1; }\n```\n\n```assert\nelapsed >= duration(\"300ms\") && attempt == 2\n```\n",
    );
    assert_eq!(slow.stepgate("run r.md").code, 0);
    assert!(slow.log()["steps"][0]["elapsed_ms"].as_u64().unwrap() >= 300, "{}", slow.log());
    let vain = with("", "```bash {name=wait effect=read poll=100ms timeout=500ms}\nfalse\n```\n");
    let done = vain.stepgate("run r.md");
    assert!(done.code == 1 && done.stderr.contains("it did not pass in 500ms and"), "{done:?}");
}

#[test]
fn data_blocks_interpreters_and_sessions_work_together() {
    let body = "```bash {name=set effect=read}\nX=1; export Y=2; cd /\n```\n```bash {name=other effect=read session=two}\necho \"${X-unset} $(pwd)\"\n```\n```bash {name=fresh effect=read session=none}\necho \"${X-unset}\"; Z=9\n```\n```bash {name=same effect=read}\necho \"$X ${Z-unset}\"; cat\n```\n\n```output\n1 unset\n```\n```python {name=py effect=read stdin=conf}\nimport os, sys\nprint(os.getcwd(), os.environ['Y'], sys.stdin.read(), end='')\n```\n\n```output\n/ 2 a: 1\n\n  b: {{Y}}\n```\n\n```yaml {data name=conf}\na: 1\n\n  b: {{Y}}\n```\n";
    let sandbox = with("", body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
    let folder = sandbox.path(".").canonicalize().unwrap();
    let texts: Vec<_> =
        sandbox.events().iter().filter_map(|event| event["stdout"]["text"].as_str().map(str::to_owned)).collect();
    assert_eq!(texts[1], format!("unset {}\n", folder.display()));
    assert_eq!(texts[2], "unset\n");
}

#[test]
fn assertions_say_the_values_in_them_and_a_named_one_stops_the_run() {
    let body = "```bash {name=a effect=read}\necho '{\"items\": [{\"size\": \"20\"}]}'\n```\n\n```assert\njson.items.size() == 1\nquantity(json.items[0].size) >= quantity(\"1Mi\")   # not an empty file\njson.items.filter(i, i.size == \"1\").all(i, false)\n```\n";
    let sandbox = with("", body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 1);
    let words = "`quantity(json.items[0].size) >= quantity(\"1Mi\")` is false: `quantity(json.items[0].size)` = 20, `quantity(\"1Mi\")` = 1048576 · not an empty file";
    let log = sandbox.log();
    assert_eq!(log["steps"][0]["expectations"][1]["detail"], words, "{log}");
    assert!(log["steps"][0]["expectations"][2]["detail"].as_str().unwrap().contains("holds (0 items)"), "{log}");
    let stop = with(
        "",
        "```bash {name=a effect=read}\necho 1\n```\n```assert {name=window}\nsteps.a.lines[0] == \"2\"\n```\n```bash {name=b gate=none}\ntouch witness\n```\n",
    );
    assert_eq!(stop.stepgate("run r.md").code, 1);
    assert_eq!(
        (statuses(&stop.log()).as_str(), stop.path("witness").exists()),
        ("a=passed window=failed b=not-run", false)
    );
    assert_eq!(stop.log()["steps"][1]["kind"], "assert");
}

#[test]
fn json_that_is_none_or_cannot_be_held_exactly_fails_with_its_place() {
    for (text, words) in [
        ("not json", "`stdout` is not JSON: expected ident at line 1 column 2"),
        ("{\"a\": 123456789012345678901}", "which cannot be held exactly"),
        ("{\"a\": 1, \"a\": 2}", "stands twice"),
    ] {
        let sandbox =
            with("", &format!("```bash {{name=a effect=read}}\necho '{text}'\n```\n\n```assert\njson.a > 0\n```\n"));
        let done = sandbox.stepgate("run r.md");
        assert!(done.code == 1 && done.stderr.contains(words), "{text}: {}", done.stderr);
    }
}

#[test]
fn a_profile_may_raise_any_gate_and_lower_confirm_only() {
    let body = "```bash {name=save}\necho saved\n```\n```bash {name=drop effect=destroy}\necho dropped\n```\n";
    let sandbox = with("", body);
    sandbox.write("stepgate.toml", "[profile.lab]\ngates = { save = \"none\" }\n[profile.bad]\ngates = { drop = \"confirm\" }\n[profile.strict]\ngates = { save = \"type\" }\n");
    assert_eq!(sandbox.stepgate("run r.md --profile lab --confirm drop=drop").code, 0);
    let bad = sandbox.stepgate("run r.md --profile bad --confirm save --confirm drop=drop");
    assert!(bad.code == 2 && bad.stderr.contains("would lower the gate of `drop`"), "{bad:?}");
    assert_eq!(sandbox.stepgate("run r.md --profile strict --confirm save").code, 2);
    sandbox.write(
        "stepgate.toml",
        "[profile.strict]\ngates = { save = \"type\", svae = \"type\" }\nparams = { X = \"y\" }\n",
    );
    let strange = sandbox.stepgate("plan r.md --profile strict").stderr;
    assert!(strange.contains("gate of `svae`") && strange.contains("value of `X`"), "{strange}");
    assert_eq!(sandbox.stepgate("run r.md --profile strict --confirm save=save --confirm drop=drop").code, 0);
}

#[test]
fn tools_that_are_missing_or_too_old_stop_the_run_before_its_first_step() {
    let body = "```bash {name=a gate=none}\ntouch witness\n```\n";
    assert_eq!(with("tools: { bash: '>=4.1', sed: , python3: '>=3 <4' }\n", body).stepgate("run r.md").code, 0);
    for tools in ["{ no-such-program: }", "{ bash: '>=99.0' }", "{ python3: '>=4' }"] {
        let sandbox = with(&format!("tools: {tools}\n"), body);
        assert_eq!(sandbox.stepgate("run r.md").code, 1, "{tools}");
        assert_eq!(statuses(&sandbox.log()), "tools-on-local=failed a=not-run");
        assert!(!sandbox.path("witness").exists());
    }
}

#[test]
fn a_target_word_holds_a_parameter_as_one_word_and_never_an_option() {
    let front = "params: { N: { default: HOME } }\ntargets: { there: 'env -u $N' }\n";
    let sandbox = with(
        front,
        "On there:\n\n```bash {name=a effect=read on=there}\necho \"${HOME-unset}\"\n```\n\n```output\nunset\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    for bad in ["-oProxyCommand=x", "a b", "a\nb", ""] {
        let done = sandbox.run(["run", "r.md", "--param", &format!("N={bad}")]);
        assert!(done.code == 2 && done.stderr.contains("the target `there`"), "{bad:?}: {done:?}");
    }
    let replaced = sandbox.run(["run", "r.md", "--target", "there=env"]);
    assert_eq!(replaced.code, 1, "{replaced:?}");
    assert!(sandbox.stepgate("log").stdout.contains("there = env"));
}

#[test]
fn a_program_that_stepgate_toml_declares_runs_inside_the_session() {
    let body = "```bash {name=set effect=read}\ncd /usr; export A=1\n```\n```awkward {name=awk effect=read stdin=d exit=3}\nBEGIN { getline x; print x, ENVIRON[\"A\"]; exit 3 }\n```\n\n```output\nfirst 1\n```\n```text {data name=d}\nfirst\nsecond\n```\n";
    let sandbox = with("", body);
    let unknown = sandbox.stepgate("run r.md");
    assert!(
        unknown.code == 2 && unknown.stderr.contains("SG025") && unknown.stderr.contains("[interpreter.awkward]"),
        "{unknown:?}"
    );
    sandbox.write("stepgate.toml", "[interpreter.awkward]\nrun = \"awk -f\"\n");
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(sandbox.log()["steps"][1]["kind"], "interpreter");
}
