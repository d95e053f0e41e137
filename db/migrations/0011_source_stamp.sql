-- oldest-build: 1
-- A second load of a directory need not read what it loaded.
alter table openaps.loaded_file add column source_stamp text;
comment on column openaps.loaded_file.source_stamp is 'of a file in a directory (dir:…): its size in bytes and the time of its last change in ticks, as they were when it was loaded; a file that has both still is not read again';
