using Dapper;
using Npgsql;

namespace OpenHumansEtl.Derived;

/// <summary>Insulin and carbs of a treatment.</summary>
sealed record Dose
{
    static readonly TimeSpan Near = TimeSpan.FromMinutes(15), Before = TimeSpan.FromMinutes(2), After = TimeSpan.FromMinutes(6);

    public DateTime CreatedAt { get; init; }

    /// <summary>U: what was given at once, and the part of a combination bolus that is given over time.</summary>
    public decimal Units { get; init; }

    /// <summary>g.</summary>
    public decimal Carbs { get; init; }

    /// <summary>It says itself that the controller gave it.</summary>
    public bool IsMarked { get; init; }

    /// <summary>Of insulin of which nothing says who gave it (pump history of rigs): U.</summary>
    public decimal? Unmarked { get; init; }

    /// <summary>Marked as SMB or automatic; without any mark when the controller enacted one of that size just then.</summary>
    public bool IsByController(TimeLine<Cycle> cycles) => IsMarked || Unmarked is { } insulin && cycles.Within(CreatedAt - Near, CreatedAt + Near).Exists(cycle =>
        cycle.Enacted && cycle.Smb is { } smb && Math.Abs(smb - insulin) < 0.03m && (cycle.EnactedAt ?? cycle.CreatedAt) is var enacted && CreatedAt >= enacted - Before && CreatedAt <= enacted + After);

    /// <summary>All treatments of [<paramref name="from"/>, <paramref name="to"/>), also those without insulin.</summary>
    public static async Task<TimeLine<Dose>> ReadAsync(NpgsqlConnection connection, long participantId, DateTime from, DateTime to, CancellationToken cancellationToken)
    {
        var doses = await connection.QueryAsync<Dose>(new CommandDefinition("""
            select created_at as "CreatedAt", coalesce(carbs, 0) as "Carbs",
                   case when lower(event_type) = 'basal injection' then 0
                        else case when insulin between 0 and 200 then insulin else 0 end
                           + case when entered_insulin between 0 and 200 and split_ext between 0 and 100 and is_emulating_temp_basal is not true then entered_insulin * split_ext / 100 else 0 end
                    end as "Units",
                   coalesce(automatic, false) or coalesce(is_smb, false) or lower(coalesce(event_type, '')) = 'smb' or lower(coalesce(type, '')) = 'smb' as "IsMarked",
                   case when automatic is null and is_smb is null and insulin > 0 then insulin end as "Unmarked"
              from openaps.treatments
             where participant_id = @participantId and created_at >= @from and created_at < @to
             order by created_at
            """, new { participantId, from, to }, commandTimeout: 0, cancellationToken: cancellationToken));
        return new(doses.AsList(), dose => dose.CreatedAt);
    }
}
