using System.Text;
using System.Text.Json;
using Dapper;
using Nightscout;
using Npgsql;
using OpenHumansEtl.Tables;
using Register;

namespace OpenHumansEtl.Derived;

/// <summary>
/// Makes <c>openaps.therapy_setting</c> of a participant: which therapy settings were in force from when. Reads the participant's profile documents from
/// their raw segments, few and small, and the profile switches among the treatments.
/// </summary>
public static class TherapySettings
{
    const string ProfileSwitches = """
        select created_at, duration, duration_ms, profile, original_profile, percentage, timeshift, original_percentage, profile_json
          from openaps.treatments
         where participant_id = @participantId and (profile is not null or profile_json is not null)
           and created_at is not null and (lower(event_type) = 'profile switch' or profile_json is not null)
         order by created_at, id
        """;

    sealed record Problem(string Collection, string FileKey, long Line, string Field, string Reason);

    /// <summary>To be called under the participant's lock when their profiles or profile switches have changed. Repeating it changes nothing.</summary>
    /// <returns>The instant from which settings are others than before: days from then on have another basal timeline. Null when none changed.</returns>
    public static async Task<DateTime?> RunAsync(NpgsqlConnection connection, long participantId, CancellationToken cancellationToken)
    {
        var problems = new List<Problem>();
        var documents = await DocumentsAsync(connection, participantId, problems, cancellationToken);
        var switches = (await connection.QueryAsync<SwitchRow>(new CommandDefinition(ProfileSwitches, new { participantId }, cancellationToken: cancellationToken)))
            .Select(row => row.Read((field, reason) => problems.Add(new("treatments", FormattableString.Invariant($"day:{row.CreatedAt:yyyy-MM-dd}"), 0, field, reason)))).OfType<ProfileSwitch>().ToList();
        var rows = TherapyTimeline.Build(documents, switches).SelectMany(change => change.Set.Values.Select(value => Row.Of(change, value))).ToList();
        var before = (await connection.QueryAsync<Row>(new CommandDefinition("""
            select valid_from, kind, seconds, value, unit, sent_value, sent_unit, unit_evidence, timezone, source from openaps.therapy_setting where participant_id = @participantId
            """, new { participantId }, cancellationToken: cancellationToken))).ToHashSet();
        before.SymmetricExceptWith(rows);
        await StoreAsync(connection, participantId, before.Count == 0 ? null : rows, problems, cancellationToken);
        return before.Count == 0 ? null : before.Min(row => row.ValidFrom);
    }

    static async Task<IReadOnlyList<ProfileDocument>> DocumentsAsync(NpgsqlConnection connection, long participantId, List<Problem> problems, CancellationToken cancellationToken)
    {
        var rows = (await connection.QueryAsync<(string Id, DateTime? StartDate, DateTime? CreatedAt, string Period)>(new CommandDefinition(
                "select id, start_date, created_at, period from openaps.profile where participant_id = @participantId", new { participantId }, cancellationToken: cancellationToken)))
            .ToDictionary(row => RecordCode.Of(participantId, "profile", row.Id));
        var documents = new List<(DateTime? CreatedAt, ProfileDocument Document)>();
        await using var command = new NpgsqlCommand("select period, file_key, data from openaps.raw_segment where participant_id = $1 and collection = 'profile' order by period, part", connection);
        command.Parameters.Add(new() { Value = participantId });
        await using var segments = await command.ExecuteReaderAsync(cancellationToken);
        while (await segments.ReadAsync(cancellationToken))
        {
            var (period, fileKey) = (segments.GetString(0), segments.GetString(1));
            foreach (var (number, json) in RecordLines.Read(new MemoryStream(segments.GetFieldValue<byte[]>(2))))
            {
                var code = Encoding.ASCII.GetString(json.Span[RecordReader.CodeRange]);
                if (!rows.TryGetValue(code, out var row) || row.Period != period) // a line whose record another period has taken over
                    continue;
                using var line = JsonDocument.Parse(json);
                var from = Milliseconds(row.StartDate ?? row.CreatedAt ?? DateTime.UnixEpoch);
                documents.Add((row.CreatedAt, ProfileDocument.Read(from, line.RootElement, (field, reason) => problems.Add(new("profile", fileKey, number, field, reason)))));
            }
        }
        return [.. documents.OrderBy(found => found.CreatedAt).Select(found => found.Document)];
    }

    /// <summary>Swift's dates have more digits than the database's.</summary>
    static DateTime Milliseconds(DateTime time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond));

    /// <param name="rows">Null: as they are.</param>
    static async Task StoreAsync(NpgsqlConnection connection, long participantId, List<Row>? rows, List<Problem> problems, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (rows is not null)
        {
            batch.BatchCommands.Add(Command("delete from openaps.therapy_setting where participant_id = $1", participantId));
            batch.BatchCommands.Add(Command("""
                insert into openaps.therapy_setting (participant_id, valid_from, kind, seconds, value, unit, sent_value, sent_unit, unit_evidence, timezone, source)
                select $1, * from unnest($2::timestamptz[], $3::text[], $4::int[], $5::numeric[], $6::text[], $7::numeric[], $8::text[], $9::text[], $10::text[], $11::text[])
                """, participantId, rows.Select(row => row.ValidFrom).ToArray(), rows.Select(row => row.Kind).ToArray(), rows.Select(row => row.Seconds).ToArray(),
                rows.Select(row => row.Value).ToArray(), rows.Select(row => row.Unit).ToArray(), rows.Select(row => row.SentValue).ToArray(), rows.Select(row => row.SentUnit).ToArray(),
                rows.Select(row => row.UnitEvidence).ToArray(), rows.Select(row => row.Timezone).ToArray(), rows.Select(row => row.Source).ToArray()));
        }
        var distinct = problems.DistinctBy(problem => (problem.FileKey, problem.Field, problem.Reason)).ToList();
        batch.BatchCommands.Add(Command("delete from openaps.quarantine where participant_id = $1 and collection = 'treatments' and file_key like 'day:%'", participantId));
        batch.BatchCommands.Add(Command("""
            insert into openaps.quarantine (participant_id, file_key, collection, line, field, reason)
            select $1, file_key, collection, line, field, reason from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[]) as found (collection, file_key, line, field, reason)
                on conflict do nothing
            """, participantId, distinct.Select(problem => problem.Collection).ToArray(), distinct.Select(problem => problem.FileKey).ToArray(), distinct.Select(problem => problem.Line).ToArray(),
            distinct.Select(problem => problem.Field).ToArray(), distinct.Select(problem => problem.Reason).ToArray()));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    /// <summary>A row of the table.</summary>
    sealed record Row
    {
        public DateTime ValidFrom { get; init; }
        public required string Kind { get; init; }
        public int Seconds { get; init; }
        public decimal? Value { get; init; }
        public string? Unit { get; init; }
        public decimal SentValue { get; init; }
        public string? SentUnit { get; init; }
        public string? UnitEvidence { get; init; }
        public string? Timezone { get; init; }
        public required string Source { get; init; }

        public static Row Of(TherapyChange change, TherapyValue value) => new()
        {
            ValidFrom = change.From,
            Kind = value.Kind,
            Seconds = value.Seconds,
            Value = value.Value,
            Unit = value.Unit.Length == 0 ? null : value.Unit,
            SentValue = value.Sent,
            SentUnit = value.SentUnit,
            UnitEvidence = value.UnitEvidence,
            Timezone = change.Set.TimeZone,
            Source = change.Source,
        };
    }

    sealed record SwitchRow
    {
        public DateTime CreatedAt { get; init; }
        public decimal? Duration { get; init; }
        public decimal? DurationMs { get; init; }
        public string? Profile { get; init; }
        public string? OriginalProfile { get; init; }
        public decimal? Percentage { get; init; }
        public decimal? Timeshift { get; init; }
        public decimal? OriginalPercentage { get; init; }
        public string? ProfileJson { get; init; }

        /// <returns>Null when its percentage cannot be.</returns>
        public ProfileSwitch? Read(Action<string, string> problem)
        {
            var isEffective = OriginalPercentage is not null; // AAPS writes a second record when a switch takes effect, with the percentage worked in
            var percentage = isEffective ? 100 : Percentage ?? 100;
            if (percentage is < 1 or > 1000)
            {
                problem("percentage", Reason.NotWithin(1, 1000, "%"));
                return null;
            }
            var minutes = isEffective ? null : Duration is > 0 ? Duration : DurationMs / 60_000;
            var shift = isEffective ? 0 : Timeshift ?? 0;
            return new(Milliseconds(CreatedAt), minutes is > 0 and < 525_600 ? Milliseconds(CreatedAt.AddMinutes((double)minutes)) : null,
                [.. new[] { OriginalProfile, Profile }.OfType<string>()], Own(problem), percentage, Math.Abs(shift) > 24 ? shift / 3_600_000 : shift);
        }

        TherapySet? Own(Action<string, string> problem)
        {
            if (ProfileJson is null)
                return null;
            using var json = JsonDocument.Parse(ProfileJson);
            return TherapySet.Read(json.RootElement, null, (field, reason) => problem($"profileJson.{field}", reason));
        }
    }
}
