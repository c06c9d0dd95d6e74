//! Past runs: listed, shown, compared, exported, signed.

use crate::harness::{Done, Sandbox, repository};
use serde_json::Value;
use std::process::Command;

const BODY: &str = "# Keep\n\n```bash {name=save satisfies=AC1 gate=confirm}\nseq 1 6000\n```\n\n\
    ```bash {name=look effect=read}\necho \"$WORD\"\n```\n\n```output\nhi\n```\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let front = "stepgate: 1\ntitle: Keep it\ndescription: So that it is there.\nowner: ops\n\
        acceptance: { AC1: it is kept }\nparams:\n  WORD: { type: string, default: hi }\n";
    sandbox.write("r.md", format!("---\n{front}---\n{BODY}"));
    sandbox
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

fn runs(done: &Done) -> Vec<String> {
    json(done).as_array().unwrap().iter().map(|row| row["run"].as_str().unwrap().to_owned()).collect()
}

fn key(sandbox: &Sandbox, name: &str) {
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(sandbox.path(name)).status();
    assert!(made.unwrap().success());
}

#[test]
fn runs_are_listed_the_newest_first_by_whatever_is_known_of_them() {
    let sandbox = sandbox();
    sandbox.runbook("other.md", "# Other\n\n```sh {name=only effect=read}\n:\n```\n");
    sandbox.write("stepgate.toml", "[profile.lab]\n");
    for (words, code) in [
        ("run r.md --run-id a --yes", 0),
        ("run r.md --run-id b --yes --param WORD=ho", 1),
        ("run other.md --run-id c --profile lab", 0),
        ("run r.md --run-id d", 3),
    ] {
        assert_eq!(sandbox.stepgate(words).code, code, "{words}");
    }
    let listed = |words: &str| runs(&sandbox.stepgate(&format!("audit list --format json {words}"))).join("");
    for (words, wanted) in [
        ("", "dcba"),
        ("--limit 2", "dc"),
        ("--runbook r.md", "dcba"),
        ("--runbook other", "c"),
        ("--runbook Keep", "dba"),
        ("--verdict passed", "ca"),
        ("--verdict failed --verdict suspended", "db"),
        ("--profile lab", "c"),
        ("--operator @", "dcba"),
        ("--operator nobody", ""),
        ("--since 1h", "dcba"),
        ("--until 1h", ""),
        ("--until 2099-01-01", "dcba"),
        ("--since 2099-01-01", ""),
        ("--step look", "ba"),
        ("--step look=failed", "b"),
        ("--step only", "c"),
        ("--step look=not-run", "d"),
        ("--criterion AC1=proved", "ba"),
        ("--criterion AC1=open", "d"),
        ("--criterion AC2", ""),
    ] {
        assert_eq!(listed(words), wanted, "{words}");
    }
    for bad in ["--verdict great", "--since yesterday", "--step save=great", "--criterion AC1=passed", "--limit x"] {
        let done = sandbox.stepgate(&format!("audit list {bad}"));
        assert!(done.code == 2 && !done.stderr.contains("panicked"), "{done:?}");
    }
    let table = sandbox.stepgate("audit list --runbook Keep").stdout;
    let first = table.lines().nth(1).unwrap();
    assert!(first.starts_with("d    20") && first.contains("suspended") && first.ends_with("r.md"), "{table}");
    let last = json(&sandbox.stepgate("list --format json"));
    assert_eq!((&last[1]["runbook"], &last[1]["last"]["run"]), (&Value::from("r.md"), &Value::from("d")));
    assert_eq!(last[0]["last"]["verdict"], "passed");
    assert_eq!(Sandbox::new().stepgate("audit list").code, 2, "there is no store");
}

#[test]
fn an_auditor_finds_what_why_who_when_where_and_how_far_to_believe_it() {
    let sandbox = sandbox();
    assert_eq!(sandbox.stepgate("run r.md --run-id one --confirm save").code, 0);
    let page = sandbox.stepgate("audit show one --format markdown").stdout;
    for wanted in [
        "# Evidence: Keep it",
        "| Why | So that it is there. |",
        "| Owner of the procedure | ops |",
        "| AC1 | it is kept | proved | `save` |",
        "| `save` | confirm | yes |",
        "- `WORD=hi`",
        "It reaches the level **sealed**.",
        "made anew together",
    ] {
        assert!(page.contains(wanted), "{wanted}\n{page}");
    }
    let record = json(&sandbox.stepgate("audit show one --format json"));
    let by = record["run"]["operator"].as_str().unwrap();
    assert_eq!((&record["description"], &record["owner"]), (&"So that it is there.".into(), &"ops".into()));
    assert_eq!(
        (record["agreements"][0]["by"].as_str(), record["agreements"][0]["asked"].as_str()),
        (Some(by), Some("confirm"))
    );
    assert_eq!((&record["record"]["level"], &record["run"]["verdict"]), (&"sealed".into(), &"passed".into()));
    assert_eq!(record["run"]["acceptance"]["AC1"]["verdict"], "proved");
    let table = sandbox.stepgate("audit show").stdout;
    assert!(table.contains("Passed in") && table.contains("not checked"), "{table}");
}

#[test]
fn two_runs_are_compared_by_text_parameters_outputs_and_verdicts() {
    let sandbox = sandbox();
    assert_eq!(sandbox.stepgate("run r.md --run-id one --yes").code, 0);
    let text = sandbox.read("r.md").replace("seq 1 6000", "seq 1 6001");
    sandbox.write("r.md", text);
    assert_eq!(sandbox.stepgate("run r.md --run-id two --yes --param WORD=ho").code, 1);
    let compared = json(&sandbox.stepgate("audit compare one two --format json"));
    let fact = |what: &str| compared["facts"].as_array().unwrap().iter().find(|fact| fact["what"] == what).cloned();
    let word = fact("param WORD").unwrap();
    assert_eq!((&word["before"], &word["after"]), (&"hi".into(), &"ho".into()));
    assert!(fact("verdict").is_some() && fact("plan").is_some() && fact("operator").is_none(), "{compared}");
    let differs = |step: usize| compared["steps"][step]["differs"].to_string();
    assert_eq!((differs(0), differs(1)), ("[\"text\",\"output\"]".into(), "[\"status\",\"output\"]".into()));
    let table = sandbox.stepgate("audit compare one two").stdout;
    assert!(table.contains("- seq 1 6000\n  + seq 1 6001") && table.contains("- hi\n  + ho"), "{table}");
    assert_eq!(sandbox.stepgate("audit compare one one").stdout, "nothing differs but the times\n");
    assert_eq!(sandbox.stepgate("audit compare one nobody").code, 2);
}

#[test]
fn an_exported_file_is_verified_shown_and_read_elsewhere() {
    let sandbox = sandbox();
    assert_eq!(sandbox.stepgate("run r.md --run-id one --yes").code, 0);
    key(&sandbox, "key");
    assert_eq!(sandbox.stepgate("sign one --key key").code, 0);
    let head = sandbox.stepgate("audit head one").stdout;
    assert_eq!(sandbox.stepgate("audit export one CHG-1.tar").code, 0);
    assert_eq!(sandbox.stepgate("audit export one CHG-2.tar --without-ledger").code, 0);
    let again = sandbox.stepgate("audit export one CHG-1.tar");
    assert!(again.code == 1 && again.stderr.contains("never writes over"), "{again:?}");
    let elsewhere = Sandbox::new();
    for name in ["CHG-1.tar", "CHG-2.tar"] {
        std::fs::copy(sandbox.path(name), elsewhere.path(name)).unwrap();
    }
    let public = sandbox.read("key.pub");
    elsewhere.write("allowed", format!("me@example.org {public}"));
    let verify = |words: &str| elsewhere.stepgate(&format!("audit verify {words}"));
    assert_eq!(verify("CHG-1.tar").code, 0);
    assert_eq!(verify("CHG-1.tar --level signed --allowed-signers allowed").code, 0);
    assert_eq!(verify("CHG-1.tar --level signed").code, 1);
    let bare = verify("CHG-2.tar");
    assert!(
        bare.code == 1 && bare.stdout.starts_with("one  chain") && bare.stdout.contains("the pages in the file"),
        "{bare:?}"
    );
    assert_eq!(verify("CHG-2.tar --allowed-signers allowed").code, 0, "a signature is more than the ledger");
    let anchored = elsewhere.run(["audit", "verify", "CHG-2.tar", "--level", "anchored", "--head", head.trim()]);
    assert_eq!(anchored.code, 0, "{anchored:?}");
    assert!(elsewhere.stepgate("audit show CHG-1.tar").stdout.contains("Passed in"));
    assert!(elsewhere.stepgate("log CHG-1.tar").stdout.contains("**Passed**"));
    assert_eq!(elsewhere.stepgate("audit compare CHG-1.tar CHG-2.tar").stdout, "nothing differs but the times\n");
    let bytes = std::fs::read(sandbox.path("CHG-1.tar")).unwrap();
    let at = memchr::memmem::find(&bytes, b"\"seq\":3,").unwrap();
    let mut changed = bytes.clone();
    changed[at + 6] = b'4';
    elsewhere.write("changed.tar", &changed);
    let found = verify("changed.tar");
    assert!(found.code == 1 && found.stdout.contains("record 3 at byte"), "{found:?}");
    // A name without a hint that it is a file is given one, and a FIFO is refused rather than waited for.
    let hint = sandbox.stepgate("audit export one CHG").stderr;
    assert!(hint.contains("stepgate audit verify ./CHG") && sandbox.stepgate("audit verify ./CHG").code == 0, "{hint}");
    assert!(Command::new("mkfifo").arg(elsewhere.path("fifo.tar")).status().unwrap().success());
    let fifo = verify("fifo.tar");
    assert!(fifo.code == 1 && fifo.stderr.contains("no regular file"), "{fifo:?}");
    for (told, bytes) in [
        ("cut", &bytes[..bytes.len() / 2]),
        ("empty", &[][..]),
        ("no archive", b"not a tar file at all, but long enough".repeat(40).as_slice()),
    ] {
        elsewhere.write("bad.tar", bytes);
        let done = verify("bad.tar");
        assert!(done.code == 1 && !done.stderr.contains("panicked"), "{told}: {done:?}");
    }
}

#[test]
fn an_archive_with_links_doubled_names_or_ways_out_is_refused() {
    let sandbox = sandbox();
    assert_eq!(sandbox.stepgate("run r.md --run-id one --yes").code, 0);
    let journal = std::fs::read(sandbox.store().join("runs/one/journal.jsonl")).unwrap();
    let file = |name: &str, bytes: &[u8], kind: tar::EntryType| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_entry_type(kind);
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        (header, bytes.to_vec())
    };
    let own = || file("runs/one/journal.jsonl", &journal, tar::EntryType::Regular);
    for (told, entries) in [
        ("is in it twice", vec![own(), own()]),
        ("leads out of it", vec![own(), file("../x", b"x", tar::EntryType::Regular)]),
        ("leads out of it", vec![own(), file("/etc/x", b"x", tar::EntryType::Regular)]),
        ("no regular file", vec![own(), file("runs/one/runbook.md", b"", tar::EntryType::Symlink)]),
        ("it holds 0 runs", vec![file("ledger.jsonl", b"", tar::EntryType::Regular)]),
        ("it holds 2 runs", vec![own(), file("runs/two/journal.jsonl", &journal, tar::EntryType::Regular)]),
    ] {
        let mut archive = tar::Builder::new(Vec::new());
        entries.iter().for_each(|(header, bytes)| archive.append(header, bytes.as_slice()).unwrap());
        sandbox.write("x.tar", archive.into_inner().unwrap());
        let done = sandbox.stepgate("audit verify x.tar");
        assert!(done.code == 1 && done.stderr.contains(told), "{told}: {done:?}");
    }
    let whole = {
        let (header, bytes) = own();
        let mut archive = tar::Builder::new(Vec::new());
        archive.append(&header, bytes.as_slice()).unwrap();
        archive.into_inner().unwrap()
    };
    let flipped: Vec<u8> =
        whole.iter().enumerate().map(|(at, byte)| if at == 130 { byte ^ 1 } else { *byte }).collect();
    for broken in [&whole[..700], &flipped, b"no archive at all".as_slice()] {
        sandbox.write("x.tar", broken);
        let done = sandbox.stepgate("audit verify x.tar");
        let told = "it is no tar archive, or it was changed or cut off";
        assert!(done.code == 1 && (done.stderr.contains(told) || done.stdout.contains("damaged")), "{done:?}");
    }
}

#[test]
fn a_run_is_signed_when_it_closes_or_says_loudly_that_it_is_not() {
    let sandbox = sandbox();
    key(&sandbox, "key");
    sandbox.write("allowed", format!("me@example.org {}", sandbox.read("key.pub")));
    sandbox.write("stepgate.toml", "[sign]\nkey = \"key\"\nallowed = \"allowed\"\n");
    let done = sandbox.stepgate("run r.md --run-id one --yes");
    assert!(done.code == 0 && done.stderr.contains("signed: sealed-"), "{done:?}");
    let done = sandbox.stepgate("audit verify one --level signed");
    assert!(
        done.code == 0 && done.stderr.contains("whose keys count: ") && done.stderr.contains("allowed"),
        "{done:?}"
    );
    sandbox.write("key", "no key at all\n");
    let done = sandbox.stepgate("run r.md --run-id two --yes");
    assert!(
        done.code == 5 && done.stdout.contains("Passed") && done.stderr.contains("run two is not signed"),
        "{done:?}"
    );
    assert_eq!(sandbox.stepgate("audit verify two --level signed").code, 1);
    std::fs::remove_file(sandbox.path("key")).unwrap();
    let done = sandbox.stepgate("run r.md --run-id three --yes");
    assert!(done.code == 2 && done.stderr.contains("nothing was run"), "{done:?}");
    assert_eq!(sandbox.stepgate("sign one --key nobody").code, 1);
    sandbox.write("stepgate.toml", "");
    assert_eq!(sandbox.stepgate("run r.md --run-id four").code, 3);
    key(&sandbox, "other");
    let open = sandbox.stepgate("sign four --key other");
    assert!(open.code == 1 && open.stderr.contains("no seal yet"), "{open:?}");
}

#[test]
fn a_record_that_is_not_what_it_must_be_is_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = sandbox();
    assert_eq!(sandbox.stepgate("run r.md --run-id one --yes").code, 0);
    let journal = sandbox.store().join("runs/one/journal.jsonl");
    let kept = sandbox.path("kept");
    let said = |told: &str| {
        let done = sandbox.stepgate("audit verify one --level unsealed");
        assert!(done.code == 1 && done.stdout.contains(told) && done.stdout.contains("damaged"), "{told}: {done:?}");
    };
    std::fs::set_permissions(&journal, PermissionsExt::from_mode(0o666)).unwrap();
    said("others may write it");
    std::fs::set_permissions(&journal, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::rename(&journal, &kept).unwrap();
    said("cannot be read");
    symlink(&kept, &journal).unwrap();
    said("cannot be read");
    std::fs::remove_file(&journal).unwrap();
    std::fs::create_dir(&journal).unwrap();
    said("cannot be read");
    std::fs::remove_dir(&journal).unwrap();
    let newer = std::fs::read_to_string(&kept).unwrap().replacen("\"format\":2", "\"format\":99", 1);
    std::fs::write(&journal, newer).unwrap();
    said("written by a newer stepgate");
    std::fs::rename(&kept, &journal).unwrap();
    let output = sandbox.store().join("runs/one/output");
    std::fs::rename(&output, sandbox.path("output")).unwrap();
    symlink(sandbox.path("output"), &output).unwrap();
    said("it is a link");
    std::fs::remove_file(&output).unwrap();
    std::fs::rename(sandbox.path("output"), &output).unwrap();
    std::fs::rename(sandbox.store().join("runs/one"), sandbox.path("gone")).unwrap();
    let done = sandbox.stepgate("audit verify --all");
    assert!(done.code == 1 && done.stdout.contains("its folder is not in the store"), "{done:?}");
    let done = sandbox.stepgate("audit show one");
    assert!(done.code == 2 && done.stderr.contains("the ledger lists run one, and its folder is not"), "{done:?}");
    for bad in ["--head x", "--level great", "--head stepgate"] {
        assert_eq!(sandbox.stepgate(&format!("audit verify {bad}")).code, 2, "{bad}");
    }
}

#[test]
fn a_thousand_clean_runs_raise_no_alarm() {
    let sandbox = Sandbox::with(
        "```sh {name=a effect=read}\necho $((RUN % 7))\n```\n\n```output\n(re) [0-5]\n```\n\n```sh {name=b gate=confirm}\nseq 1 9\n```\n",
    );
    let chunk = |first: usize| {
        for number in (first..1000).step_by(2) {
            let id = format!("r{number:04}");
            let mut command = sandbox.command(["run", "r.md", "--run-id", &id]);
            let answer: &[&str] = if number % 11 == 0 { &[] } else { &["--yes"] };
            command.args(answer);
            let copy = sandbox.path(&format!("store{first}"));
            let done = command.arg("--store").arg(copy).output().unwrap();
            assert!(matches!(done.status.code(), Some(0 | 1 | 3)), "{done:?}");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| chunk(0));
        scope.spawn(|| chunk(1));
    });
    for first in [0, 1] {
        let done = sandbox.stepgate(&format!("audit verify --all --level unsealed --format json --store store{first}"));
        let found = json(&done);
        let doubts: Vec<_> = found.as_array().unwrap().iter().filter(|finding| finding["level"].is_null()).collect();
        assert!(done.code == 0 && doubts.is_empty(), "{doubts:?}");
        assert_eq!(found.as_array().unwrap().len(), 500);
    }
}

#[test]
fn the_examples_of_the_page_about_audit_are_commands_that_there_are() {
    let page = std::fs::read_to_string(repository().join("docs/audit.md")).unwrap();
    let commands: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("$ stepgate ")).collect();
    assert!(commands.len() >= 4);
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().take_while(|word| !word.starts_with('-')).take(2).collect();
        let words: Vec<&str> = if words[0] == "audit" { words } else { words[..1].to_vec() };
        let help = Sandbox::new().run(words.iter().copied().chain(["--help"]));
        assert_eq!(help.code, 0, "{command}");
    }
}
