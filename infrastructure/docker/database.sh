#!/usr/bin/env bash
# Runs once, in an empty database server: makes the database and its owner, who is no superuser; and Metabase's own, where it has a password.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v owner="$DATABASE_OWNER" -v password="$DATABASE_OWNER_PASSWORD" -v name="$DATABASE_NAME" -U "$POSTGRES_USER" -d postgres <<'SQL'
create role :"owner" login createrole password :'password';
create database :"name" owner :"owner";
SQL
[ -z "${METABASE_DATABASE_PASSWORD:-}" ] || psql -v ON_ERROR_STOP=1 -v password="$METABASE_DATABASE_PASSWORD" -U "$POSTGRES_USER" -d postgres -f /metabase.sql
