namespace Bench;

static class PeakMemory
{
    /// <returns>The most resident memory a process has had, in bytes; 0 when it has ended (Linux only).</returns>
    public static long Of(int processId)
    {
        try
        {
            return File.ReadLines($"/proc/{processId}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line
                ? long.Parse(line["VmHWM:".Length..^"kB".Length]) * 1024 : 0;
        }
        catch (IOException)
        {
            return 0; // ended
        }
    }
}
