using System.Globalization;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>A file in the export folder: a finished export, or one that is being built under a lease.</summary>
/// <param name="Fence">Of the lease it is built under; null: it is finished.</param>
public sealed record KeptFile(FileInfo File, long ExportId, long? Fence);

/// <summary>Exports on disk, by export id.</summary>
public sealed class ExportFiles(PortalOptions options)
{
    const string Prefix = "export-", Finished = ".zip", Unfinished = ".part";

    string Folder => Directory.CreateDirectory(options.ExportFolder).FullName;

    public string PathOf(long exportId) => Path.Combine(Folder, $"{Prefix}{exportId}{Finished}");

    /// <summary>A file to build in; it becomes visible with <see cref="Keep"/>.</summary>
    public FileStream Create(Lease lease)
    {
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(Path.Combine(Folder, $"{Prefix}{lease.Key}.{lease.Fence}{Unfinished}"), access);
    }

    public void Keep(long exportId, FileStream file)
    {
        file.Flush(flushToDisk: true);
        File.Move(file.Name, PathOf(exportId), overwrite: true);
    }

    /// <summary>Everything of ours in the folder; what bears no name of today's builds belongs to export 0, which there is not.</summary>
    public IReadOnlyList<KeptFile> List() =>
    [
        .. new DirectoryInfo(Folder).EnumerateFiles($"{Prefix}*").Select(file =>
        {
            var name = Path.GetFileNameWithoutExtension(file.Name)[Prefix.Length..].Split('.');
            return (file.Extension, name) switch
            {
                (Finished, [var id]) when TryRead(id, out var export) => new KeptFile(file, export, null),
                (Unfinished, [var id, var fence]) when TryRead(id, out var export) && TryRead(fence, out var held) => new KeptFile(file, export, held),
                _ => new KeptFile(file, 0, null),
            };
        }),
    ];

    static bool TryRead(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
