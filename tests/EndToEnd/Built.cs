using Npgsql;
using Testing;

namespace EndToEnd;

/// <summary>What the tests start processes with: the services as they were built with the tests, a server for their databases, a folder for their logs.</summary>
static class Built
{
    public static string Folder { get; } = Repository.PathOf(".artifacts/bin");

    public static string Configuration { get; } = AppContext.BaseDirectory.Contains("/release", StringComparison.Ordinal) ? "release" : "debug";

    public static string NewWorkFolder() => Directory.CreateDirectory(Path.Combine(Repository.PathOf(".local/test/end-to-end"), $"{Guid.NewGuid():N}")).FullName;

    /// <summary>Connection of a role that may make databases.</summary>
    public static string Server()
    {
        var server = Environment.GetEnvironmentVariable("TEST_POSTGRES");
        if (string.IsNullOrEmpty(server))
        {
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail("TEST_POSTGRES names no server");
            Assert.Ignore("TEST_POSTGRES names no server; ./test starts one");
        }
        return new NpgsqlConnectionStringBuilder(server).ConnectionString;
    }
}
