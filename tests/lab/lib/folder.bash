# The folder tier: etcd and the double of K3s as plain processes, DIR/root standing for `/`. Needs no root. Sourced by ../lab.

# ---- ports

# Sets PORT to the first of two neighbouring free ports, and keeps them for this lab until it is down.
reserve_ports() {
  local ports=$CACHE/ports first=$((RANDOM % 5000)) i owner
  mkdir -p "$ports"
  for ((i = 0; i < 5000; i++)); do
    PORT=$((20000 + (first + i) % 5000 * 2))
    # Creating a file with noclobber succeeds for one of us only; one whose lab is gone is free again.
    if [[ -f $ports/$PORT ]] && owner=$(<"$ports/$PORT") && [[ -n $owner && ! -d $owner ]]; then
      rm -f -- "$ports/$PORT"
    fi
    if (set -o noclobber && echo "$DIR" >"$ports/$PORT") 2>/dev/null; then
      if ! in_use "$PORT" && ! in_use $((PORT + 1)); then return; fi
      rm -f -- "$ports/$PORT"
    fi
  done
  fail "no two free ports on 127.0.0.1"
}

in_use() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# ---- a lab

folder_up() {
  command -v sqlite3 >/dev/null || fail "sqlite3 is missing (scripts/install-packages installs it)"
  find_etcd
  mkdir -p "$DIR"/{bin,root/etc/rancher/k3s,root/mnt/k3s-snapshots,root/var/log} "$DIR/root/${STATE_DB%/*}"
  ln -s "$HERE/k3s-double" "$DIR/bin/k3s"
  ln -s "$ETCD_BIN/etcd" "$ETCD_BIN/etcdctl" "$(command -v sqlite3)" "$DIR/bin/"
  reserve_ports
  write_env
  write_folder_profile
  fill_sqlite "$DIR/root"
  write_config "$DIR/root" "$DATASTORE"
  folder_start
}

folder_settings() {
  printf '%s\n' \
    "PATH=$DIR/bin:$PATH" \
    "K3S_LAB_DIR=$DIR" \
    "K3S_LAB_ROOT=$DIR/root" \
    "K3S_LAB_PORT=$PORT" \
    "K3S_LAB_NODE=k3s-master" \
    "K3S_SNAPSHOT_DIR=$DIR/root/mnt/k3s-snapshots" \
    "ETCDCTL_API=3" \
    "ETCDCTL_ENDPOINTS=http://127.0.0.1:$PORT"
}

write_env() {
  local setting
  while IFS= read -r setting; do
    printf "export %s='%s'\n" "${setting%%=*}" "${setting#*=}"
  done < <(folder_settings) >"$DIR/env"
}

# The "host" is this machine with the lab's settings: `env NAME=VALUE…`, behind which stepgate puts the shell.
write_folder_profile() {
  local setting target=env
  while IFS= read -r setting; do target+=" $(shell_word "$setting")"; done < <(folder_settings)
  write_profile "$target" \
    SHARE=none \
    "SNAPSHOT_DIR=$DIR/root/mnt/k3s-snapshots" \
    "CONFIG_FILE=$DIR/root/etc/rancher/k3s/config.yaml" \
    "DATA_DIR=$DIR/root/var/lib/rancher/k3s" \
    "ETCD_ENDPOINT=http://127.0.0.1:$PORT"
}

# Runs a command as on the master.
folder_on() {
  # shellcheck source=/dev/null
  (. "$DIR/env" && exec "$@")
}

# Starts the double's server and waits until it says that it is up.
folder_start() {
  is_dead "$DIR/server.pid" || fail "$DIR is already running"
  local log=$DIR/root/var/log/k3s.log seen pid _
  : >>"$log"
  seen=$(stat -c %s "$log")
  # NOTIFY_SOCKET would be that of a service which happens to run this.
  # shellcheck source=/dev/null
  (. "$DIR/env" && unset NOTIFY_SOCKET && exec setsid k3s server) </dev/null >>"$log" 2>&1 &
  pid=$!
  note_process "$DIR/server.pid" "$pid" || true
  for _ in {1..400}; do
    if grep -q 'k3s is up and running' <(tail -c +$((seen + 1)) "$log"); then
      if [[ -f $DIR/root/run/etcd.pid ]]; then note_process "$DIR/etcd.pid" "$(<"$DIR/root/run/etcd.pid")" || true; fi
      return
    fi
    started_at "$pid" >/dev/null || break
    sleep 0.05
  done
  tail -n 5 "$log" >&2
  folder_stop
  fail "the K3s double did not come up in $DIR"
}

folder_stop() {
  # An etcd that a fault has stopped cannot end, and the server waits for it.
  local pid
  if pid=$(living "$DIR/etcd.pid"); then kill -CONT "$pid" 2>/dev/null || true; fi
  end_process "$DIR/server.pid"
  end_process "$DIR/etcd.pid" # only still there if the server was killed
  rm -f -- "$DIR/root/run/etcd.pid"
}

folder_down() {
  local port
  port=$(sed -n "s/^export K3S_LAB_PORT='\(.*\)'\$/\1/p" "$DIR/env" 2>/dev/null || true)
  folder_stop
  rm -rf -- "$DIR"
  if [[ -n $port ]]; then rm -f -- "$CACHE/ports/$port"; fi
}
