# shellcheck shell=bash
# For the scripts of the action: where its files are, and lines that the runner shows as annotations.

# Its variables are for the scripts that read this file.
# shellcheck disable=SC2034
files=$RUNNER_TEMP/rusage-bpf
# shellcheck disable=SC2034
recorder=$files/rusage-bpf

# annotate notice|error TEXT
annotate() {
  local text=${2//'%'/%25}
  text=${text//$'\r'/%0D}
  echo "::$1 title=rusage-bpf::${text//$'\n'/%0A}"
}

fail() {
  annotate error "$1"
  exit 1
}

# The name becomes a part of paths and of the outputs.
check_name() {
  [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || fail "the name '$1' has other characters than letters, digits, . _ and -"
}
