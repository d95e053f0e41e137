-- oldest-build: 1
-- A participant of whom the last ANALYZE knew nothing counts as one row, and their records are then looked up by reading all of them. Without statistics
-- of the column every participant counts as a two-hundredth of the table.
alter table openaps.entries alter column participant_id set statistics 0;
alter table openaps.treatments alter column participant_id set statistics 0;
alter table openaps.device_status alter column participant_id set statistics 0;
alter table openaps.device_status_metrics alter column participant_id set statistics 0;
alter table openaps.aid_cycle alter column participant_id set statistics 0;
alter table openaps.profile alter column participant_id set statistics 0;
