# Ends every process that was started with a marker and names who is left. __sg_marker, __sg_grace (tenths of a second)
# and __sg_hello are set before. It reads /proc, so it needs Linux on the far side, and says so where it cannot.
{
  set +f
  __sg_list() { grep -lsF "STEPGATE_SESSION=$__sg_marker" /proc/[0-9]*/environ | tr -dc '0-9\n'; }
  __sg_all() { for __sg_pid in $(__sg_list); do kill "-$1" "$__sg_pid"; done; }
  printf '\036%s\036' "$__sg_hello"
  if ! [ -r /proc/self/environ ] || ! command -v grep >/dev/null || ! command -v tr >/dev/null; then
    printf '!\036%s\036' "$__sg_hello"
    exit 0
  fi
  {
    __sg_all TERM
    # A stopped process gets its TERM only when it goes on.
    __sg_all CONT
    while [ "$__sg_grace" -gt 0 ] && [ "$(__sg_list)" ]; do
      sleep 0.1 || sleep 1
      __sg_grace=$((__sg_grace - 1))
    done
    # All are stopped before the first is killed: nobody can fork in answer to a death. Two looks that find nobody,
    # because a process may be born while the table is read.
    __sg_round=0 __sg_quiet=0
    while [ "$__sg_round" -lt 40 ] && [ "$__sg_quiet" -lt 2 ]; do
      __sg_round=$((__sg_round + 1)) __sg_quiet=$((__sg_quiet + 1))
      __sg_all STOP
      for __sg_pid in $(__sg_list); do
        __sg_quiet=0
        kill -KILL "$__sg_pid"
      done
    done
    rm -f "/dev/shm/stepgate-$__sg_marker.js" "/tmp/stepgate-$__sg_marker.js" "/var/tmp/stepgate-$__sg_marker.js"
  } >/dev/null 2>&1
  for __sg_pid in $(__sg_list); do
    printf '%s %s\n' "$__sg_pid" "$(tr '\0\n\036' '   ' <"/proc/$__sg_pid/cmdline")"
  done 2>/dev/null
  printf '\036%s\036' "$__sg_hello"
  exit 0
}
