#!/usr/bin/env bash
# Passwords of the stack and the one role of Weisu's workers. Runs once at start; safe to repeat.
set -euo pipefail
es=http://elasticsearch:9200

# A string as it stands between JSON's quotes.
quoted() {
  local text=${1//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

put() {
  curl -sSf -o /dev/null --retry 5 --retry-connrefused -u "elastic:$ELASTIC_PASSWORD" \
    -H 'Content-Type: application/json' -X "$1" "$es$2" --data-binary "$3"
}

put POST /_security/user/kibana_system/_password "{\"password\":\"$(quoted "$KIBANA_PASSWORD")\"}"
# Templates are made by `weisu setup` as elastic; a worker may only look whether they are there.
# Of maintenance only the refresh. Questions to models are the one thing it deletes, when old.
put PUT /_security/role/weisu '{
  "cluster": ["monitor", "indices:admin/index_template/get"],
  "indices": [{
    "names": [
      "tickets", "tickets-*", "tickets_pending",
      "problems", "problems-*", "alerts", "alerts-*", "ledger", "ledger-*", "audit", "audit-*"
    ],
    "privileges": ["create_index", "index", "read", "indices:admin/refresh*"]
  }, {
    "names": ["audit", "audit-*"],
    "privileges": ["delete"]
  }]
}'
put PUT /_security/user/weisu \
  "{\"password\":\"$(quoted "$WEISU_INDEX_PASSWORD")\",\"roles\":[\"weisu\"],\"full_name\":\"Weisu\"}"
echo "accounts are set"
