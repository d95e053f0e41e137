namespace DataManagementApp.Exports;

/// <summary>A complete file of an export.</summary>
/// <param name="Number">Of its place among the files, from 1.</param>
/// <param name="Fence">Of the lease it was made under; 0: of none.</param>
/// <param name="Name">As in the zip.</param>
/// <param name="Packed">Gzipped on disk.</param>
/// <param name="Length">Bytes, not packed.</param>
/// <param name="Crc32">Of the content, not packed.</param>
/// <param name="Sha256">Of the content, not packed.</param>
/// <param name="FileBytes">On disk.</param>
/// <param name="FileSha256">Of the file on disk.</param>
public sealed record ExportedFile(int Number, long Fence, string Name, bool Packed, long Rows, long Length, long Crc32, byte[] Sha256, long FileBytes, byte[] FileSha256)
{
    /// <summary>When it is given out by itself.</summary>
    public string FileName => Packed ? $"{Name}.gz" : Name;

    /// <summary>Tells about the others; made last.</summary>
    public bool IsAbout => Name is ExportBuild.Manifest or ExportBuild.Sums or ExportBuild.Readme or ExportBuild.Dictionary;
}

/// <summary>Where the files of one export are made and kept.</summary>
public interface IExportFolder
{
    /// <summary>Those that are complete, also from before a restart, by number.</summary>
    IReadOnlyDictionary<int, ExportedFile> Files { get; }

    /// <summary>A file to write; it counts with <see cref="KeepAsync"/>.</summary>
    FileStream Create(int number);

    /// <param name="participants">Whose records are in it.</param>
    Task KeepAsync(ExportedFile file, IReadOnlySet<long> participants, CancellationToken cancellationToken);

    /// <summary>Removes what was begun and is not kept.</summary>
    void Drop(int number);

    /// <summary>Whose records are in the files kept.</summary>
    Task<IReadOnlySet<long>> ParticipantsAsync(CancellationToken cancellationToken);

    string PathOf(ExportedFile file);
}

/// <summary>A folder of its own: for the command, and for whoever makes releases.</summary>
public sealed class LocalFolder(string path) : IExportFolder
{
    readonly Dictionary<int, ExportedFile> _files = [];
    readonly HashSet<long> _participants = [];

    public string Path { get; } = Directory.CreateDirectory(path).FullName;

    public IReadOnlyDictionary<int, ExportedFile> Files => _files;

    public FileStream Create(int number) => ExportFiles.Create(System.IO.Path.Combine(Path, $"{number}.part"));

    public Task KeepAsync(ExportedFile file, IReadOnlySet<long> participants, CancellationToken cancellationToken)
    {
        File.Move(System.IO.Path.Combine(Path, $"{file.Number}.part"), PathOf(file), overwrite: true);
        _files.Add(file.Number, file);
        _participants.UnionWith(participants);
        return Task.CompletedTask;
    }

    public void Drop(int number) => File.Delete(System.IO.Path.Combine(Path, $"{number}.part"));

    public Task<IReadOnlySet<long>> ParticipantsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlySet<long>>(_participants);

    public string PathOf(ExportedFile file) => System.IO.Path.Combine(Path, file.FileName);
}
