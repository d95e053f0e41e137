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

/// <summary>All that the consent page asks and promises, in one place: what is agreed to is this text, and the ledger names its version.</summary>
/// <remarks>Whoever changes a sentence changes <see cref="Version"/>; a test knows which text belongs to it.</remarks>
public static class ConsentText
{
    public const string Version = "2026-11-22";

    public static Commons OpenAps { get; } = new(SharedProjects.OpenAps, "OpenAPS Data Commons",
        new("For people who use a do-it-yourself closed loop of any kind.", "For children who use a do-it-yourself closed loop of any kind."),
        new("Researchers, and people with diabetes who do research of their own, whom those responsible for this commons have admitted. They agree to its conditions first.",
            "Researchers, and people with diabetes who do research of their own, whom those responsible for this commons have admitted. They agree to its conditions first."),
        new("For research into life with diabetes and closed loops. What they find they give back to the community, freely readable, and they never try to find out who you are.",
            "For research into life with diabetes and closed loops. What they find they give back to the community, freely readable, and they never try to find out who your child is."));

    public static Commons Nightscout { get; } = new(SharedProjects.Nightscout, "Nightscout Data Commons",
        new("For everybody who uses Nightscout, with or without a loop.", "For every child with a Nightscout, with or without a loop."),
        new("Researchers whom those responsible for this commons have admitted. They agree to its conditions first.", "Researchers whom those responsible for this commons have admitted. They agree to its conditions first."),
        new("For research into diabetes and what helps with it, with what devices record in everyday life. They never try to find out who you are.",
            "For research into diabetes and what helps with it, with what devices record in everyday life. They never try to find out who your child is."));

    public static IReadOnlyList<Commons> All { get; } = [OpenAps, Nightscout];

    public static Wording Intro { get; } = new(
        "Your data is copied to your own Open Humans account in any case. Here you choose which research collections may use it: both, one, or none. You can change your mind at any time.",
        "Your child's data is copied to the Open Humans account that you use for it in any case. Here you choose which research collections may use it: both, one, or none. You can change your mind at any time, and so can your child when old enough to decide.");

    /// <summary>What no collection gets.</summary>
    public static IReadOnlyList<Wording> NeverShared { get; } =
    [
        new("your name, and your e-mail address, which we do not know ourselves", "your names, and your e-mail address, which we do not know ourselves"),
        new("the address of your Nightscout, and any token", "the address of the Nightscout, and any token"),
        new("notes and free text", "notes and free text"),
        new("names of people and devices, and serial numbers", "names of people and devices, and serial numbers"),
        new("your member number on Open Humans: researchers see a code that we made up instead", "the member number on Open Humans: researchers see a code that we made up instead"),
    ];

    /// <summary>When a box is ticked.</summary>
    public static Wording OnSharing { get; } = new(
        "From when you save, what was copied and what will be copied is taken into the collection: the first of it usually within the hour, a long history may take days.",
        "From when you save, what was copied of your child and what will be copied is taken into the collection: the first of it usually within the hour, a long history may take days.");

    /// <summary>When a tick is removed.</summary>
    public static Wording OnWithdrawal { get; } = new(
        "Your data is hidden from that collection's researchers the moment you save. If you share with nobody any more, it is also removed from the research database within minutes, and so are prepared downloads that hold it. What researchers have downloaded before cannot be taken back.",
        "Your child's data is hidden from that collection's researchers the moment you save. If you share with nobody any more, it is also removed from the research database within minutes, and so are prepared downloads that hold it. What researchers have downloaded before cannot be taken back.");

    /// <summary>Names of what a ledger's word shares with.</summary>
    public static string Names(string projects) => projects switch
    {
        SharedProjects.Both => $"the {OpenAps.Name} and the {Nightscout.Name}",
        SharedProjects.OpenAps => $"the {OpenAps.Name}",
        SharedProjects.Nightscout => $"the {Nightscout.Name}",
        _ => "nobody",
    };
}
