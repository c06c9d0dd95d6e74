# What every room of the lab uses: words for failures, and processes. Sourced by ../lab.

fail() {
  echo "lab: $1" >&2
  exit 1
}

# Not a failure: this machine, or this tier, cannot do it. Tests that see 77 are skipped by name.
cannot() {
  echo "lab: $1" >&2
  exit 77
}

# Tries a command every 50 ms: wait_for SECONDS COMMAND…
wait_for() {
  local tries=$(($1 * 20))
  shift
  until "$@"; do
    if ((--tries <= 0)); then return 1; fi
    sleep 0.05
  done
}

# ---- processes: a pid counts only together with the time at which its process started

# Prints the start time of a process; fails if there is none, or if it is a zombie.
started_at() {
  local stat fields
  # Not $(<…): if the process goes in between, bash 5.2 ends without a word.
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] && echo "${fields[19]}"
}

note_process() { # FILE PID
  local start
  start=$(started_at "$2") && echo "$2 $start" >"$1"
}

# Prints the pid noted in FILE if that very process still lives.
living() {
  local pid start
  [[ -f $1 ]] && read -r pid start <"$1" && [[ $(started_at "$pid") == "$start" ]] && echo "$pid"
}

is_dead() { ! living "$1" >/dev/null; }

# Ends the process noted in FILE: TERM, then after five seconds KILL.
end_process() {
  local pid
  if pid=$(living "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true # a fault may have stopped it
    wait_for 5 is_dead "$1" || kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f -- "$1"
}

# ---- stepgate.toml

# Prints one word as a POSIX shell reads it; no word holds a single quote.
shell_word() {
  if [[ $1 =~ ^[A-Za-z0-9_./:=@,+-]+$ ]]; then echo "$1"; else echo "'$1'"; fi
}

toml_string() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# Writes the profile that points a runbook at this lab: write_profile TARGET NAME=VALUE…
write_profile() {
  local target=$1 params='' param
  shift
  for param in "$@"; do
    params+="${params:+, }${param%%=*} = $(toml_string "${param#*=}")"
  done
  cat >"$DIR/stepgate.toml" <<TOML
[profile.lab]
targets = { master = $(toml_string "$target") }
params = { $params }
TOML
}
