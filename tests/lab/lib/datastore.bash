# What K3s finds on the master before it starts, in both tiers. Sourced by ../lab and by boot-master.

STATE_DB=var/lib/rancher/k3s/server/db/state.db # under the master's root

# A sqlite file as a K3s that never had etcd has it: fill_sqlite ROOT
fill_sqlite() {
  mkdir -p "$1/${STATE_DB%/*}"
  cat "$HERE/kine.sql" "$HERE/seed.sql" | sqlite3 "$1/$STATE_DB" >/dev/null
  # Beside the database: without it no backup could be restored on a real cluster. This one opens nothing.
  (umask 077 && echo "K10lab::server:not-a-secret" >"$1/${STATE_DB%/db/*}/token")
}

# write_config ROOT etcd|sqlite
write_config() {
  mkdir -p "$1/etc/rancher/k3s"
  {
    if [[ $2 == etcd ]]; then echo "cluster-init: true"; fi
    echo "etcd-snapshot-dir: /mnt/k3s-snapshots"
    echo "etcd-snapshot-schedule-cron: \"0 */12 * * *\""
    echo "etcd-snapshot-retention: 14"
    echo "node-name: k3s-master"
  } >"$1/etc/rancher/k3s/config.yaml"
}
