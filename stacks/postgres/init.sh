# Runs once, when the primary's volume is empty, as part of the image's entry point (/docker-entrypoint-initdb.d).
# psql reads the passwords itself: in an argument they would be seen in the list of processes.
psql -Xqw -v ON_ERROR_STOP=1 -d postgres <<'SQL'
\set shop_password `cat /run/secrets/postgres_password`
\set replication_password `cat /run/secrets/postgres_replication_password`
create role shop login password :'shop_password';
create role replicator login replication password :'replication_password';
create database shop owner shop;
-- The superuser is for `psql` inside the container only: with no password there is no way in over the network.
alter role postgres password null;
SQL
# "all" in the image's own line does not include replication.
echo 'host replication replicator all scram-sha-256' >> "$PGDATA/pg_hba.conf"
# Tells primary.sh that everything up to here was done.
rm -f "$PGDATA/../.creating"
