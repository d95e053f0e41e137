using Register;

namespace OpenHumansEtl;

/// <summary>A file to load.</summary>
/// <param name="Key"><c>oh:&lt;id&gt;</c> or <c>dir:&lt;unix_ms&gt;_&lt;collection&gt;:&lt;sha256&gt;</c>: a file of one key never changes.</param>
/// <param name="Revision">Of the period's file; a lower one than is loaded is refused.</param>
/// <param name="WrittenAt">Orders files of different periods that hold the same record.</param>
/// <param name="Sha256">Of the content as stored.</param>
/// <param name="Open">A seekable stream of the content from its start.</param>
/// <param name="Stamp">Of a file in a directory: what tells without reading it that it is the same; null: nothing does.</param>
public sealed record SourceFile(string Collection, Period Period, string Key, long Revision, DateTime WrittenAt, byte[] Sha256, Func<Stream> Open, string? Stamp = null)
{
    /// <summary>Raised when the loader reads records differently; everything is then loaded anew. 1: the first. 2: oref0's reason, what closed loops did, profile switches, utc_offset; numbers that are no moments are no times, identifiers that people made are hashed. 3: impossible values, units of glucose, times in seconds.</summary>
    public const int LoaderVersion = 3;
}

/// <summary>What became of a file's lines. <see cref="Read"/> is the sum of the others.</summary>
/// <param name="Loaded">Rows inserted or changed.</param>
/// <param name="Unchanged">Rows that were there already, the same.</param>
/// <param name="Repeated">Lines whose record stands again further down in the file.</param>
/// <param name="Deleted">Lines whose record was deleted at the source.</param>
/// <param name="Quarantined">Lines that could not be read.</param>
public sealed record LoadCounts(long Read, long Loaded, long Unchanged, long Repeated, long Deleted, long Quarantined)
{
    public static readonly LoadCounts None = new(0, 0, 0, 0, 0, 0);

    public static LoadCounts operator +(LoadCounts a, LoadCounts b) => new(a.Read + b.Read, a.Loaded + b.Loaded, a.Unchanged + b.Unchanged, a.Repeated + b.Repeated,
        a.Deleted + b.Deleted, a.Quarantined + b.Quarantined);
}

/// <summary>How loading a file ended.</summary>
public enum LoadEnd
{
    Loaded,
    /// <summary>The same file was loaded before.</summary>
    LoadedBefore,
    /// <summary>A newer file of the period is loaded.</summary>
    Superseded,
    /// <summary>The participant shares nothing.</summary>
    NotShared,
}

/// <param name="InDatabase">Time spent on all but reading the file.</param>
public sealed record LoadResult(LoadEnd End, LoadCounts Counts, TimeSpan InDatabase = default);
