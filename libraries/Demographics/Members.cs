using Dapper;
using Npgsql;

namespace Demographics;

/// <param name="Shares">Whether they share something now.</param>
/// <param name="ConsentKnown">Whether they were ever asked or their consent file read.</param>
public sealed record Member(long ParticipantId, string ProjectMemberId, bool Shares, bool ConsentKnown);

/// <summary>Finds the participant that a survey means. Spreadsheets drop leading zeros: an id is also found without them, when only one participant fits.</summary>
public sealed class Members
{
    readonly ILookup<string, Member> _withoutZeros;

    public Members(IEnumerable<Member> members) => _withoutZeros = members.ToLookup(member => member.ProjectMemberId.TrimStart('0'), StringComparer.Ordinal);

    /// <param name="connection">Of a role that reads <c>register</c>.</param>
    public static async Task<Members> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => new(await connection.QueryAsync<Member>(new CommandDefinition("""
        select participant_id, project_member_id, openaps or nsf as shares, consent_id > 0 as consent_known
          from register.participant join register.current_consent using (participant_id)
        """, cancellationToken: cancellationToken)));

    /// <returns>Null, with the reason counted, when it is nobody's or may be several people's.</returns>
    public Member? Find(string? text, Drops drops)
    {
        var id = (text ?? "").Trim().Trim('#', '\'', '"', '“', '”').Replace(" ", "");
        if (id.Length is 0 or > 16 || !id.All(char.IsAsciiDigit))
        {
            drops.Add(id.Length == 0 ? "row: no member id" : "row: member id not understood");
            return null;
        }
        var candidates = _withoutZeros[id.TrimStart('0')].ToList();
        var member = id[0] == '0' ? candidates.Find(candidate => candidate.ProjectMemberId == id) : null;
        member ??= candidates.Count == 1 ? candidates[0] : null;
        if (member is null)
            drops.Add(candidates.Count == 0 ? "row: not a participant" : "row: member id fits several participants");
        return member;
    }
}
