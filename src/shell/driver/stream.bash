# The inner bash over one connection: frames come on 231, the step's output and the marks go to 232 and 233, $1 is the
# session's marker. Over one stream there is no better place for the state than between two marks.
exec 231<&0 232>&1 233>&2 0</dev/null 1>/dev/null 2>/dev/null
export STEPGATE_SESSION=$1
set --
unset -v BASH_EXECUTION_STRING BASH_ENV ENV

# Standard input comes out of a pipe. Its writer is an orphan, so that no `wait` of the step waits for it, and dies when
# the reading end is closed: nothing of it reaches a later step.
__sg_feed() {
  exec 0< <({ builtin printf "$__sg_i" & } 2>/dev/null 231<&- 232>&- 233>&-)
}

# For a program that wants a script with a name: a file that only we can read, in memory where that can be had.
__sg_file() {
  for __sg_w in /dev/shm /tmp /var/tmp; do
    __sg_w=$__sg_w/stepgate-$1.js
    if (builtin umask 077 && builtin set -C && builtin printf "$__sg_q" >"$__sg_w") 2>/dev/null; then return 0; fi
    builtin command -p rm -f -- "$__sg_w"
  done
  __sg_w=
  return 1
}

__sg_begin() {
  exec 1>&232
  if [[ $__sg_j ]]; then exec 2>&232; else exec 2>&233; fi
  builtin printf '\036%s\036' "$__sg_b"
  builtin unset -v __sg_b __sg_i
  builtin set -euo pipefail
}

# The nonce stands behind the script and is read only now, so no step can have seen it. A step that closed one of our
# descriptors has no verdict but 126: 0 would be a false pass. An EXIT trap must not find the nonce.
__sg_mark() {
  exec 2>|/dev/null
  builtin read -rN 32 -u 231 __sg_n || builtin exit 126
  if ! builtin printf '\036%s\036' "$__sg_n" >&233 ||
    ! builtin printf '\036%s %d %d %s\036' "$__sg_n" "$__sg_d" "$BASHPID" "$__sg_o" >&232; then
    builtin unset -v __sg_n
    builtin exit 126
  fi
}

__sg_end() {
  builtin printf '\036%s.\036' "$__sg_n" >&232
  exec 0</dev/null
  if [[ ${__sg_w-} == /*/stepgate-*.js ]]; then builtin command -p rm -f -- "$__sg_w"; fi
  builtin unset -v __sg_n __sg_a __sg_q __sg_w __sg_d __sg_o __sg_t
}

__sg_refuse() {
  builtin read -rN 32 -u 231 __sg_n
  builtin printf '\036%s\036' "$__sg_n" >&233
  builtin printf '\036%s ! %s\036' "$__sg_n" "$__sg_f" >&232
  builtin exit 126
}

builtin readonly -f __sg_feed __sg_file __sg_begin __sg_mark __sg_end __sg_refuse

# See local.bash for the `<`, __sg_f and the place of `eval`.
while [[ x ]]; do
  builtin read -t 99999999 -rN 9 -u 231 __sg_l || builtin exit 126
  if [[ $__sg_l != '<'* ]]; then break; fi
  builtin read -rN "${__sg_l#<}" -u 231 __sg_p || builtin exit 126
  __sg_f=prelude
  builtin eval "$__sg_p"
  __sg_p=
  if [[ ! $__sg_f && $__sg_i ]] && ! __sg_feed; then __sg_f=streams; fi
  if [[ $__sg_f ]]; then __sg_refuse; fi
  __sg_begin
  builtin eval "$__sg_s"
  { __sg_off "$?" "$-"; } 2>/dev/null
  # As in local.bash; but the list has its place behind the mark, and to keep it until then takes a process. Without
  # -T and -E none of the three reaches into a function.
  if [[ $__sg_o == *[ET]* ]]; then
    __sg_t=$({ builtin trap -p >&3; } 3>&1 1>/dev/null 2>/dev/null)
    builtin trap - DEBUG ERR RETURN
  fi
  __sg_mark
  if [[ ${__sg_t-} ]]; then builtin printf '%s\n' "$__sg_t" >&232; fi
  builtin trap -p >&232
  __sg_a=("$@")
  __sg_state >&232
  __sg_end
done
{ builtin printf 'stepgate: `break` or `continue` outside a loop\n' >&2; } 2>/dev/null || [[ x ]]
builtin exit 125
[[ '' ]]
