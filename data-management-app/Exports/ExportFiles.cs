using System.Globalization;
using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>A file of an export on disk.</summary>
/// <param name="Fence">Of the lease it was made under.</param>
public sealed record KeptFile(FileInfo File, long ExportId, int Number, long Fence);

/// <summary>Exports on disk: a folder for each, by its number, and in it its files by number and fence, so that no build touches what another one made.</summary>
public sealed class ExportFiles(PortalOptions options)
{
    const string Prefix = "export-";

    DirectoryInfo Folder => Directory.CreateDirectory(options.ExportFolder);

    public string PathOf(long exportId, ExportedFile file) => PathOf(exportId, file.Number, file.Fence);

    public string PathOf(long exportId, int number, long fence) => Path.Combine(FolderOf(exportId), string.Create(CultureInfo.InvariantCulture, $"{number}.{fence}"));

    /// <summary>Whether so much is free as there must be for an export to begin.</summary>
    public bool HasSpace => new DriveInfo(Folder.FullName).AvailableFreeSpace >= options.LeastFreeSpace;

    /// <summary>Whether it is there with all its bytes: a row of it may stand for a file whose folder was lost.</summary>
    public bool IsWhole(long exportId, ExportedFile file) => new FileInfo(PathOf(exportId, file)) is { Exists: true } found && found.Length == file.FileBytes;

    /// <summary>To read, also while it is being deleted.</summary>
    public FileStream Open(long exportId, ExportedFile file) =>
        new(PathOf(exportId, file), new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous });

    /// <summary>A file to build in; it counts once <see cref="ExportQueue.KeepAsync"/> knows it.</summary>
    public FileStream Create(Lease lease, int number)
    {
        var folder = FolderOf(lease.Key);
        if (!Directory.Exists(folder))
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Create(PathOf(lease.Key, number, lease.Fence));
    }

    /// <summary>A new file that nobody else can open.</summary>
    public static FileStream Create(string path)
    {
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(path, access);
    }

    /// <summary>Everything of ours in the folder; what bears no name of today's builds belongs to export 0, which there is not.</summary>
    public IReadOnlyList<KeptFile> List() =>
    [
        .. Folder.EnumerateFiles($"{Prefix}*").Select(file => new KeptFile(file, 0, 0, 0)),
        .. Folder.EnumerateDirectories($"{Prefix}*").SelectMany(folder => folder.EnumerateFiles().Select(file =>
            TryRead(folder.Name[Prefix.Length..], out var export) && file.Name.Split('.') is [var number, var fence] && TryRead(number, out var place) && TryRead(fence, out var held)
                ? new KeptFile(file, export, (int)place, held) : new(file, 0, 0, 0))),
    ];

    /// <summary>Removes a file, and its folder with the last one.</summary>
    public static void Delete(KeptFile kept)
    {
        try
        {
            kept.File.Delete();
            if (kept.ExportId > 0 && !kept.File.Directory!.EnumerateFileSystemInfos().Any())
                kept.File.Directory.Delete();
        }
        catch (IOException) when (kept.ExportId > 0)
        {
            // a build has begun in the folder just now
        }
    }

    string FolderOf(long exportId) => Path.Combine(Folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{exportId}"));

    static bool TryRead(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
