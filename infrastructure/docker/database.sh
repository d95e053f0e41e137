#!/usr/bin/env bash
# Runs once, in an empty database server: makes the database and its owner, who is no superuser.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v owner="$DATABASE_OWNER" -v password="$DATABASE_OWNER_PASSWORD" -v name="$DATABASE_NAME" -U "$POSTGRES_USER" -d postgres <<'SQL'
create role :"owner" login createrole password :'password';
create database :"name" owner :"owner";
SQL
