using System.Diagnostics;

namespace Sandbox.Demo;

/// <summary>One of the product's services as a process of its own, its output in a log file.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    readonly Process _process;
    readonly StreamWriter _log;
    readonly string _name, _logPath;

    ServiceProcess(string name, string logPath, Process process, StreamWriter log, Uri url) => (_name, _logPath, _process, _log, Url) = (name, logPath, process, log, url);

    public Uri Url { get; }

    public int ProcessId => _process.Id;

    /// <param name="assembly">Name of the project.</param>
    public static ServiceProcess Start(DemoSettings settings, string name, string assembly, Uri url, IReadOnlyDictionary<string, string> environment)
    {
        var logPath = Path.Combine(settings.Folder, $"{name}.log");
        var start = StartInfo(settings, assembly, [], environment);
        start.Environment["ASPNETCORE_URLS"] = url.OriginalString;
        var process = Process.Start(start)!;
        var log = new StreamWriter(logPath, append: false) { AutoFlush = true };
        process.OutputDataReceived += (_, line) => Write(log, line.Data);
        process.ErrorDataReceived += (_, line) => Write(log, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(name, logPath, process, log, url);
    }

    /// <summary>Runs a command of a service to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="DemoException">It failed; with what it said.</exception>
    public static async Task<string> RunAsync(DemoSettings settings, string assembly, string[] arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        using var process = Process.Start(StartInfo(settings, assembly, arguments, environment))!;
        var problems = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output : throw new DemoException($"{assembly} {string.Join(' ', arguments)} ended with {process.ExitCode}: {(await problems).Trim()} {output.Trim()}");
    }

    /// <summary>Waits until the service says it is ready.</summary>
    /// <exception cref="DemoException">It ended, or took too long.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(5) };
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < StartPatience)
        {
            EnsureRunning();
            try
            {
                using var answer = await http.GetAsync("/health/ready", cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // not listening yet
            }
            await Task.Delay(100, cancellationToken);
        }
        throw new DemoException($"{_name} did not become ready. Its log: {_logPath}");
    }

    /// <summary>Ends it as a power cut would: without a word, in the middle of whatever it does.</summary>
    public async Task KillAsync()
    {
        _process.Kill(); // SIGKILL
        await _process.WaitForExitAsync();
    }

    /// <summary>Stands still for a while, as a machine that is moved or short of memory does.</summary>
    public async Task FreezeAsync(TimeSpan time)
    {
        await SignalAsync("STOP");
        await Task.Delay(time);
        await SignalAsync("CONT");
    }

    async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it as an operator would, and by force when it does not follow.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            if (OperatingSystem.IsWindows())
                _process.Kill();
            else
                await SignalAsync("TERM");
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
        await _log.DisposeAsync();
    }

    /// <summary>How a service or a command of it is started.</summary>
    public static ProcessStartInfo StartInfo(DemoSettings settings, string assembly, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var path = Path.Combine(settings.Build, assembly, settings.Configuration, $"{assembly}.dll");
        if (!File.Exists(path))
            throw new DemoException($"{assembly} is not built: {path} is missing.");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = settings.Folder };
        start.ArgumentList.Add(path);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }

    static void Write(StreamWriter log, string? line)
    {
        if (line is null)
            return;
        lock (log)
            log.WriteLine(line);
    }

    /// <summary>Whether it still runs; a service that ended by itself has said why in its log.</summary>
    /// <exception cref="DemoException">It ended.</exception>
    public void EnsureRunning()
    {
        if (_process.HasExited)
            throw new DemoException($"{_name} ended with {_process.ExitCode}. Its log: {_logPath}");
    }
}
