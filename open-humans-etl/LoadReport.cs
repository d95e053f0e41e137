using System.Text.Json.Nodes;
using OpenHumansEtl.Derived;
using OpenHumansEtl.Tables;
using Spectre.Console;

namespace OpenHumansEtl;

/// <summary>
/// What the long commands say. On a terminal one line that lives, and above it only what somebody should know; redirected plain lines, one for whatever is finished and
/// every half a minute how far it is. In the end how it went, and one line of JSON.
/// </summary>
/// <remarks>Used by several threads. Work is measured in a unit of the command's choice (bytes, files): the time left goes by it.</remarks>
public sealed class LoadReport(TextWriter output, bool onTerminal, TimeProvider clock) : IProgress<long>
{
    /// <summary>No time left is told before this long.</summary>
    static readonly TimeSpan Guess = TimeSpan.FromSeconds(3);

    readonly Lock _gate = new();
    readonly long _started = clock.GetTimestamp();
    readonly IAnsiConsole? _terminal = onTerminal ? AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output), Interactive = InteractionSupport.Yes, Enrichment = new() { UseDefaultEnrichers = false } }) : null;
    readonly Dictionary<string, LoadCounts> _counts = WarehouseTables.All.ToDictionary(tables => tables.Collection, _ => LoadCounts.None);
    readonly Dictionary<Cause, int> _failures = [];
    int _members, _membersDone, _notShared, _suspended;
    long _files, _filesDone, _loadedBefore, _lines;
    double _work, _workDone;
    TimeSpan _inDatabase;
    TimeSpan? _loaded;
    SummaryCounts _summaries = new(0, 0, 0);

    /// <summary>Between two lines on how far it is. Default: 30 seconds; on a terminal half a second.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(onTerminal ? 0.5 : 30);

    public static LoadReport OfConsole(TimeProvider clock) => new(Console.Out, !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi, clock);

    /// <summary>There is more to do, or (negative) less.</summary>
    public void Expect(int members, long files, double work)
    {
        lock (_gate)
            (_members, _files, _work) = (_members + members, _files + files, _work + work);
    }

    /// <summary>Shows how far it is while the work goes on.</summary>
    public async Task WhileAsync(Func<Task> work)
    {
        if (_terminal is null)
        {
            await using var timer = clock.CreateTimer(_ => Note(Now()), null, Every, Every);
            await work();
            return;
        }
        await _terminal.Status().StartAsync(Now(), async status =>
        {
            await using var timer = clock.CreateTimer(_ => status.Status(Now()), null, Every, Every);
            await work();
        });
    }

    /// <summary>Something everybody should know.</summary>
    public void Say(string line)
    {
        lock (_gate)
            if (_terminal is null)
                output.WriteLine(line);
            else
                _terminal.WriteLine(line);
    }

    /// <summary>Something for the record: not on a terminal.</summary>
    public void Note(string line)
    {
        if (_terminal is null)
            Say(line);
    }

    /// <param name="value">Lines read since the last time.</param>
    public void Report(long value)
    {
        lock (_gate)
            _lines += value;
    }

    public void Worked(double work)
    {
        lock (_gate)
            _workDone += work;
    }

    /// <summary>A file is in the database.</summary>
    public void FileDone(string collection, LoadCounts counts, double work, bool loadedBefore = false, TimeSpan inDatabase = default)
    {
        lock (_gate)
        {
            _inDatabase += inDatabase;
            _counts[collection] += counts;
            (_filesDone, _workDone, _loadedBefore) = (_filesDone + 1, _workDone + work, _loadedBefore + (loadedBefore ? 1 : 0));
        }
    }

    /// <summary>Files that earlier runs loaded, and that are not read again.</summary>
    public void LoadedBefore(int files)
    {
        lock (_gate)
            (_filesDone, _loadedBefore) = (_filesDone + files, _loadedBefore + files);
    }

    /// <summary>A member is finished, whatever came of their files.</summary>
    public void MemberDone(bool sharesNothing = false, bool suspended = false)
    {
        lock (_gate)
            (_membersDone, _notShared, _suspended) = (_membersDone + 1, _notShared + (sharesNothing ? 1 : 0), _suspended + (suspended ? 1 : 0));
    }

    /// <summary>All that is to be loaded is; what follows are the summaries.</summary>
    public void Loaded()
    {
        lock (_gate)
            _loaded = clock.GetElapsedTime(_started);
    }

    public void Summarised(SummaryCounts counts)
    {
        lock (_gate)
            _summaries = counts;
    }

    /// <param name="what">The file, or the participant.</param>
    /// <param name="work">That will not be done.</param>
    public void Fail(string what, Exception problem, double work = 0)
    {
        var cause = Cause.Of(problem);
        lock (_gate)
        {
            _failures[cause] = _failures.GetValueOrDefault(cause) + 1;
            _workDone += work;
        }
        Say($"{what}: NOT LOADED: {cause.Text}{Cause.Details(problem)}");
    }

    /// <summary>Says how it went.</summary>
    /// <param name="stopped">Why it ended early; null: it did not.</param>
    /// <returns>The exit code: 0, or 1 when something is not loaded that could be.</returns>
    public int End(Cause? stopped)
    {
        lock (_gate)
        {
            var elapsed = clock.GetElapsedTime(_started);
            var (seconds, all) = ((_loaded ?? elapsed).TotalSeconds, _counts.Values.Aggregate((a, b) => a + b));
            foreach (var line in Words(stopped, all))
                Say(line);
            var summary = new JsonObject
            {
                ["members"] = _members,
                ["files"] = _filesDone,
                ["failed"] = _failures.Values.Sum(),
                ["failures"] = new JsonObject(_failures.OrderBy(failure => failure.Key.Name, StringComparer.Ordinal).Select(failure => KeyValuePair.Create(failure.Key.Name, (JsonNode?)failure.Value))),
                ["stopped"] = stopped?.Name,
                ["membersDone"] = _membersDone,
                ["notShared"] = _notShared,
                ["suspended"] = _suspended,
                ["loadedBefore"] = _loadedBefore,
            };
            foreach (var (collection, counts) in _counts)
                summary[collection] = new JsonObject
                {
                    ["read"] = counts.Read,
                    ["loaded"] = counts.Loaded,
                    ["unchanged"] = counts.Unchanged,
                    ["repeated"] = counts.Repeated,
                    ["deleted"] = counts.Deleted,
                    ["quarantined"] = counts.Quarantined,
                };
            summary["seconds"] = Math.Round(seconds, 3);
            summary["databaseSeconds"] = Math.Round(_inDatabase.TotalSeconds, 3); // of all members together, who are loaded side by side
            summary["summarised"] = _summaries.Made;
            summary["summarySeconds"] = Math.Round(elapsed.TotalSeconds - seconds, 3);
            summary["rowsPerSecond"] = Math.Round(all.Read / Math.Max(seconds, 0.001));
            output.WriteLine(summary.ToJsonString());
            return stopped is null && _failures.Count == 0 && _summaries.Failed == 0 ? 0 : 1;
        }
    }

    IEnumerable<string> Words(Cause? stopped, LoadCounts all)
    {
        var now = _filesDone - _loadedBefore;
        if (stopped is null && _failures.Count == 0 && now == 0 && (_members == 0 || _notShared + _suspended < _members))
            yield return $"Nothing to do: {(_members == 0 ? "there are no members" : _filesDone == 0 ? "there are no data files" : $"{Count(_filesDone, "file")} loaded already")}.";
        else
            yield return $"{(stopped is null ? "Done" : "Stopped")} after {Length(clock.GetElapsedTime(_started))}: {Count(now, "file")} of {Count(_membersDone, "member")} read, "
                + $"{all.Loaded:N0} rows loaded, {all.Unchanged:N0} unchanged{(_loadedBefore == 0 ? "" : $"; {Count(_loadedBefore, "file")} loaded before")}.";
        if (_notShared > 0)
            yield return $"{Count(_notShared, "member")} not loaded: no consent file, or it says none, or they said so here.";
        if (_suspended > 0)
            yield return $"{Count(_suspended, "member")} not loaded: suspended until they sign in again.";
        if (all.Quarantined > 0)
            yield return $"{Count(all.Quarantined, "line")} could not be read: table openaps.quarantine has the reasons.";
        if (_summaries.Failed > 0)
            yield return $"The summaries of {Count(_summaries.Failed, "participant")} could not be made: the service tries again, or the command summarise.";
        if (_failures.Count > 0)
            yield return "Not loaded, by cause:";
        foreach (var (cause, times) in _failures.OrderByDescending(failure => failure.Value))
            yield return $"{times,7:N0}  {cause.Text}: {cause.Next}.";
        if (stopped is not null)
            yield return $"It stopped because {stopped.Text}; {Count(_members - _membersDone, "member")} not finished. Next: {stopped.Next}: it goes on with what is missing.";
    }

    /// <summary>How far it is.</summary>
    string Now()
    {
        lock (_gate)
        {
            var elapsed = clock.GetElapsedTime(_started);
            var left = _workDone > 0 && elapsed > Guess ? $", {Length(elapsed * Math.Max(0, _work / _workDone - 1))} left" : "";
            return $"{_membersDone:N0}/{_members:N0} members, {_filesDone:N0}/{_files:N0} files, {_lines:N0} rows, {_lines / Math.Max(elapsed.TotalSeconds, 0.1):N0} rows/s{left}";
        }
    }

    public static string Count(long number, string of) => $"{number:N0} {of}{(number == 1 ? "" : "s")}";

    static string Length(TimeSpan time) => time.TotalSeconds < 10 ? $"{time.TotalSeconds:0.0} s" : time.TotalMinutes < 2 ? $"{time.TotalSeconds:0} s"
        : time.TotalHours < 2 ? $"{time.TotalMinutes:0} min" : $"{time.TotalHours:0.0} h";
}
