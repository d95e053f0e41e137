using Dapper;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>A row of <c>openaps.aid_cycle</c>, as far as days are made of it. Rates in U/h, doses in U.</summary>
sealed record Cycle
{
    static readonly TimeSpan Earliest = TimeSpan.FromHours(24), Latest = TimeSpan.FromHours(1);

    public DateTime CreatedAt { get; init; }
    public DateTime? EnactedAt { get; init; }
    public bool Suggested { get; init; }
    public bool Enacted { get; init; }
    public string Controller { get; init; } = "";
    public string? ControllerVersion { get; init; }
    public decimal? Smb { get; init; }
    public decimal? TempBasalRate { get; init; }
    public decimal? TempBasalDuration { get; init; }

    /// <summary>The device status, when it holds settings of the algorithm.</summary>
    public string? SettingsFrom { get; init; }

    /// <summary>The time of the enactment, unless it is of a clock that is wrong. Rigs report what was enacted again with every later record.</summary>
    public DateTime At => EnactedAt > CreatedAt - Earliest && EnactedAt < CreatedAt + Latest ? EnactedAt.Value : CreatedAt;

    const string Settings = """
        max_iob, max_cob, autosens_min, autosens_max, max_smb_basal_minutes, max_uam_smb_basal_minutes, enable_uam, enable_smb_always, enable_smb_with_cob,
        enable_smb_after_carbs, dynamic_isf, adjustment_factor, insulin_curve
        """;

    /// <summary>Those reported in [<paramref name="from"/>, <paramref name="to"/>).</summary>
    public static async Task<TimeLine<Cycle>> ReadAsync(NpgsqlConnection connection, long participantId, DateTime from, DateTime to, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            select created_at, enacted_at, suggested, enacted, controller, controller_version, smb, temp_basal_rate, temp_basal_duration,
                   case when num_nonnulls({Settings}) > 0 then device_status_id end
              from openaps.aid_cycle
             where participant_id = $1 and created_at >= $2 and created_at < $3
             order by created_at, device_status_id
            """, connection) { CommandTimeout = 0, Parameters = { new() { Value = participantId }, new() { Value = from }, new() { Value = to } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (cycles, words) = (new List<Cycle>(), new Dictionary<string, string>());
        while (await reader.ReadAsync(cancellationToken)) // a third of all rows of a participant
            cycles.Add(new()
            {
                CreatedAt = reader.GetDateTime(0),
                EnactedAt = reader.IsDBNull(1) ? null : reader.GetDateTime(1),
                Suggested = reader.GetBoolean(2),
                Enacted = reader.GetBoolean(3),
                Controller = Once(reader.GetString(4)),
                ControllerVersion = reader.IsDBNull(5) ? null : Once(reader.GetString(5)),
                Smb = Decimal(6),
                TempBasalRate = Decimal(7),
                TempBasalDuration = Decimal(8),
                SettingsFrom = reader.IsDBNull(9) ? null : reader.GetString(9),
            });
        return new(cycles, cycle => cycle.CreatedAt);

        string Once(string word) => words.TryGetValue(word, out var known) ? known : words[word] = word;

        decimal? Decimal(int column) => reader.IsDBNull(column) ? null : reader.GetDecimal(column);
    }

    /// <summary>The algorithm's settings that these device statuses hold, as JSON.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> SettingsAsync(NpgsqlConnection connection, long participantId, IEnumerable<string> deviceStatusIds, CancellationToken cancellationToken)
    {
        var ids = deviceStatusIds.ToArray();
        return ids.Length == 0 ? new Dictionary<string, string>() : (await connection.QueryAsync<(string Id, string Settings)>(new CommandDefinition($"""
            select device_status_id, jsonb_strip_nulls(to_jsonb(settings))::text
              from openaps.aid_cycle cross join lateral (select {Settings}) as settings
             where participant_id = @participantId and device_status_id = any(@ids)
            """, new { participantId, ids }, commandTimeout: 0, cancellationToken: cancellationToken))).ToDictionary(row => row.Id, row => row.Settings);
    }
}
