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
        store.write(LEDGER, refit(store.bytes(LEDGER), "one", &forged(store)));
    }),
    ("the same, and the signature removed", |store| {
        store.write(JOURNAL, forged(store));
        store.write(LEDGER, refit(store.bytes(LEDGER), "one", &forged(store)));
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
    let operator = store.says(&["audit", "list", "--runbook", "r.md", "--format", "json"]);
    let operator: serde_json::Value = serde_json::from_str(&operator).unwrap();
    let operator = operator[0]["operator"].as_str().unwrap();
    forge(&lines(store.bytes(JOURNAL)), |_, event| event.replace(operator, "somebody@else"))
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
