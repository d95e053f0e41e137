using Npgsql;
using OpenHumans;
using Register;

namespace OpenHumansEtl;

/// <summary>Open Humans failed so often in a row that it is left alone.</summary>
public sealed class OpenHumansOutOfReachException() : Exception("Open Humans failed too often in a row.");

/// <summary>Why something was not loaded; for the commands of operators.</summary>
/// <param name="Name">In the summary.</param>
/// <param name="Text">The reason, as the end of a sentence.</param>
/// <param name="Next">What to do about it.</param>
/// <param name="Ends">Whether going on with others is pointless.</param>
public sealed record Cause(string Name, string Text, string Next, bool Ends = false)
{
    static readonly Cause Damaged = new("damaged", "the file is damaged", "it is not what was uploaded, or no whole gzip; what came before the damage may be in the database. When it was replaced, run the command again");
    static readonly Cause Unreadable = new("unreadable", "it cannot be read here", "see to the rights of the folder and its files, then run the command again");
    static readonly Cause NoAnswer = new("noAnswer", "Open Humans did not give it, although asked several times", "run the command again later");
    static readonly Cause Declined = new("declined", "Open Humans declined to give it", "the member may have left meanwhile; run the command again to see");
    static readonly Cause Changing = new("changing", "it changed, or went, while it was read", "run the command again");
    static readonly Cause Rejected = new("rejected", "the database rejected it", "a fault of this program: please report it, with the code above");
    static readonly Cause Unexpected = new("unexpected", "an unexpected failure", "a fault of this program: please report it, with the lines above");
    static readonly Cause TokenRefused = new("tokenRefused", "Open Humans does not accept the master token any more", "make a new one (it lives 24 hours), set it, and run the command again", Ends: true);
    static readonly Cause OutOfReach = new("outOfReach", "Open Humans failed too often in a row", "give it some time and run the command again", Ends: true);
    static readonly Cause DiskFull = new("diskFull", "the work folder is full", "make room, or set Etl__WorkFolder to a folder that has some, and run the command again", Ends: true);
    static readonly Cause DatabaseGone = new("databaseGone", "the database does not answer, or has no room", "see to it and run the command again", Ends: true);
    public static readonly Cause Interrupted = new("interrupted", "it was told to", "run the command again", Ends: true);

    /// <summary>Of whatever is thrown while a member or a file is loaded.</summary>
    public static Cause Of(Exception problem) => problem switch
    {
        _ when IsDiskFull(problem) || problem is OpenHumansTemporaryException && problem.InnerException is { } inner && IsDiskFull(inner) => DiskFull,
        FileDamagedException or InvalidDataException => Damaged,
        OpenHumansOutOfReachException => OutOfReach,
        OpenHumansRefusedException => TokenRefused,
        OpenHumansTemporaryException => NoAnswer,
        OpenHumansDeclinedException => Declined,
        OpenHumansFileGoneException or ConsentChangedMeanwhileException or ParticipantGoneException => Changing,
        PostgresException { SqlState: not (['0', '8', ..] or ['5', '3' or '7' or '8', ..]) } => Rejected, // those: connection, resources, shutdown, system
        NpgsqlException => DatabaseGone,
        IOException or UnauthorizedAccessException => Unreadable,
        _ => Unexpected,
    };

    public static bool IsNoAnswer(Exception problem) => Of(problem) == NoAnswer;

    /// <summary>What the text lacks to be reported; holds nothing of the data.</summary>
    public static string Details(Exception problem) => Of(problem) switch
    {
        var cause when cause == Rejected => $" ({((PostgresException)problem).SqlState})",
        var cause when cause == Unexpected => $"\n{ServiceDefaults.JsonLogLines.Describe(problem)}",
        _ => "",
    };

    static bool IsDiskFull(Exception problem) => problem is IOException { HResult: NoSpaceOnUnix or NoSpaceOnWindows };

    const int NoSpaceOnUnix = 28, NoSpaceOnWindows = unchecked((int)0x80070070);
}
