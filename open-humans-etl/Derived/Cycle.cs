using Dapper;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>A row of <c>openaps.aid_cycle</c>, as far as days are made of it. Rates in U/h, doses in U.</summary>
sealed record Cycle
{
    static readonly TimeSpan Earliest = TimeSpan.FromHours(24), Latest = TimeSpan.FromHours(1);

    public string DeviceStatusId { get; init; } = "";
    public DateTime CreatedAt { get; init; }
    public DateTime? EnactedAt { get; init; }
    public bool Suggested { get; init; }
    public bool Enacted { get; init; }
    public string Controller { get; init; } = "";
    public string? ControllerVersion { get; init; }
    public decimal? Smb { get; init; }
    public decimal? TempBasalRate { get; init; }
    public decimal? TempBasalDuration { get; init; }
    public bool HasSettings { get; init; }

    /// <summary>The time of the enactment, unless it is of a clock that is wrong. Rigs report what was enacted again with every later record.</summary>
    public DateTime At => EnactedAt > CreatedAt - Earliest && EnactedAt < CreatedAt + Latest ? EnactedAt.Value : CreatedAt;

    const string Settings = """
        max_iob, max_cob, autosens_min, autosens_max, max_smb_basal_minutes, max_uam_smb_basal_minutes, enable_uam, enable_smb_always, enable_smb_with_cob,
        enable_smb_after_carbs, dynamic_isf, adjustment_factor, insulin_curve
        """;

    /// <summary>Those reported in [<paramref name="from"/>, <paramref name="to"/>).</summary>
    public static async Task<TimeLine<Cycle>> ReadAsync(NpgsqlConnection connection, long participantId, DateTime from, DateTime to, CancellationToken cancellationToken)
    {
        var cycles = await connection.QueryAsync<Cycle>(new CommandDefinition($"""
            select device_status_id as "DeviceStatusId", created_at as "CreatedAt", enacted_at as "EnactedAt", suggested as "Suggested", enacted as "Enacted", controller as "Controller",
                   controller_version as "ControllerVersion", smb as "Smb", temp_basal_rate as "TempBasalRate", temp_basal_duration as "TempBasalDuration",
                   num_nonnulls({Settings}) > 0 as "HasSettings"
              from openaps.aid_cycle
             where participant_id = @participantId and created_at >= @from and created_at < @to
             order by created_at, device_status_id
            """, new { participantId, from, to }, commandTimeout: 0, cancellationToken: cancellationToken));
        return new(cycles.AsList(), cycle => cycle.CreatedAt);
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
