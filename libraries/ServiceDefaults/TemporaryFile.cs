namespace ServiceDefaults;

public static class TemporaryFile
{
    /// <summary>A file that nobody else can open and that is gone when closed, also by a crash.</summary>
    public static FileStream Create(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(Path.Combine(folder, $"{name}-{Guid.NewGuid():N}"), options);
    }
}
