namespace DataManagementApp.Exports;

/// <summary>Finished exports on disk, by export id.</summary>
public sealed class ExportFiles(PortalOptions options, TimeProvider clock)
{
    string Folder => Directory.CreateDirectory(options.ExportFolder).FullName;

    public string PathOf(long exportId) => Path.Combine(Folder, $"export-{exportId}.zip");

    /// <summary>A file to build in; it becomes visible with <see cref="Keep"/>.</summary>
    public FileStream Create(long exportId)
    {
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new($"{PathOf(exportId)}.{Guid.NewGuid():N}.part", access);
    }

    public void Keep(long exportId, FileStream file)
    {
        file.Flush(flushToDisk: true);
        File.Move(file.Name, PathOf(exportId), overwrite: true);
    }

    /// <summary>Deletes what was kept long enough, and what an interrupted build left behind.</summary>
    public void DeleteOld()
    {
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var file in new DirectoryInfo(Folder).EnumerateFiles("export-*"))
            if (file.LastWriteTimeUtc < now - (file.Extension == ".part" ? TimeSpan.FromHours(6) : options.KeepExports))
                file.Delete();
    }
}
