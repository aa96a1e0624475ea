#!/usr/bin/env bash
# Creates the cluster on an empty volume, then becomes the server. Understands the part of the official image's
# interface that is used in practice: POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD (each also as *_FILE),
# POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD, PGDATA and /docker-entrypoint-initdb.d/*.{sh,sql}.
set -Eeuo pipefail

# Sets NAME from the file in NAME_FILE, if that is given.
from_file() {
  local name=$1 file_var=${1}_FILE
  if [[ -n ${!file_var:-} ]]; then
    printf -v "$name" '%s' "$(< "${!file_var}")"
    export "${name?}"
  fi
}

create_cluster() {
  local superuser=${POSTGRES_USER:-postgres} auth=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256} script
  local database=${POSTGRES_DB:-$superuser}
  if [[ -z ${POSTGRES_PASSWORD:-} && $auth != trust ]]; then
    echo 'No password for the superuser: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE.' >&2
    exit 1
  fi

  # Through a file descriptor, so that the password is in no argument list. The arguments are split into words on purpose.
  # shellcheck disable=SC2086
  initdb --username="$superuser" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") ${POSTGRES_INITDB_ARGS:-}
  printf '\nhost all all all %s\n' "$auth" >> "$PGDATA/pg_hba.conf"

  # No TCP while the scripts run: whoever waits for the port must not meet a half-made database.
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  export PGUSER=$superuser PGDATABASE=$database
  if [[ $database != postgres ]]; then
    psql -Xqw -v ON_ERROR_STOP=1 -v name="$database" -d postgres <<< 'create database :"name"'
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh)
        echo "running $script"
        if [[ -x $script ]]; then "$script"; else . "$script"; fi
        ;;
      *.sql)
        echo "running $script"
        psql -Xw -v ON_ERROR_STOP=1 -f "$script"
        ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGUSER PGDATABASE
}

[[ ${1:-} != -* ]] || set -- postgres "$@"

if [[ ${1:-} == postgres ]]; then
  if [[ $(id -u) == 0 ]]; then
    mkdir -p "$PGDATA"
    chown -R postgres:postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec gosu postgres "$0" "$@"
  fi
  if [[ ! -s $PGDATA/PG_VERSION ]]; then
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER
    from_file POSTGRES_DB
    create_cluster
  fi
  unset POSTGRES_PASSWORD
fi
exec "$@"
