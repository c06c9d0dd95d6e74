//! What a run does: order, state, verdicts, answers on the command line, what is left out.

use crate::harness::{Sandbox, done, repository, statuses};
use serde_json::json;
use std::process::Command;

/// A body with one step that appends its name to `witness`.
fn step(name: &str, attributes: &str) -> String {
    format!("```bash {{name={name} {attributes}}}\necho {name} >>witness\n```\n\n")
}

#[test]
fn steps_run_in_document_order_and_always_steps_at_the_close() {
    let body = [step("first", "effect=read"), step("tidy", "always gate=none"), step("second", "effect=read")].concat();
    let sandbox = Sandbox::with(&body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(sandbox.read("witness"), "first\nsecond\ntidy\n");
    assert_eq!(sandbox.log()["verdict"], "passed");
}

#[test]
fn a_failure_stops_the_run_closes_it_and_still_runs_the_always_steps_once() {
    let body = [
        "```bash {name=bad effect=read}\nexit 3\n```\n\n",
        &step("next", "effect=read"),
        &step("tidy", "always gate=none"),
    ]
    .concat();
    let sandbox = Sandbox::with(&body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(sandbox.read("witness"), "tidy\n");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "bad=failed next=not-run tidy=passed");
    assert_eq!(
        (&log["verdict"], &log["steps"][0]["reason"], &log["steps"][0]["exit_code"]),
        (&json!("failed"), &json!("exit"), &json!(3))
    );
    assert_eq!(sandbox.events().last().unwrap()["verdict"], "failed");
}

#[test]
fn a_failed_always_step_fails_a_run_that_had_passed() {
    let body = [
        step("good", "effect=read"),
        "```bash {name=tidy always gate=none}\nfalse\n```\n".into(),
        step("later", "always gate=none"),
    ]
    .concat();
    let sandbox = Sandbox::with(&body);
    assert_eq!(sandbox.stepgate("run r.md").code, 1);
    assert_eq!(statuses(&sandbox.log()), "good=passed tidy=failed later=passed");
}

#[test]
fn a_gate_without_a_person_or_an_answer_suspends_the_run_and_says_what_it_waits_for() {
    let body = [step("look", "effect=read"), step("save", ""), step("tidy", "always gate=none")].concat();
    let sandbox = Sandbox::with(&body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.stderr.contains("waits for a person at `save`"), "{}", done.stderr);
    let run = sandbox.log()["run"].as_str().unwrap().to_owned();
    assert!(done.stderr.contains(&format!("\nstepgate resume {run} --confirm save\n")), "{}", done.stderr);
    assert_eq!(sandbox.read("witness"), "look\n", "a suspended run is not closed");
    assert_eq!(statuses(&sandbox.log()), "look=passed save=suspended tidy=not-run");
    assert_eq!(sandbox.log()["verdict"], "suspended");
}

#[test]
fn answers_by_name_open_their_gates_and_are_recorded() {
    let body =
        [step("save", ""), step("drop", "effect=destroy phrase='drop it'"), "- [ ] Look at it\n".into()].concat();
    let sandbox = Sandbox::with(&body);
    let done = sandbox.run([
        "run",
        "r.md",
        "--confirm",
        "save",
        "--confirm",
        "drop=drop it",
        "--answer",
        "look-at-it=done:seen it",
    ]);
    assert_eq!(done.code, 0, "{done:?}");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "save=passed drop=passed look-at-it=passed");
    assert_eq!(log["steps"][1]["gate"]["kind"], "type");
    let events = sandbox.events();
    let answer = events.iter().find(|event| event["type"] == "manual-answered").unwrap();
    assert_eq!((&answer["note"], &answer["through"]), (&json!("seen it"), &json!("command-line")));
    assert_eq!(
        events[0]["overrides"],
        json!(["--confirm save", "--confirm drop=drop it", "--answer look-at-it=done:seen it"])
    );
}

#[test]
fn yes_confirms_confirm_gates_and_nothing_else() {
    let sandbox = Sandbox::with(&[step("save", ""), step("drop", "effect=destroy")].concat());
    assert_eq!(sandbox.stepgate("run r.md --yes").code, 3);
    assert_eq!(statuses(&sandbox.log()), "save=passed drop=suspended");
    let sandbox = Sandbox::with("- [ ] Look\n");
    assert_eq!(sandbox.stepgate("run r.md --yes").code, 3);
}

#[test]
fn an_answer_that_does_not_fit_is_a_usage_error_and_nothing_runs() {
    let body =
        [step("look", "effect=read"), step("save", ""), step("drop", "effect=destroy"), "- [ ] Check it\n".into()]
            .concat();
    let sandbox = Sandbox::with(&body);
    for (arguments, words) in [
        ("--confirm sava", "no step is called `sava`, did you mean `save`?"),
        ("--confirm drop", "wants its phrase typed"),
        ("--confirm drop=drap", "the phrase of `drop` is `drop`"),
        ("--confirm save=x", "has no phrase"),
        ("--confirm check-it", "is a manual step"),
        ("--answer check-it=skipped", "a skip needs its reason"),
        ("--answer check-it=perhaps", "is no answer"),
        ("--answer save=done", "is no manual step"),
        ("--from nowhere", "no step is called `nowhere`"),
        ("--from save --to look", "`save` comes after `look`"),
        ("--only look --to save", "cannot be used with"),
        ("--param X=1", "no parameter `X`"),
        ("--param X", "write --param NAME=VALUE"),
        ("--profile lab", "no profile is called `lab`"),
        ("--target nas=local", "no target to replace"),
        ("--run-id ../x", "is no run id"),
        ("--ephemeral --store x", "cannot be used with"),
    ] {
        let done = sandbox.stepgate(&format!("run r.md {arguments}"));
        assert_eq!(done.code, 2, "{arguments}: {done:?}");
        assert!(done.stderr.contains(words), "{arguments}: {}", done.stderr);
        assert!(!sandbox.path("witness").exists() && !sandbox.store().exists(), "{arguments}");
    }
}

#[test]
fn a_skipped_manual_step_is_a_deviation_and_a_failed_one_fails_the_run() {
    let sandbox = Sandbox::with(&["- [ ] Look\n\n", &step("next", "effect=read")].concat());
    assert_eq!(sandbox.run(["run", "r.md", "--answer", "look=skipped:no NAS today"]).code, 0);
    let log = sandbox.log();
    assert_eq!((&log["deviations"], &log["steps"][0]["deviation"]["reason"]), (&json!(1), &json!("no NAS today")));
    let sandbox = Sandbox::with(&["- [ ] Look\n\n", &step("next", "effect=read")].concat());
    assert_eq!(sandbox.stepgate("run r.md --answer look=failed").code, 1);
    assert_eq!(statuses(&sandbox.log()), "look=failed next=not-run");
}

#[test]
fn a_partial_run_runs_what_is_chosen_and_is_no_evidence() {
    let body: String =
        ["a", "b", "c", "d"].map(|name| step(name, "effect=read")).concat() + &step("tidy", "always gate=none");
    for (arguments, ran) in [
        ("--from c", "c\nd\ntidy\n"),
        ("--to b", "a\nb\ntidy\n"),
        ("--from b --to c", "b\nc\ntidy\n"),
        ("--only d --only b", "b\nd\ntidy\n"),
    ] {
        let sandbox = Sandbox::with(&body);
        assert_eq!(sandbox.stepgate(&format!("run r.md {arguments}")).code, 0);
        assert_eq!(sandbox.read("witness"), ran, "{arguments}");
        assert_eq!(sandbox.log()["verdict"], "partial");
        assert!(sandbox.stepgate("log").stdout.contains("**Partial run, no evidence:**"));
    }
}

#[test]
fn step_asks_before_every_step() {
    let sandbox = Sandbox::with(&step("look", "effect=read"));
    assert_eq!(sandbox.stepgate("run r.md --step").code, 3);
    assert_eq!(sandbox.stepgate("run r.md --step --confirm look").code, 0);
}

#[test]
fn criteria_are_proved_refuted_or_open() {
    let front = "---\nstepgate: 1\nacceptance:\n  A: one\n  B: two\n  C: three\n  D: four\n---\n";
    let body = "```bash {name=a effect=read satisfies=\"A, B\"}\ntrue\n```\n\n```bash {name=b effect=read satisfies=B}\nfalse\n```\n\n```bash {name=c effect=read satisfies=C}\ntrue\n```\n";
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("{front}{body}"));
    assert_eq!(sandbox.stepgate("run r.md").code, 1);
    let acceptance = &sandbox.log()["acceptance"];
    assert_eq!(acceptance["A"], json!({"steps": ["a"], "verdict": "proved"}));
    assert_eq!(acceptance["B"]["verdict"], "refuted");
    assert_eq!((&acceptance["C"]["verdict"], &acceptance["D"]["verdict"]), (&json!("open"), &json!("open")));
}

#[test]
fn variables_come_from_outputs_and_reach_scripts_and_expectations() {
    let body = "```bash {name=a effect=read capture=WHERE}\necho '  /a b  '\n```\n\n```bash {name=b effect=read}\nWHERE=mine; echo 'id=42 x' >&2; echo out\n```\n\n```output {stderr}\nid=(?<ID>\\d+) x (re)\n```\n\n```output\nout\n```\n\n```bash {name=c effect=read}\nprintf '%s|%s\\n' \"$WHERE\" \"$ID\"; sh -c 'echo $ID'\n```\n\n```output\n{{WHERE}}\\|4\\d (re)\n{{ID}}\n```\n";
    let sandbox = Sandbox::with(body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(sandbox.log()["variables"], json!({"ID": "42", "WHERE": "/a b"}));
}

#[test]
fn an_expectation_that_does_not_hold_fails_the_step_with_a_line_diff() {
    let sandbox = Sandbox::with(
        "# T\n\n```bash {name=a effect=read}\nprintf 'Name Size\\nx -\\n'\n```\n\n```output\nName Size\nx [0-9]+ (re)\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("- x [0-9]+ (re)      line 12 of the runbook had no partner\n  · + x -"),
        "{}",
        done.stderr
    );
    let log = sandbox.stepgate("log").stdout;
    assert!(log.contains("**a: failed: an expectation does not hold** · exit 0"), "{log}");
    assert!(log.contains("> ```diff\n>   Name Size\n> - x [0-9]+ (re)"), "{log}");
    assert_eq!(sandbox.log()["steps"][0]["expectations"][0]["line"], 11);
}

#[test]
fn lines_on_the_other_stream_are_pointed_out() {
    let sandbox = Sandbox::with("```bash {name=a effect=read}\necho saved >&2\n```\n\n```output\nsaved\n```\n");
    let done = sandbox.stepgate("run r.md");
    assert!(done.stderr.contains("the lines stand on standard error: write `output {stderr}`"), "{}", done.stderr);
}

#[test]
fn the_log_is_the_runbook_again_and_only_ticks_differ() {
    let body = "# Title\n\nIntro.\n\n1. First\n\n   ```bash {name=a effect=read}\n   echo '<b> `x` {{#include /etc/passwd}} ```'\n   ```\n\n   ```output\n   ...\n   ```\n\n2. Second\n\n- [ ] Done\n- [x] Not done\n\nEnd.";
    for text in [body.to_owned(), body.replace('\n', "\r\n")] {
        let sandbox = Sandbox::with(&text);
        let done = sandbox.run(["run", "r.md", "--answer", "done=done:*yes*", "--answer", "not-done=skipped:<script>"]);
        assert_eq!(done.code, 0, "{done:?}");
        let log = sandbox.stepgate("log").stdout;
        sandbox.write("log.md", &log);
        let again = sandbox.stepgate("plan log.md --format json");
        let plan = sandbox.stepgate("plan r.md --format json");
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["plan"].clone();
        assert_eq!(parse(&again.stdout), parse(&plan.stdout), "{log}");
        assert!(log.contains("- [x] Done") && log.contains("- [ ] Not done"), "{log}");
        assert!(log.contains("\\{{#include") && !log.contains(" {{#include /etc/passwd}} ```\n>"), "{log}");
        let quoted = |line: &&str| line.trim_start().starts_with('>');
        let own: Vec<_> = log.lines().filter(|line| !quoted(line)).filter(|line| !line.trim().is_empty()).collect();
        let wanted = std::fs::read_to_string(sandbox.path("r.md"))
            .unwrap()
            .replace("[ ] Done", "[x] Done")
            .replace("[x] Not", "[ ] Not");
        let wanted: Vec<_> = wanted.lines().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(own, wanted);
        assert_eq!(log.contains("\r\n"), text.contains("\r\n"));
    }
}

#[test]
fn plan_shows_everything_and_runs_nothing_and_its_hash_depends_on_what_would_be_done() {
    let sandbox = Sandbox::with(&step("save", "timeout=90s"));
    let done = sandbox.stepgate("plan r.md");
    assert_eq!(done.code, 0);
    assert!(done.stdout.contains("save  on local · change · gate confirm · timeout 1m 30s"), "{}", done.stdout);
    assert!(!sandbox.path("witness").exists() && !sandbox.store().exists());
    let hash = |sandbox: &Sandbox| {
        let text = sandbox.stepgate("plan r.md --format json").stdout;
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["plan"].as_str().unwrap().to_owned()
    };
    let first = hash(&sandbox);
    sandbox.runbook("r.md", &format!("Some prose.\n\n{}", step("save", "timeout=90s")));
    assert_eq!(hash(&sandbox), first, "prose is not part of the plan");
    sandbox.runbook("r.md", &step("save", "timeout=91s"));
    assert_ne!(hash(&sandbox), first);
}

#[test]
fn what_was_planned_runs_even_if_the_file_changes_meanwhile() {
    let sandbox = Sandbox::with(
        "```bash {name=a effect=read}\nprintf x >r.md\n```\n\n```bash {name=b effect=read}\necho b\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    assert_eq!(statuses(&sandbox.log()), "a=passed b=passed");
    assert!(sandbox.stepgate("log").stdout.contains("printf x >r.md"));
}

#[test]
fn settings_that_nobody_knows_are_refused_rather_than_overlooked() {
    let sandbox = Sandbox::with(&step("look", "effect=read"));
    sandbox.write("stepgate.toml", "# nothing yet\n");
    assert_eq!(sandbox.stepgate("run r.md").code, 0);
    sandbox.write("stepgate.toml", "# x\n[profiles.prod]\ngates = { look = \"confirm\" }\n");
    for command in ["run r.md", "plan r.md", "check r.md"] {
        let done = sandbox.stepgate(command);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(
            done.stderr.contains("stepgate.toml:2:2") && done.stderr.contains("did you mean `profile`?"),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn list_shows_title_steps_and_owner() {
    let sandbox = Sandbox::new();
    sandbox.write("a/one.md", "---\nstepgate: 1\ntitle: One\nowner: ops\n---\n```bash {name=a}\na\n```\n");
    sandbox.write("a/prose.md", "# no runbook\n");
    sandbox.write("a/broken.md", "---\nstepgate: 1\n---\n");
    let done = sandbox.stepgate("list --format json");
    let rows: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        rows,
        json!([
            {"runbook": "a/broken.md", "title": null, "steps": null, "owner": null, "last": null},
            {"runbook": "a/one.md", "title": "One", "steps": 1, "owner": "ops", "last": null},
        ])
    );
    assert!(sandbox.stepgate("list").stdout.contains("a/one.md     1      -     -    ops    One"));
}

#[test]
fn every_command_has_help_with_an_example_and_unbuilt_commands_are_usage_errors() {
    let sandbox = Sandbox::new();
    let built = [
        "run",
        "resume",
        "plan",
        "check",
        "list",
        "log",
        "audit",
        "audit list",
        "audit show",
        "audit compare",
        "audit export",
        "audit verify",
        "audit head",
        "sign",
        "verify",
        "record",
        "accept",
        "clear",
        "new",
        "schema",
        "completions",
        "man",
    ];
    for command in built {
        let done = sandbox.stepgate(&format!("{command} --help"));
        assert!(done.code == 0 && done.stdout.contains("Example: stepgate"), "{done:?}");
    }
    for command in ["undo", "approve", "import"] {
        assert_eq!(sandbox.stepgate(command).code, 2, "{command}");
        assert!(!sandbox.stepgate("--help").stdout.contains(&format!("  {command} ")), "{command}");
    }
}

#[test]
fn the_quickstart_runs_as_it_stands() {
    let sandbox = Sandbox::new();
    let quickstart = repository().join("runbooks/quickstart.md");
    let quickstart = quickstart.to_str().unwrap();
    let done = sandbox.run([
        "run",
        quickstart,
        "--yes",
        "--confirm",
        "destroy_note=shred it",
        "--answer",
        "take-a-sip-of-coffee=done",
    ]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(sandbox.log()["acceptance"]["AC1"]["verdict"], "proved");
}

#[test]
fn a_captured_name_is_unset_until_its_step_captured_it_whatever_the_environment_holds() {
    let body = "```bash {name=fails effect=read}\nfalse\n```\n\n```bash {name=make effect=read capture=SCRATCH}\necho x\n```\n\n```bash {name=tidy always gate=none}\necho \"scratch=${SCRATCH-unset} other=$OTHER\"\n```\n\n```output\nscratch=unset other=mine\n```\n";
    let sandbox = Sandbox::with(body).env("SCRATCH", "/precious").env("OTHER", "mine");
    assert_eq!(sandbox.stepgate("run r.md").code, 1);
    assert_eq!(statuses(&sandbox.log()), "fails=failed make=not-run tidy=passed");
}

#[test]
fn processes_left_in_the_background_are_named_and_left_alone() {
    let sandbox = Sandbox::with(
        "```bash {name=start effect=idempotent}\nsleep 41.7 >/dev/null 2>&1 &\necho $!\n```\n\n```output\n(?<PID>\\d+) (re)\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
    let pid = sandbox.log()["variables"]["PID"].as_str().unwrap().to_owned();
    assert!(done.stderr.contains(&format!("left running: {pid} sleep 41.7")), "{}", done.stderr);
    assert!(sandbox.stepgate("log").stdout.contains(&format!("**Left running:** {pid} `sleep 41.7`")));
    assert!(Command::new("kill").arg(&pid).status().unwrap().success(), "it goes on");
}

#[test]
fn what_wants_a_terminal_fails_and_says_so() {
    let sandbox = Sandbox::with("```bash {name=ask effect=read}\nread -r answer </dev/tty\n```\n");
    assert_eq!(sandbox.stepgate("run r.md").code, 1);
    assert_eq!(sandbox.log()["steps"][0]["reason"], "terminal");
}

#[test]
fn a_failure_says_what_can_be_done_next_as_commands_to_copy() {
    let sandbox = Sandbox::new();
    let bad = "```bash {name=bad effect=read}\nfalse\n```\n";
    sandbox.runbook("my book.md", &[step("save", ""), bad.into()].concat());
    let done = sandbox.run(["run", "my book.md", "--confirm", "save", "--store", "s t", "--run-id", "one"]);
    assert!(done.stderr.contains("\nstepgate log one --store 's t'\n"), "{}", done.stderr);
    assert!(done.stderr.contains("\nstepgate resume one --store 's t'\n"), "{}", done.stderr);
    // Without a record there is nothing to go on with.
    let done = sandbox.run(["run", "my book.md", "--confirm", "save", "--ephemeral"]);
    let run = "stepgate run 'my book.md' --ephemeral";
    assert!(done.stderr.contains(&format!("\n{run}\n")), "{}", done.stderr);
    assert!(done.stderr.contains(&format!("\n{run} --from bad\n")), "{}", done.stderr);
    assert!(!done.stderr.contains("stepgate log") && !done.stderr.contains("resume"), "{}", done.stderr);
}

#[test]
fn no_answer_is_repeated_in_what_can_be_done_next() {
    let sandbox = Sandbox::with(&[step("one", "effect=destroy"), step("two", "")].concat());
    let done = sandbox.stepgate("run r.md --confirm one=one --run-id a");
    assert_eq!(done.code, 3);
    assert!(done.stderr.contains("\nstepgate resume a --confirm two\n"), "{}", done.stderr);
    assert!(!done.stderr.contains("--confirm one"), "{}", done.stderr);
}

#[test]
fn output_that_was_changed_or_lost_is_not_shown_as_what_was_recorded() {
    for forge in ["sed -i 1s/1/9/ .stepgate/runs/*/output/a.stdout", "rm .stepgate/runs/*/output/a.stdout"] {
        let sandbox = Sandbox::with("```bash {name=a effect=read}\nseq 9000\n```\n");
        assert_eq!((sandbox.stepgate("run r.md").code, sandbox.stepgate("log").code), (0, 0));
        assert!(Command::new("bash").args(["-c", forge]).current_dir(sandbox.path("")).status().unwrap().success());
        let done = sandbox.stepgate("log");
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.stderr.contains("output/a.stdout") && done.stdout.contains("journal **damaged**"), "{done:?}");
    }
}

#[test]
fn a_journal_that_does_not_fit_the_ledger_is_not_believed() {
    let sandbox = Sandbox::with(&step("look", "effect=read"));
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 0);
    let journal = sandbox.store().join("runs/one/journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    let shorter: Vec<_> = text.lines().take(text.lines().count() - 2).collect();
    std::fs::write(&journal, shorter.join("\n") + "\n").unwrap();
    let done = sandbox.stepgate("log");
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("the ledger says"), "{}", done.stderr);
    std::fs::remove_dir_all(sandbox.store().join("runs/one")).unwrap();
    assert!(sandbox.stepgate("log").stderr.contains("the ledger lists 1 runs"), "{:?}", sandbox.stepgate("log"));
}

#[test]
fn what_cannot_be_printed_is_said_and_is_no_success() {
    let sandbox = Sandbox::with(&step("look", "effect=read"));
    let full = |command: &str| {
        let line = format!("{} {command} >/dev/full", env!("CARGO_BIN_EXE_stepgate"));
        done(Command::new("bash").args(["-c", &line]).current_dir(sandbox.path("")).output().unwrap())
    };
    for (command, code) in
        [("run r.md --format json", 5), ("log", 1), ("log --format json", 1), ("plan r.md", 1), ("list", 1)]
    {
        let done = full(command);
        assert_eq!(done.code, code, "{command}: {done:?}");
        assert!(done.stderr.contains("standard output cannot be written"), "{command}: {done:?}");
    }
}

#[test]
fn a_record_that_a_step_removes_ends_the_run_and_nothing_passes() {
    let sandbox = Sandbox::with(
        &["```bash {name=clean effect=read}\nrm -rf .stepgate\n```\n\n", &step("next", "effect=read")].concat(),
    );
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 5, "{done:?}");
    assert!(!done.stdout.contains("Passed") && done.stdout.contains("Not recorded to its end"), "{done:?}");
    assert!(!sandbox.path("witness").exists(), "nothing further is started");
}

#[test]
fn an_option_that_swallows_assignments_keeps_no_variable_from_later_steps() {
    let sandbox = Sandbox::with(
        "```bash {name=a effect=read}\nset -k\n```\n\n```bash {name=b effect=read capture=CAP}\necho cap\n```\n\n```bash {name=c effect=read}\necho \"${CAP-UNSET} $STEPGATE_STEP\"\n```\n\n```output\ncap c\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md").code, 0, "{}", sandbox.stepgate("log").stdout);
}

#[test]
fn what_a_script_puts_into_a_captured_name_is_nobodys_finding() {
    let sandbox = Sandbox::with(
        "```bash {name=guess effect=read}\nSNAP=my-guess\n```\n\n```bash {name=look capture=SNAP}\necho real\n```\n\n```bash {name=use effect=read}\necho \"would delete $SNAP\"\n```\n",
    );
    let mut command = sandbox.command(["run", "r.md", "--from", "use"]);
    assert_eq!(done(command.output().unwrap()).code, 1);
    assert_eq!(sandbox.stepgate("run r.md --only guess --only use").code, 1, "nounset fails what was never captured");
    assert_eq!(sandbox.stepgate("run r.md --yes").code, 0);
}

#[test]
fn a_gated_always_step_is_not_dropped_from_a_partial_run() {
    let sandbox = Sandbox::with(&[step("a", "effect=read"), step("cleanup", "always gate=confirm")].concat());
    let done = sandbox.stepgate("run r.md --only a");
    assert_eq!(done.code, 3, "{done:?}");
    assert_eq!(statuses(&sandbox.log()), "a=passed cleanup=suspended");
}

#[test]
fn a_title_is_a_line_and_no_title_can_spoil_the_list_of_runs() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "long.md",
        format!("---\nstepgate: 1\ntitle: {}\n---\n```bash {{name=a gate=none}}\ntrue\n```\n", "x".repeat(70_000)),
    );
    assert_eq!(sandbox.stepgate("run long.md").code, 2);
    sandbox.runbook("heading.md", &format!("# {}\n\n```bash {{name=a gate=none}}\ntrue\n```\n", "x".repeat(70_000)));
    assert_eq!(sandbox.stepgate("run heading.md").code, 0);
    assert_eq!(sandbox.stepgate("run heading.md").code, 0);
}

#[test]
fn a_store_tracked_in_a_worktree_is_refused_too() {
    let sandbox = Sandbox::new();
    let script = "git init -q main && cd main && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git worktree add -q ../tree";
    assert!(Command::new("bash").args(["-c", script]).current_dir(sandbox.path("")).status().unwrap().success());
    sandbox.runbook("tree/r.md", &step("a", "effect=read"));
    let run = || done(sandbox.command(["run", "r.md"]).current_dir(sandbox.path("tree")).output().unwrap());
    assert_eq!(run().code, 0);
    let add =
        Command::new("git").args(["add", "-f", ".stepgate/ledger.jsonl"]).current_dir(sandbox.path("tree")).status();
    assert!(add.unwrap().success());
    let refused = run();
    assert!(refused.code == 5 && refused.stderr.contains("Git tracks it"), "{refused:?}");
}
