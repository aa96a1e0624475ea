#!/usr/bin/env bash
# What stands before the official image's entry point on the primary.
set -Eeuo pipefail
: "${PGDATA:?}"
base=$(dirname "$PGDATA")
log() { printf '%s primary: %s\n' "$(date -u +%FT%TZ)" "$*" >&2; }

# One server per volume. Two containers are both "process 1" to themselves, so Postgres's own lock file lets both in and
# they ruin the data without an error. This lock lives as long as the server, which inherits the descriptor.
exec 9> "$base/.lock"
flock -w 60 9 || { log 'the volume is in use by another container'; exit 75; }

# A start that was killed halfway through creating the cluster leaves one that looks complete and has no roles.
if [[ -e $base/.creating ]]; then
  log 'the last start did not finish creating the database: beginning again'
  rm -rf "$PGDATA"
fi
[[ -s $PGDATA/PG_VERSION ]] || touch "$base/.creating"
chown postgres:postgres "$base"

exec docker-entrypoint.sh "$@"
