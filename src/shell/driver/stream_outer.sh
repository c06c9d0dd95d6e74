# The outer shell over one connection, POSIX: it owns the transport's streams and only waits. A line `@go TOKEN MARKER`
# starts an inner shell, `@clean` the same without any environment; any other line is the rest of a frame whose shell
# died, and is dropped. Everything below is one command: a shell that reads its input in blocks must not swallow more.
{
  unset -v BASH_ENV ENV 2>/dev/null
  trap : HUP INT QUIT TERM USR1 USR2
  set -f
  exec 9>&2 2>/dev/null
  printf '\036%s\036' "$__sg_hello"
  printf '\036%s\036' "$__sg_hello" >&9
  while IFS= read -r __sg_line; do
    case $__sg_line in
      '@go '*) __sg_clean= ;;
      '@clean '*) __sg_clean=1 ;;
      *) continue ;;
    esac
    set -- $__sg_line
    if [ "$__sg_clean" ]; then
      env -i "$__sg_shell" -c "$__sg_inner" "$__sg_shell" "$3" 2>&9 9>&-
    else
      "$__sg_shell" -c "$__sg_inner" "$__sg_shell" "$3" 2>&9 9>&-
    fi
    set -- "$2" "$?"
    printf '\036%s %d\036' "$1" "$2"
    printf '\036%s\036' "$1" >&9
  done
  exit 0
}
