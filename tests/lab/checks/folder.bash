# The scripts, and the tier folder: labs side by side, the migration, snapshots, down, every fault. Sourced by ../selftest.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # conditions for `eval` stand in single quotes

# ---- the scripts themselves

if command -v shellcheck >/dev/null; then
  check "the scripts pass shellcheck" \
    shellcheck -x -a "$LAB" "$HERE/k3s-double" "$HERE/selftest" "$HERE"/lib/{boot-*,inside} "$HERE"/checks/*
else
  echo "        (shellcheck is not installed: the scripts are not linted)"
fi

# ---- two labs at once

start=$(date +%s%N)
"$LAB" up "$SCRATCH/lab-a" &
a=$!
"$LAB" up "$SCRATCH/lab-b" sqlite &
b=$!
wait "$a"
check "a lab with etcd comes up" [ $? = 0 ]
wait "$b"
check "a lab with sqlite comes up beside it" [ $? = 0 ]
echo "        (both in $((($(date +%s%N) - start) / 1000000)) ms)"
check "they have ports of their own" [ "$(value a K3S_LAB_PORT)" != "$(value b K3S_LAB_PORT)" ]
check "env holds nothing but export NAME='value' lines" \
  [ "$(grep -cvE "^export [A-Z0-9_]+='[^']*'\$" "$SCRATCH/lab-a/env")" = 0 ]
check "a lab is not built over an existing one" eval '! "$LAB" up "$SCRATCH/lab-a" 2>/dev/null'
check "a folder that is no lab is not removed" eval 'mkdir "$SCRATCH/other" && ! "$LAB" down "$SCRATCH/other" 2>/dev/null && [ -d "$SCRATCH/other" ]'

# ---- the migration to etcd

in_lab a k3s --version
check "the double calls itself one" prints "LAB DOUBLE"
in_lab a etcdctl endpoint health
check "etcd is healthy" exits 0
in_lab a etcdctl get '' --from-key --keys-only
sql "SELECT name FROM kine JOIN (SELECT max(id) AS id FROM kine GROUP BY name) USING (id)
     WHERE deleted = 0 AND name <> 'compact_rev_key'" | LC_ALL=C sort >"$SCRATCH/wanted"
sed '/^$/d' "$SCRATCH/out" | LC_ALL=C sort >"$SCRATCH/have"
check "every live key of sqlite is in etcd, and no other" cmp -s "$SCRATCH/wanted" "$SCRATCH/have"
check "there are about two hundred" [ "$(wc -l <"$SCRATCH/have")" = 203 ]
check "their values are over 1 MiB" [ "$(sql "SELECT sum(length(value)) > 1048576 FROM kine WHERE created = 1")" = 1 ]
in_lab a etcdctl get /registry/secrets/default/binary --print-value-only
check "bytes that are no text survive" \
  [ "$(head -c 13 "$SCRATCH/out" | od -An -tx1 | tr -d ' ')" = 6b3873000aff22275c0d0920fe ]
in_lab a etcdctl get /registry/configmaps/default/app-007 --print-value-only
check "a changed key has its newest value" prints '"changed":true'
check "the sqlite file stays, renamed" [ ! -e "$SCRATCH/lab-a/root/var/lib/rancher/k3s/server/db/state.db" ]

printf 'node-name: a' >"$SCRATCH/glued" && echo 'cluster-init: true' >>"$SCRATCH/glued"
mkdir -p "$SCRATCH/yaml/etc/rancher/k3s" && mv "$SCRATCH/glued" "$SCRATCH/yaml/etc/rancher/k3s/config.yaml"
in_lab a env K3S_LAB_ROOT="$SCRATCH/yaml" k3s server
check "two settings in one line are no YAML" exits_and_says 1 "line 1: mapping values are not allowed"

# ---- snapshots

in_lab a k3s etcd-snapshot save --name manual
good=$(saved_name)
check "save says the snapshot's name on standard error" eval 'exits 0 && [[ $good == manual-k3s-master-* && -z $out ]]'
check "the snapshot is over 1 MiB" [ "$(stat -c %s "$(snapshots a)/$good")" -gt 1048576 ]
in_lab a k3s etcd-snapshot ls
check "ls lists it" grep -q "^$good  *file:///mnt/k3s-snapshots/$good " "$SCRATCH/out"
in_lab a k3s etcd-snapshot ls -o json
check "ls -o json is a List" [ "$(json '$.kind')" = List ]
check "its item has a name" [ "$(json '$.items[#-1].spec.snapshotName')" = "$good" ]
check "its item has a location" [ "$(json '$.items[#-1].spec.location')" = "file:///mnt/k3s-snapshots/$good" ]
check "its item's size is a quantity: text" \
  [ "$(json '$.items[#-1].status.size')" = "$(stat -c %s "$(snapshots a)/$good")" ]
in_lab a etcdctl snapshot restore "$(snapshots a)/$good" --data-dir "$SCRATCH/restored"
check "it can be restored" exits 0
in_lab a etcdctl snapshot restore "$(snapshots a)/$good" --data-dir "$SCRATCH/restored"
check "a restore into an existing folder fails" exits_and_says 1 exists

# ---- faults

in_lab a env K3S_LAB_FAULT=flip k3s etcd-snapshot save --name flip
flipped=$(saved_name)
check "flip: save notices nothing" exits 0
check "flip: the size is that of a good one" \
  [ "$(stat -c %s "$(snapshots a)/$flipped")" = "$(stat -c %s "$(snapshots a)/$good")" ]
in_lab a etcdctl snapshot status "$(snapshots a)/$flipped"
check "flip: etcdctl snapshot status notices nothing" exits 0
in_lab a etcdctl snapshot restore "$(snapshots a)/$flipped" --data-dir "$SCRATCH/flipped"
check "flip: a restore says expected sha256" exits_and_says 1 "expected sha256"
in_lab a env K3S_LAB_FAULT=truncate k3s etcd-snapshot save --name truncated
truncated=$(saved_name)
check "truncate: save notices nothing" exits 0
in_lab a etcdctl snapshot restore "$(snapshots a)/$truncated" --data-dir "$SCRATCH/truncated"
check "truncate: a restore fails" [ "$code" != 0 ]
in_lab a env K3S_LAB_FAULT=full k3s etcd-snapshot save --name full
check "full: save says so" exits_and_says 1 "no space left on device"
check "full: nothing is left behind" eval '! compgen -G "$(snapshots a)/full*" >/dev/null'
in_lab a k3s etcd-snapshot delete "$truncated"
check "delete removes a snapshot" eval 'exits 0 && [ ! -e "$(snapshots a)/$truncated" ]'
in_lab a k3s etcd-snapshot prune --name flip --snapshot-retention 0
check "prune removes those of its name only" eval '[ ! -e "$(snapshots a)/$flipped" ] && [ -e "$(snapshots a)/$good" ]'
mv "$(snapshots a)" "$SCRATCH/unmounted"
in_lab a k3s etcd-snapshot save
check "a configured folder that is not there is not made" exits_and_says 1 "no such file or directory"
mv "$SCRATCH/unmounted" "$(snapshots a)"

# ---- etcd down, and back

"$LAB" stop "$SCRATCH/lab-a"
in_lab a env K3S_LAB_ETCD_TIMEOUT=1 k3s etcd-snapshot save
check "etcd down: save says so and ends" exits_and_says 1 "etcd did not answer within 1 s"
in_lab a env K3S_LAB_ETCD_TIMEOUT=1 k3s etcd-snapshot ls
check "etcd down: ls says so and ends" exits_and_says 1 "etcd did not answer within 1 s"
in_lab a k3s server --cluster-reset "--cluster-reset-restore-path=/mnt/k3s-snapshots/$good"
check "the datastore is restored from the snapshot" exits_and_says 0 "has been reset"
"$LAB" start "$SCRATCH/lab-a"
in_lab a etcdctl get '' --from-key --keys-only
check "and starts again with every key" [ "$(grep -c . <<<"$out")" = 203 ]
kill -STOP "$(<"$SCRATCH/lab-a/root/run/etcd.pid")"
in_lab a env K3S_LAB_ETCD_TIMEOUT=1 k3s etcd-snapshot save
check "etcd hangs: save says so and ends" exits_and_says 1 "etcd did not answer within 1 s"
kill -CONT "$(<"$SCRATCH/lab-a/root/run/etcd.pid")"

# ---- sqlite, and the way to etcd

in_lab b k3s etcd-snapshot ls
check "sqlite: ls says that etcd is disabled" exits_and_says 1 "etcd datastore disabled"
"$LAB" stop "$SCRATCH/lab-b"
echo "cluster-init: true" >>"$SCRATCH/lab-b/root/etc/rancher/k3s/config.yaml"
"$LAB" start "$SCRATCH/lab-b"
check "sqlite: cluster-init and a restart migrate it" \
  grep -q "Migrated 203 keys" "$SCRATCH/lab-b/root/var/log/k3s.log"

# ---- down

read -r server _ <"$SCRATCH/lab-a/server.pid"
etcd=$(<"$SCRATCH/lab-a/root/run/etcd.pid")
check "both processes of a lab live" eval 'alive "$server" && alive "$etcd"'
"$LAB" down "$SCRATCH/lab-a"
check "down leaves no process" eval '! alive "$server" && ! alive "$etcd"'
check "down leaves no folder" [ ! -e "$SCRATCH/lab-a" ]
check "down does not touch the other lab" in_lab b etcdctl endpoint health
read -r server _ <"$SCRATCH/lab-b/server.pid"
etcd=$(<"$SCRATCH/lab-b/root/run/etcd.pid")
kill -KILL "$server"
"$LAB" down "$SCRATCH/lab-b"
check "down ends etcd even if its server was killed" eval '! alive "$etcd"'
sleep 30 &
bystander=$!
mkdir "$SCRATCH/lab-c" && : >"$SCRATCH/lab-c/.stepgate-lab" && echo "$bystander 1" >"$SCRATCH/lab-c/server.pid"
"$LAB" down "$SCRATCH/lab-c"
check "down spares a process that only has the old one's pid" alive "$bystander"
kill "$bystander"

# ---- every fault

"$LAB" up "$SCRATCH/lab-d" &
d=$!
"$LAB" up "$SCRATCH/lab-e" sqlite || true
wait "$d"
check_history d
check_faults d
check_migration_faults e
lab fault "$SCRATCH/lab-d" unmounted
check "d, unmounted: a folder cannot be" exits_and_says 77 "needs a lab with --hosts"
lab fault "$SCRATCH/lab-d" unheard-of
check "a fault that is not on the list is refused" exits_and_says 1 "no such fault: unheard-of"
lab cut "$SCRATCH/lab-d"
check "a folder has no link to cut" exits_and_says 77 "needs a lab with --hosts"
on d printf '%s|' "a b" "c'd" '$x'
check "on passes every word as it is" prints "a b|c'd|\$x|"
"$LAB" faults | sed 's/ .*//' | sort >"$SCRATCH/listed"
sed -n 's/^| `\([a-z-]*\)` | .* | .* | .* |$/\1/p' "$HERE/README.md" | sort >"$SCRATCH/described"
check "README.md describes every fault" cmp -s "$SCRATCH/listed" "$SCRATCH/described"
