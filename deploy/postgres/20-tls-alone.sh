#!/usr/bin/env bash
# Run once by the Postgres image, after the roles are made: whoever comes over the network comes by TLS, or not at all. An older volume:
# docs/how-to/secure-a-deployment.md.
set -euo pipefail
sed -i 's/^host[[:space:]]/hostssl /' "$PGDATA/pg_hba.conf"
