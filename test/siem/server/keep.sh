#!/usr/bin/env bash
# keep.sh FOLDER FLAVOR [setting=value ...]   run a server that several test processes share, until nobody needs it
# Whoever needs the server holds a shared lock on FOLDER/users. When nobody has held one for half a minute, the server
# is stopped and FOLDER/state.json, which says where it is, goes: under the exclusive lock, so that nobody finds half.
set -uo pipefail
# What else was open where this was started, a lock perhaps, is nobody's business here.
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then exec {fd}>&-; fi
done
here=$(cd "$(dirname "$0")" && pwd)
folder=$1; shift
DATA=$folder/data setpriv --pdeathsig TERM "$here/run.sh" "$@" >"$folder/log" 2>&1 &
server=$!
end() {
  kill "$server" 2>/dev/null
  wait "$server"
  rm -rf "$folder/state.json" "$folder/data"
}
trap 'end; exit' TERM INT
exec 9<>"$folder/users"
idle=0
while kill -0 "$server" 2>/dev/null; do
  sleep 2 & wait $!
  if flock --nonblock --exclusive 9; then
    idle=$((idle + 1))
    if [ $idle -ge 15 ]; then break; fi # with the lock held
    flock --unlock 9
  else
    idle=0
  fi
done
end
