namespace RegistrationSite;

/// <summary>What a participant is told about the copying.</summary>
/// <param name="Tone">Class of the notice: good, warn, or none.</param>
/// <param name="Title">What happened.</param>
/// <param name="Text">Whose turn it is and what comes next; <c>{since}</c> stands for the first failure's time, <c>{due}</c> for the next run's.</param>
/// <param name="Button">The one thing to do; null: nothing.</param>
/// <param name="Link">Where the button leads.</param>
/// <param name="Changes">The button does it, and leads back.</param>
public sealed record CopyMessage(string Tone, string Title, string Text, string? Button = null, string? Link = null, bool Changes = false);

/// <summary>A message for every way a run ends, and for what comes before and between runs.</summary>
public static class CopyMessages
{
    const string Connect = "/Connect";
    const string SignIn = "/sign-in";
    const string HowToMakeAToken = "On your site: Admin Tools, Subjects, add one with the role “readable”, and copy its access token. Then give it to us.";

    /// <summary>By the outcome as the ingester names it.</summary>
    public static IReadOnlyDictionary<string, CopyMessage> Outcomes { get; } = new Dictionary<string, CopyMessage>
    {
        ["waiting"] = new("", "Nothing is copied yet", "The first copy starts within a minute. You need not do anything, and may close this page."),
        ["success"] = new("good", "Your copy is up to date", "Your Nightscout answered, and what it has that is new is in your Open Humans account. You need not do anything; we look again {due}."),
        ["suspended"] = new("warn", "The copying has stopped",
            "You left the project on Open Humans, or Open Humans does not know our permission any more. Nothing is copied, and nothing is shown to researchers. If you want to take part again, sign in, and everything goes on as before.",
            "Sign in with Open Humans", SignIn),
        ["sign in again"] = new("warn", "Please sign in with Open Humans again",
            "Open Humans does not know our permission any more, so the copying has stopped and nothing is shown to researchers. Sign in again and everything goes on as before.",
            "Sign in with Open Humans", SignIn),
        ["no address"] = new("warn", "We do not know where your Nightscout is",
            "There is no address of a Nightscout site in your Open Humans account, so nothing is copied. If you deleted it to stop the copying, all is as you wanted. If you want to go on, give the address again.",
            "Give the address", Connect),
        ["address unusable"] = new("warn", "The address cannot be used",
            "What is stored as the address of your Nightscout is not one that we can open; it may be cut off, or lie inside a private network. Please give it again, as you open it in your browser.",
            "Give the address", Connect),
        ["site refused"] = new("warn", "Your Nightscout wants a token",
            $"Your Nightscout does not let us in without one; the copying stopped {{since}}. {HowToMakeAToken} We also look {{due}} whether it is open again.",
            "Give a token", Connect),
        ["site unreachable"] = new("warn", "Your Nightscout does not answer",
            "It stopped answering {since}. It may be asleep, switched off, or at another address. Please see whether it opens in your browser. If it does, you need not do anything: we try again {due}. If it has moved, give us the new address.",
            "Change the address", Connect),
        ["site moved"] = new("warn", "Your Nightscout sends us on to another address",
            "This began {since}. We do not follow, because the other site could be somebody else's. Please open your site in your browser, and give us the address that you end up at.",
            "Give the new address", Connect),
        ["site changed"] = new("warn", "Another site answers at your address",
            "The copying stopped {since}: none of the records we know exists there now. That happens when you begin again with an empty Nightscout, or when a name was given up and somebody else has it now. "
            + "Nothing of the other site was copied, and we wait for you. If the site is yours, save its address again, and we take it as yours. If it is not, give us the address that your site has now.",
            "Confirm or change the address", Connect),
        ["site busy"] = new("", "Your Nightscout is being read already",
            "Somebody else here copies the same Nightscout, and we read a site for one person at a time. You need not do anything; your turn comes {due}."),
        ["not nightscout"] = new("warn", "There is no Nightscout at your address any more",
            "Something answers there, but it is not a Nightscout; this began {since}. Please open it in your browser. If your Nightscout is there, you need not do anything: we try again {due}. If it has moved, give us the new address.",
            "Change the address", Connect),
        ["site temporary"] = new("warn", "Your Nightscout has a problem of its own",
            "It answers, but not with your data; this began {since}. Its database may be full, or its host overloaded. If it works in your browser, you need not do anything: we try again {due}."),
        ["open humans temporary"] = new("", "Open Humans has a problem",
            "It did not take or show your files; this began {since}. You need not do anything and nothing is lost: we try again {due}."),
        ["lease lost"] = new("", "The copying was interrupted", "One of our servers stopped in the middle of it. You need not do anything and nothing is lost: it goes on {due}."),
        ["stopped"] = new("", "The copying was interrupted", "We restarted one of our servers in the middle of it. You need not do anything and nothing is lost: it goes on {due}."),
        ["unexpected"] = new("", "Something went wrong on our side", "This began {since}; who runs this service sees it too. You need not do anything and nothing is lost: we try again {due}."),
    };

    static readonly CopyMessage TokenRefused = new("warn", "Your Nightscout does not accept the token",
        $"The copying stopped {{since}}. We tried the token once and do not try it again, because every wrong try slows your site down for you: we wait for a new one. {HowToMakeAToken}",
        "Give a new token", Connect);

    static readonly CopyMessage Paused = new("warn", "Copying is paused",
        "You paused it {since}. Nothing is copied; what is in your account stays there, and what you share stays shared. Resume it whenever you like: the next copy brings what came meanwhile, as long as your Nightscout still has it.",
        "Resume copying", "/Leave?handler=Resume", Changes: true);

    static readonly CopyMessage NotBegun = new("", "Where is your Nightscout?", "You are connected to Open Humans. Next, tell us where your Nightscout site is.", "Give the address", Connect);

    static readonly CopyMessage Changed = new("", "Your change is saved", "With it, the next copy starts within a minute. You need not do anything.");

    static readonly CopyMessage Importing = new("good", "What is new is copied, the history follows",
        "We go back through your history step by step, so that your site stays quick for you; a long one takes some days. You need not do anything.");

    static readonly CopyMessage Late = new("", "The next copy is late", "It was due {since} and has not begun: many are waiting for their turn, or our server is being mended. You need not do anything and nothing is lost.");

    /// <param name="hasAddress">Whether the account on Open Humans holds an address; null: not known now.</param>
    /// <param name="importing">The first import is not complete.</param>
    public static CopyMessage For(CopyState state, bool signInAgain, bool? hasAddress, bool importing, DateTime now) => state switch
    {
        _ when signInAgain => Outcomes["sign in again"],
        { Suspended: true } => Outcomes["suspended"],
        { PausedAt: not null } => Paused,
        _ when hasAddress is false => state.Outcome is null or "waiting" || state.CopiedAt is null && state.SucceededAt is null ? NotBegun : Outcomes["no address"],
        { Outcome: null or "waiting" } => Outcomes["waiting"],
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
