#!/bin/sh
# Makes an authority of our own and one certificate for the Temporal frontend and one for its clients, in
# temporal/secrets (or the folder named), for installations without a public key infrastructure. Needs openssl.
set -eu

folder="${1:-$(dirname "$0")/secrets}"
days=825
umask 077
mkdir -p "$folder"
cd "$folder"
if [ -e temporal-ca.pem ]; then
  echo "$folder holds certificates already; remove temporal-*.pem and temporal-*.key to make new ones." >&2
  exit 1
fi

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$days" -subj '/CN=Viaduct Temporal authority' \
  -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
  -keyout temporal-authority.key -out temporal-ca.pem
issue() { # name, extensions
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "temporal-$1.key" -out "$1.csr"
  printf '%s\n' "$2" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA temporal-ca.pem -CAkey temporal-authority.key -CAcreateserial -days "$days" \
    -extfile "$1.ext" -out "temporal-$1.pem"
  rm "$1.csr" "$1.ext"
}
# The server shows its certificate to its own frontend as well, hence both uses.
issue server 'subjectAltName=DNS:temporal,DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth,clientAuth'
issue client 'extendedKeyUsage=clientAuth'
chmod 444 temporal-ca.pem temporal-server.pem temporal-server.key temporal-client.pem temporal-client.key
