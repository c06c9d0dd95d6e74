//! A run goes on where it was left: what is done is never done again, and what nobody knows is never guessed.

use crate::harness::{Done, Sandbox, done, is_alive, kill, statuses, wait_until};
use serde_json::Value;
use std::process::{Command, Stdio};

/// Each step adds its name to the witness. `save` waits until it may go on, or fails if it may not.
const BODY: &str = "```bash {name=first effect=read capture=SEEN}\necho first >> \"$HOME/witness\"; echo seen\n```\n\n\
```bash {name=save gate=none}\necho save >> \"$HOME/witness\"; test -e \"$HOME/ok\"\n```\n\n\
```bash {name=last effect=read}\necho \"last $SEEN\" >> \"$HOME/witness\"\n```\n\n\
```bash {name=tidy always gate=none}\necho tidy >> \"$HOME/witness\"\n```\n";

/// A step that says that it runs, and goes on when it may, or when its test is over.
fn held(attributes: &str) -> String {
    format!(
        "```bash {{name=held {attributes}}}\necho held >> \"$HOME/witness\"; echo $$ > \"$HOME/held\"\n\
         while test -e \"$HOME/held\" && ! test -e \"$HOME/go\"; do sleep 0.05; done\n```\n\n"
    )
}

fn witness(sandbox: &Sandbox) -> String {
    sandbox.read("witness").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Starts a run and kills stepgate, and stepgate alone, while `held` runs.
fn killed(sandbox: &Sandbox) {
    killed_when(sandbox, || true);
}

/// The same, not before `seen`.
fn killed_when(sandbox: &Sandbox, seen: impl Fn() -> bool) {
    let mut child: Command = sandbox.command(["run", "r.md", "--run-id", "one", "--yes"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the step runs", || sandbox.read("held").trim().parse::<i32>().is_ok() && seen());
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Ends the shell that outlived its stepgate.
fn end_the_rest(sandbox: &Sandbox) {
    let pid = sandbox.read("held");
    std::fs::remove_file(sandbox.path("held")).unwrap();
    wait_until("the shell has ended", || !is_alive(&pid));
}

fn decisions(sandbox: &Sandbox) -> Vec<String> {
    let word = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let events = sandbox.events();
    let made = events.iter().filter(|event| event["type"] == "decision-made");
    made.map(|event| {
        format!("{} {} {}", event["step"]["name"].as_str().unwrap(), word(event, "decision"), word(event, "through"))
    })
    .collect()
}

fn fails(done: &Done, code: i32, words: &[&str]) {
    assert_eq!(done.code, code, "{done:?}");
    for word in words {
        assert!(done.stderr.contains(word), "`{word}` is missing: {}", done.stderr);
    }
}

#[test]
fn a_failed_run_goes_on_at_the_step_that_failed_and_closes_once_more() {
    let sandbox = Sandbox::with(BODY);
    let failed = sandbox.stepgate("run r.md --run-id one");
    fails(&failed, 1, &["stepgate resume one --decide save=WHAT --reason 'HOW YOU KNOW'"]);
    assert_eq!(witness(&sandbox), "first save tidy");
    let undecided = sandbox.stepgate("resume one");
    fails(
        &undecided,
        4,
        &["a decision is needed on `save`", "save failed and may have changed something (failed: exit 1)"],
    );
    assert_eq!(sandbox.events().last().unwrap()["type"], "sealed", "nothing was begun");
    sandbox.write("ok", "");
    let resumed = sandbox.run(["resume", "one", "--decide", "save=rerun", "--reason", "there is room now"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(witness(&sandbox), "first save tidy save last seen tidy");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "first=passed save=passed last=passed tidy=passed");
    assert_eq!((log["verdict"].as_str(), log["deviations"].as_u64()), (Some("passed"), Some(1)));
    let deviation = &log["steps"][1]["deviation"];
    assert_eq!((deviation["kind"].as_str(), deviation["reason"].as_str()), (Some("rerun"), Some("there is room now")));
    assert_eq!((log["steps"][1]["attempts"].as_u64(), log["parts"].as_array().unwrap().len()), (Some(2), 1));
    let seals = sandbox.events().iter().filter(|event| event["type"] == "sealed").count();
    assert_eq!(seals, 2, "the old seal stays in the chain");
    let markdown = sandbox.stepgate("log").stdout;
    for words in ["it had closed as failed before", "resumed by", "run again by", "there is room now"] {
        assert!(markdown.contains(words), "`{words}` is missing: {markdown}");
    }
    fails(&sandbox.stepgate("resume one"), 2, &["run one is over: it has passed"]);
}

#[test]
fn a_closed_run_goes_on_behind_what_a_power_cut_left_of_an_earlier_going_on() {
    let sandbox = Sandbox::with(BODY);
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    sandbox.write("ok", "");
    let decided = ["resume", "one", "--decide", "save=rerun", "--reason", "there is room now"];
    let journal = sandbox.store().join("runs/one/journal.jsonl");
    let sealed = std::fs::metadata(&journal).unwrap().len();
    // The ledger knows of the going on, and the record of it is not on the disk yet.
    let killer = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", journal.to_str().unwrap()];
    let killer = [&killer[..], &["-e", "inject=fdatasync:signal=KILL:when=1"]].concat();
    _ = sandbox.wrapped(&killer, &decided).output().unwrap();
    let file = std::fs::File::options().write(true).open(&journal).unwrap();
    assert!(file.metadata().unwrap().len() > sealed, "the record was being written");
    file.set_len(sealed + 9).unwrap();
    let resumed = sandbox.run(decided);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let repaired: Vec<_> = sandbox.events().into_iter().filter(|event| event["type"] == "repaired").collect();
    assert_eq!((repaired.len(), repaired[0]["bytes"].as_u64()), (1, Some(9)));
    assert_eq!(std::fs::metadata(journal.with_file_name("journal.broken")).unwrap().len(), 9);
    assert_eq!(witness(&sandbox), "first save tidy save last seen tidy");
}

#[test]
fn what_a_person_says_happened_counts_as_done_is_not_run_again_and_proves_nothing() {
    let sandbox = Sandbox::new();
    let front = "---\nstepgate: 1\nacceptance:\n  AC1: it is saved\n---\n";
    sandbox.write("r.md", format!("{front}{}", BODY.replace("name=save", "name=save satisfies=AC1")));
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    let resumed = sandbox.run(["resume", "one", "--decide", "save=happened", "--reason", "the file is there"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert!(resumed.stdout.contains("Passed, AC1 not proved,"), "{}", resumed.stdout);
    assert_eq!(witness(&sandbox), "first save tidy last seen tidy");
    let log = sandbox.log();
    assert_eq!(statuses(&log), "first=passed save=satisfied last=passed tidy=passed");
    assert_eq!(log["acceptance"]["AC1"]["verdict"], "open");
}

#[test]
fn an_abort_closes_the_run_and_a_run_that_was_given_up_stays_so() {
    let sandbox = Sandbox::with(BODY);
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    let aborted = sandbox.run(["resume", "one", "--decide", "save=abort", "--reason", "not today"]);
    assert_eq!(aborted.code, 130, "{aborted:?}");
    assert_eq!(witness(&sandbox), "first save tidy tidy");
    assert_eq!(sandbox.log()["verdict"], "interrupted");
    fails(&sandbox.stepgate("resume one"), 2, &["run one is over: it was given up"]);
}

#[test]
fn a_step_that_was_running_when_stepgate_died_is_decided_by_its_effect_its_probe_or_a_person() {
    let probe = "```bash {name=is_held effect=read}\ntest -e \"$HOME/done\"\n```\n\n";
    let cases: [(&str, &[&str], i32, &str, &str); 6] = [
        ("effect=read", &[], 0, "held held", "held rerun policy"),
        ("effect=idempotent", &[], 0, "held held", "held rerun policy"),
        ("gate=none", &[], 4, "held", ""),
        ("gate=none unless=is_held", &[], 0, "held", "held happened probe"),
        ("effect=destroy gate=confirm unless=is_held", &[], 4, "held", ""),
        (
            "gate=none",
            &["--decide", "held=not-happened", "--reason", "r"],
            0,
            "held held",
            "held not-happened command-line",
        ),
    ];
    for (attributes, answers, code, seen, made) in cases {
        let probe = if attributes.contains("unless") { probe } else { "" };
        let sandbox = Sandbox::with(&format!("{probe}{}", held(attributes)));
        killed(&sandbox);
        assert_eq!(sandbox.log()["verdict"], "in-doubt", "{attributes}");
        end_the_rest(&sandbox);
        sandbox.write("go", "");
        sandbox.write("done", "");
        let resumed = sandbox.run([&["resume", "one"], answers].concat());
        assert_eq!(resumed.code, code, "{attributes}: {resumed:?}");
        assert_eq!((witness(&sandbox).as_str(), decisions(&sandbox).join(", ").as_str()), (seen, made), "{attributes}");
        let verdict = if code == 0 { "passed" } else { "in-doubt" };
        assert_eq!(sandbox.log()["verdict"], verdict, "{attributes}");
    }
}

#[test]
fn a_probe_that_does_not_pass_lets_the_step_run_and_then_must_pass() {
    let probe = "```bash {name=is_held effect=read}\ntest -e \"$HOME/done\"\n```\n\n";
    let step = held("gate=none unless=is_held").replace("done\n```", "done; touch \"$HOME/done\"\n```");
    let sandbox = Sandbox::with(&format!("{probe}{step}"));
    killed(&sandbox);
    end_the_rest(&sandbox);
    std::fs::remove_file(sandbox.path("done")).unwrap_or_default();
    sandbox.write("go", "");
    let resumed = sandbox.stepgate("resume");
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(
        (witness(&sandbox).as_str(), decisions(&sandbox).join("").as_str()),
        ("held held", "held not-happened probe")
    );
    let probes = sandbox.events().iter().filter(|event| event["type"] == "probe-finished").count();
    assert_eq!(probes, 3, "before the first attempt, when it was in doubt, and after the second");
}

#[test]
fn decisions_that_do_not_fit_are_usage_errors_and_nothing_runs() {
    let sandbox = Sandbox::with(BODY);
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    let cases: [(&[&str], &str); 6] = [
        (&["--decide", "save=happened"], "say how you know, --reason TEXT"),
        (&["--decide", "save=happened", "--reason", " "], "say how you know, --reason TEXT"),
        (&["--decide", "save=yes", "--reason", "r"], "`yes` is no decision: happened, not-happened, rerun, abort"),
        (&["--decide", "sav=rerun", "--reason", "r"], "no step is called `sav`, did you mean `save`?"),
        (&["--decide", "last=rerun", "--reason", "r"], "`last` is neither in doubt nor a failed change"),
        (&["--decide", "save", "--reason", "r"], "write --decide save=WHAT"),
    ];
    for (options, words) in cases {
        fails(&sandbox.run([&["resume", "one"], options].concat()), 2, &[words]);
    }
    assert_eq!(witness(&sandbox), "first save tidy");
    fails(&sandbox.stepgate("resume nope"), 2, &["no run's id holds `nope`"]);
    fails(&Sandbox::with(BODY).stepgate("resume"), 2, &["there is no store"]);
}

#[test]
fn a_suspended_run_goes_on_behind_its_gate_and_without_a_name_the_newest_unfinished_is_meant() {
    let sandbox = Sandbox::with(
        "```bash {name=a gate=none}\necho a >> \"$HOME/witness\"\n```\n```bash {name=b}\necho b >> \"$HOME/witness\"\n```\n- [ ] Look\n",
    );
    let suspended = sandbox.stepgate("run r.md --run-id one");
    fails(&suspended, 3, &["stepgate resume one --confirm b"]);
    fails(&sandbox.stepgate("resume"), 3, &["stepgate resume one --confirm b"]);
    fails(&sandbox.stepgate("resume --confirm b"), 3, &["stepgate resume one --answer look=done"]);
    assert_eq!(sandbox.stepgate("resume --answer look=done").code, 0);
    assert_eq!(witness(&sandbox), "a b");
    assert_eq!(sandbox.log()["parts"].as_array().unwrap().len(), 3);
    fails(&sandbox.stepgate("resume"), 2, &["no run is unfinished"]);
}

#[test]
fn a_changed_step_that_is_still_to_run_is_refused_unless_it_is_accepted_by_name() {
    let body = "```bash {name=a gate=none}\necho a >> \"$HOME/witness\"\n```\n```bash {name=b}\necho b >> \"$HOME/witness\"\n```\n";
    let cases: [(&str, &str, Option<&str>, &str); 6] = [
        ("echo a >>", "echo A >>", None, "step a is another one; it does not run any more"),
        ("echo b >>", "echo B >>", Some("b"), "step b is another one"),
        ("```bash {name=b}", "```bash {name=c gate=none}\n:\n```\n```bash {name=b}", Some("c"), "step c is new"),
        ("name=b", "name=b timeout=3m", Some("b"), "step b is another one"),
        ("```bash {name=b}", "Some more prose.\n\n```bash {name=b}", None, ""),
        ("stepgate: 1\n", "stepgate: 1\nenv: { E: x }\n", Some("env:E"), "env E is new: `x`"),
    ];
    for (before, after, key, words) in cases {
        let sandbox = Sandbox::with(body);
        assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 3);
        let text = sandbox.read("r.md");
        sandbox.write("r.md", text.replace(before, after));
        let resumed = sandbox.stepgate("resume one --confirm b");
        let Some(key) = key else {
            assert_eq!(resumed.code, 0, "{after}: {resumed:?}");
            assert!(resumed.stderr.contains(words), "{after}: {resumed:?}");
            assert_eq!(witness(&sandbox), "a b");
            continue;
        };
        fails(
            &resumed,
            2,
            &[words, "what is still to run has changed", &format!("stepgate resume one --accept {key}")],
        );
        assert_eq!(witness(&sandbox), "a", "{after}");
        fails(&sandbox.stepgate("resume one --accept a --confirm b"), 2, &["--accept a: that has not changed"]);
        let accepted = sandbox.run(["resume", "one", "--accept", key, "--confirm", "b"]);
        assert_eq!(accepted.code, 0, "{after}: {accepted:?}");
        let log = sandbox.log();
        assert_eq!(log["verdict"], "passed");
        assert_eq!(log["parts"][0]["accepted"][0], words);
        let markdown = sandbox.stepgate("log");
        assert_eq!(markdown.code, 0, "{markdown:?}");
        assert!(markdown.stdout.contains(after.lines().next().unwrap()), "the log is of what ran: {}", markdown.stdout);
    }
}

#[test]
fn a_step_that_is_gone_or_moved_is_refused_too() {
    let step = |name: &str| format!("```bash {{name={name}}}\necho {name} >> \"$HOME/witness\"\n```\n\n");
    let all = ["a", "b", "c"].map(step).concat();
    for (now, key, words) in [
        ([step("a"), step("c"), step("b")].concat(), "run:order", "c stands where b was"),
        ([step("a"), step("b")].concat(), "c", "step c is gone"),
    ] {
        let sandbox = Sandbox::with(&all);
        assert_eq!(sandbox.stepgate("run r.md --run-id one --confirm a").code, 3);
        sandbox.runbook("r.md", &now);
        fails(&sandbox.stepgate("resume one --yes"), 2, &[words, &format!("--accept {key}")]);
        assert_eq!(sandbox.run(["resume", "one", "--yes", "--accept", key]).code, 0);
    }
}

#[test]
fn another_parameter_target_or_profile_value_is_refused_and_what_was_typed_is_not_asked_again() {
    let mut sandbox = Sandbox::new();
    sandbox.write("stepgate.toml", "[profile.lab]\nparams = { P = \"p\" }\ntargets = { t = \"env\" }\n");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams:\n  P: {}\n  Q: { default: q }\n  R: {}\ntargets: { t: sh -c }\n---\n\
         ```bash {name=a gate=none on=t}\necho \"$P $Q $R\" >> \"$HOME/witness\"\n```\n\
         ```bash {name=b on=t}\necho \"$P $Q $R\" >> \"$HOME/witness\"\n```\n",
    );
    let started = sandbox.stepgate("run r.md --run-id one --profile lab --param R=typed");
    assert_eq!(started.code, 3, "{started:?}");
    let refused = |sandbox: &Sandbox, words: &str, key: &str| {
        fails(&sandbox.stepgate("resume one --confirm b"), 2, &[words, &format!("--accept {key}")]);
    };
    sandbox.write("stepgate.toml", "[profile.lab]\nparams = { P = \"other\" }\ntargets = { t = \"env\" }\n");
    refused(&sandbox, "parameter P: `p` → `other`", "param:P");
    sandbox.write("stepgate.toml", "[profile.lab]\nparams = { P = \"p\" }\ntargets = { t = \"env -i\" }\n");
    refused(&sandbox, "target t: `env` → `env -i`", "target:t");
    sandbox.write("stepgate.toml", "[profile.lab]\nparams = { P = \"p\" }\ntargets = { t = \"env\" }\n");
    let text = sandbox.read("r.md");
    sandbox.write("r.md", text.replace("default: q", "default: z"));
    refused(&sandbox, "parameter Q: `q` → `z`", "param:Q");
    sandbox.write("r.md", text);
    fails(&sandbox.stepgate("resume one --confirm b --param R=else"), 2, &["parameter R: `typed` → `else`"]);
    sandbox.set("STEPGATE_PARAM_R", "env");
    refused(&sandbox, "parameter R: `typed` → `env`", "param:R");
    let accepted = sandbox.stepgate("resume one --confirm b --accept param:R");
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert_eq!(sandbox.read("witness"), "p q typed\np q env\n");
}

#[test]
fn secrets_are_asked_for_again_and_a_step_that_names_one_that_nobody_gives_waits() {
    let mut sandbox = Sandbox::new();
    sandbox.write("stepgate.toml", "[secrets]\nTOKEN = { file = \"token\" }\n");
    sandbox.write("token", "hunter2-hunter2");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams:\n  TOKEN: { type: secret }\nsecrets: [KEY]\n---\n\
         ```bash {name=make effect=read secret capture=KEY}\necho key-of-$TOKEN\n```\n\
         ```bash {name=gate}\n:\n```\n\
         ```bash {name=use effect=read}\necho \"${#KEY} ${#TOKEN}\" >> \"$HOME/witness\"\n```\n",
    );
    sandbox.set("MODE", "x");
    let started = sandbox.stepgate("run r.md --run-id one");
    assert_eq!(started.code, 3, "{started:?}");
    let waits = sandbox.stepgate("resume one --confirm gate");
    fails(&waits, 3, &["KEY"]);
    let log = sandbox.log();
    assert_eq!(statuses(&log), "make=passed gate=passed use=suspended");
    sandbox.set("STEPGATE_PARAM_KEY", "key-of-hunter2-hunter2");
    let resumed = sandbox.stepgate("resume one");
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(sandbox.read("witness"), "22 15\n");
    let journal = std::fs::read_to_string(sandbox.store().join("runs/one/journal.jsonl")).unwrap();
    assert!(!journal.contains("hunter2"), "{journal}");
}

#[test]
fn captures_late_parameters_and_outputs_of_earlier_steps_are_known_to_the_next_part() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams:\n  PICK: { after: list, values: 'steps.list.lines' }\n---\n\
         ```bash {name=list effect=read}\nprintf 'one\\ntwo\\n'\n```\n\
         ```output\n(?<FIRST>one) (re)\ntwo\n```\n\
         ```bash {name=big effect=read}\nhead -c 40000 /dev/zero | tr '\\\\0' x\n```\n\
         ```bash {name=go}\necho \"$FIRST $PICK\" >> \"$HOME/witness\"\n```\n\
         ```assert {name=same}\nsteps.list.lines.size() == 2 && vars.FIRST == \"one\"\nsteps.big.stdout.size() == 40000\n\
         steps.go.finished - steps.list.started < duration(\"1h\")\n```\n",
    );
    let started = sandbox.stepgate("run r.md --run-id one");
    fails(&started, 3, &["stepgate resume one --param PICK=VALUE"]);
    let suspended = sandbox.stepgate("resume one --param PICK=two");
    fails(&suspended, 3, &["stepgate resume one --confirm go"]);
    let resumed = sandbox.stepgate("resume one --confirm go");
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(sandbox.read("witness"), "one two\n");
}

#[test]
fn a_partial_run_stays_partial_and_its_choice_is_kept() {
    let sandbox = Sandbox::with(BODY);
    sandbox.write("ok", "");
    let text = sandbox.read("r.md").replace("{name=save gate=none}", "{name=save}");
    sandbox.write("r.md", text);
    assert_eq!(sandbox.stepgate("run r.md --run-id one --to save").code, 3);
    let resumed = sandbox.stepgate("resume one --yes");
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(sandbox.log()["verdict"], "partial");
    assert_eq!(witness(&sandbox), "first save tidy");
}

#[test]
fn a_crash_in_the_middle_of_a_close_runs_what_is_left_of_it_and_nothing_twice() {
    let body = "```bash {name=a gate=none}\nfalse\n```\n\
                ```bash {name=one always gate=none}\necho one >> \"$HOME/witness\"\n```\n\n";
    let last = "```bash {name=three always gate=none}\necho three >> \"$HOME/witness\"\n```\n";
    let sandbox = Sandbox::with(&format!("{body}{}{last}", held("always effect=idempotent")));
    killed(&sandbox);
    end_the_rest(&sandbox);
    sandbox.write("go", "");
    let resumed = sandbox.stepgate("resume one");
    assert_eq!(resumed.code, 1, "{resumed:?}");
    assert_eq!(witness(&sandbox), "one held held three");
    assert_eq!(sandbox.log()["verdict"], "failed");
    let closings = sandbox.events().iter().filter(|event| event["type"] == "closing").count();
    assert_eq!(closings, 1, "it is the same close");
}

#[test]
fn a_runbook_that_is_changed_while_it_runs_is_run_as_it_was_planned_and_that_is_recorded() {
    let sandbox = Sandbox::with(
        "```bash {name=a gate=none}\nsed -i 's/echo b/echo EVIL/' \"$HOME/r.md\"; echo a >> \"$HOME/witness\"\n```\n\
         ```bash {name=b gate=none}\necho b >> \"$HOME/witness\"\n```\n```bash {name=c}\n:\n```\n",
    );
    let suspended = sandbox.stepgate("run r.md --run-id one");
    fails(&suspended, 3, &["the runbook's file has changed since it was planned"]);
    assert_eq!(witness(&sandbox), "a b");
    assert_eq!(sandbox.events().iter().filter(|event| event["type"] == "runbook-changed").count(), 1);
    // What was changed has run by now.
    let resumed = sandbox.stepgate("resume one --confirm c");
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert!(resumed.stderr.contains("step b is another one; it does not run any more"), "{resumed:?}");
}

#[test]
fn an_older_or_newer_record_is_refused_in_plain_words() {
    let sandbox = Sandbox::with(BODY);
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    let path = sandbox.store().join("runs/one/journal.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"format\":2", "\"format\":99", 1)).unwrap();
    for command in ["resume one", "log one"] {
        let done = sandbox.stepgate(command);
        assert!(done.code != 0 && done.stderr.contains("newer stepgate"), "{command}: {done:?}");
    }
    assert_eq!(witness(&sandbox), "first save tidy");
}

#[test]
fn a_process_of_a_step_in_doubt_is_named_also_after_setsid_before_anybody_decides() {
    let sandbox = Sandbox::with(
        "```bash {name=held gate=none}\nsetsid sleep 300 >/dev/null 2>&1 & echo $! > \"$HOME/sleeper\"\n\
         echo begun on standard output; echo $$ > \"$HOME/held\"\nwhile test -e \"$HOME/held\"; do sleep 0.05; done\n```\n",
    );
    let output = sandbox.store().join("runs/one/output/held.stdout");
    killed_when(&sandbox, || std::fs::read(&output).is_ok_and(|bytes| !bytes.is_empty()));
    let sleeper = sandbox.read("sleeper");
    let pid = sandbox.read("held");
    let asked = sandbox.stepgate("resume one");
    fails(&asked, 4, &[&format!("still alive: {}", pid.trim()), "was begun", "ago", "begun on standard output"]);
    assert!(asked.stderr.contains("sleep 300"), "{asked:?}");
    let decided = sandbox.run(["resume", "one", "--decide", "held=happened", "--reason", "it sleeps"]);
    assert_eq!(decided.code, 0, "{decided:?}");
    let events = sandbox.events();
    let made = events.iter().find(|event| event["type"] == "decision-made").unwrap();
    assert!(!made["alive"].as_array().unwrap().is_empty(), "{made}");
    end_the_rest(&sandbox);
    kill(&sleeper);
}

#[test]
fn a_run_that_goes_on_elsewhere_is_refused_and_its_holder_named() {
    let sandbox = Sandbox::with(&held("gate=none"));
    let mut command = sandbox.command(["run", "r.md", "--run-id", "one"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the step runs", || sandbox.read("held").trim().parse::<i32>().is_ok());
    fails(&sandbox.stepgate("resume one"), 6, &["run one", "holds the lock", &child.id().to_string()]);
    sandbox.write("go", "");
    assert_eq!(done(child.wait_with_output().unwrap()).code, 0);
    _ = &mut command;
}

#[test]
fn what_a_step_would_have_captured_that_only_happened_is_asked_for_where_it_is_named() {
    let mut sandbox = Sandbox::with(
        "```bash {name=make gate=none capture=FILE}\necho f; exit 1\n```\n\n```bash {name=free effect=read}\n:\n```\n\n\
         ```bash {name=use effect=read}\necho \"got $FILE\" >> \"$HOME/witness\"\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    let happened = ["resume", "one", "--decide", "make=happened", "--reason", "it is there"];
    fails(&sandbox.run(happened), 3, &["the value of `FILE`, which the record does not have", "STEPGATE_PARAM_FILE"]);
    assert_eq!(statuses(&sandbox.log()), "make=satisfied free=passed use=suspended");
    fails(&sandbox.stepgate("resume one"), 3, &["FILE"]);
    sandbox.set("STEPGATE_PARAM_FILE", "f");
    assert_eq!(sandbox.stepgate("resume one").code, 0);
    assert_eq!(sandbox.read("witness"), "got f\n");
}

/// A run that was killed in `held`, whose shell has ended.
fn in_doubt(body: &str) -> Sandbox {
    let sandbox = Sandbox::with(body);
    killed(&sandbox);
    end_the_rest(&sandbox);
    sandbox.write("go", "");
    sandbox
}

#[test]
fn no_edit_of_the_page_decides_what_became_of_a_step() {
    let last = "```bash {name=last effect=read}\n:\n```\n";
    let sandbox = in_doubt(&format!("{}{last}", held("gate=none")));
    let text = sandbox.read("r.md");
    // Gone, or under another name.
    for (gone, other) in
        [(text.replace("name=held", "name=other"), " --accept other"), (text.replace(&held("gate=none"), ""), "")]
    {
        sandbox.write("r.md", gone);
        let done = sandbox.stepgate(&format!("resume one --accept held{other}"));
        fails(&done, 2, &["step held is gone, and nobody has said whether it happened: put it back"]);
    }
    // A milder effect than it had.
    sandbox.write("r.md", text.replace("name=held gate=none", "name=held effect=read"));
    fails(&sandbox.stepgate("resume one --accept held"), 4, &["a decision is needed on `held`"]);
    assert_eq!(witness(&sandbox), "held");
    // A new step in front of one that could simply run again, and fails.
    let sandbox = in_doubt(&held("effect=idempotent"));
    let new = "```bash {name=new effect=read}\nfalse\n```\n\n```bash {name=held";
    let text = sandbox.read("r.md");
    sandbox.write("r.md", text.replacen("```bash {name=held", new, 1));
    let done = sandbox.run(["resume", "one", "--accept", "new"]);
    assert!(done.code == 4, "a run in doubt is not closed: {done:?}");
    assert!(!sandbox.events().iter().any(|event| event["type"] == "closing"));
}

#[test]
fn every_decision_stands_in_the_log_also_an_earlier_one_and_an_abort() {
    let sandbox = Sandbox::with("```bash {name=x gate=none}\necho x >> \"$HOME/witness\"; test -e \"$HOME/ok\"\n```\n");
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    for (what, reason, code) in [("rerun", "FIRST", 1), ("not-happened", "SECOND", 1), ("abort", "THIRD", 130)] {
        let done = sandbox.run(["resume", "one", "--decide", &format!("x={what}"), "--reason", reason]);
        assert_eq!(done.code, code, "{done:?}");
    }
    assert_eq!((witness(&sandbox).as_str(), sandbox.log()["deviations"].as_u64()), ("x x x", Some(3)));
    let markdown = sandbox.stepgate("log").stdout;
    assert!(["FIRST", "SECOND", "THIRD"].iter().all(|reason| markdown.contains(reason)), "{markdown}");
}

#[test]
fn what_a_person_decides_is_done_whatever_the_probe_would_say() {
    let probe = "```bash {name=is_held effect=read}\ntest -e \"$HOME/done\"\n```\n\n";
    for what in ["rerun", "not-happened"] {
        let sandbox = in_doubt(&format!("{probe}{}", held("gate=none unless=is_held")));
        sandbox.write("done", "");
        let done = sandbox.run(["resume", "one", "--decide", &format!("held={what}"), "--reason", "r"]);
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(
            (witness(&sandbox).as_str(), statuses(&sandbox.log()).as_str()),
            ("held held", "is_held=not-run held=passed")
        );
    }
}

#[test]
fn the_log_shows_what_ran_where_a_step_was_changed_after_it_had_its_result() {
    let sandbox = Sandbox::new();
    let front = "---\nstepgate: 1\nacceptance: { AC1: it is whole }\n---\n";
    let body = "```bash {name=a gate=none}\necho hi\n```\n\n```bash {name=b satisfies=AC1}\necho b\n```\n";
    sandbox.write("r.md", format!("{front}{body}"));
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 3);
    let body =
        body.replace("name=a gate=none", "name=a gate=none satisfies=AC1").replace("echo hi", "sha256sum -c sums");
    sandbox.write("r.md", format!("{front}{}", body.replace("name=b satisfies=AC1", "name=b")));
    fails(&sandbox.stepgate("resume one --yes"), 2, &["step b is another one", "note: step a is another one"]);
    assert_eq!(sandbox.stepgate("resume one --yes --accept b").code, 0);
    let markdown = sandbox.stepgate("log").stdout;
    let shown = markdown.find("**This is not what ran.**").unwrap_or_else(|| panic!("{markdown}"));
    assert!(markdown[shown..].contains("> echo hi"), "{markdown}");
    assert!(markdown.contains("changed, and done before: step a is another one"), "{markdown}");
    assert_eq!(sandbox.log()["acceptance"]["AC1"]["verdict"], "open", "what ran proved nothing");
}

#[test]
fn a_changed_file_of_the_runs_folder_decides_nothing() {
    let body = "```bash {name=big effect=read}\nseq 1 20000\n```\n\n```bash {name=gated}\n:\n```\n\n\
                ```bash {name=z gate=none when='steps.big.lines[0] == \"1\"'}\necho z >> \"$HOME/witness\"\n```\n";
    for (act, words) in [
        ("sed -i 1s/1/7/ output/big.stdout", "output/big.stdout is not what was recorded"),
        ("rm output/big.stdout", "output/big.stdout cannot be read"),
        ("echo >> runbook.md", "runbook.md is not what was recorded"),
        ("rm runbook.md", "runbook.md cannot be read"),
    ] {
        let sandbox = Sandbox::with(body);
        assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 3);
        let folder = sandbox.store().join("runs/one");
        assert!(Command::new("sh").args(["-c", act]).current_dir(folder).status().unwrap().success());
        fails(&sandbox.stepgate("resume one --yes"), 5, &[words, "nothing was run"]);
        assert_eq!(witness(&sandbox), "", "{act}");
    }
}

#[test]
fn a_run_of_which_nothing_was_recorded_hides_no_other() {
    let sandbox = Sandbox::with("```bash {name=a}\n:\n```\n");
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 3);
    assert_eq!(sandbox.stepgate("run r.md --run-id two").code, 3);
    // As a crash right behind the ledger's line leaves it.
    std::fs::write(sandbox.store().join("runs/two/journal.jsonl"), "").unwrap();
    let done = sandbox.stepgate("resume --yes");
    assert!(done.code == 0 && done.stdout.contains("run one"), "{done:?}");
}

#[test]
fn a_probe_that_names_a_value_nobody_knows_decides_nothing() {
    let mut sandbox = Sandbox::new();
    sandbox.set("STEPGATE_PARAM_TOKEN", "hunter2-hunter2");
    sandbox.write(
        "r.md",
        format!(
            "---\nstepgate: 1\nparams:\n  TOKEN: {{ type: secret }}\n---\n```bash {{name=make effect=read}}\nSESS=\"of-$TOKEN\"\n```\n\n\
             ```bash {{name=is_held effect=read}}\ntest -n \"$SESS\"\n```\n\n{}",
            held("gate=none unless=is_held").replace("echo held", "test -z \"${SESS:+x}\" || echo held")
        ),
    );
    // The probe passes only before the step has run: it does not matter here, since it may not be asked.
    let text = sandbox.read("r.md").replace("test -n \"$SESS\"", "test -n \"$SESS\" && test -e \"$HOME/done\"");
    sandbox.write("r.md", text);
    killed(&sandbox);
    end_the_rest(&sandbox);
    sandbox.write("go", "");
    sandbox.write("done", "");
    fails(&sandbox.stepgate("resume one"), 4, &["the value of `SESS`, which the record does not have"]);
    sandbox.set("STEPGATE_PARAM_SESS", "of-hunter2-hunter2");
    assert_eq!(sandbox.stepgate("resume one").code, 0);
    assert_eq!((witness(&sandbox).as_str(), decisions(&sandbox).join("").as_str()), ("held", "held happened probe"));
}

#[test]
fn a_secret_that_only_earlier_steps_named_is_masked_in_later_parts_too() {
    let sandbox = Sandbox::new();
    sandbox.write("stepgate.toml", "[secrets]\nPW = { command = \"cat pw\" }\n");
    sandbox.write("pw", "hunter2-hunter2");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams:\n  PW: { type: secret }\n---\n```bash {name=a gate=none}\necho \"$PW\" > conf\n```\n\n\
         ```bash {name=b}\ncat conf\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 3);
    let done = sandbox.stepgate("resume one --yes");
    assert_eq!(done.code, 0, "{done:?}");
    let journal = std::fs::read_to_string(sandbox.store().join("runs/one/journal.jsonl")).unwrap();
    assert!(!journal.contains("hunter2") && !done.stderr.contains("hunter2"), "{done:?}");
}

#[test]
fn what_was_typed_for_later_is_typed_once_and_a_state_stays_with_its_target() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams:\n  SNAP: { after: save, default: latest }\ntargets: { t: env }\n---\n\
         ```bash {name=set effect=read on=t}\nX=from-the-old-target\n```\n\n```bash {name=save gate=none}\ntest -e ok\n```\n\n\
         ```bash {name=use effect=read on=t}\necho \"$SNAP ${X-unset}\" >> \"$HOME/witness\"\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md --run-id one --param SNAP=s1").code, 1);
    sandbox.write("ok", "");
    let decide = ["resume", "one", "--decide", "save=rerun", "--reason", "r"];
    let text = sandbox.read("r.md");
    sandbox.write("r.md", text.replace("t: env", "t: nice"));
    let done = sandbox.run(decide.into_iter().chain(["--accept", "target:t"]));
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(sandbox.read("witness"), "s1 unset\n");
}

#[test]
fn a_run_that_is_given_up_at_a_gate_is_not_asked_about_again_and_a_cleanup_that_is_gone_counts() {
    let body = "```bash {name=a gate=none}\nfalse\n```\n\n";
    let always = "```bash {name=tidy always gate=none}\necho tidy >> \"$HOME/witness\"\n```\n";
    let sandbox = Sandbox::with(&format!("{body}{always}"));
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 1);
    sandbox.runbook("r.md", body);
    fails(
        &sandbox.run(["resume", "one", "--decide", "a=happened", "--reason", "r"]),
        2,
        &["step tidy is gone", "--accept tidy"],
    );
}
