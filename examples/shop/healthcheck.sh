#!/bin/bash
# Asks the local /health. It runs in every container every few seconds, for ever, inside the service's own processor
# limit, and starting Node for that would be most of what an idle replica uses. bash has what is needed built in.
exec 3<>"/dev/tcp/127.0.0.1/${PORT:-3000}" || exit 1
printf 'GET /health HTTP/1.0\r\n\r\n' >&3
IFS= read -r -t 2 status <&3
[[ $status == 'HTTP/1.'?' 200 '* ]]
