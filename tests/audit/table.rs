//! Which attack is found at which level, by the built binary: the table of `docs/audit.md`.

use crate::chain::{forge, lines, refit};
use crate::store::Store;

const JOURNAL: &str = "runs/one/journal.jsonl";
const LEDGER: &str = "ledger.jsonl";

/// What is done to the store, in words that stand in the table.
type Attack = (&'static str, fn(&Store));

const ATTACKS: [Attack; 15] = [
    ("nothing", |_| {}),
    ("a byte of a record changed", |store| store.write(JOURNAL, flipped(store.bytes(JOURNAL)))),
    ("a record left out", |store| {
        let mut own = lines(store.bytes(JOURNAL));
        own.remove(3);
        store.write(JOURNAL, own.concat());
    }),
    ("an output changed", |store| {
        let name = "runs/one/output/save.stdout";
        store.write(name, flipped(store.bytes(name)));
    }),
    ("the runbook changed", |store| store.write("runs/one/runbook.md", flipped(store.bytes("runs/one/runbook.md")))),
    ("the journal cut behind a record", |store| store.write(JOURNAL, cut(store))),
    ("the journal cut, and the ledger made anew", |store| {
        store.write(JOURNAL, cut(store));
        store.write(LEDGER, refit(store.bytes(LEDGER), "one", &cut(store)));
    }),
    ("the journal made anew with another operator", |store| store.write(JOURNAL, forged(store))),
    ("journal and ledger made anew with another operator", |store| {
        store.write(JOURNAL, forged(store));
        store.write(LEDGER, other_operator(store, &refit(store.bytes(LEDGER), "one", &forged(store))));
    }),
    ("the same, and the signature removed", |store| {
        store.write(JOURNAL, forged(store));
        store.write(LEDGER, other_operator(store, &refit(store.bytes(LEDGER), "one", &forged(store))));
        std::fs::remove_file(store.file(&store.signature_name())).unwrap();
    }),
    ("the ledger's line of the seal cut off, with all behind it", |store| {
        let own = lines(store.bytes(LEDGER));
        let seal = own.iter().rposition(|line| {
            let line = String::from_utf8_lossy(line);
            line.contains("\"sealed\"") && line.contains("\"one\"")
        });
        store.write(LEDGER, own[..seal.unwrap()].concat());
    }),
    ("the ledger removed", |store| std::fs::remove_file(store.file(LEDGER)).unwrap()),
    ("the signature removed", |store| std::fs::remove_file(store.file(&store.signature_name())).unwrap()),
    ("the signature that of another seal", |store| {
        store.run(&["sign", "two", "--key", "key"]);
        let mut other = std::fs::read_dir(store.file("runs/two")).unwrap().map(|entry| entry.unwrap().path());
        let other = other.find(|path| path.extension().is_some_and(|extension| extension == "sig")).unwrap();
        store.write(&store.signature_name(), std::fs::read(other).unwrap());
    }),
    ("the whole store put back to an earlier day", |store| {
        let own = lines(store.bytes(LEDGER));
        let later = own.iter().position(|line| String::from_utf8_lossy(line).contains("\"run\":\"two\"")).unwrap();
        store.write(LEDGER, own[..later].concat());
    }),
];

const LEVELS: [&str; 4] = ["chain", "sealed", "signed", "anchored"];

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[bytes.len() / 3] ^= 1;
    changed
}

fn cut(store: &Store) -> Vec<u8> {
    lines(store.bytes(JOURNAL))[..5].concat()
}

fn forged(store: &Store) -> Vec<u8> {
    other_operator(store, store.bytes(JOURNAL))
}

/// The chain made anew with another operator in every event.
fn other_operator(store: &Store, chain: &[u8]) -> Vec<u8> {
    let operator = operator(store);
    forge(&lines(chain), |_, event| event.replace(&operator, "somebody@else"))
}

/// Who ran it, by the record as it was.
fn operator(store: &Store) -> String {
    let first = lines(store.bytes(JOURNAL)).swap_remove(0);
    let record: serde_json::Value = serde_json::from_slice(&first).unwrap();
    record["event"]["operator"].as_str().unwrap().to_owned()
}

#[test]
fn each_attack_is_found_from_the_level_on_that_the_page_names() {
    let store = Store::new();
    let head = store.says(&["audit", "head"]);
    let mut table = vec![row("attack", &LEVELS), row("---", &["---"; 4])];
    for (name, attack) in ATTACKS {
        attack(&store);
        let found = LEVELS.map(|level| {
            let mut arguments = vec!["audit", "verify", "one", "--level", level];
            match level {
                "signed" => arguments.extend(["--allowed-signers", "allowed"]),
                "anchored" => arguments.extend(["--head", &head]),
                _ => {}
            }
            let code = store.run(&arguments).status.code();
            assert!(matches!(code, Some(0 | 1)), "{name}, {level}: {code:?}");
            if code == Some(0) { "" } else { "found" }
        });
        table.push(row(name, &found));
        store.mend();
    }
    let table = table.join("\n");
    let page = include_str!("../../docs/audit.md");
    assert!(page.contains(&table), "docs/audit.md should hold\n\n{table}\n");
}

fn row(name: &str, cells: &[&str; 4]) -> String {
    format!("| {name} | {} |", cells.join(" | ")).replace("|  |", "| |").replace("|  |", "| |")
}

#[test]
fn a_signature_counts_only_by_a_key_that_counts_at_the_time() {
    let store = Store::new();
    let verify = |allowed: &str| {
        let done = store.run(&["audit", "verify", "one", "--level", "signed", "--allowed-signers", allowed]);
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, said) = verify("allowed");
    assert!(code == Some(0) && said.contains("signed by me@example.org"), "{said}");
    let (code, said) = verify("others");
    assert!(code == Some(1) && said.contains("sealed") && said.contains("do not know"), "{said}");
    let key = std::fs::read_to_string(store.path("key.pub")).unwrap();
    std::fs::write(store.path("expired"), format!("me@example.org valid-before=\"20200101\" {key}")).unwrap();
    let (code, said) = verify("expired");
    assert!(code == Some(1) && !said.contains("signed by"), "{said}");
    std::fs::write(store.path("elsewhere"), format!("me@example.org namespaces=\"file\" {key}")).unwrap();
    let (code, said) = verify("elsewhere");
    assert!(code == Some(1) && !said.contains("signed by"), "{said}");
    assert_eq!(store.run(&["audit", "verify", "one", "--allowed-signers", "nobody"]).status.code(), Some(2));
}

#[test]
fn what_an_auditor_could_be_fooled_with_is_found() {
    let store = Store::new();
    let (ledger, one) = (lines(store.bytes(LEDGER)), store.says(&["audit", "head", "one"]));
    let head = store.says(&["audit", "head"]);
    let verify = |words: &[&str]| {
        let done = store.run(&[&["audit", "verify"], words].concat());
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    // A run that went on behind its seal, and was put back to it: the ledger knows that it went on.
    let seal = ledger.iter().rposition(|line| is_seal_of_one(line)).unwrap();
    let resumed = |line: &[u8]| {
        let record: serde_json::Value = serde_json::from_slice(line).unwrap();
        let (records, head) = (&record["event"]["records"], &record["event"]["head"]);
        format!("{{\"type\":\"resumed\",\"run\":\"one\",\"operator\":\"a@b\",\"records\":{records},\"head\":{head}}}")
    };
    let mut more = ledger[..=seal].to_vec();
    more.push(more[seal].clone());
    let went_on = forge(&more, |at, event| if at == seal + 1 { resumed(&ledger[seal]) } else { event });
    store.write(LEDGER, &went_on);
    for words in [
        &["one", "--level", "signed", "--allowed-signers", "allowed"][..],
        &["one", "--level", "anchored", "--head", &one],
    ] {
        let (code, said) = verify(words);
        assert!(code == Some(1) && said.starts_with("one  chain") && said.contains("the run went on"), "{said}");
    }
    store.mend();
    // Lines that cannot follow each other, a seal that is none, and other words about the run.
    let twice = [&ledger[..=seal], &ledger[seal..=seal]].concat();
    store.write(LEDGER, forge(&twice, |_, event| event));
    assert!(verify(&["one"]).1.contains("closes or leaves the run once more"));
    for (key, told) in [("operator", "another operator"), ("title", "another title"), ("runbook", "another runbook")] {
        let other = |_: usize, event: String| {
            let mut value: serde_json::Value = serde_json::from_str(&event).unwrap();
            let Some(known) = value[key].as_str().map(str::to_owned).filter(|_| value["type"].take() == "began") else {
                return event;
            };
            event.replacen(&format!("\"{key}\":\"{known}\""), &format!("\"{key}\":\"else\""), 1)
        };
        store.write(LEDGER, forge(&ledger, other));
        let (code, said) = verify(&["one"]);
        assert!(code == Some(1) && said.contains(told), "{said}");
        store.mend();
    }
    // All together: a damaged ledger, one that is not the one whose head was kept, and nothing at all.
    store.write(LEDGER, [store.bytes(LEDGER), b"junk\n"].concat());
    let (code, said) = verify(&["--all", "--level", "unsealed"]);
    assert!(code == Some(1) && said.contains("the ledger is damaged"), "{said}");
    store.write(LEDGER, ledger[..2].concat());
    let (code, said) = verify(&["--all", "--level", "unsealed", "--head", &head]);
    assert!(code == Some(1) && said.contains("not the one whose head was kept"), "{said}");
    store.mend();
    assert!(verify(&["--all"]).1.contains("whether runs are gone as a whole"));
    std::fs::remove_dir_all(store.file("runs")).unwrap();
    std::fs::remove_file(store.file(LEDGER)).unwrap();
    assert_eq!(verify(&["--all", "--level", "unsealed"]).0, Some(1), "nothing is nothing to rely on");
    assert_eq!(verify(&["--all", "--level", "anchored", "--head", &head]).0, Some(1));
}

fn is_seal_of_one(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    line.contains("\"type\":\"sealed\"") && line.contains("\"run\":\"one\"")
}
