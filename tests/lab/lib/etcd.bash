# Where etcd and etcdctl come from. Sourced by ../lab.

# Sets ETCD_BIN to a folder that holds etcd and etcdctl: the installed ones, or Debian's packages unpacked
# into the cache. They are never installed: the package etcd-server starts a service.
find_etcd() {
  local etcd
  if etcd=$(command -v etcd) && command -v etcdctl >/dev/null; then
    ETCD_BIN=$(dirname "$etcd")
    [[ -x $ETCD_BIN/etcdctl ]] && return
  fi
  ETCD_BIN=$CACHE/etcd/bin
  mkdir -p "$CACHE"
  (
    flock 9
    if [[ ! -x $ETCD_BIN/etcd || ! -x $ETCD_BIN/etcdctl ]]; then unpack_etcd; fi
  ) 9>"$CACHE/lock" || exit 1
}

unpack_etcd() {
  command -v apt-get dpkg >/dev/null ||
    fail "put etcd and etcdctl on the PATH: they are unpacked from packages on Debian only"
  local new=$CACHE/etcd.new
  rm -rf -- "$new"
  mkdir -p "$new/bin"
  cd "$new"
  download >log 2>&1 || { cat log >&2 && fail "cannot download the Debian packages etcd-server and etcd-client (has apt-get update been run?)"; }
  local package
  for package in ./*.deb; do dpkg -x "$package" unpacked; done
  mv unpacked/usr/bin/etcd unpacked/usr/bin/etcdctl bin/
  rm -rf -- unpacked ./*.deb log
  cd "$CACHE"
  rm -rf -- etcd
  mv -- etcd.new etcd
}

download() {
  local get=(apt-get -q -o APT::Sandbox::User="$(id -un)" download etcd-server etcd-client)
  "${get[@]}" && return
  # A fresh machine has no package lists yet.
  [[ $(id -u) == 0 ]] && apt-get -q update && "${get[@]}"
}
