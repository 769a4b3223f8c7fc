#!/bin/sh
# Makes the two databases of the Temporal server, or brings them up to the version of this tool. Does nothing when they
# are there already, so it runs before every start of the server.
# SQL_PLUGIN, SQL_HOST, SQL_PORT and SQL_USER are read by the tool itself.
set -eu

SQL_PASSWORD="$(cat "$SQL_PASSWORD_FILE")"
export SQL_PASSWORD

prepare() { # database, folder of its schema inside the tool
  temporal-sql-tool --database "$1" create-database
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-name "postgresql/v12/$2"
}
prepare temporal temporal
prepare temporal_visibility visibility
