#!/usr/bin/env bash
# Runs a server in the foreground; bin/server.sh --help shows the flags. This home may be copied anywhere and serves any
# number of servers (-s ROOT); nothing is written into it unless it is the root itself.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
export HOLDFAST_HOME="${HOLDFAST_HOME:-${here%/*}}"
for binary in "${HOLDFAST_BINARY:-}" "$here/holdfast" "${here%/*}/build/release/holdfast"; do
  if [[ -n "$binary" && -x "$binary" ]]; then
    # Of the original's JAVA_OPTS the properties have a meaning here.
    properties=()
    for word in ${JAVA_OPTS:-}; do
      [[ "$word" == -D* ]] && properties+=("$word")
    done
    exec "$binary" server ${properties[@]+"${properties[@]}"} "$@"
  fi
done
echo "There is no executable: neither HOLDFAST_BINARY, nor $here/holdfast, nor ${here%/*}/build/release/holdfast. Build it with ./run --build-only." >&2
exit 69
