# Ends every process that was started with a marker; the lines it prints are those that are left. $__sg_marker and
# $__sg_grace (tenths of a second) are set before. Reads /proc, so it needs Linux on the far side.
{
  __sg_list() { grep -lsF "STEPGATE_SESSION=$__sg_marker" /proc/[0-9]*/environ | sed 's|/proc/\([0-9]*\)/.*|\1|' | grep -vx "$$"; }
  __sg_all() { for __sg_pid in $(__sg_list); do kill -"$1" "$__sg_pid"; done; }
  __sg_all TERM 2>/dev/null
  __sg_all CONT 2>/dev/null
  while [ "$__sg_grace" -gt 0 ] && [ "$(__sg_list)" ]; do
    sleep 0.1
    __sg_grace=$((__sg_grace - 1))
  done
  __sg_round=0
  while [ "$__sg_round" -lt 10 ] && [ "$(__sg_list)" ]; do
    __sg_all STOP 2>/dev/null
    __sg_all KILL 2>/dev/null
    __sg_round=$((__sg_round + 1))
  done
  for __sg_pid in $(__sg_list); do
    printf '%s %s\n' "$__sg_pid" "$(tr '\0' ' ' <"/proc/$__sg_pid/cmdline")"
  done
  printf '\036%s\036' "$__sg_hello"
  exit 0
}
