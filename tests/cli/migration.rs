//! `runbooks/adr-010-k3s-sqlite-to-etcd-migration.md` on a host of the lab: the migration happens, and is not called done
//! when it is not.

use crate::harness::{Done, statuses};
use crate::lab::{BACKUP_BY_HAND, Lab};

const RUNBOOK: &str = "adr-010-k3s-sqlite-to-etcd-migration.md";
const ANSWERS: &[&str] = &[
    "--confirm",
    "enable=migrate k3s-master to etcd",
    "--answer",
    "kubectl-get-nodes-all-are-ready-and-nobody-deploys=done:the lab has no Kubernetes",
    "--answer",
    "kubectl-get-pods--a-all-as-before=done:the lab has no Kubernetes",
    "--answer",
    "the-cluster-backup-ran-and-passed=done:it is the next run",
];

fn migrate(lab: &Lab) -> Done {
    lab.run(RUNBOOK, ANSWERS)
}

fn fails_at(lab: &Lab, step: &str, words: &str) {
    lab.failed_at(&migrate(lab), step, words);
}

/// What the master is set to: nothing was changed before the gate.
fn is_untouched(lab: &Lab) {
    let config = lab.on("cat /etc/rancher/k3s/config.yaml; systemctl is-active k3s");
    assert!(!config.contains("cluster-init") && config.ends_with("active\n"), "{config}");
    assert!(statuses(&lab.sandbox.log()).contains("enable=not-run restart=not-run"));
}

#[test]
fn the_migration_passes_proves_every_criterion_and_the_backup_passes_after_it() {
    let Some(lab) = Lab::hosts("sqlite") else { return };
    let done = migrate(&lab);
    assert_eq!(done.code, 0, "{done:?}");
    let log = lab.sandbox.log();
    for id in ["AC1", "AC2", "AC3", "AC4", "AC5"] {
        assert_eq!(log["acceptance"][id]["verdict"], "proved", "{id}");
    }
    assert_eq!(log["variables"]["KEYS"], "203");
    let kept =
        lab.on("cd /var/lib/rancher/k3s/server/db && ls state.db*; cat /etc/rancher/k3s/config.yaml.before-etcd");
    assert!(kept.contains("state.db.migrated") && !kept.contains("cluster-init"), "{kept}");

    lab.lab("history", &[]);
    let done = lab.run("cluster-backup.md", &[&["--yes"], BACKUP_BY_HAND].concat());
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn a_last_line_without_an_end_is_not_glued_to_the_new_one() {
    let Some(lab) = Lab::hosts("sqlite") else { return };
    lab.on("truncate -s -1 /etc/rancher/k3s/config.yaml");
    assert_eq!(migrate(&lab).code, 0);
    let config = lab.on("cat /etc/rancher/k3s/config.yaml");
    assert!(config.ends_with("\nnode-name: k3s-master\ncluster-init: true\n"), "{config}");
}

#[test]
fn an_interrupted_migration_is_checked_from_where_it_was() {
    let Some(lab) = Lab::hosts("sqlite") else { return };
    // As `enable` and `restart` leave it; and one restart more, by whoever found it like that.
    lab.on("cd /etc/rancher/k3s; cp -p config.yaml config.yaml.before-etcd; echo 'cluster-init: true' >>config.yaml; \
         systemctl restart k3s; systemctl restart k3s");
    let done = lab.run(RUNBOOK, &[ANSWERS, &["--from", "migrated"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    let log = lab.sandbox.log();
    assert_eq!(log["verdict"], "partial");
    assert!(statuses(&log).contains("migrated=passed every_key=passed sqlite_kept=passed"), "{}", statuses(&log));
}

#[test]
fn it_does_not_begin_twice() {
    let Some(lab) = Lab::hosts("etcd") else { return };
    fails_at(&lab, "still_sqlite", "exit 0");
}

#[test]
fn without_a_copy_off_the_node_nothing_is_changed() {
    let Some(lab) = Lab::hosts("sqlite") else { return };
    // The share is gone: a copy would lie on the very node.
    lab.fault("unmounted");
    fails_at(&lab, "mounted", "nothing is mounted at /mnt/k3s-snapshots");
    is_untouched(&lab);
    lab.fault("none");

    // The share is full: there is no copy, nor half of one.
    lab.fault("full");
    fails_at(&lab, "copy_moved", "No space left on device");
    is_untouched(&lab);
    assert_eq!(lab.on("find /mnt/k3s-snapshots -name 'server-*' | wc -l").trim(), "0");
    lab.fault("none");

    // Somebody begins behind the copy: the step itself asks for it.
    let done = lab.run(RUNBOOK, &[ANSWERS, &["--from", "enable"]].concat());
    lab.failed_at(&done, "enable", "there is no checked copy off this node");
    assert!(!lab.on("cat /etc/rancher/k3s/config.yaml").contains("cluster-init"));
}

#[test]
fn an_etcd_that_does_not_come_up_is_no_migration() {
    let Some(lab) = Lab::hosts("sqlite") else { return };
    lab.fault("no-etcd");
    fails_at(&lab, "restart", "Job for k3s.service failed");
    let log = lab.sandbox.log();
    assert_eq!(log["acceptance"]["AC3"]["verdict"], "open");
    assert!(statuses(&log).contains("etcd_answers=not-run"));
}

#[test]
fn a_key_that_the_migration_lost_is_named() {
    let Some(lab) = Lab::hosts("sqlite") else { return };
    lab.fault("lost-key");
    fails_at(&lab, "every_key", "missing in etcd: 1");
    let (_, log) = lab.trouble();
    assert!(log.contains("/registry/"), "the key is named: {log}");
    assert_eq!(lab.sandbox.log()["acceptance"]["AC4"]["verdict"], "refuted");
}
