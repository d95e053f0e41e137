-- Metabase's own database and its owner, apart from the commons: psql -v password=… -f database.sql, as somebody who may make roles and databases.
create role metabase login password :'password';
grant metabase to current_user; -- whoever is no superuser may give databases only to roles of their own
create database metabase owner metabase;
revoke all on database metabase from public;
