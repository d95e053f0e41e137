using Sandbox.Demo;

namespace EndToEnd;

/// <summary>A replica of the ingester: a process that is killed and started again.</summary>
/// <param name="start">Starts a process under a name, which its log has as well.</param>
sealed class Replica(string name, Func<string, ServiceProcess> start)
{
    readonly List<ServiceProcess> _processes = [];

    public IReadOnlyList<ServiceProcess> Processes => _processes;

    public int Kills { get; private set; }

    public void Start() => _processes.Add(start($"{name}-{_processes.Count + 1}"));

    public async Task StartAsync()
    {
        Start();
        await _processes[^1].WaitUntilReadyAsync(default);
    }

    /// <exception cref="DemoException">It had ended before.</exception>
    public async Task KillAsync()
    {
        _processes[^1].EnsureRunning();
        await _processes[^1].KillAsync();
        Kills++;
    }

    public static IEnumerable<string> Errors(string folder) =>
        Directory.GetFiles(folder, "*.log").SelectMany(File.ReadLines).Where(line => line.Contains("""
            "l":"Error"
            """, StringComparison.Ordinal));

    public Task FreezeAsync(TimeSpan time) => _processes[^1].FreezeAsync(time);

    /// <summary>Runs that ended well, by the logs.</summary>
    public int Successes(string folder) => Directory.GetFiles(folder, $"{name}-*.log").Sum(log => File.ReadLines(log).Count(line => line.Contains(": success,", StringComparison.Ordinal)));
}
