namespace Bench;

/// <summary>What processes have computed, from <c>/proc</c> (Linux only).</summary>
static class ProcessorTime
{
    const double TicksPerSecond = 100;

    public static TimeSpan Of(int processId) => Read(processId) is { } process ? process.Own : TimeSpan.Zero;

    /// <returns>Of a process and those that it started.</returns>
    public static TimeSpan OfFamily(int processId) => Children(processId).Aggregate(Of(processId), (sum, child) => sum + child.Own);

    /// <returns>Of all processes of the PostgreSQL server that has this backend, ended ones included; null when it runs elsewhere.</returns>
    public static TimeSpan? OfServer(int backend)
    {
        if (Read(backend) is not { Name: "postgres" } process || Read(process.Parent) is not { Name: "postgres" } server)
            return null;
        return Children(process.Parent).Aggregate(server.Own + server.Ended, (sum, other) => sum + other.Own);
    }

    static IEnumerable<Stat> Children(int processId) =>
        Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var id) ? Read(id) : null).OfType<Stat>().Where(other => other.Parent == processId);

    /// <param name="Ended">Of its children that have ended.</param>
    sealed record Stat(string Name, int Parent, TimeSpan Own, TimeSpan Ended);

    /// <returns>Null when there is no such process.</returns>
    static Stat? Read(int processId)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{processId}/stat"); // proc(5): "id (name) state parent …", 14 to 17 are the times
            var end = text.LastIndexOf(')');
            var fields = text[(end + 2)..].Split(' ');
            return new(text[(text.IndexOf('(') + 1)..end], int.Parse(fields[1]), Time(11, 12), Time(13, 14));

            TimeSpan Time(int user, int kernel) => TimeSpan.FromSeconds((long.Parse(fields[user]) + long.Parse(fields[kernel])) / TicksPerSecond);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
