//! `runbooks/cluster-backup.md` in the lab: it passes, and every fault makes the right step fail with the right words.

use crate::harness::{Done, statuses, wait_until};
use crate::lab::{BACKUP_BY_HAND, Lab};
use std::process::Command;

fn backup(lab: &Lab) -> Done {
    lab.run("cluster-backup.md", &[&["--confirm", "save"], BACKUP_BY_HAND].concat())
}

fn fails_at(lab: &Lab, step: &str, words: &str) {
    lab.failed_at(&backup(lab), step, words);
}

#[test]
fn the_backup_passes_on_hosts_and_proves_every_criterion() {
    let Some(lab) = Lab::hosts("etcd") else { return };
    let done = backup(&lab);
    assert_eq!(done.code, 0, "{done:?}");
    let log = lab.sandbox.log();
    for id in ["AC1", "AC2", "AC3", "AC4", "AC5"] {
        assert_eq!(log["acceptance"][id]["verdict"], "proved", "{id}");
    }
    assert!(!statuses(&log).contains("skipped"), "{}", statuses(&log));
    let (file, run) = (log["variables"]["SNAPSHOT_FILE"].as_str().unwrap(), log["run"].as_str().unwrap());
    assert!(file.starts_with(&format!("manual-{run}-k3s-master-")), "{file} is named after its run");
    let scratch = log["variables"]["SCRATCH"].as_str().unwrap();
    assert_eq!(lab.on(&format!("ls -d {scratch} 2>/dev/null; echo gone")).trim(), "gone");
    assert_eq!(log["profile"], "lab");
}

#[test]
fn the_backup_passes_in_a_folder_and_what_needs_a_host_is_skipped_by_name() {
    let lab = Lab::folder("etcd");
    let done = backup(&lab);
    assert_eq!(done.code, 0, "{done:?}");
    let log = lab.sandbox.log();
    for (id, verdict) in [("AC1", "proved"), ("AC2", "proved"), ("AC3", "open"), ("AC4", "proved"), ("AC5", "proved")] {
        assert_eq!(log["acceptance"][id]["verdict"], verdict, "{id}");
    }
    let words = statuses(&log);
    let skipped: Vec<_> = words.split(' ').filter(|word| word.ends_with("=skipped")).collect();
    assert_eq!(skipped, ["mounted=skipped", "off_node=skipped"]);
}

#[test]
fn with_etcd_down_the_first_step_fails_and_says_that_etcd_does_not_answer() {
    for lab in Lab::tiers("etcd") {
        lab.fault("etcd-down");
        fails_at(&lab, "datastore", "etcd did not answer within 3 s");
        assert!(statuses(&lab.sandbox.log()).contains("save=not-run"));
    }
}

#[test]
fn on_sqlite_the_first_step_fails_with_the_words_of_k3s() {
    for lab in Lab::tiers("sqlite") {
        fails_at(&lab, "datastore", "etcd datastore disabled");
    }
}

#[test]
fn four_flipped_bytes_are_found_by_the_restore_and_by_nothing_before_it() {
    for lab in Lab::tiers("etcd") {
        lab.fault("flip");
        fails_at(&lab, "restored", "expected sha256");
        let words = statuses(&lab.sandbox.log());
        assert!(words.contains("save=passed listed=passed sealed=passed"), "{words}");
        assert!(words.contains("compared=not-run") && words.ends_with("tidy=passed"), "{words}");
        assert_eq!(lab.sandbox.log()["acceptance"]["AC4"]["verdict"], "refuted");
    }
}

#[test]
fn a_truncated_snapshot_is_found_by_the_restore() {
    for lab in Lab::tiers("etcd") {
        lab.fault("truncate");
        fails_at(&lab, "restored", "snapshot missing hash");
    }
}

#[test]
fn a_full_disk_is_seen_before_the_snapshot_is_taken_and_while() {
    if let Some(lab) = Lab::hosts("etcd") {
        lab.fault("full");
        fails_at(&lab, "room", "there is no room on the share");
        lab.fault("none");
        lab.fault("full-at-save");
        fails_at(&lab, "save", "no space left on device");
        let words = statuses(&lab.sandbox.log());
        assert!(words.contains("listed=not-run"), "{words}");
    }
    let lab = Lab::folder("etcd");
    lab.fault("full-at-save");
    fails_at(&lab, "save", "no space left on device");
}

#[test]
fn what_is_wrong_with_the_automatic_snapshots_is_said_in_words() {
    for lab in Lab::tiers("etcd") {
        for (fault, words) in [
            ("retention", "the retention is not kept: there are too many"),
            ("schedule", "the schedule was missed: the newest is too old"),
            ("gap", "the schedule was missed: one is not there"),
            ("shrunk", "one is less than half as large as another"),
        ] {
            lab.fault("none");
            lab.fault(fault);
            fails_at(&lab, "automatic", words);
        }
        lab.fault("none");
        lab.fault("damaged");
        fails_at(&lab, "automatic_whole", "damaged: etcd-snapshot-k3s-master-");
        lab.lab("history", &["0"]);
        fails_at(&lab, "automatic", "there are hardly any automatic snapshots");
    }
}

#[test]
fn a_line_of_the_configuration_that_is_not_the_pages_is_shown() {
    for lab in Lab::tiers("etcd") {
        lab.fault("config");
        fails_at(&lab, "configured", "-etcd-snapshot-retention: 14\n> +etcd-snapshot-retention: 5");
    }
}

#[test]
fn what_overrides_the_configuration_is_found_wherever_it_stands() {
    let Some(lab) = Lab::hosts("etcd") else { return };
    // A last line without an end, and a file of K3s' other folder.
    lab.on("truncate -s -1 /etc/rancher/k3s/config.yaml; mkdir -p /etc/rancher/k3s/config.yaml.d");
    lab.on("echo '\"etcd-disable-snapshots\": true' >/etc/rancher/k3s/config.yaml.d/99-x.YML");
    fails_at(&lab, "configured", "+\"etcd-disable-snapshots\": true");
    lab.on("rm -r /etc/rancher/k3s/config.yaml.d; sleep 2; touch /etc/rancher/k3s/config.yaml");
    fails_at(&lab, "in_force", "was changed after K3s started: restart K3s");
    lab.on(
        "mkdir /etc/systemd/system/k3s.service.d; printf '[Service]\nEnvironment=K3S_CONFIG_FILE=/etc/other.yaml\n' \
         >/etc/systemd/system/k3s.service.d/x.conf; systemctl daemon-reload; systemctl restart k3s",
    );
    fails_at(&lab, "in_force", "the unit overrides the file");
    // By a file of the unit, as K3s' own installer writes one.
    lab.on(
        "rm -r /etc/systemd/system/k3s.service.d; echo K3S_CONFIG_FILE=/etc/other.yaml >>/etc/systemd/system/k3s.service.env; \
         systemctl daemon-reload; systemctl restart k3s",
    );
    fails_at(&lab, "in_force", "K3S_CONFIG_FILE");
}

#[test]
fn a_lost_mount_is_not_taken_for_an_empty_share() {
    let Some(lab) = Lab::hosts("etcd") else { return };
    lab.fault("unmounted");
    fails_at(&lab, "mounted", "nothing is mounted at /mnt/k3s-snapshots");
    assert_eq!(lab.on("ls -A /mnt/k3s-snapshots"), "", "nothing was written to the master's own disk");
}

#[test]
fn when_the_master_is_gone_the_backup_says_so_and_its_snapshot_is_fetched_without_it() {
    let Some(lab) = Lab::hosts("etcd") else { return };
    assert_eq!(backup(&lab).code, 0);
    let saved = lab.sandbox.log()["variables"]["SNAPSHOT_FILE"].as_str().unwrap().to_owned();
    lab.lab("cut", &[]);

    let done = backup(&lab);
    assert_eq!(done.code, 1, "{done:?}");
    let (name, log) = lab.trouble();
    assert_eq!(name, "tools-on-master", "{log}");

    let into = lab.sandbox.path("kept");
    let done = lab.run("cluster-snapshot-fetch.md", &["--param", &format!("INTO={}", into.display())]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(into.join(&saved).metadata().unwrap().len() > 1 << 20, "the file is kept");
    let log = lab.sandbox.log();
    assert_eq!(log["variables"]["FILE"], saved.as_str(), "the newest is the one that was just taken");
    assert_eq!(
        (&log["acceptance"]["AC1"]["verdict"], &log["acceptance"]["AC2"]["verdict"]),
        (&"proved".into(), &"proved".into())
    );
}

#[test]
fn a_save_whose_master_goes_away_is_in_doubt_and_not_called_failed() {
    let Some(lab) = Lab::hosts("etcd") else { return };
    lab.fault("hang-at-save");
    let began = || {
        let journals = std::fs::read_dir(lab.sandbox.store().join("runs")).into_iter().flatten().flatten();
        let mut texts =
            journals.map(|run| std::fs::read_to_string(run.path().join("journal.jsonl")).unwrap_or_default());
        texts.any(|text| text.contains(r#""type":"step-started","step":{"name":"save""#))
    };
    std::thread::scope(|scope| {
        let run = scope.spawn(|| backup(&lab));
        wait_until("the save begins", began);
        lab.lab("cut", &[]);
        let done = run.join().unwrap();
        assert_eq!(done.code, 4, "{done:?}");
    });
    let (name, log) = lab.trouble();
    assert_eq!(name, "save", "{log}");
    let step =
        lab.sandbox.log()["steps"].as_array().unwrap().iter().find(|step| step["name"] == "save").unwrap().clone();
    assert_eq!((step["status"].as_str(), step["reason"].as_str()), (Some("in-doubt"), Some("transport")), "{log}");
    assert_eq!(lab.sandbox.log()["verdict"], "in-doubt");
}

/// etcdctl 3.4 hangs for ever here: only a timeout that ends the whole tree does.
#[test]
fn a_hanging_snapshot_save_is_ended_with_its_whole_tree_and_is_in_doubt() {
    let lab = Lab::folder("etcd");
    lab.fault("etcd-down");
    let body =
        "```bash {name=save gate=none timeout=2s on=master}\n(etcdctl snapshot save \"$PWD/marked-snapshot\")\n```\n";
    lab.sandbox.write("hang.md", format!("---\nstepgate: 1\ntargets: {{ master: local }}\n---\n{body}"));
    let done = lab.sandbox.stepgate("run hang.md --profile lab");
    assert_eq!(done.code, 4, "{done:?}");
    let log = lab.sandbox.log();
    assert_eq!(
        (log["steps"][0]["status"].as_str(), log["steps"][0]["reason"].as_str()),
        (Some("in-doubt"), Some("timeout"))
    );
    let left = Command::new("grep").args(["-ls", "marked-snapshot"]).args(command_lines()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

/// The command line of every process but our own.
fn command_lines() -> Vec<std::path::PathBuf> {
    let own = std::process::id().to_string();
    let numeric = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit()) && name != own;
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(numeric))
        .map(|entry| entry.path().join("cmdline"))
        .collect()
}
