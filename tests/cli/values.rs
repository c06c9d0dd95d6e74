//! Values: what a step and an expression get of parameters, captures, targets and data.

use crate::harness::{Sandbox, statuses};
use serde_json::json;

fn with(front: &str, body: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("---\nstepgate: 1\n{front}---\n{body}"));
    sandbox
}

fn passes(sandbox: &Sandbox, words: &str) {
    let done = sandbox.stepgate(&format!("run r.md {words}"));
    assert_eq!(done.code, 0, "{words}: {done:?}");
}

#[test]
fn expressions_see_parameters_by_their_type_and_scripts_see_them_as_typed() {
    let front = "params:\n  N: { type: int, default: 007x }\n".replace("007x", "-3")
        + "  B: { type: bool, default: true }\n  D: { type: duration, default: 1h 30m }\n  Q: { type: quantity, default: 1Mi }\n  H: { type: quantity, default: 500m }\n";
    let body = "```bash {name=a effect=read}\necho \"$N $B $D $Q $H\"\n```\n\n```output\n-3 true 1h 30m 1Mi 500m\n```\n\n```assert\nparams.N + 4 == 1\nparams.B && params.D > duration(\"89m\") && params.D < duration(\"1d\")\nparams.Q == 1048576 && params.Q > quantity(\"1M\")\nparams.H == 0.5\n```\n";
    passes(&with(&front, body), "");
}

#[test]
fn expected_lines_may_name_the_run_the_step_and_the_target() {
    let body = "```bash {name=a_b effect=read}\necho \"$STEPGATE_RUN|$STEPGATE_STEP|$STEPGATE_TARGET\"\n```\n\n```output\n{{STEPGATE_RUN}}\\|{{STEPGATE_STEP}}\\|{{STEPGATE_TARGET}} (re)\n```\n";
    let sandbox = with("", body);
    passes(&sandbox, "--run-id 1.2");
    let other = with("", &body.replacen("$STEPGATE_RUN", "1x2", 1));
    assert_eq!(other.stepgate("run r.md --run-id 1.2").code, 1, "the value is no pattern");
}

#[test]
fn empty_and_unset_are_not_the_same() {
    let body = "```bash {name=never effect=read when=\"false\"}\ntrue\n```\n\n```bash {name=a effect=read}\necho \"${P-unset}|${P:-empty}|${Q-unset}\"\n```\n\n```output\n|empty|unset\n```\n";
    let sandbox = with("params: { P: { default: '' }, Q: { after: never, default: x } }\n", body);
    passes(&sandbox, "");
    let given = with("params: { P: {} }\n", "```bash {name=a effect=read}\ntest -z \"$P\"\n```\n");
    passes(&given, "--param P=");
}

#[test]
fn the_newest_capture_wins_and_only_what_passes_captures() {
    let capture = |name: &str, script: &str, more: &str| {
        format!("```bash {{name={name} effect=read capture=V{more}}}\n{script}\n```\n\n")
    };
    let body = capture("one", "echo first", "")
        + &capture("two", "echo second", "")
        + &capture("three", "echo third; exit 3", " poll=50ms timeout=150ms");
    let always = "```bash {name=tidy always effect=read}\necho \"$V\"\n```\n\n```output\nsecond\n```\n";
    let sandbox = with("", &(body + always));
    assert_eq!(sandbox.stepgate("run r.md").code, 1);
    let log = sandbox.log();
    assert_eq!(
        (statuses(&log).as_str(), &log["variables"]),
        ("one=passed two=passed three=failed tidy=passed", &json!({ "V": "second" }))
    );
}

#[test]
fn a_profile_brings_targets_of_its_own_and_each_place_beats_the_one_before() {
    let body = "On there:\n\n```bash {name=a effect=read on=there}\necho \"$WHICH\"\n```\n";
    let said = |sandbox: &Sandbox, words: &str| {
        passes(sandbox, words);
        sandbox.events()[2]["stdout"]["text"].as_str().unwrap().trim().to_owned()
    };
    let toml = "[targets]\nthere = \"env WHICH=toml\"\n[profile.lab]\ntargets = { there = \"env WHICH=profile\" }\n";
    let sandbox = with("", body);
    sandbox.write("stepgate.toml", toml);
    assert_eq!(said(&sandbox, ""), "toml");
    let front = with("targets: { there: env WHICH=front }\n", body);
    front.write("stepgate.toml", toml);
    assert_eq!((said(&front, "").as_str(), said(&front, "--profile lab").as_str()), ("front", "profile"));
    let line = front.run(["run", "r.md", "--profile", "lab", "--target", "there=env WHICH=line"]);
    assert_eq!((line.code, front.events()[2]["stdout"]["text"].as_str().unwrap()), (0, "line\n"));
    let alone = with("", body);
    alone.write("stepgate.toml", "[profile.lab]\ntargets = { there = \"env WHICH=profile\" }\n");
    assert_eq!(said(&alone, "--profile lab"), "profile");
    let without = alone.stepgate("run r.md");
    assert!(without.code == 2 && without.stderr.contains("choose one with --profile"), "{without:?}");
}

#[test]
fn the_default_pause_makes_a_step_be_tried_again_if_it_may() {
    let sandbox = with(
        "defaults: { poll: 50ms, timeout: 20s }\n",
        "```bash {name=wait effect=read}\necho x >>witness; test \"$(wc -l <witness)\" -ge 3\n```\n\n```bash {name=once gate=none exit=1}\necho x >>changes; exit 1\n```\n",
    );
    passes(&sandbox, "");
    let log = sandbox.log();
    assert_eq!((&log["steps"][0]["attempts"], &log["steps"][1]["attempts"]), (&json!(3), &json!(1)));
    assert_eq!(sandbox.read("changes"), "x\n");
}

#[test]
fn so_much_of_an_output_is_kept_as_the_settings_say_and_hash_and_length_are_of_all() {
    let sandbox = with(
        "",
        "```bash {name=a effect=read}\nhead -c 300000 /dev/zero | tr '\\0' x\n```\n\n```assert\nstdout.size() == 300000\n```\n",
    );
    sandbox.write("stepgate.toml", "[limits]\noutput = \"100kB\"\n");
    passes(&sandbox, "");
    let record = sandbox.events()[2]["stdout"].clone();
    let file = std::fs::metadata(
        sandbox
            .store()
            .join("runs")
            .join(sandbox.log()["run"].as_str().unwrap())
            .join(record["file"].as_str().unwrap()),
    );
    assert_eq!((file.unwrap().len(), &record["kept"], &record["bytes"]), (100_000, &json!(100_000), &json!(300_000)));
    assert!(sandbox.stepgate("log").stdout.contains("100000"), "the log says how much is there");
}

#[test]
fn a_data_block_of_a_file_with_carriage_returns_arrives_with_newlines() {
    let text = "---\nstepgate: 1\n---\n```bash {name=a effect=read stdin=d}\nod -An -c | tr -d ' \\n'\n```\n\n```output\na\\nb\\n\n```\n\n```text {data name=d}\na\nb\n```\n";
    let sandbox = Sandbox::new();
    sandbox.write("r.md", text.replace('\n', "\r\n"));
    passes(&sandbox, "");
}

#[test]
fn a_character_that_comes_in_two_pieces_is_one() {
    let sandbox = with(
        "",
        "```bash {name=a effect=read}\nprintf '\\xc3'; sleep 0.3; printf '\\xa4\\n'\n```\n\n```output\nä\n```\n\n```assert\nstdout == \"ä\\n\"\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert!(done.code == 0 && done.stderr.contains("│ ä"), "{done:?}");
}

#[test]
fn what_a_machine_prints_is_no_link_and_no_markup_in_the_log() {
    let sandbox = with(
        "",
        "```bash {name=a effect=read}\necho '[x](javascript:alert(1)) <script>alert(1)</script> {{#include /etc/passwd}}'; echo '````'; echo '> quote'\n```\n",
    );
    passes(&sandbox, "");
    let log = sandbox.stepgate("log").stdout;
    let quote: Vec<_> = log.lines().skip_while(|line| !line.contains("stepgate:a ")).collect();
    assert!(quote.iter().any(|line| line.starts_with("> `````")), "the fence is longer than any inside: {log}");
    assert!(log.contains("\\{{#include") && quote.iter().all(|line| line.starts_with('>') || line.is_empty()), "{log}");
}

#[test]
fn a_phrase_holds_parameters_that_are_known_before_the_run_and_no_others() {
    let step = |phrase: &str| {
        format!(
            "```bash {{name=drop effect=destroy phrase=\"{phrase}\"}}\ntouch witness\n```\n\n```bash {{name=list effect=read}}\ntrue\n```\n"
        )
    };
    let front = "params: { HOST: { default: db1 }, LATE: { after: list, default: x }, KEY: { type: secret } }\n";
    let sandbox = with(front, &step("drop {{HOST}}"));
    for (answer, code) in [("--confirm drop=drop", 2), ("--confirm drop", 2), ("--yes", 3)] {
        assert_eq!(sandbox.stepgate(&format!("run r.md {answer}")).code, code, "{answer}");
    }
    assert!(!sandbox.path("witness").exists());
    assert_eq!(sandbox.run(["run", "r.md", "--param", "HOST=db2", "--confirm", "drop=drop db2"]).code, 0);
    for (name, why) in [("LATE", "behind a step"), ("KEY", "is secret"), ("NONE", "no parameter")] {
        let done = with(front, &step(&format!("drop {{{{{name}}}}}"))).stepgate("check r.md");
        assert!(done.code == 1 && done.stderr.contains(why), "{name}: {done:?}");
    }
    let unusable = sandbox.run(["run", "r.md", "--param", "HOST=a\nb"]);
    assert!(unusable.code == 2 && unusable.stderr.contains("phrase"), "{unusable:?}");
}
