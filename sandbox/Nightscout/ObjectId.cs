namespace Sandbox;

/// <summary>MongoDB's record ids: 24 hex digits, the first 8 the second in which it was made.</summary>
static class ObjectId
{
    static long _made;

    public static string New() => From(DateTimeOffset.UtcNow, (ulong)Interlocked.Increment(ref _made) | 0x5a4dbc0000000000);

    /// <summary>The same for the same arguments: synthetic records have the same ids in every run.</summary>
    public static string From(DateTimeOffset at, ulong salt) => $"{(uint)at.ToUnixTimeSeconds():x8}{salt:x16}";

    public static bool Is(string text) => text.Length == 24 && text.All(char.IsAsciiHexDigit);
}
