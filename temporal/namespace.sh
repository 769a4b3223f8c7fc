#!/bin/sh
# Makes Viaduct's namespace and keeps its retention as set here. Waits for the server.
# TEMPORAL_ADDRESS and the TEMPORAL_TLS_… variables are read by the temporal program itself.
set -eu

attempts=60
until temporal operator cluster health >/dev/null 2>&1; do
  attempts=$((attempts - 1))
  if [ "$attempts" -eq 0 ]; then
    temporal operator cluster health
    exit 1
  fi
  sleep 1
done

if temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$NAMESPACE" --retention "$RETENTION"
else
  temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
fi
