# Not PONG but LOADING while the append-only file is read, so a Redis that is not ready is not healthy.
REDISCLI_AUTH=$(cat /run/secrets/redis_password)
export REDISCLI_AUTH
[ "$(redis-cli -h 127.0.0.1 ping)" = PONG ]
