using System.Diagnostics;
using Testing;

namespace Infrastructure.Tests;

/// <summary>
/// Runs the user data of 4-server.yaml on this machine: its paths lead into a folder, and what it calls outside of itself (aws, apt-get, docker, mount …) is <c>stand-in</c>.
/// git, and the scripts of the repository that it fetches, are real.
/// </summary>
sealed class ServerStart : IDisposable
{
    static readonly string[] Outside =
        ["aws", "docker", "apt-get", "snap", "cloud-init", "mount", "mountpoint", "blkid", "mkfs.ext4", "resize2fs", "mkswap", "swapon", "fallocate", "systemctl", "logger", "chown", "sleep"];

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("server-");
    int _machine;

    public ServerStart()
    {
        foreach (var part in new[] { "bin", "state/bucket", "data", "repository" })
            _folder.CreateSubdirectory(part);
        foreach (var name in Outside)
            File.CreateSymbolicLink(PathOf("bin", name), Path.Combine(TestContext.CurrentContext.TestDirectory, "stand-in"));
        Write("state/master.json", """{"username":"openaps_master","password":"of the master"}""");
        Write("state/bucket/settings.env", "Registration__BaseUrl=https://upload.example.org\n");
        Write("state/blkid", "2");
        NewMachine();
        var source = PathOf("repository");
        foreach (var wanted in new[] { "infrastructure", "sandbox/shell", ".env.example", ".gitignore", "docker-compose.yml", "docker-compose.prod.yml" })
            Run("bash", ["-c", $"mkdir -p \"$(dirname {wanted})\" && cp -R '{Repository.PathOf(wanted)}' {wanted}"], source);
        Run("git", ["init", "-q"], source);
        foreach (var build in new[] { "v1", "v2", "v3" })
        {
            File.WriteAllText(Path.Combine(source, "build"), build);
            Run("git", ["add", "-A"], source);
            Run("git", ["-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-q", "-m", build], source);
            Run("git", ["tag", build], source);
        }
    }

    /// <summary>What the server said to CloudFormation last.</summary>
    public string Said => Calls.LastOrDefault(call => call.Contains("signal-resource")) is { } call ? call.Split("--status ")[1] : "nothing";

    /// <summary>Calls since the last start.</summary>
    public IReadOnlyList<string> Calls { get; private set; } = [];

    public static string UserData(string build) => Template.Of("4-server").UserData(new Dictionary<string, string>
    {
        ["AWS::Region"] = "eu-central-1",
        ["AWS::StackName"] = "openaps-server",
        ["Bucket"] = "configuration",
        ["Host"] = "cluster.example.org",
        ["MasterSecret"] = "arn:aws:secretsmanager:eu-central-1:1:secret:master",
        ["Data"] = "vol-0123456789abcdef0",
        ["AddressAllocation"] = "eipalloc-0123456789abcdef0",
        ["GitRepository"] = "https://git.example.org/openaps.git",
        ["GitRef"] = build,
    });

    /// <summary>A new machine, with nothing but the volume of data of the one before.</summary>
    public void NewMachine()
    {
        _machine++;
        Write("state/instance", $"i-{_machine}");
        foreach (var gone in new[] { "state/docker", "state/mounted" })
            File.Delete(PathOf(gone));
        Directory.CreateDirectory(Path.GetDirectoryName(Disk)!);
        foreach (var part in new[] { "etc", "etc/cron.d", "usr/local/sbin", "var/lib/cloud/scripts/per-boot", "root" })
            Directory.CreateDirectory(PathOf($"machine-{_machine}", part));
        File.Delete(Disk);
    }

    /// <summary>The machine starts again: nothing is mounted, and what it has installed is there.</summary>
    public void Reboot() => File.Delete(PathOf("state/mounted"));

    /// <summary>Runs the user data with a build as the parameter GitRef.</summary>
    /// <returns>Exit code and output.</returns>
    public (int Code, string Output) Start(string build)
    {
        var machine = PathOf($"machine-{_machine}");
        var script = UserData(build).Replace("https://git.example.org/openaps.git", PathOf("repository")).Replace("DATA=/data", $"DATA={PathOf("data")}").Replace("HOME=/root", $"HOME={machine}/root")
            .Replace("/etc/", $"{machine}/etc/").Replace("/usr/local/sbin", $"{machine}/usr/local/sbin").Replace("/var/lib/cloud", $"{machine}/var/lib/cloud").Replace(" /swap ", $" {machine}/swap ")
            .Replace("/swap;", $"{machine}/swap;").Replace("/dev/disk", PathOf("dev"));
        var file = PathOf($"part-{build}");
        File.WriteAllText(file, script);
        File.Delete(PathOf("state/calls"));
        var ran = RunAny("bash", [file], _folder.FullName, ("PATH", $"{PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}"), ("STATE", PathOf("state")), ("DISK", Disk), ("CRON", $"{machine}/etc/cron.d/openaps"));
        Calls = File.Exists(PathOf("state/calls")) ? File.ReadAllLines(PathOf("state/calls")) : [];
        return ran;
    }

    public string Commit(string build) => Run("git", ["rev-parse", "--short", build], PathOf("repository")).Trim();

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), text);
    }

    /// <summary>Null when there is no such file.</summary>
    public string? Read(string path) => File.Exists(PathOf(path)) ? File.ReadAllText(PathOf(path)) : null;

    public void Delete(string path) => File.Delete(PathOf(path));

    /// <summary>Secrets in the bucket, by name.</summary>
    public IReadOnlyDictionary<string, string> Secrets() =>
        Directory.GetFiles(PathOf("state/bucket/secrets")).ToDictionary(path => Path.GetFileName(path), File.ReadAllText);

    /// <summary>Builds whose images are there.</summary>
    public IEnumerable<string?> Images() => Directory.GetFiles(PathOf("state/images")).Select(Path.GetFileName);

    public string PathOnMachine(string path) => PathOf($"machine-{_machine}", path);

    public void Dispose() => _folder.Delete(recursive: true);

    string Disk => PathOf("dev", "by-id", "nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0");

    string PathOf(params string[] parts) => Path.Combine([_folder.FullName, .. parts]);

    static string Run(string program, string[] arguments, string folder)
    {
        var (code, output) = RunAny(program, arguments, folder);
        return code == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {output}");
    }

    static (int Code, string Output) RunAny(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        foreach (var name in new[] { "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE" })
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
