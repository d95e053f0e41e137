namespace ServiceDefaults;

public static class TemporaryFile
{
    /// <summary>A file that nobody else can open and that is gone when closed, also by a crash; a crash between its making and the removal of its name leaves an empty one.</summary>
    public static FileStream Create(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose | FileOptions.Asynchronous : FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(folder, $"{name}-{Guid.NewGuid():N}"), options);
        if (!OperatingSystem.IsWindows())
            File.Delete(file.Name); // it lives on without a name until its handle is closed, by whatever
        return file;
    }
}
