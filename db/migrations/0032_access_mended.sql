-- oldest-build: 1
-- Of the applications of one e-mail that wait there is one for a new study, and one for each grant that is to last longer.
create unique index application_waiting_for on portal.researcher_applications (email, coalesce(renews_grant_id, 0)) where confirmed_at is not null and not application_processed;
drop index portal.application_waiting;

-- Wrong codes of the second factor lock in a place of their own, which another password leaves alone.
alter table portal.app_users add column codes_locked_until timestamptz;
comment on column portal.app_users.codes_locked_until is 'after wrong codes of the second factor; another password does not end it';

-- "Until 22 Nov" means the whole day, UTC.
update portal.access_grant set expires_at = (date_trunc('day', expires_at at time zone 'UTC') + interval '1 day' - interval '1 microsecond') at time zone 'UTC' where expires_at > now() and revoked_at is null;
comment on column portal.access_grant.expires_at is 'the end of a day, UTC';
