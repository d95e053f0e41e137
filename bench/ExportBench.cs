using System.Diagnostics;
using Npgsql;
using Sandbox;
using Sandbox.Demo;

namespace Bench;

/// <summary>A million entries of five participants for a researcher: streamed by the operator's command, and built and downloaded on the portal.</summary>
static class ExportBench
{
    const int Rows = 1_000_000, Participants = 5, PerDay = 288;
    const string Researcher = "admin@demo.example", Password = "a bench password";

    public static async Task<IReadOnlyList<Figure>> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        await using var system = await DemoSystem.StartAsync(settings, cancellationToken);
        var folder = Path.Combine(settings.Folder, $"entries-{Rows}");
        var end = new DateTimeOffset(2026, 10, 31, 0, 0, 0, TimeSpan.Zero);
        if (!Directory.Exists(folder))
            OriginalFolder.Write(folder, Enumerable.Range(0, Participants).Select(index => Synthetic.Site(Uploader.Share2, index + 1, Rows / Participants / PerDay * 21 / 20, end)));
        var etl = new Dictionary<string, string>(system.Shared) { ["Postgres__Connection"] = system.Database.As("open_humans_etl") };
        var load = await LoadBench.LoadAsync(settings, folder, etl, cancellationToken);

        using var researcher = await system.SignInToPortalAsync(Researcher, Password, cancellationToken);
        var portal = new Dictionary<string, string>(system.Shared) { ["Postgres__Connection"] = system.Database.As("data_management_app"), ["Portal__BaseUrl"] = system.Portal.OriginalString };
        var streamed = await MeasuredCommand.RunAsync(settings, "DataManagementApp", ["export", "--for", Researcher, "--entity", "entries", "--output", "-"], portal, cancellationToken);
        var copied = await CopyAsync(system.Database.Owner, cancellationToken);

        var watch = Stopwatch.StartNew();
        var link = await DemoSystem.ExportAsync(researcher, "entries", "csv", cancellationToken);
        var built = watch.Elapsed;
        var firstByte = await researcher.DownloadAsync(link, Stream.Null, cancellationToken);
        if (copied.Rows < Rows)
            throw new DemoException($"Only {copied.Rows:N0} rows were loaded.");
        return
        [
            Figure.AtLeast("load-directory of large files, rows/s", load.Rows / load.Run.Total.TotalSeconds, 20_000),
            Figure.Memory("load-directory of large files", load.Run.PeakBytes),
            Figure.AtMost($"export command, s to the first byte of {copied.Rows:N0} rows", streamed.FirstByte.TotalSeconds, 1),
            Figure.Beside("export command, s", streamed.Total.TotalSeconds, "COPY of the same columns of the table", copied.Seconds),
            Figure.Memory("the export command", streamed.PeakBytes),
            Figure.Beside("export on the portal, s until it is built", built.TotalSeconds, "COPY of the same columns of the table", copied.Seconds),
            Figure.AtMost("download from the portal, s to the first byte", firstByte.TotalSeconds, 1),
            Figure.Memory("the portal", PeakMemory.Of(system.Services["data-management-app"].ProcessId)),
        ];
    }

    /// <summary>The peer: PostgreSQL's own copy, as text over the wire, thrown away.</summary>
    static async Task<(long Rows, double Seconds)> CopyAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var count = new NpgsqlCommand("select count(*) from openaps.entries", connection);
        var rows = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        var watch = Stopwatch.StartNew();
        using (var copy = await connection.BeginTextExportAsync("""
            copy (select participant_id, id, sgv, direction, device, type, rssi, rawbg, trend, glucose, mbg, delta, filtered, unfiltered, noise, scale, slope, intercept,
                         system_time, date, date_string
                    from openaps.entries order by participant_id, date) to stdout with (format csv)
            """, cancellationToken))
        {
            var buffer = new char[64 * 1024];
            while (await copy.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
        }
        return (rows, watch.Elapsed.TotalSeconds);
    }
}
