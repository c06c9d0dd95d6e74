# The inner shell over one connection for a POSIX sh, such as dash or the ash of busybox: a frame is one line, frames
# come on 7, the step's output and the marks go to 8 and 9 (dash knows no higher ones), $1 is the session's marker.
# A step may define functions and aliases of any name: this text is parsed before any alias exists, a special builtin is
# found before a function of its name, and `command` finds the others; a function called `command` does not outlive its
# step. Functions cannot be carried into a new shell: POSIX cannot list them.
exec 7<&0 8>&1 9>&2 0</dev/null 1>/dev/null 2>/dev/null
STEPGATE_SESSION=$1
export STEPGATE_SESSION
set --
unset -v ENV
__sg_nl='
'
__sg_pf=
if (set -o pipefail) 2>/dev/null; then __sg_pf=1; fi
# Words of the driver that outlive a step. A step that set them could pass unrun, or without pipefail.
readonly __sg_nl __sg_pf

# Standard input comes out of a pipe, and a here-document is how an sh gets one. Its writer opens the pipe through /proc;
# it is an orphan, so that no `wait` of the step waits for it, and dies when the reading end is closed.
__sg_feed() {
  exec 0<<__SG_END
x
__SG_END
  command read -r __sg_x || return 1
  if [ ! -p /proc/self/fd/0 ]; then return 1; fi
  ( { command printf "$__sg_i" & } 7<&- 8>&- 9>&- ) >/proc/self/fd/0 2>/dev/null
}

# For a program that wants a script with a name: a file that only we can read, in memory where that can be had.
__sg_file() {
  for __sg_w in /dev/shm /tmp /var/tmp; do
    __sg_w=$__sg_w/stepgate-$1.js
    if (command umask 077 && set -C && command printf "$__sg_q" >"$__sg_w") 2>/dev/null; then return 0; fi
    command -p rm -f -- "$__sg_w"
  done
  __sg_w=
  return 1
}

__sg_begin() {
  exec 1>&8
  if [ "$__sg_j" ]; then exec 2>&8; else exec 2>&9; fi
  command printf '\036%s\036' "$__sg_b"
  unset -v __sg_b __sg_i
  set -eu
  if [ "$__sg_pf" ]; then set -o pipefail; fi
}

# The nonce stands behind the script and is read only now. A step that closed one of our descriptors has no verdict but
# 126: an `exec`, `read` or `printf` that fails must not pass for success. The step's code is $1 and its options are $2,
# no variables: one that the step made readonly would end the shell with a code that is not the step's. An EXIT trap
# must not find the nonce.
__sg_mark() {
  set +aeux
  unset -f command
  IFS= command read -r __sg_n <&7 || exit 126
  if ! command printf '\036%s\036' "$__sg_n" >&9 ||
    ! command printf '\036%s %d %d %s\036' "$__sg_n" "$1" "$$" "$2" >&8; then
    unset -v __sg_n
    exit 126
  fi
}

__sg_end() {
  {
    command pwd
    command printf '\036%s\036' "$__sg_n"
    for __sg_x; do command printf '%s\036%s,\036' "$__sg_x" "$__sg_n"; done
    command printf '\036%s\036' "$__sg_n"
    set
    command printf '\036%s\036' "$__sg_n"
    export -p
    command printf '\036%s\036' "$__sg_n"
    readonly -p
    command printf '\036%s\036' "$__sg_n"
    command alias
    command printf '\036%s\036' "$__sg_n"
    trap
    command printf '\036%s\036' "$__sg_n"
    command umask
    command printf '\036%s\036\036%s.\036' "$__sg_n" "$__sg_n"
  } >&8
  exec 0</dev/null
  case ${__sg_w-} in /*/stepgate-*.js) command -p rm -f -- "$__sg_w" ;; esac
  unset -v __sg_n __sg_q __sg_w __sg_x
}

__sg_refuse() {
  IFS= command read -r __sg_n <&7
  command printf '\036%s\036' "$__sg_n" >&9
  command printf '\036%s ! %s\036' "$__sg_n" "$__sg_f" >&8
  exit 126
}

# No variable says whether a step is under way, since a step could set it: a frame begins with `<`. What does not is the
# nonce of a step that `continue` has left. The payload clears __sg_f as its very last act: one that broke off can never
# let a step pass unrun.
while :; do
  IFS= command read -r __sg_p <&7 || exit 126
  case $__sg_p in '<'*) ;; *) break ;; esac
  __sg_f=prelude
  eval "${__sg_p#<}"
  __sg_p=
  if [ ! "$__sg_f" ] && [ "$__sg_i" ] && ! __sg_feed; then __sg_f=streams; fi
  if [ "$__sg_f" ]; then __sg_refuse; fi
  __sg_begin
  # In no function and behind no condition: errexit must hold.
  eval "$__sg_s"
  { __sg_mark "$?" "$-"; } 2>/dev/null
  exec 1>/dev/null 2>/dev/null
  __sg_end "$@"
done
{ command printf 'stepgate: `break` or `continue` outside a loop\n' >&2; } 2>/dev/null || :
exit 125
