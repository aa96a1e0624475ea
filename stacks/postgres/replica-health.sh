# A replica that has lost its primary's stream goes on answering with old rows for ever, and pg_isready is content.
# But an outage of the primary must not cost the replicas as well. So: bad is to be down, or not to stream from a
# primary that is there to stream from. A primary that has no name yet is not there, so nobody waits for each other.
pg_isready -q -U postgres || exit 1
streaming=$(psql -XAtqw -U postgres -d postgres -c "select 1 from pg_stat_wal_receiver where status = 'streaming'")
[ "$streaming" = 1 ] && exit 0
timeout 2 pg_isready -q -t 1 -U postgres -h "$PRIMARY_HOST" && exit 1
exit 0
