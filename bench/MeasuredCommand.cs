using System.Diagnostics;
using Sandbox.Demo;

namespace Bench;

/// <summary>An operator's command run as a process of its own.</summary>
/// <param name="FirstByte">From the start of the process to the first byte it printed.</param>
/// <param name="PeakBytes">Of resident memory.</param>
/// <param name="LastLine">Of what it printed.</param>
sealed record MeasuredCommand(TimeSpan FirstByte, TimeSpan Total, long PeakBytes, string LastLine)
{
    const int LongestLine = 4096;

    public static async Task<MeasuredCommand> RunAsync(DemoSettings settings, string assembly, string[] arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(ServiceProcess.StartInfo(settings, assembly, arguments, environment))!;
        var problems = process.StandardError.ReadToEndAsync(cancellationToken);
        var watching = WatchAsync(process, cancellationToken);
        var (buffer, tail, firstByte) = (new byte[64 * 1024], Array.Empty<byte>(), TimeSpan.Zero);
        while (await process.StandardOutput.BaseStream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            if (tail.Length == 0)
                firstByte = watch.Elapsed;
            tail = [.. tail, .. buffer.AsSpan(Math.Max(0, read - LongestLine), Math.Min(read, LongestLine))];
            tail = tail[^Math.Min(tail.Length, LongestLine)..];
        }
        await process.WaitForExitAsync(cancellationToken);
        var total = watch.Elapsed;
        if (process.ExitCode != 0)
            throw new DemoException($"{assembly} {arguments[0]} ended with {process.ExitCode}: {await problems}");
        return new(firstByte, total, await watching, System.Text.Encoding.UTF8.GetString(tail).TrimEnd().Split('\n')[^1]);
    }

    /// <summary>The kernel keeps the peak, but only as long as the process lives.</summary>
    static async Task<long> WatchAsync(Process process, CancellationToken cancellationToken)
    {
        for (var peak = 0L; ; peak = Math.Max(peak, PeakMemory.Of(process.Id)))
        {
            if (process.HasExited)
                return peak;
            await Task.Delay(50, cancellationToken);
        }
    }
}
