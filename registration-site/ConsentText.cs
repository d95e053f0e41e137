using Register;

namespace RegistrationSite;

/// <summary>A sentence as the person with diabetes reads it, and as a parent or guardian does.</summary>
public sealed record Wording(string OfSelf, string OfChild);

/// <summary>A research collection that can be shared with.</summary>
/// <param name="Word">As <see cref="SharedProjects"/> names it.</param>
/// <param name="For">For whom it is.</param>
/// <param name="Who">Who may use the data.</param>
/// <param name="What">For what.</param>
public sealed record Commons(string Word, string Name, Wording For, Wording Who, Wording What);

/// <summary>All that the consent page asks and promises, in one place, <c>ConsentText.resx</c>: what is agreed to is this text, and the ledger names its version.</summary>
/// <remarks>Whoever changes a sentence there changes <see cref="Version"/>; a test knows which text belongs to it.</remarks>
public static class ConsentText
{
    public const string Version = "2026-11-22.3";

    static readonly Texts T = Texts.Of("ConsentText");

    public static Commons OpenAps => new(SharedProjects.OpenAps, T["OpenAps"], Of("OpenAps.For"), Of("OpenAps.Who"), Of("OpenAps.What"));

    public static Commons Nightscout => new(SharedProjects.Nightscout, T["Nightscout"], Of("Nightscout.For"), Of("Nightscout.Who"), Of("Nightscout.What"));

    public static IReadOnlyList<Commons> All => [OpenAps, Nightscout];

    public static Wording Intro => Of("Intro");

    /// <summary>What no collection gets.</summary>
    public static IReadOnlyList<Wording> NeverShared => [Of("Never.Names"), Of("Never.Address"), Of("Never.Notes"), Of("Never.Devices"), Of("Never.Number")];

    /// <summary>When a box is ticked.</summary>
    public static Wording OnSharing => Of("OnSharing");

    /// <summary>When a tick is removed.</summary>
    public static Wording OnWithdrawal => Of("OnWithdrawal");

    /// <summary>What no stopping, withdrawing or erasing reaches: the same sentence wherever one of them is spoken of.</summary>
    public static string Lasting => T["Lasting"];

    /// <summary>Names of what a ledger's word shares with.</summary>
    public static string Names(string projects) => projects switch
    {
        SharedProjects.Both => T["Names.Both", OpenAps.Name, Nightscout.Name],
        SharedProjects.OpenAps => T["Names.One", OpenAps.Name],
        SharedProjects.Nightscout => T["Names.One", Nightscout.Name],
        _ => T["Names.None"],
    };

    static Wording Of(string key) => new(T[$"{key}.Self"], T[$"{key}.Child"]);
}
