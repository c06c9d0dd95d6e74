# The tier hosts: two labs side by side, the real parts, outages, every fault, and that nothing is left behind.
# Sourced by ../selftest.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # conditions for `eval` stand in single quotes

number() { cat "$SCRATCH/lab-$1/number"; }
nfs() { # PROGRAM LAB [FILE]
  timeout 10 "$1" "nfs://10.77.$(number "$2").2/volume1/k8s-snapshots${3:+/$3}?version=4" >"$SCRATCH/out" 2>"$SCRATCH/err"
  code=$?
  out=$(tr -d '\0' <"$SCRATCH/out")
  err=$(<"$SCRATCH/err")
}

# What there is of lab number $1 in the folder $2: a word for each.
traces() {
  local cgroup
  ip -br link | grep -oE "^sg$1(-[a-z]+)?\b"
  ip netns | grep -oE "^sg$1-[a-z]+"
  for cgroup in /sys/fs/cgroup/sg"$1" /sys/fs/cgroup/unified/sg"$1"; do
    if [[ -e $cgroup ]]; then echo "$cgroup"; fi
  done
  losetup -n -O BACK-FILE | grep -F "$2/"
  cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -F "$2/"
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -aoE "$2/[a-z_/-]*"
  compgen -G "/run/sg$1.*"
  compgen -G "$2"
}

leaves_nothing() { # NUMBER FOLDER
  local left
  # What the kernel takes away behind our back may take a moment.
  for _ in {1..40}; do
    left=$(traces "$1" "$2")
    if [[ -z $left ]]; then return 0; fi
    sleep 0.05
  done
  echo "        left: $left"
  return 1
}

# What a lab could change by mistake: addresses, routes, and whether something listens on a port of its servers.
machine_network() {
  ip -br addr | grep -v '^sg'
  ip route | grep -v '^10\.77\.'
  ss -Htln | awk '{ print $4 }' | grep -E ':(22|2049|2379|2380)$'
}

check_hosts() {
  local h i loop start host

  machine_network >"$SCRATCH/network"
  start=$(date +%s%N)
  "$LAB" up "$SCRATCH/lab-h" --hosts &
  h=$!
  "$LAB" up "$SCRATCH/lab-i" sqlite --hosts
  check "a host with sqlite comes up" [ $? = 0 ]
  wait "$h"
  check "and one with etcd beside it" [ $? = 0 ]
  echo "        (both in $((($(date +%s%N) - start) / 1000000)) ms)"
  h=$(number h) i=$(number i)
  check "they have networks of their own" [ "$h" != "$i" ]
  check "nothing listens, and nothing else is changed, on the machine's own network" \
    cmp -s "$SCRATCH/network" <(machine_network)

  check_the_real_parts
  check_history h
  check_faults h
  check_unmounted
  check_migration_faults i
  check_outages

  "$LAB" down "$SCRATCH/lab-h"
  check "down of a host that is switched off leaves nothing" leaves_nothing "$h" "$SCRATCH/lab-h"
  on i systemctl is-active k3s
  check "down does not touch the other lab" prints active
  "$LAB" down "$SCRATCH/lab-i"
  check "down leaves no mount, namespace, link, loop device, cgroup, process" leaves_nothing "$i" "$SCRATCH/lab-i"
  check "down is content when there is nothing" "$LAB" down "$SCRATCH/lab-i"
  check_half_built
  check "the machine's own network is as it was" cmp -s "$SCRATCH/network" <(machine_network)
}

check_the_real_parts() {
  on h hostname
  check "the host has its name" prints k3s-master
  on h cat /proc/1/comm
  check "its first process is systemd" prints systemd
  on h systemctl show -p Type -p ActiveState k3s
  check "K3s is a service of Type=notify that is active" eval 'prints Type=notify && prints ActiveState=active'
  on h systemctl restart k3s
  check "it can be restarted" exits 0
  on h journalctl -u k3s --no-pager
  check "the journal has its lines, and systemd's" eval 'prints "k3s is up and running" && prints "Started k3s.service"'
  on h bash -c 'kill -KILL "$(systemctl show -p MainPID --value k3s)"; sleep 0.2
    cat /proc/[0-9]*/comm | grep -x etcd; systemctl show -p SubState k3s; systemctl restart k3s'
  check "K3s is killed: its etcd ends, and systemd is about to start it again" \
    eval '[[ $out == SubState=auto-restart ]]'
  on h findmnt -no SOURCE,FSTYPE /mnt/k3s-snapshots
  loop=$(sed -n 's/.*SHARE = "\([^"]*\)".*/\1/p' "$SCRATCH/lab-h/stepgate.toml")
  check "the share is a mount of the device that the profile names" prints "$loop ext4"
  ssh -F "$SCRATCH/lab-h/ssh_config" k3s-master true </dev/null
  check "the ssh configuration works" [ $? = 0 ]
  on h k3s --version
  check "the double calls itself one there too" prints "LAB DOUBLE"
  on h k3s etcd-snapshot save --name manual
  good=$(saved_name)
  on h sha256sum "/mnt/k3s-snapshots/$good"
  local sum=${out%% *}
  nfs nfs-ls h
  check "the machine sees the snapshot by NFS" prints "$good"
  nfs nfs-cat h "$good"
  check "byte by byte" [ "$(sha256sum <"$SCRATCH/out")" = "$sum  -" ]
  on h date -s 2020-01-01
  check "the host cannot set the machine's clock" eval '((code != 0 && $(date +%Y) > 2020))'
}

wait_until_active() {
  for _ in {1..100}; do
    on "$1" systemctl is-active k3s
    if exits 0; then return; fi
    sleep 0.1
  done
}

check_unmounted() {
  wrong h unmounted
  on h bash -c 'findmnt /mnt/k3s-snapshots || ls -A /mnt/k3s-snapshots'
  check "h, unmounted: an empty local folder remains" eval '[[ -z $out ]]'
  on h k3s etcd-snapshot save --name local
  check "h, unmounted: save notices nothing" exits 0
  nfs nfs-ls h
  check "h, unmounted: the NAS does not have it" eval 'exits 0 && ! prints local-'
  wrong h none
  check_history h
}

check_outages() {
  lab cut "$SCRATCH/lab-h"
  on h true
  check "cut: the host cannot be reached" exits 255
  nfs nfs-ls h
  check "cut: the NAS can" eval 'exits 0 && prints etcd-snapshot-k3s-master'
  lab join "$SCRATCH/lab-h"
  on h systemctl is-active k3s
  check "join: it can again" prints active
  on h reboot
  wait_until_active h
  on h etcdctl get '' --from-key --keys-only
  check "a reboot keeps the data" [ "$(grep -c . <<<"$out")" = 203 ]
  on h poweroff
  sleep 1
  on h true
  check "poweroff: the host cannot be reached" exits 255
  nfs nfs-cat h "$good"
  check "poweroff: the NAS still has the snapshots" exits 0
}

# `up` is killed at several moments; `down` must find whatever there is by then.
check_half_built() {
  local pause number
  for pause in 0.1 0.4 0.8; do
    up_killed_after "$pause"
    lab down "$SCRATCH/lab-j"
    check "down after an up that was killed after $pause s leaves nothing" \
      eval 'exits 0 && leaves_nothing "$number" "$SCRATCH/lab-j"'
  done
  up_killed_after 1
  rm -rf -- "$SCRATCH/lab-j"
  "$LAB" up "$SCRATCH/lab-k" sqlite --hosts
  "$LAB" down "$SCRATCH/lab-k"
  check "a lab whose folder was removed is taken apart by the next up" leaves_nothing "$number" "$SCRATCH/lab-j"
}

up_killed_after() { # SECONDS; sets number
  "$LAB" up "$SCRATCH/lab-j" --hosts >/dev/null 2>&1 &
  local up=$!
  sleep "$1"
  kill -KILL "$up"
  wait "$up" 2>/dev/null
  number=$(number j 2>/dev/null || echo 0)
}

# What a machine lacks is said by name; here, root.
mkdir "$SCRATCH/no-root"
printf '#!/bin/sh\necho 1000\n' >"$SCRATCH/no-root/id"
chmod 755 "$SCRATCH/no-root/id"
PATH="$SCRATCH/no-root:$PATH" lab up "$SCRATCH/lab-g" --hosts
check "without root, hosts says so" exits_and_says 77 "the tier hosts needs root"
check "and leaves no folder" [ ! -e "$SCRATCH/lab-g" ]

lab up "$SCRATCH/lab-g" --hosts
if exits 77; then
  echo "skipped: hosts (needs ${err##*needs })"
else
  "$LAB" down "$SCRATCH/lab-g"
  check_hosts
fi
