#!/usr/bin/env bash
# Makes a streaming replica of the official image, which knows no replication itself.
# Environment: PRIMARY_HOST, TASK_SLOT={{.Task.Slot}}, PGDATA; the secret postgres_replication_password.
set -Eeuo pipefail
: "${PRIMARY_HOST:?}" "${TASK_SLOT:?}" "${PGDATA:?}"
slot=replica_$TASK_SLOT
base=$(dirname "$PGDATA")
passfile=/var/run/postgresql/.replication
log() { printf '%s %s: %s\n' "$(date -u +%FT%TZ)" "$slot" "$*" >&2; }

if [[ $(id -u) == 0 ]]; then
  mkdir -p "$base"
  chown postgres:postgres "$base"
  exec gosu postgres bash "$0" "$@"
fi

# Written at every start: it lives in the container, not on the volume. ":" and "\" separate and escape in this format.
(umask 077 && printf '*:*:*:replicator:%s\n' \
  "$(sed 's/[\\:]/\\&/g' /run/secrets/postgres_replication_password)" > "$passfile")
connection="host=$PRIMARY_HOST port=${PRIMARY_PORT:-5432} user=replicator passfile=$passfile connect_timeout=3 application_name=$slot"
sql() { psql -XAtqw "$connection dbname=postgres" -c "$1"; }
replication() { psql -XAtqw "$connection dbname=postgres replication=true" -c "$1"; }
control() { LC_ALL=C pg_controldata "$PGDATA" | sed -n "s/^$1: *//p"; }

# One server per volume; see primary.sh.
exec 9> "$base/.lock"
flock -w 60 9 || { log 'the volume is in use by another container'; exit 75; }

have_data=
[[ ! -s $PGDATA/PG_VERSION ]] || have_data=yes
if [[ $have_data && ! -e $PGDATA/standby.signal ]]; then
  log 'the data is not that of a standby (was it promoted?): not touching it'
  exit 78
fi

# Without data there is nothing to do but wait. With data, reads should not stay away for as long as the primary does.
attempt=0
until sql 'select 1' > /dev/null 2>&1; do
  ((attempt++ % 20)) || log "waiting for the primary at $PRIMARY_HOST"
  if [[ $have_data && $attempt -ge 15 ]]; then
    log 'the primary does not answer: starting with the data at hand'
    break
  fi
  sleep 0.5
done

rebuild=
if [[ ! $have_data ]]; then
  rebuild='no data yet'
elif sql 'select 1' > /dev/null 2>&1; then
  theirs=$(replication IDENTIFY_SYSTEM | cut -d'|' -f1)
  ours=$(control 'Database system identifier')
  ahead=$(sql "select pg_current_wal_lsn() < '$(control 'Minimum recovery ending location')'::pg_lsn")
  state=$(sql "select coalesce((select wal_status from pg_replication_slots where slot_name = '$slot'), 'missing')")
  if [[ $theirs != "$ours" || $ahead == t ]]; then
    # A new, empty primary or one restored from an older backup: this may be the only copy of what was lost there.
    kept=$base/kept-$ours-$(date -u +%Y%m%dT%H%M%SZ)
    log "the primary is another database or an older state of ours: keeping our data as $kept"
    mv "$PGDATA" "$kept"
    rebuild='the primary is another database'
  elif [[ $state == lost || $state == missing ]]; then
    rebuild="the slot is $state"
  fi
fi

if [[ $rebuild ]]; then
  log "cloning the primary: $rebuild"
  # Into a directory of its own and renamed when complete, so that half a clone is never taken for a database.
  rm -rf "$PGDATA" "$base/.new"
  if [[ $(sql "select count(*) from pg_replication_slots where slot_name = '$slot'") == 1 ]]; then
    replication "DROP_REPLICATION_SLOT $slot"
  fi
  pg_basebackup -w -d "$connection" -D "$base/.new" -X stream -C -S "$slot" -c fast -R
  chmod 700 "$base/.new"
  mv "$base/.new" "$PGDATA"
fi

# On the command line these two win over what pg_basebackup has written into the volume, so a changed host name holds.
exec docker-entrypoint.sh "$@" -c "primary_conninfo=$connection" -c "primary_slot_name=$slot"
