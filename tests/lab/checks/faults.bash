# What both tiers check of history and faults. Sourced by ../selftest; folder.bash and hosts.bash beside it call this.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # conditions for `eval` stand in single quotes

automatic_ones() { on "$1" bash -c 'cd "${K3S_LAB_ROOT%/}/mnt/k3s-snapshots" && stat -c "%n %s %Y" etcd-snapshot-*'; }

# Sets count, newest, gaps (pairs that are not twelve hours apart) and small (those of less than half the largest).
look_at_history() {
  automatic_ones "$1"
  count=$(grep -c . <<<"$out")
  newest=$(sed 's/ .*//; s/.*-//' <<<"$out" | sort -n | tail -n 1)
  gaps=$(sed 's/ .*//; s/.*-//' <<<"$out" | sort -n | awk 'NR > 1 && $1 - last != 43200 { n++ } { last = $1 } END { print n + 0 }')
  small=$(awk '{ size[NR] = $2; if ($2 > max) max = $2 } END { for (i in size) n += size[i] < max / 2; print n + 0 }' <<<"$out")
}

history_is() { [[ "$count $gaps $small" == "$1" ]]; }

# As after `up`: 14 of them, twelve hours apart, as the schedule says, named and dated alike.
check_history() {
  look_at_history "$1"
  check "$1: there are 14 automatic snapshots, twelve hours apart, of one size" history_is "14 0 0"
  check "$1: the newest is the last one that was due" eval '(($(date +%s) - newest < 43200 && $(date -d "@$newest" +%-H%M) % 1200 == 0))'
  check "$1: the time in a name is that of the file" eval 'awk "{ split(\$1, part, \"-\"); if (part[5] != \$3) exit 1 }" <<<"$out"'
}

wrong() { # LAB FAULT
  lab fault "$SCRATCH/lab-$1" "$2"
  check "$1, $2: can be had" exits 0
}

save() { on "$1" env K3S_LAB_ETCD_TIMEOUT=1 k3s etcd-snapshot save --name manual; }
saved_path() { echo "mnt/k3s-snapshots/$(saved_name)"; }
restore() { on "$1" bash -c 'rm -rf /tmp/lab-restored.$2; etcdctl snapshot restore "${K3S_LAB_ROOT%/}/$1" --data-dir /tmp/lab-restored.$2; code=$?; rm -rf /tmp/lab-restored.$2; exit $code' - "$2" "$$"; }

# Those of a lab on etcd that are alike in both tiers.
check_faults() {
  local lab=$1
  wrong "$lab" flip
  save "$lab"
  check "$lab, flip: save notices nothing" exits 0
  restore "$lab" "$(saved_path)"
  check "$lab, flip: a restore does" exits_and_says 1 "expected sha256"
  save "$lab"
  restore "$lab" "$(saved_path)"
  check "$lab, flip: it happens once" exits 0
  wrong "$lab" truncate
  save "$lab"
  check "$lab, truncate: save notices nothing" exits 0
  restore "$lab" "$(saved_path)"
  check "$lab, truncate: a restore does" [ "$code" != 0 ]
  wrong "$lab" full-at-save
  save "$lab"
  check "$lab, full-at-save: save says so" exits_and_says 1 "no space left on device"
  lab fault "$SCRATCH/lab-$lab" none
  wrong "$lab" full
  save "$lab"
  check "$lab, full: save says so" exits_and_says 1 "no space left on device"
  lab fault "$SCRATCH/lab-$lab" none
  save "$lab"
  check "$lab, none: there is space again" exits 0

  wrong "$lab" retention
  look_at_history "$lab"
  check "$lab, retention: three are too many" history_is "17 0 0"
  wrong "$lab" schedule
  look_at_history "$lab"
  check "$lab, schedule: the newest is three days old" eval 'history_is "14 0 0" && (($(date +%s) - newest > 3 * 86400 - 3600))'
  wrong "$lab" gap
  look_at_history "$lab"
  check "$lab, gap: one is missing" history_is "14 1 0"
  wrong "$lab" shrunk
  look_at_history "$lab"
  check "$lab, shrunk: one is too small" history_is "14 0 1"
  wrong "$lab" config
  on "$lab" bash -c 'cat "${K3S_LAB_ROOT%/}/etc/rancher/k3s/config.yaml"'
  check "$lab, config: it says 5" prints "etcd-snapshot-retention: 5"

  wrong "$lab" etcd-hangs
  save "$lab"
  check "$lab, etcd-hangs: save says so and ends" exits_and_says 1 "etcd did not answer within 1 s"
  wrong "$lab" none
  save "$lab"
  check "$lab, none: etcd answers again" exits 0
  wrong "$lab" etcd-down
  save "$lab"
  check "$lab, etcd-down: save says so and ends" exits_and_says 1 "etcd did not answer within 1 s"
  wrong "$lab" none
  check_history "$lab"
  on "$lab" bash -c 'cat "${K3S_LAB_ROOT%/}/etc/rancher/k3s/config.yaml"'
  check "$lab, none: the configuration is as it was" prints "etcd-snapshot-retention: 14"
  lab fault "$SCRATCH/lab-$lab" lost-key
  check "$lab, lost-key: there is no migration any more" exits_and_says 77 "on etcd already"
}

# Those of a lab on sqlite: what can go wrong with its migration.
check_migration_faults() {
  local lab=$1
  lab fault "$SCRATCH/lab-$lab" gap
  check "$lab, gap: there are no snapshots on sqlite" exits_and_says 77 "no snapshots on sqlite"
  lab fault "$SCRATCH/lab-$lab" etcd-hangs
  check "$lab, etcd-hangs: there is no etcd" exits_and_says 77 "no etcd"
  on "$lab" bash -c 'echo "cluster-init: true" >>"${K3S_LAB_ROOT%/}/etc/rancher/k3s/config.yaml"'
  wrong "$lab" no-etcd
  lab stop "$SCRATCH/lab-$lab"
  lab start "$SCRATCH/lab-$lab"
  check "$lab, no-etcd: K3s does not start" exits_and_says 1 "etcd did not become healthy"
  on "$lab" bash -c '! ls -d "${K3S_LAB_ROOT%/}/var/lib/rancher/k3s/server/db/etcd/member" && cat "${K3S_LAB_ROOT%/}/var/log/etcd.log"'
  check "$lab, no-etcd: the datastore stays sqlite's" prints "cannot be started"
  # Back to sqlite, as whoever has no etcd must.
  on "$lab" sed -i /cluster-init/d "$(on "$lab" bash -c 'echo "${K3S_LAB_ROOT%/}"' && echo "$out")/etc/rancher/k3s/config.yaml"
  lab stop "$SCRATCH/lab-$lab"
  wrong "$lab" none
  on "$lab" k3s etcd-snapshot ls
  check "$lab, none: K3s runs on sqlite again" exits_and_says 1 "etcd datastore disabled"

  wrong "$lab" lost-key
  on "$lab" bash -c 'echo "cluster-init: true" >>"${K3S_LAB_ROOT%/}/etc/rancher/k3s/config.yaml"'
  lab stop "$SCRATCH/lab-$lab"
  lab start "$SCRATCH/lab-$lab"
  check "$lab, lost-key: the migration reports success" exits 0
  on "$lab" etcdctl get '' --from-key --keys-only
  check "$lab, lost-key: a key is missing" [ "$(grep -c . <<<"$out")" = 202 ]
  lab history "$SCRATCH/lab-$lab" 3
  look_at_history "$lab"
  check "$lab: history makes as many as it is told" history_is "3 0 0"
}
