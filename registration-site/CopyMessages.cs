namespace RegistrationSite;

/// <summary>What a participant is told about the copying.</summary>
/// <param name="Tone">Class of the notice: good, warn, or none.</param>
/// <param name="Key">Of its texts in <c>CopyMessages.resx</c>.</param>
/// <param name="Link">Where the button leads; null: there is none, because there is nothing to do.</param>
/// <param name="Changes">The button does it, and leads back.</param>
public sealed record CopyMessage(string Tone, string Key, string? Link = null, bool Changes = false)
{
    static readonly Texts T = Texts.Of("CopyMessages");

    /// <summary>What happened.</summary>
    public string Title => T[$"{Key}.Title"];

    /// <summary>The same, as a parent or guardian reads it, or the person with diabetes.</summary>
    public string TitleFor(bool isGuardian) => T.For(isGuardian)[$"{Key}.Title"];

    /// <summary>Whose turn it is and what comes next; <c>{since}</c> stands for the first failure's time, <c>{due}</c> for the next run's, <c>{shared}</c> for what stays as it is where something is shared.</summary>
    public string Text => T[Key];

    /// <summary>The one thing to do; null: nothing.</summary>
    public string? Button => Link is null ? null : T[$"{Key}.Button"];
}

/// <summary>A message for every way a run ends, and for what comes before and between runs.</summary>
public static class CopyMessages
{
    const string Connect = "/Connect";
    const string SignIn = "/sign-in";

    /// <summary>By the outcome as the ingester names it.</summary>
    public static IReadOnlyDictionary<string, CopyMessage> Outcomes { get; } = new Dictionary<string, CopyMessage>
    {
        ["waiting"] = new("", "Waiting"),
        ["success"] = new("good", "Success"),
        ["suspended"] = new("warn", "Suspended", SignIn),
        ["sign in again"] = new("warn", "SignInAgain", SignIn),
        ["no address"] = new("warn", "NoAddress", Connect),
        ["address unusable"] = new("warn", "AddressUnusable", Connect),
        ["site refused"] = new("warn", "SiteRefused", Connect),
        ["part refused"] = new("warn", "PartRefused", Connect),
        ["site unreachable"] = new("warn", "SiteUnreachable", Connect),
        ["site moved"] = new("warn", "SiteMoved", Connect),
        ["site changed"] = new("warn", "SiteChanged", Connect),
        ["site busy"] = new("", "SiteBusy"),
        ["not nightscout"] = new("warn", "NotNightscout", Connect),
        ["site temporary"] = new("warn", "SiteTemporary"),
        ["open humans temporary"] = new("", "OpenHumansTemporary"),
        ["lease lost"] = new("", "LeaseLost"),
        ["stopped"] = new("", "Stopped"),
        ["unexpected"] = new("", "Unexpected"),
    };

    static readonly CopyMessage TokenRefused = new("warn", "TokenRefused", Connect);

    static readonly CopyMessage Paused = new("warn", "Paused", "/Leave?handler=Resume", Changes: true);

    static readonly CopyMessage NotBegun = new("", "NotBegun", Connect);

    static readonly CopyMessage Changed = new("", "Changed");

    static readonly CopyMessage Begun = new("", "Begun");

    static readonly CopyMessage Importing = new("good", "Importing");

    static readonly CopyMessage Late = new("", "Late");

    /// <param name="hasAddress">Whether the account on Open Humans holds an address; null: not known now.</param>
    /// <param name="importing">The first import is not complete.</param>
    public static CopyMessage For(CopyState state, bool signInAgain, bool? hasAddress, bool importing, DateTime now) => state switch
    {
        _ when signInAgain => Outcomes["sign in again"],
        { Suspended: true } => Outcomes["suspended"],
        { PausedAt: not null } => Paused,
        _ when hasAddress is false => state.Outcome is null or "waiting" || state.CopiedAt is null && state.SucceededAt is null ? NotBegun : Outcomes["no address"],
        { Outcome: null or "waiting", Running: true } => Begun,
        { Outcome: null or "waiting" } => Outcomes["waiting"],
        { Outcome: "no address", SucceededAt: null, Running: true } when hasAddress is true => Begun,
        { Outcome: "no address", SucceededAt: null } when hasAddress is true => Outcomes["waiting"], // given since
        { Changed: true } => Changed,
        { Running: false } when IsLate(state, now) => Late,
        { Outcome: "site refused" } when state.WaitsForParticipant(now) => TokenRefused,
        { Outcome: "success" } when importing => Importing,
        { Outcome: { } outcome } => Outcomes.GetValueOrDefault(outcome, Outcomes["unexpected"]),
    };

    /// <summary>The time that <c>{since}</c> stands for.</summary>
    public static DateTime? Since(CopyMessage message, CopyState state) => message == Late ? state.DueAt : message == Paused ? state.PausedAt : state.FailedSince;

    static bool IsLate(CopyState state, DateTime now) => state.DueAt < now.AddMinutes(-30);
}
