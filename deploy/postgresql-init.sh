#!/bin/sh
# The server of compose.yml runs this once, on an empty disk.
set -eu
psql --username="$POSTGRES_USER" --no-psqlrc \
    --set=app_password="$APP_PASSWORD" --set=tracker_password="$TRACKER_PASSWORD" \
    --file=/cara/postgresql.sql
