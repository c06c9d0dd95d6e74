# What the inner bash does alike on this machine and behind a transport. A step may define functions and aliases of any
# name: this text is parsed before any alias exists, and calls nothing but keywords, its own functions, `builtin ...`
# and `exec`; __sg_off sees to the last two.

# A step has ended with code $1 and options $2.
__sg_off() {
  __sg_d=$1 __sg_o=$2 __sg_t=
  # `builtin exec` would undo its redirections and a function called `builtin` has no other name,
  # so these two do not outlive the step. In POSIX mode `unset` is found before any function.
  if ! builtin eval __sg_t=1 || [[ ! $__sg_t ]]; then
    POSIXLY_CORRECT=1
    unset -f builtin
    builtin unset -v POSIXLY_CORRECT
  fi
  builtin unset -f exec
  # -k too: with it an `export NAME=value` of the next step's prelude would set nothing. And -a: our own variables
  # would be exported, and the longest of them is longer than a program's environment may be.
  builtin set +aeukx
  exec 1>|/dev/null
}

# Prints the state, but for the traps. The positional parameters are in __sg_a.
__sg_state() {
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
  builtin printf '\036%s\036' "$__sg_n"
}
