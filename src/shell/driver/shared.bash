# What the inner bash does alike on this machine and behind a transport. A step may define functions and aliases of any
# name: this text is parsed before any alias exists, and calls nothing but keywords, its own functions, `builtin ...`
# and `exec`; __sg_off sees to the last two.

# No function calls another one: a step's FUNCNEST=1 would end the shell there.

# A step has ended with code $1 and options $2.
__sg_off() {
  # `builtin exec` would undo its redirections and a function called `builtin` has no other name,
  # so these two do not outlive the step. In POSIX mode `unset` is found before any function.
  # A function cannot set the parameters of its caller.
  if ! builtin set -- "$1" "$2" x || [[ $# != 3 ]]; then
    POSIXLY_CORRECT=1
    unset -f builtin
    builtin unset -v POSIXLY_CORRECT
  fi
  builtin unset -f exec
  # -k too: with it an `export NAME=value` of the next step's prelude would set nothing. And -a: our own variables
  # would be exported, and the longest of them is longer than a program's environment may be.
  builtin set +aeukx
  # What the step made of our variables: a reference, an integer or a readonly one would change our words, or end the
  # shell with a code that is not the step's. 126 is no verdict on the step. Before 4.3 there are no references.
  builtin unset -n __sg_0 __sg_1 __sg_2 __sg_a __sg_b __sg_c __sg_d __sg_f __sg_i __sg_j __sg_l __sg_n __sg_o \
    __sg_p __sg_q __sg_s __sg_t __sg_x || [[ ${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]} == 4.[12] ]] || builtin exit 126
  builtin unset -v __sg_0 __sg_1 __sg_2 __sg_a __sg_b __sg_c __sg_d __sg_f __sg_i __sg_j __sg_l __sg_n __sg_o \
    __sg_p __sg_q __sg_s __sg_t __sg_x || builtin exit 126
  __sg_d=$1 __sg_o=$2
  exec 1>|/dev/null
}

# Prints the state, but for the traps. The positional parameters are in __sg_a.
__sg_state() {
  builtin printf '\036%s\036' "$__sg_n"
  builtin pwd
  builtin printf '\036%s\036' "$__sg_n"
  builtin declare -p
  builtin printf '\036%s\036' "$__sg_n"
  # A dozen writes for our own ones only, if the step has none. The last word is for a bash without `compgen`.
  if { builtin compgen -A function -X '__sg_*' || ! builtin compgen -A function __sg_state; } >&2; then
    builtin declare -fp
  fi
  builtin printf '\036%s\036' "$__sg_n"
  builtin alias -p
  builtin printf '\036%s\036' "$__sg_n"
  builtin umask -p
  builtin printf '\036%s\036' "$__sg_n"
}

builtin readonly -f __sg_off __sg_state
