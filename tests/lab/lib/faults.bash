# What can go wrong, by name: the only list. The tests, the demo and README.md use these names. Sourced by ../lab.

FAULTS=(
  "etcd-down     K3s is stopped, and etcd with it"
  "etcd-hangs    etcd stands still: it takes connections and does not answer"
  "flip          four bytes of the next snapshot are flipped on their way to the disk"
  "truncate      of the next snapshot the last quarter does not arrive"
  "full          the share has less space left than a snapshot needs"
  "full-at-save  the share fills up just before the next snapshot"
  "hang-at-save  etcd stands still just before the next snapshot"
  "retention     three automatic snapshots are left that should have been removed"
  "schedule      the newest automatic snapshot is three days old"
  "gap           one automatic snapshot in the middle is missing"
  "shrunk        one automatic snapshot has a tenth of its size"
  "damaged       four bytes of one automatic snapshot are changed"
  "config        config.yaml keeps 5 snapshots, not 14"
  "unmounted     the share is not mounted; an empty local folder lies in its place"
  "lost-key      the next migration to etcd loses a key and says that all went well"
  "no-etcd       the program etcd cannot be started"
  "none          nothing; what went wrong before is mended"
)

list_faults() { printf '%s\n' "${FAULTS[@]}"; }

fault() {
  grep -q "^$1 " < <(list_faults) || fail "no such fault: ${1:-(none given)}; \`lab faults\` lists them"
  case $1 in
    etcd-down) "${TIER}_stop" ;;
    none) mend ;;
    unmounted)
      only_hosts "the fault unmounted"
      inside fault unmounted hosts
      ;;
    *) inside fault "$1" "$TIER" ;;
  esac
}

mend() {
  inside mend
  if ! is_running; then "${TIER}_start"; fi
  inside mend_history
}

is_running() {
  case $TIER in
    folder) ! is_dead "$DIR/server.pid" ;;
    hosts) hosts_on systemctl is-active --quiet k3s ;;
  esac
}
