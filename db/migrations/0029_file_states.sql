-- oldest-build: 1
-- What became of files that are in the account and not as the books had them: given up, found again, damaged.
comment on column ingest.file.state is 'planned -> started (Open Humans gave an id) -> put (bytes there, checked) -> completed (size checked) -> current -> superseded -> deleted; '
    'abandoned: given up; when it is listed all the same it is taken over, unless its sha256 is empty: then it stays where it is; removed: the participant deleted it, it is not written again';
comment on column ingest.file.sha256 is 'of the bytes as we wrote them; empty: those in the account are not ours, but taken over or damaged';
