-- oldest-build: 1
-- Signing in alone is no change any more.
comment on column register.participant.changed_at is 'when the copying or the sharing has reason to begin anew: another address or consent, a resumption, a sign-in that mends a lost permission; the ingester and the ETL look in at once after it';
