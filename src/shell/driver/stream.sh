# The inner shell over one connection for a POSIX sh, such as dash or the ash of busybox: a frame is one line, commands
# come on 7, the step's output and the marks go to 8 and 9. Functions cannot be carried over: POSIX cannot list them.
exec 7<&0 8>&1 9>&2 0</dev/null 1>/dev/null 2>/dev/null
STEPGATE_SESSION=$1
export STEPGATE_SESSION
set --
unset -v ENV
__sg_nl='
'
__sg_in=
__sg_pf=
if (set -o pipefail) 2>/dev/null; then __sg_pf=1; fi

__sg_begin() {
  if [ "${__sg_i+x}" ]; then
    exec 0<<__SG_END
$__sg_i
__SG_END
  else
    exec 0</dev/null
  fi
  exec 1>&8
  if [ "$__sg_j" ]; then exec 2>&8; else exec 2>&9; fi
  printf '\036%s\036' "$__sg_b"
  unset -v __sg_b __sg_i
  __sg_in=1
  set -eu
  if [ "$__sg_pf" ]; then set -o pipefail; fi
}

__sg_end() {
  IFS= read -r __sg_n <&7 || exit 126
  printf '\036%s\036' "$__sg_n" >&9
  {
    printf '\036%s %d %d %s\036' "$__sg_n" "$__sg_d" "$$" "$__sg_o"
    pwd
    printf '\036%s\036' "$__sg_n"
    set
    printf '\036%s\036' "$__sg_n"
    export -p
    printf '\036%s\036' "$__sg_n"
    readonly -p
    printf '\036%s\036' "$__sg_n"
    alias
    printf '\036%s\036' "$__sg_n"
    trap
    printf '\036%s\036' "$__sg_n"
    umask
    printf '\036%s\036\036%s.\036' "$__sg_n" "$__sg_n"
  } >&8
  unset -v __sg_n
  __sg_in=
}

__sg_refuse() {
  IFS= read -r __sg_n <&7
  printf '\036%s\036' "$__sg_n" >&9
  printf '\036%s ! %s\036' "$__sg_n" "$__sg_f" >&8
  exit 126
}

while [ ! "$__sg_in" ] && IFS= read -r __sg_p <&7; do
  __sg_f=prelude
  unset -v __sg_i
  eval "$__sg_p"
  __sg_p=
  if [ "$__sg_f" ]; then __sg_refuse; fi
  __sg_begin
  eval "$__sg_s"
  { __sg_d=$? __sg_o=$-; set +eux; } 2>/dev/null
  exec 1>/dev/null 2>/dev/null
  __sg_end
done
if [ ! "$__sg_in" ]; then exit 0; fi
exit 125
