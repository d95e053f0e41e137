using System.Diagnostics;
using System.Text.Json.Nodes;

namespace EndToEnd;

/// <summary>The demo as <c>./demo</c> runs it: a process that starts the services as processes.</summary>
sealed class DemoProcess : IAsyncDisposable
{
    readonly Process _process;
    readonly List<string> _lines = [];
    readonly Task _reading;

    DemoProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    public string Output { get { lock (_lines) return string.Join('\n', _lines); } }

    /// <summary>The last line, which a check prints as JSON.</summary>
    public JsonNode Summary => _lines.FindLast(line => line.StartsWith('{')) is { } json ? JsonNode.Parse(json)! : throw new InvalidDataException($"The demo printed no summary: {Output}");

    public static DemoProcess Start(params string[] arguments)
    {
        var (bin, configuration, folder) = (Built.Folder, Built.Configuration, Built.NewWorkFolder());
        return new(Process.Start(new ProcessStartInfo("dotnet",
            [Path.Combine(bin, "Sandbox", configuration, "Sandbox.dll"), "demo", "--postgres", Built.Server(), "--build", bin, "--configuration", configuration, "--folder", folder, .. arguments])
        { RedirectStandardOutput = true, RedirectStandardError = true })!);
    }

    /// <summary>Waits for a line that contains this.</summary>
    public async Task<string> SeesAsync(string text, TimeSpan patience)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < patience)
        {
            lock (_lines)
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } line)
                    return line;
            if (_process.HasExited)
                break;
            await Task.Delay(100);
        }
        throw new TimeoutException($"The demo did not say \"{text}\": {Output}");
    }

    /// <summary>As ./demo hands Ctrl-C on; the signal of Ctrl-C itself is ignored by whatever was started in the background.</summary>
    public void Interrupt() => Process.Start("kill", ["-TERM", $"{_process.Id}"]).Dispose();

    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience);
        await _process.WaitForExitAsync(late.Token);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Interrupt();
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await _process.WaitForExitAsync(late.Token);
        }
        _process.Dispose();
    }

    async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
            lock (_lines)
                _lines.Add(line);
    }
}
