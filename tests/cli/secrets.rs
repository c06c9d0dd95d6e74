//! A secret's value reaches its steps and no place that stepgate writes or shows.

use crate::harness::{Done, Sandbox, finish};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

/// Holds what every encoding treats differently.
const VALUE: &str = "p@ss w/ö'rd$x\"%s+Q==";

fn runbook() -> String {
    let forms = [
        "printf '%s\\n' \"$TOKEN\"",
        "printf %s \"$TOKEN\" | base64 -w0; echo",
        "printf 'user:%s!' \"$TOKEN\" | base64 -w0; echo",
        "printf '%q\\n' \"$TOKEN\"",
        "printf \"'%s'\\n\" \"${TOKEN//\\'/\\'\\\\\\'\\'}\"",
        "python3 -c 'import os,urllib.parse as u; t=os.environ[\"TOKEN\"]; print(u.quote(t), u.quote(t, safe=\"\"), u.quote_plus(t))'",
        "python3 -c 'import os,json; t=os.environ[\"TOKEN\"]; print(json.dumps(t), json.dumps(t, ensure_ascii=False))'",
        "for i in $(seq 0 ${#TOKEN}); do printf '%s' \"${TOKEN:$i:1}\"; sleep 0.002; done; echo",
        "printf '%s\\n' \"$TOKEN\" >&2",
        "declare -p TOKEN",
        "set -x; : \"$TOKEN\"; set +x",
        "set -x; [[ x == \"$TOKEN\" ]] || :; : \"${TOKEN@Q}\" \"$(printf %q \"$TOKEN\")\"; set +x",
        "for width in 20 60 64 76; do printf 'some text before it, user:%s! and some behind it' \"$TOKEN\" | base64 -w$width; done",
        "printf '{\"auth\":\"%s\"}' \"$(printf 'user:%s' \"$TOKEN\" | base64 -w0)\" | base64",
        "python3 -c 'import os; h=(\"some text before it\"+os.environ[\"TOKEN\"]+\"...\").encode().hex(); [print(h[at:at+60]) for at in range(0,len(h),60)]; print(h.upper())'",
        "python3 -c 'import os,json,html; t=os.environ[\"TOKEN\"]; print(json.dumps(json.dumps(t))); print(html.escape(t), repr(t), ascii(t), t.encode())'",
        "head -c 70000 /dev/zero | tr '\\0' a; printf '%s\\n' \"$TOKEN\"",
    ];
    let mut body =
        String::from("---\nstepgate: 1\nparams: { TOKEN: { type: secret } }\nsecrets: [FOUND]\n---\n# Secrets\n\n");
    for (at, form) in forms.iter().enumerate() {
        body.push_str(&format!("```bash {{name=form{at} effect=read}}\n{form}\n```\n\n"));
    }
    body.push_str("```bash {name=unseen effect=read}\necho \"${!T*}\"\nenv\n```\n\n");
    body.push_str("```bash {name=make effect=read capture=FOUND}\nprintf %s \"found-$(printf %s \"$TOKEN\" | wc -c)-value\"\n```\n\n");
    body.push_str(
        "```bash {name=kept effect=read secret capture=HIDDEN}\necho \"hidden-$(printf capture)-value\"\n```\n\n",
    );
    body.push_str(
        "```bash {name=uses effect=read}\necho \"$FOUND $HIDDEN\"\n```\n\n```output\n{{FOUND}} {{HIDDEN}}\n```\n\n",
    );
    body.push_str("```bash {name=wrong effect=read}\necho \"not $TOKEN\"\n```\n\n```output\nis {{TOKEN}}\n```\n\n```assert\nstdout == \"x\"\n```\n");
    body
}

fn hits(text: &[u8], what: &str) -> Vec<String> {
    let plain = VALUE.as_bytes();
    // Of each form a part that is long enough to give it away and that no other text holds.
    let needles: [&[u8]; 14] = [
        plain,
        b"cEBzcyB3L8O2J3JkJHgi",
        b"p%40ss",
        b"p@ss",
        b"\\u00f6'rd",
        b"rd$x\\\"",
        b"found-22-value",
        b"hidden-capture-value",
        b"w/\\303\\266",
        b"w/\\xc3\\xb6",
        b"w/\\xf6",
        b"&#x27;rd",
        b"\\p\\@\\s",
        b"\\\\p\\\\@\\\\s",
    ];
    let mut needles: Vec<_> = needles.iter().map(|needle| needle.to_vec()).collect();
    needles.extend(coded());
    let solid: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let holds = |needle: &[u8]| [text, &solid].iter().any(|text| memchr::memmem::find(text, needle).is_some());
    let found = needles.iter().filter(|needle| holds(needle));
    found.map(|needle| format!("{what}: {}", String::from_utf8_lossy(needle))).collect()
}

/// Eight letters of base64, and sixteen digits of hex, wherever lines break.
fn coded() -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    let once = [0, 1, 2].map(|before| base64_at(before, VALUE));
    for once in once {
        texts.extend([0, 1, 2].map(|before| base64_at(before, &once)));
        texts.push(once);
    }
    let mut needles: Vec<_> = texts.iter().flat_map(|text| text.as_bytes().windows(8)).map(<[u8]>::to_vec).collect();
    let lower: String = VALUE.bytes().map(|byte| format!("{byte:02x}")).collect();
    for digits in [lower.to_uppercase(), lower] {
        needles.extend(digits.as_bytes().windows(16).map(<[u8]>::to_vec));
    }
    needles
}

/// The letters that the value alone decides with so many bytes before it.
fn base64_at(before: usize, value: &str) -> String {
    let bytes = [&vec![0; before], value.as_bytes()].concat();
    STANDARD.encode(&bytes)[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

fn search(folder: &Path, found: &mut Vec<String>, files: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => search(&path, found, files),
            false => {
                *files += 1;
                found.extend(hits(&std::fs::read(&path).unwrap(), &path.display().to_string()));
            }
        }
    }
}

fn check(sandbox: &Sandbox, done: &Done) {
    let mut found = hits(done.stdout.as_bytes(), "standard output");
    found.extend(hits(done.stderr.as_bytes(), "standard error"));
    let mut files = 0;
    search(&sandbox.store(), &mut found, &mut files);
    assert!(files >= 4, "{files}");
    for command in ["log", "log --format json", "log --format html", "log --format junit"] {
        let shown = sandbox.stepgate(command);
        found.extend(hits(shown.stdout.as_bytes(), command));
        found.extend(hits(shown.stderr.as_bytes(), command));
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.write("r.md", runbook());
    sandbox.write("stepgate.toml", "[secrets]\nTOKEN = { env = \"MY_TOKEN\" }\n");
    sandbox.set("MY_TOKEN", VALUE);
    sandbox.set("STEPGATE_LOG", "trace");
    sandbox.set("LC_ALL", "C.UTF-8");
    sandbox
}

#[test]
fn no_form_of_a_secret_stands_in_the_store_on_the_terminal_in_the_log_or_in_traces() {
    let sandbox = sandbox();
    let done = crate::harness::done(finish(&mut sandbox.command(["run", "r.md"]), Duration::from_secs(120)));
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("[secret]"), "{done:?}");
    check(&sandbox, &done);
    let log = sandbox.log();
    assert_eq!(
        (&log["params"]["TOKEN"], &log["variables"]["FOUND"], &log["variables"]["HIDDEN"]),
        (&"[secret]".into(), &"[secret]".into(), &"[secret]".into())
    );
    let kept = log["steps"].as_array().unwrap().iter().find(|step| step["name"] == "kept").unwrap();
    assert!(kept["stdout_sha256"].is_null() && kept["stdout_bytes"].is_null(), "{kept}");
    assert!(sandbox.stepgate("log").stdout.contains("from the environment variable MY_TOKEN"));
    let json = sandbox.stepgate("run r.md --format json");
    check(&sandbox, &json);
}

#[test]
fn a_secret_is_seen_by_the_steps_that_name_it_only_and_stands_in_no_command_line() {
    let sandbox = Sandbox::new().env("MY_TOKEN", VALUE);
    sandbox.write("stepgate.toml", "[secrets]\nTOKEN = { env = \"MY_TOKEN\" }\n");
    let look = "grep -zl \"[p]@ss\" /proc/[0-9]*/cmdline 2>/dev/null | grep -v self || true";
    sandbox.write(
        "r.md",
        format!("---\nstepgate: 1\nparams: {{ TOKEN: {{ type: secret }} }}\n---\n```bash {{name=a effect=read}}\ntest \"${{#TOKEN}}\" -gt 5; LATER=$TOKEN; export TOKEN\nsleep 0.2 & {look}\nwait\n```\n\n```output\n```\n```bash {{name=b effect=read}}\nenv | grep -c 'p@ss' || true\n```\n\n```output\n0\n```\n"),
    );
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn a_secret_that_cannot_be_had_stops_before_anything_runs_and_says_no_value() {
    let body = "---\nstepgate: 1\nparams: { TOKEN: { type: secret, pattern: '[a-z]+' } }\n---\n```bash {name=a gate=none}\ntouch witness; : \"$TOKEN\"\n```\n";
    for (toml, words) in [
        ("", "nothing says where the secret `TOKEN` comes from"),
        ("[secrets]\nTOKEN = { env = \"NOT_SET\" }\n", "it is not set"),
        ("[secrets]\nTOKEN = { env = \"BAD\" }\n", "does not match the pattern"),
        ("[secrets]\nTOKEN = { file = \"none\" }\n", "No such file"),
        ("[secrets]\nTOKEN = { file = \"fifo\" }\n", "no regular file"),
        ("[secrets]\nTOKEN = { command = \"false\" }\n", "it failed"),
        ("[secrets]\nTOKEN = { command = \"no-such-program\" }\n", "cannot be started"),
        ("[secrets]\nTOKEN = { prompt = true }\n", "nobody answered"),
    ] {
        let sandbox = Sandbox::new().env("BAD", "hunter2 BIG");
        assert!(std::process::Command::new("mkfifo").arg(sandbox.path("fifo")).status().unwrap().success());
        sandbox.write("r.md", body);
        sandbox.write("stepgate.toml", toml);
        let done = crate::harness::done(finish(&mut sandbox.command(["run", "r.md"]), Duration::from_secs(60)));
        assert!(done.code == 2 && done.stderr.contains(words), "{toml}: {done:?}");
        assert!(!done.stderr.contains("hunter2") && !sandbox.path("witness").exists() && !sandbox.store().exists());
    }
}

#[test]
fn files_commands_and_the_environment_supply_a_secret() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_E", "eeee-env");
    let file = sandbox.write("secret.txt", "ffff-file\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.write("stepgate.toml", "[secrets]\nF = { file = \"secret.txt\" }\n[profile.lab.secrets]\nC = { command = \"printf 'cccc %s' command\" }\n");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams: { E: { type: secret }, F: { type: secret }, C: { type: secret } }\n---\n```bash {name=a effect=read}\necho \"${#E} ${#F} ${#C}\"\n```\n\n```output\n8 9 12\n```\n",
    );
    let done = sandbox.stepgate("run r.md --profile lab");
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn short_and_overlapping_secrets_are_warned_of_by_name_and_masked() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_A", "xy").env("STEPGATE_PARAM_B", "xyz-long");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams: { A: { type: secret }, B: { type: secret } }\n---\n```bash {name=a effect=read}\necho \"1 $A 2 $B\"\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("`A`") && done.stderr.contains("1 [secret] 2 [secret]"), "{}", done.stderr);
    assert!(!done.stderr.contains("z-long"));
}

#[test]
fn a_secret_that_stands_in_the_runbook_is_refused() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_T", "hunter22");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams: { T: { type: secret } }\n---\n```bash {name=a gate=none}\ntouch witness; : \"$T\"\n```\n\n```output\nhunter22\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert!(
        done.code == 2 && done.stderr.contains("r.md:10:1") && done.stderr.contains("stands in the runbook"),
        "{done:?}"
    );
    assert!(!done.stderr.contains("hunter22") && !sandbox.store().exists() && !sandbox.path("witness").exists());
}

#[test]
fn a_secret_that_stands_in_the_runbook_encoded_is_refused() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_T", "hunter22");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams: { T: { type: secret } }\n---\n```bash {name=a gate=none}\ntouch witness; : \"$T\"\n```\n\n```output\ndXNlcjpo\ndW50ZXIyMg==\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert!(done.code == 2 && done.stderr.contains("r.md:10:8") && done.stderr.contains("(SG046)"), "{done:?}");
    assert!(!sandbox.store().exists() && !sandbox.path("witness").exists());
}

#[test]
fn a_secret_that_only_an_expectation_names_is_had_for_it_and_masked() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_T", "hunter22");
    sandbox.write("elsewhere", "hunter22\n");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams: { T: { type: secret } }\n---\n```bash {name=a effect=read}\ncat elsewhere; echo nothing >&2\n```\n\n```output\n{{T}}\n```\n\n```output {stderr}\nnothing\n```\n\n```assert\nlines[0] == params.T\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stderr.contains("hunter22") && done.stderr.contains("[secret]"), "{}", done.stderr);
}

#[test]
fn a_secret_that_no_step_names_is_masked_where_it_can_be_had_without_asking() {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_E", "eeee-env");
    sandbox.write("elsewhere", "eeee-env ffff-file\n");
    let file = sandbox.write("secret.txt", "ffff-file\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.write("stepgate.toml", "[secrets]\nF = { file = \"secret.txt\" }\nC = { command = \"touch started\" }\n");
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams: { E: { type: secret }, F: { type: secret }, C: { type: secret } }\n---\n```bash {name=a effect=read}\ncat elsewhere\n```\n",
    );
    let done = sandbox.stepgate("run r.md");
    assert!(done.code == 0 && done.stderr.contains("[secret] [secret]"), "{done:?}");
    assert!(!sandbox.path("started").exists(), "a command was started for nobody");
}

/// A runbook with a secret `PIN`, whose steps are `body`.
fn with_pin(value: &str, front: &str, body: &str) -> Sandbox {
    let sandbox = Sandbox::new().env("STEPGATE_PARAM_PIN", value);
    sandbox.write("pin.txt", format!("{value}\n"));
    sandbox.write("r.md", format!("---\nstepgate: 1\nparams:\n  PIN: {{ type: secret }}\n{front}---\n{body}"));
    sandbox
}

#[test]
fn a_capture_that_holds_a_secret_reaches_later_steps_as_it_is_and_the_record_without_it() {
    let body = "```bash {name=a effect=read capture=DIR}\necho \"d/$PIN\"\n```\n\n```bash {name=b effect=read}\nprintf %s \"$DIR\" >got\n```\n\n```bash {name=c effect=read}\necho \"d/$(cat pin.txt)\"\n```\n\n```output\n{{DIR}}\n```\n\n```assert\nlines[0] == vars.DIR\n```\n\n```bash {name=d effect=read}\necho 'd/[secret]'\n```\n\n```output\n{{DIR}}\n```\n";
    let sandbox = with_pin("hunter22", "", body);
    let done = sandbox.stepgate("run r.md");
    let log = sandbox.log();
    assert_eq!(crate::harness::statuses(&log), "a=passed b=passed c=passed d=failed", "{done:?}");
    assert_eq!((sandbox.read("got").as_str(), &log["variables"]["DIR"]), ("d/hunter22", &"d/[secret]".into()));
    assert!(!done.stderr.contains("hunter22"), "{}", done.stderr);
}

#[test]
fn nothing_is_said_of_the_values_of_an_expression_that_looks_at_a_secret() {
    let secret = "S3cr3t-Zebra-Quartz-9912";
    for expression in [
        "stdout == \"no\"",
        "params.PIN.split(\"e\") == []",
        "params.PIN.substring(0, 8) == \"no\"",
        "semver(stdout).major == 1",
        "quantity(params.PIN) > 0",
        "lines.map(l, l.substring(186)) == [\"no\"]",
        "steps.first.stdout == \"no\"",
        "steps.hidden.lines == []",
        "vars.SOME == \"no\"",
    ] {
        let body = format!(
            "```bash {{name=first effect=read capture=SOME}}\necho \"- $PIN\"\n```\n\n```bash {{name=hidden effect=read secret}}\necho session-$((4700000000 + 11223344))\n```\n\n```bash {{name=a effect=read}}\nprintf '%190s' '' | tr ' ' x; echo \"$PIN\"\n```\n\n```assert\n{expression}\n```\n\n```bash {{name=z effect=read}}\ntrue\n```\n"
        );
        let sandbox = with_pin(secret, "", &body);
        let done = sandbox.stepgate("run r.md");
        assert_eq!(done.code, 1, "{expression}: {done:?}");
        let detail = sandbox.log()["steps"][2]["expectations"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.ends_with("cannot be evaluated: why is not shown, since it looks at a secret"), "{detail}");
        let journal = sandbox.events().iter().map(ToString::to_string).collect::<String>();
        for part in ["S3cr", "ebra", "4711223344"] {
            assert!(!done.stderr.contains(part) && !journal.contains(part), "{expression}: {part} in {}", done.stderr);
        }
    }
}

#[test]
fn a_step_that_captures_a_name_under_secrets_is_secret_itself() {
    let body = "```bash {name=login effect=read poll=50ms timeout=10s}\nif [ -e again ]; then echo token-$((4700000000 + 11223344)); else touch again; echo token-$((4700000000 + 11223344)); exit 3; fi\n```\n\n```output\n(?<TOKEN>token-.*) (re)\n```\n\n```bash {name=use effect=read}\necho \"${#TOKEN}\"\n```\n\n```output\n16\n```\n";
    let sandbox = with_pin("hunter22", "secrets: [TOKEN]\n", body);
    let done = sandbox.stepgate("run r.md");
    let journal = sandbox.events().iter().map(ToString::to_string).collect::<String>();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stderr.contains("4711223344") && !journal.contains("4711223344"), "{}\n{journal}", done.stderr);
    assert!(sandbox.log()["steps"][0]["stdout_sha256"].is_null(), "a hash of few digits gives them away");
}

#[test]
fn commands_to_copy_and_the_ledger_hold_no_secret() {
    let body = "```bash {name=a effect=read}\n: \"$PIN\"; exit 1\n```\n";
    let sandbox = with_pin("hunter22", "  URL: {}\n", body);
    let folder = sandbox.path("in-hunter22");
    std::fs::create_dir(&folder).unwrap();
    std::fs::rename(sandbox.path("r.md"), folder.join("r.md")).unwrap();
    let arguments = ["run", "in-hunter22/r.md", "--param", "URL=pg://u:hunter22@h"];
    let ephemeral = sandbox.run(arguments.into_iter().chain(["--ephemeral"]));
    assert!(ephemeral.code == 1 && ephemeral.stderr.contains("pg://u:[secret]@h"), "{ephemeral:?}");
    assert!(!ephemeral.stderr.contains("hunter22"), "{ephemeral:?}");
    let done = sandbox.run(arguments);
    assert_eq!(done.code, 1, "{done:?}");
    let ledger = std::fs::read_to_string(sandbox.store().join("ledger.jsonl")).unwrap();
    assert!(!done.stderr.contains("hunter22") && !ledger.contains("hunter22"), "{}\n{ledger}", done.stderr);
}

#[test]
fn what_supplies_a_secret_reaches_no_target() {
    let body = "```bash {name=a effect=read on=far}\nenv | grep -c STEPGATE_PARAM || true\n```\n\n```output\n0\n```\n";
    let sandbox = with_pin("hunter22", "targets: { far: env }\n", body);
    let done = sandbox.stepgate("run r.md");
    assert_eq!(done.code, 0, "{done:?}");
}
