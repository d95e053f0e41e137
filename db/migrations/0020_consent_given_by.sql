-- oldest-build: 1
-- Who gave a consent: the person with diabetes, or a parent or guardian for a child.
alter table register.consent add column given_by text check (given_by in ('self', 'guardian'));
comment on column register.consent.given_by is 'self: the person with diabetes; guardian: a parent or guardian of a child who has it; null: not asked (consent files, entries from before the question, and who shares nothing need not say)';

-- As record_consent with four arguments, which consent files go on using; another giver is another entry.
create function register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text, entry_given_by text) returns bigint
    language plpgsql security definer set search_path = register, pg_temp as $$
declare found_id bigint;
begin
    found_id := record_consent(member, entry_source, null, entry_text_version);
    if (select (projects, text_version, given_by) from consent
         where participant_id = found_id and source = entry_source
         order by consent_id desc limit 1) is distinct from row (entry_projects, entry_text_version, entry_given_by) then
        insert into consent (participant_id, source, projects, text_version, given_by)
        values (found_id, entry_source, entry_projects, entry_text_version, entry_given_by);
        update participant set changed_at = now() where participant_id = found_id;
    end if;
    return found_id;
end $$;
comment on function register.record_consent(text, text, text, text, text) is 'Records a choice made on the consent page, with who made it; returns the participant_id of the member.';
revoke execute on function register.record_consent(text, text, text, text, text) from public;
grant execute on function register.record_consent(text, text, text, text, text) to registration_site;
