namespace RegistrationSite;

/// <summary>What each file of a participant's download is, in plain words.</summary>
public static class OwnDataWords
{
    public const string Records = "Your records as researchers can get them: without names, notes and whatever could tell who you are.";

    /// <summary>By schema and table.</summary>
    public static IReadOnlyDictionary<string, string> Tables { get; } = new Dictionary<string, string>
    {
        ["register.participant"] = "That you take part, since when, and the random number that stands for you everywhere else.",
        ["register.consent"] = "Every choice of what you share, with its date. page: on our site; file: the small file in your Open Humans account.",
        ["register.open_humans_token"] = "That we hold the permission to write to your Open Humans account, and until when. Not the token itself.",
        ["register.message"] = "Messages that we sent you through Open Humans: about what, and when.",
        ["register.nightscout_token"] = "That we hold a token of your Nightscout, and since when. Not the token itself.",
        ["register.erasure_receipt"] = "That an erasure is under way.",
        ["ingest.participant"] = "How the last copy went, when the next is due, and your time zone.",
        ["ingest.run"] = "Every copy: when, how it ended, how much it read and wrote.",
        ["ingest.cursor"] = "How far each kind of record is copied.",
        ["ingest.day_digest"] = "How many records your Nightscout had on each day when we last looked.",
        ["ingest.file"] = "Every file that we wrote to your Open Humans account.",
        ["ingest.month_pages"] = "What we remember of each month to see whether it has changed.",
        ["ingest.absent"] = "Records that we hold and your Nightscout no longer showed.",
        ["ingest.odd_record"] = "Records without a usable time, which we look for one by one.",
        ["ingest.day_to_read"] = "Days that changed and are read again with the next copy.",
        ["ingest.day_part"] = "Counts and glucose values of each day, for your own report.",
        ["openaps.entries"] = "Glucose readings.",
        ["openaps.treatments"] = "Insulin, carbohydrates and other treatments.",
        ["openaps.device_status"] = "What your loop and devices reported.",
        ["openaps.device_status_metrics"] = "Numbers taken from what your loop and devices reported.",
        ["openaps.profile"] = "Therapy profiles.",
        ["openaps.raw_segment"] = "Which batches of records there are; the records themselves are in the files records_….",
        ["openaps.aid_cycle"] = "What your loop decided, cycle by cycle.",
        ["openaps.therapy_setting"] = "Therapy settings in force, from your profiles.",
        ["openaps.aid_day"] = "Each day with the loop that ran and its insulin.",
        ["openaps.loaded_file"] = "Which of your files were loaded into the research collection.",
        ["openaps.loaded_period"] = "Which days and months were loaded, and when.",
        ["openaps.load_state"] = "How the last loading went, and when the next is due.",
        ["openaps.quarantine"] = "What could not be read of a record, and why.",
        ["openaps.member_demographics"] = "What you answered in the surveys, and to the questions on our site.",
        ["openaps.dirty_day"] = "Days whose summaries are made anew.",
        ["openaps.profile_zone"] = "Time zones of your profiles.",
        ["openaps.utc_offset_seen"] = "Offsets from UTC that your records carry.",
        ["openaps.utc_offset_timeline"] = "Your local time, as far as records tell.",
        ["openaps.duplicate_entry"] = "Readings that were sent twice.",
        ["openaps.glucose_day"] = "Glucose summed up by day.",
        ["openaps.glucose_month"] = "Glucose summed up by month.",
        ["openaps.glucose_time_of_day"] = "Glucose summed up by time of day.",
        ["openaps.glucose_week"] = "Glucose summed up by day of the week.",
        ["openaps.mmol_day"] = "Days whose readings were sent in mmol/L.",
        ["openaps.observed_part"] = "Which fields your records have, for the data dictionary.",
        ["openaps.observed_field"] = "Which fields your records have, for the data dictionary.",
        ["portal.export_participant"] = "Files for researchers that hold records of yours now.",
        ["portal.delivery"] = "Which studies were given files with records of yours, and when.",
    };

    public static string Of(string table) => Tables.GetValueOrDefault(table, "More that we keep about you.");
}
