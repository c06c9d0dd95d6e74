# The hosts tier: a master and a NAS in namespaces of their own, with real systemd, sshd and NFS. Needs root. Sourced by ../lab.
#
# Everything of lab number N derives from N: the bridge sgN, the network 10.77.N.0/24, the network namespaces sgN-master and
# sgN-nas, the cgroup sgN. Every mount lies in a mount namespace of the lab's processes, so it goes when they go.

MASTER=20 NAS=2 # the last numbers of their addresses
EXPORT=/volume1/k8s-snapshots

# ---- what the machine must give

# Prints what is missing for this tier, in a few words; nothing if it is all there.
hosts_missing() {
  local program
  if [[ $(id -u) != 0 ]]; then echo "root" && return; fi
  for program in ip ssh ssh-keygen unshare nsenter losetup mkfs.ext4 sqlite3 ganesha.nfsd nfs-ls; do
    command -v "$program" >/dev/null || { echo "the program $program (scripts/install-packages installs it)" && return; }
  done
  [[ -x /lib/systemd/systemd && -f /lib/systemd/system/ssh.service ]] ||
    { echo "systemd and openssh-server (scripts/install-packages installs them)" && return; }
  cgroups_work || { echo "a cgroup2 in which groups can be made, and ended at once (Linux 5.14)" && return; }
  unshare --net true 2>/dev/null || { echo "network namespaces" && return; }
  unshare --mount --pid --fork true 2>/dev/null || { echo "mount and PID namespaces" && return; }
  overlay_works || { echo "an overlay mount of / (with /usr in it)" && return; }
  losetup --find >/dev/null 2>&1 || echo "a loop device"
}

overlay_works() {
  # shellcheck disable=SC2016  # for the inner shell
  unshare --mount bash -c '
    mount -t tmpfs tmpfs /mnt && mkdir /mnt/{upper,work,root} &&
      mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root &&
      [[ -x /mnt/root/lib/systemd/systemd ]]' 2>/dev/null
}

cgroups_work() {
  local root probe works=false
  root=$(cgroup_root)
  probe=$root/sg-probe-$$
  if [[ -n $root ]] && mkdir "$probe" 2>/dev/null; then
    if [[ -w $probe/cgroup.kill ]]; then works=true; fi
    rmdir "$probe"
  fi
  $works
}

# Prints where cgroup2 is, if a group can be made there: the only hierarchy, or beside the old ones.
cgroup_root() {
  local root
  for root in /sys/fs/cgroup/unified /sys/fs/cgroup; do
    if [[ -w $root/cgroup.procs && $(stat -f -c %T "$root") == cgroup2fs ]]; then echo "$root" && return; fi
  done
}

# ---- names

# Sets N and what derives from it.
name_things() {
  N=$1
  CGROUP=$(cgroup_root)/sg$N
  CONTROL=/run/sg$N.ssh # not under DIR: the path of a socket must be short
}

nfs_url() { echo "nfs://10.77.$N.$NAS$EXPORT"; }

# Makes sure that N is this lab's: a copied folder must not take another lab apart.
bridge_is_ours() { [[ $(cat "/sys/class/net/sg$N/ifalias" 2>/dev/null) == "$DIR" ]]; }

# ---- network

# Takes the first free number, and plugs both hosts in. The lock keeps two labs from seeing the same number free.
reserve_network() {
  exec 9</run
  flock 9
  for ((N = 1; N <= 250; N++)); do
    if is_abandoned "$N"; then remove_network "$N"; fi
    if network_is_free; then break; fi
  done
  ((N <= 250)) || fail "no free network among 10.77.1.0/24 … 10.77.250.0/24"
  make_network || fail "the network sg$N cannot be made; lab down $DIR removes what there is of it"
  exec 9<&-
  name_things "$N"
}

# Whether the folder of lab number $1 was removed without `lab down`, also as its own processes see it: they may have
# been started where /tmp is another one.
is_abandoned() {
  local folder pid=''
  folder=$(cat "/sys/class/net/sg$1/ifalias" 2>/dev/null) || return 1
  [[ -n $folder && ! -e $folder ]] || return 1
  pid=$(head -n 1 "$(cgroup_root)/sg$1/nas/cgroup.procs" 2>/dev/null || true)
  [[ -z $pid || ! -e /proc/$pid/root$folder ]]
}

network_is_free() {
  [[ ! -e /sys/class/net/sg$N ]] || return 1
  local routes
  routes=$(ip -4 route show root "10.77.$N.0/24" && ip -4 route show match "10.77.$N.0/24")
  ! grep -v '^default' <<<"$routes" | grep -q .
}

make_network() {
  echo "$N" >"$DIR/number"
  ip link add "sg$N" type bridge &&
    ip link set "sg$N" alias "$DIR" &&
    ip addr add "10.77.$N.1/24" dev "sg$N" &&
    ip link set "sg$N" up &&
    plug_in master "$MASTER" && plug_in nas "$NAS"
}

# A network namespace with one card, plugged into the lab's bridge: plug_in NAME LAST
plug_in() {
  local ns=sg$N-$1
  ip netns add "$ns" &&
    ip link add "$ns" type veth peer name eth0 netns "$ns" &&
    ip link set "$ns" master "sg$N" up &&
    ip -n "$ns" addr add "10.77.$N.$2/24" dev eth0 &&
    ip -n "$ns" link set eth0 up &&
    ip -n "$ns" link set lo up
}

# Ends the processes of lab number $1 and removes its cgroup, its links and its namespaces.
remove_network() {
  local number=$1 cgroup name
  cgroup=$(cgroup_root)/sg$number
  if [[ -d $cgroup ]]; then
    echo 1 >"$cgroup/cgroup.kill"
    wait_for 10 grep -q '^populated 0' "$cgroup/cgroup.events" || fail "processes in $cgroup do not end"
    find "$cgroup" -depth -type d -exec rmdir {} \;
  fi
  for name in master nas; do
    ip link del "sg$number-$name" 2>/dev/null || true
    if [[ -e /run/netns/sg$number-$name ]]; then ip netns del "sg$number-$name"; fi
  done
  ip link del "sg$number" 2>/dev/null || true
}

# ---- up

check_hosts() {
  local missing
  missing=$(hosts_missing)
  [[ -z $missing ]] || cannot "the tier hosts needs $missing"
  # Such a path would have to be quoted in three languages: of mount, of ssh, of the NFS server.
  [[ $DIR =~ ^[A-Za-z0-9_./+@=-]+$ ]] || fail "for hosts, DIR may hold letters, digits and _./+@=- only"
}

hosts_up() {
  find_etcd
  mkdir -p "$DIR"/{master,nas,bin}
  # For the operator's place: this machine, which the master does not serve.
  ln -s "$ETCD_BIN/etcd" "$ETCD_BIN/etcdctl" "$DIR/bin/"
  reserve_network
  mkdir "$CGROUP" "$CGROUP"/{keep,master,nas}
  ssh-keygen -q -t ed25519 -N '' -C "lab $N" -f "$DIR/id"
  ssh-keygen -q -t ed25519 -N '' -C k3s-master -f "$DIR/host_key"
  write_ssh_config

  make_share
  run_in nas nas "$HERE/lib/boot-nas" "$DIR" "$LOOP"
  run_in master keep "$HERE/lib/boot-master" "$DIR" "$N" "$DATASTORE" "$LOOP" "$ETCD_BIN" "$CGROUP/master"
  wait_for 10 nas_answers || fail "the NFS server did not come up; see $DIR/nas/log, then: lab down $DIR"
  losetup -d "$LOOP" # from now on the device goes with the last mount of it
  write_profile "ssh -F $DIR/ssh_config k3s-master" "SHARE=$LOOP" "NFS_URL=$(nfs_url)" \
    ETCD_ENDPOINT=http://127.0.0.1:2379
  wait_for 30 master_answers || fail "the host k3s-master did not come up; see $DIR/master/log, then: lab down $DIR"
  hosts_start
}

# A disk of the NAS, as a file: small, so that it can really be full.
make_share() {
  truncate -s 96M "$DIR/nas/disk"
  mkfs.ext4 -q -m 0 -O ^has_journal "$DIR/nas/disk"
  LOOP=$(losetup --find --show "$DIR/nas/disk") || fail "no loop device for $DIR/nas/disk"
}

# Starts a program in a network namespace, a cgroup and a mount namespace of the lab: run_in NAMESPACE CGROUP PROGRAM…
# `slave`: what is unmounted on the machine must not be kept busy by a lab.
run_in() {
  local ns=sg$N-$1 group=$CGROUP/$2 log=$DIR/$1/log
  shift 2
  # shellcheck disable=SC2016  # for the inner shell
  setsid bash -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
    nsenter --net="/run/netns/$ns" unshare --mount --propagation slave "$@" >"$log" 2>&1 </dev/null &
}

write_ssh_config() {
  cat >"$DIR/ssh_config" <<SSH
Host k3s-master
  HostName 10.77.$N.$MASTER
  User root
  IdentityFile $DIR/id
  IdentitiesOnly yes
  UserKnownHostsFile $DIR/known_hosts
  StrictHostKeyChecking yes
  ControlMaster auto
  ControlPath $CONTROL
  ControlPersist 30
  ConnectTimeout 3
  ServerAliveInterval 1
  ServerAliveCountMax 3
  BatchMode yes
  LogLevel ERROR
SSH
  echo "10.77.$N.$MASTER $(<"$DIR/host_key.pub")" >"$DIR/known_hosts"
}

nas_answers() { nfs-ls "$(nfs_url)?version=4" >/dev/null 2>&1; }
master_answers() { hosts_on true >/dev/null 2>&1 </dev/null; }

# ---- the rest of its life

# Runs a command on the master, each word as it is.
hosts_on() { ssh -F "$DIR/ssh_config" k3s-master -- "${*@Q}"; }

hosts_start() {
  # At boot systemd has begun already; this waits for it, and fails as it does.
  hosts_on systemctl start k3s </dev/null && return
  hosts_on journalctl -u k3s -n 5 --no-pager >&2 </dev/null || true
  fail "K3s did not start on k3s-master"
}

hosts_stop() {
  # An etcd that a fault has stopped cannot end, and systemd waits for it.
  # shellcheck disable=SC2016  # for the shell there
  hosts_on bash -c 'if [[ -f /run/etcd.pid ]]; then kill -CONT "$(</run/etcd.pid)" 2>/dev/null; fi; systemctl stop k3s' </dev/null
}

hosts_cut() { ip -n "sg$N-master" link set eth0 down; }
hosts_join() {
  ip -n "sg$N-master" link set eth0 up
  wait_for 30 master_answers || fail "k3s-master does not answer although its link is up"
}

hosts_down() {
  if [[ -f $DIR/number ]]; then
    name_things "$(<"$DIR/number")"
    # Whoever used the shared connection last left an ssh behind that waits for the next user.
    if [[ -S $CONTROL ]]; then ssh -F "$DIR/ssh_config" -O exit k3s-master 2>/dev/null || true; fi
    if bridge_is_ours; then
      remove_network "$N"
      rm -f -- "$CONTROL"
    fi
  fi
  if [[ -f $DIR/nas/disk ]]; then free_loop; fi
  rm -rf -- "$DIR"
}

free_loop() {
  # A moment after the last mount the device is free, unless `up` was ended before it let go of it.
  wait_for 1 loop_is_free || { losetup -j "$DIR/nas/disk" -n -O NAME | xargs -r losetup -d; }
  wait_for 5 loop_is_free || fail "$(losetup -j "$DIR/nas/disk") is still in use"
}

loop_is_free() { [[ -z $(losetup -j "$DIR/nas/disk") ]]; }
