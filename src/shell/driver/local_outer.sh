# The outer shell: it owns the control connection and only waits.
# $1 the shell, $2 the text of the inner one. A line `@go TOKEN MARKER` starts an inner shell, `@clean` the same
# without any environment; any other line is the rest of a frame whose shell died, and is dropped.
unset -v BASH_ENV ENV
# A handler, not '': an ignored signal would be ignored in every step too. So `kill 0` in a step leaves us alive.
trap : HUP INT QUIT TERM USR1 USR2
__sg_shell=$1 __sg_inner=$2
set -f
# -t: an exported TMOUT would end the wait.
while IFS= read -t 99999999 -r __sg_line; do
  case $__sg_line in
    '@go '*) __sg_clean= ;;
    '@clean '*) __sg_clean=-c ;;
    *) continue ;;
  esac
  set -- $__sg_line
  (exec $__sg_clean "$__sg_shell" -c "$__sg_inner" bash "$3")
  printf '\036%s %d\036' "$2" "$?"
done
