# The outer shell over one connection, POSIX: it owns the transport's streams and only waits. `@go TOKEN MARKER` starts an
# inner shell, `@clean` the same without any environment, `@list` names the processes with a marker; any other line is
# the rest of a frame whose shell died, and is dropped. All of it is one command: a shell that reads its input in blocks
# must not swallow more, so nothing is sent before it says hello.
{
  \unset -v BASH_ENV ENV
  \unset -f command read printf env grep rm exec set trap unset
  trap : HUP INT QUIT TERM USR1 USR2
  set -f
  exec 9>&2 2>/dev/null
  # Without an environment it would be looked for in the default PATH only.
  __sg_shell=$(command -v "$__sg_shell" || printf %s "$__sg_shell")
  printf '\036%s\036' "$__sg_hello"
  printf '\036%s\036' "$__sg_hello" >&9
  while IFS= read -r __sg_line; do
    case $__sg_line in
      '@go '* | '@clean '* | '@list '*) set -- $__sg_line ;;
      *) continue ;;
    esac
    case $1 in
      @go) "$__sg_shell" -c "$__sg_inner" "$__sg_name" "$3" 2>&9 9>&- ;;
      @clean) env -i "$__sg_shell" -c "$__sg_inner" "$__sg_name" "$3" 2>&9 9>&- ;;
      @list)
        printf '\036%s\036' "$2"
        set +f
        for __sg_file in $(grep -lsF "STEPGATE_SESSION=$3" /proc/[0-9]*/environ); do
          __sg_pid=${__sg_file#/proc/}
          printf '%s %s\n' "${__sg_pid%/environ}" "$(tr '\0\n\036' '   ' <"${__sg_file%environ}cmdline")"
        done
        set -f
        false
        ;;
    esac
    set -- "$2" "$?" "$3"
    printf '\036%s %d\036' "$1" "$2"
    printf '\036%s\036' "$1" >&9
    # What an interpreter's killed step has left.
    for __sg_file in /dev/shm /tmp /var/tmp; do
      if [ -f "$__sg_file/stepgate-$3.js" ]; then rm -f "$__sg_file/stepgate-$3.js"; fi
    done
  done
  exit 0
}
