#!/bin/sh
set -e
case "${1:-}" in
  -*) set -- haproxy "$@" ;;
esac
if [ "${1:-}" = haproxy ]; then
  shift
  # In the foreground, with a master that outlives its workers, so that the stop signal reaches all of them.
  set -- haproxy -W -db "$@"
fi
exec "$@"
