# The inner shell over one connection: commands come on 231, the step's output and the marks go to 232 and 233.
# See inner.bash for what a step may do to these functions, and why nothing here calls a command.
exec 231<&0 232>&1 233>&2 0</dev/null 1>/dev/null 2>/dev/null
export STEPGATE_SESSION=$1
set --
unset -v BASH_EXECUTION_STRING BASH_ENV ENV
__sg_in=

__sg_begin() {
  if [[ ${__sg_i+x} ]]; then exec 0<<<"$__sg_i"; else exec 0</dev/null; fi
  exec 1>&232
  if [[ $__sg_j ]]; then exec 2>&232; else exec 2>&233; fi
  builtin printf '\036%s\036' "$__sg_b"
  builtin unset -v __sg_b __sg_i
  __sg_in=1
  builtin set -euo pipefail
}

__sg_off() {
  __sg_d=$1 __sg_o=$2 __sg_t=
  if ! builtin eval __sg_t=1 || [[ ! $__sg_t ]]; then
    POSIXLY_CORRECT=1
    unset -f builtin
    builtin unset -v POSIXLY_CORRECT
  fi
  builtin unset -f exec
  builtin set +euxk
  exec 1>|/dev/null
}

# The nonce stands behind the script and is read only now. The other stream's mark goes first: when this one's is seen,
# both are complete.
__sg_mark() {
  exec 2>|/dev/null
  builtin read -rN 32 -u 231 __sg_n || builtin exit 126
  builtin printf '\036%s\036' "$__sg_n" >&233
  builtin printf '\036%s %d %d %s\036' "$__sg_n" "$__sg_d" "$BASHPID" "$__sg_o" >&232 || builtin exit 126
}

__sg_end() {
  __sg_a=("$@")
  {
    builtin printf '\036%s\036' "$__sg_n"
    builtin pwd
    builtin printf '\036%s\036' "$__sg_n"
    builtin declare -p
    builtin printf '\036%s\036' "$__sg_n"
    builtin declare -fp
    builtin printf '\036%s\036' "$__sg_n"
    builtin alias -p
    builtin printf '\036%s\036' "$__sg_n"
    builtin umask -p
    builtin printf '\036%s\036\036%s.\036' "$__sg_n" "$__sg_n"
  } >&232
  builtin unset -v __sg_n __sg_a
  __sg_in=
}

__sg_refuse() {
  builtin read -rN 32 -u 231 __sg_n
  builtin printf '\036%s\036' "$__sg_n" >&233
  builtin printf '\036%s ! %s\036' "$__sg_n" "$__sg_f" >&232
  builtin exit 126
}

while [[ ! $__sg_in ]] && builtin read -t 99999999 -rN 8 -u 231 __sg_l && builtin read -rN "$__sg_l" -u 231 __sg_p; do
  __sg_f=prelude
  builtin unset -v __sg_i
  builtin eval "$__sg_p"
  __sg_p=
  if [[ $__sg_f ]]; then __sg_refuse; fi
  __sg_begin
  builtin eval "$__sg_s"
  { __sg_off "$?" "$-"; } 2>/dev/null
  __sg_mark
  builtin trap -p >&232
  __sg_end "$@"
done
if [[ ! $__sg_in ]]; then builtin exit 0; fi
{ builtin printf 'stepgate: `break` or `continue` outside a loop\n' >&2; } 2>/dev/null || [[ x ]]
builtin exit 125
