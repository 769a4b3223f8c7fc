#!/bin/sh
# Makes the secrets of a new installation in temporal/secrets (or the folder named). What is there already is kept.
# The folder is closed to everybody but its owner; the files in it are readable, because containers read them under
# users of their own.
set -eu

folder="${1:-$(dirname "$0")/secrets}"
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

keep() { # name; the secret comes on standard input
  if [ -e "$folder/$1" ]; then
    cat >/dev/null
  else
    cat >"$folder/$1.new"
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
  fi
}
key() { head -c 32 /dev/urandom | base64; }
password() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

for name in master.key payload.key session.key; do key | keep "$name"; done
for name in postgres-password viaduct-database-password temporal-database-password; do password | keep "$name"; done
printf 'postgresql://viaduct_app:%s@postgres:5432/viaduct\n' "$(cat "$folder/viaduct-database-password")" |
  keep database-url
