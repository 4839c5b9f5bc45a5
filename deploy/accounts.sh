#!/usr/bin/env bash
# Passwords and the one role of the stack. Runs once at start; safe to repeat.
set -euo pipefail
es=http://elasticsearch:9200
put() { curl -sf -u "elastic:$ELASTIC_PASSWORD" -H 'Content-Type: application/json' -X "$1" "$es$2" -d "$3" >/dev/null; }
put POST /_security/user/kibana_system/_password "{\"password\":\"$KIBANA_PASSWORD\"}"
put PUT /_security/role/weisu '{"cluster":["monitor"],"indices":[{"names":["tickets*","problems*","alerts*","ledger*"],"privileges":["create_index","index","read","view_index_metadata","maintenance"]}]}'
put PUT /_security/user/weisu "{\"password\":\"$WEISU_INDEX_PASSWORD\",\"roles\":[\"weisu\"],\"full_name\":\"Weisu\"}"
echo "accounts are set"
