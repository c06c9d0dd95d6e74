# The inner shell on this machine: it evaluates the steps. 231 and 232 are the control connection, $1 the session's marker.
exec 231<&0 232>&1 0</dev/null 1>/dev/null 2>/dev/null
export STEPGATE_SESSION=$1
set --
unset -v BASH_EXECUTION_STRING BASH_ENV ENV

# Functions, not plain text, because a DEBUG trap of the step does not reach into them.
__sg_begin() {
  exec 0<"$__sg_0" 1>|"$__sg_1" 2>|"$__sg_2"
  # Into the file, not to the engine: it asks only if the shell dies, and each message wakes it.
  builtin printf %s "$__sg_b" >|"$__sg_m"
  builtin unset -v __sg_b
  builtin set -euo pipefail
}

# The streams are let go before the mark: whatever the step printed is in its pipes by then. An EXIT trap must not find
# a nonce that is still good.
__sg_mark() {
  exec 2>|/dev/null
  # A step that closed 231 or 232 has no verdict but this: 0 would be a false pass.
  builtin read -rN 32 -u 231 __sg_n || builtin exit 126
  if ! builtin printf '\036%s %d %d %s\036' "$__sg_n" "$__sg_d" "$BASHPID" "$__sg_o" >&232; then
    builtin unset -v __sg_n
    builtin exit 126
  fi
}

# The whole state stands in its file.
__sg_end() {
  builtin printf '\036%s.\036' "$__sg_n" >&232
  builtin unset -v __sg_n __sg_a __sg_d __sg_o
}

# The nonce stands behind the script and is read only now, so no step can have seen it.
__sg_refuse() {
  builtin read -rN 32 -u 231 __sg_n
  builtin printf '\036%s ! %s\036' "$__sg_n" "$__sg_f" >&232
  builtin exit 126
}

builtin readonly -f __sg_begin __sg_mark __sg_end __sg_refuse

# No variable says whether a step is under way, since a step could set it: a frame begins with `<`. What does not is the
# nonce of a step that `continue` has left.
while [[ x ]]; do
  builtin read -t 99999999 -rN 9 -u 231 __sg_l || builtin exit 126
  if [[ $__sg_l != '<'* ]]; then break; fi
  builtin read -rN "${__sg_l#<}" -u 231 __sg_p || builtin exit 126
  # The payload clears __sg_f as its very last act: one that broke off can never let a step pass unrun.
  __sg_f=prelude
  builtin eval "$__sg_p"
  __sg_p=
  if [[ ! $__sg_f && ! ( -r $__sg_0 && -w $__sg_1 && -w $__sg_2 && -w $__sg_m ) ]]; then __sg_f=streams; fi
  if [[ $__sg_f ]]; then __sg_refuse; fi
  __sg_begin
  # In no function and behind no condition: `declare` must be global and errexit must hold.
  builtin eval "$__sg_s"
  { __sg_off "$?" "$-"; } 2>/dev/null
  # In no function, where a DEBUG trap would not be listed. With -T and -E these three would reach into our functions
  # and find the nonce: they are taken away before it is read, and the next step begins by setting them again.
  builtin trap -p >>"$__sg_m"
  builtin trap - DEBUG ERR RETURN
  # The file is opened before the mark: behind it the session may be gone, and another one's be under the same path.
  {
    __sg_mark
    # The verdict is out, and is judged and recorded while the state is printed: the next frame comes when both are done.
    __sg_a=("$@")
    __sg_state
  } >>"$__sg_m"
  __sg_end
done
{ builtin printf 'stepgate: `break` or `continue` outside a loop\n' >&2; } 2>/dev/null || [[ x ]]
builtin exit 125
[[ '' ]]
