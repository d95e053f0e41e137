namespace DataManagementApp.Exports;

/// <summary>How far a build is; written by the build, read by whoever tells it.</summary>
public sealed class BuildProgress
{
    long _rows, _bytes;

    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Of content, not packed.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(long rows, long bytes)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _bytes, bytes);
    }
}
