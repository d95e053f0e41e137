namespace DataManagementApp.Access;

/// <param name="Title">In a few words.</param>
public sealed record Duty(string Title, string Text);

/// <summary>The conditions on which researchers get data. A change of the text needs a new version: a test ties the two together.</summary>
public static class Terms
{
    /// <summary>Stored with every application, with the time of its acceptance.</summary>
    public const string Version = "2026-11-22";

    public static IReadOnlyList<Duty> Duties { get; } =
    [
        new("Give back what you find",
            "Tell the community of people who share their data what you found, within a reasonable time; at once if it bears on anybody's safety."),
        new("Publish openly",
            "Publish so that the community can read it free of charge, also when the journal itself is paid for."),
        new("Name the commons",
            "Name the data commons whose data you used (the OpenAPS Data Commons, the Nightscout Data Commons), and how you got the data, in every paper, talk and other output."),
        new("Leave people unknown",
            "Never try to find out who somebody is, and never publish an identifier of a member. The data carries codes; in outputs use a numbering of your own."),
    ];

    /// <summary>What is hoped for, and asked of nobody.</summary>
    public const string Wish = "We hope that people who live with diabetes take part in your research: in what is asked, in how it is read, in what is written. It is a wish, not a condition.";

    public const string Further = "Access is given for one study at a time, to you alone, and for a limited time. Do not pass data on. When somebody withdraws, the portal tells you which files to delete: please delete every copy.";
}
