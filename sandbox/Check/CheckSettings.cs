namespace Sandbox.Check;

/// <param name="ProjectMemberId">Open Humans' name of the participant, leading zeros kept.</param>
/// <param name="Nightscout">Address of the site; a path is kept.</param>
/// <param name="NightscoutToken">Null: the site is readable by everyone.</param>
/// <param name="Shares">False: copied to the participant's own account only, so the warehouse and the exports must hold nothing.</param>
public sealed record CheckedParticipant(string ProjectMemberId, Uri Nightscout, string? NightscoutToken, string OpenHumansAccessToken, bool Shares);

/// <param name="Postgres">Connection setting of the owner of the database.</param>
/// <param name="CsvZip">Path of an exported file that covers every sharing participant; null: none is checked.</param>
/// <param name="JsonZip">As <paramref name="CsvZip"/>, with JSON tables.</param>
/// <param name="IgnoreAfter">Records dated later are left out everywhere: they may arrive while the check runs.</param>
public sealed record CheckSettings(
    Uri OpenHumans,
    string Postgres,
    IReadOnlyList<CheckedParticipant> Participants,
    string? CsvZip,
    string? JsonZip,
    DateTimeOffset? IgnoreAfter);
