# Gives Redis its password through standard input: as an argument it would be seen in the list of processes, and a
# template in the configuration would break on a line end or a quote in the secret.
set -eu
password=$(sed 's/[\\"]/\\&/g' /run/secrets/redis_password)
[ -n "$password" ] || { echo 'the secret redis_password is empty' >&2; exit 78; }
exec docker-entrypoint.sh redis-server /usr/local/etc/redis/redis.conf - << CONF
requirepass "$password"
CONF
