using System.ComponentModel;
using System.Globalization;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace DataManagementApp.Api;

/// <summary>The HTTP API, version 1: what the pages offer, for programs. Described by the document at <c>/api/v1/openapi.json</c>.</summary>
public static class ApiV1
{
    static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup("/api/v1").RequireRateLimiting(Limits.Api).DisableAntiforgery(); // no cookie counts here
        Add(api.MapGet("/me", MeAsync), Scopes.Read, "Study", "me", "The study that the token is for, and what it may do.").Produces<Me>();
        Add(api.MapGet("/entities", Entities), Scopes.Read, "Records", "entities", "Kinds of data there are, and their columns.").Produces<IReadOnlyList<Entity>>();
        Add(api.MapGet("/data-dictionary", Metadata.JsonAsync), Scopes.Read, "Records", "dataDictionary", "What each column means, its unit, what it is made of, and how many participants have it.").Produces<object>();
        Add(api.MapGet("/participants", ParticipantsAsync), Scopes.Read, "Records", "participants", "Everybody the study may read, by code, with their days of glucose.").Produces<IReadOnlyList<Participant>>();
        Add(api.MapGet("/participants/{participant}/{entity}", RecordsAsync), Scopes.Read, "Records", "records",
            "Records of one participant, streamed. For more than a few participants ask for an export: it is faster, and can be resumed.")
            .Produces(200, null, "text/csv", "application/x-ndjson", "application/json", "application/vnd.apache.parquet").ProducesProblem(400).ProducesProblem(404);
        Add(api.MapPost("/exports", AskAsync), Scopes.Export, "Exports", "askForExport", "Asks for an export; it is built in the background.").Produces<Export>(202).ProducesValidationProblem();
        Add(api.MapGet("/exports", ExportsAsync), Scopes.Export, "Exports", "exports", "The newest exports of the study, newest first.").Produces<IReadOnlyList<Export>>();
        Add(api.MapGet("/exports/{id:long}", ExportAsync), Scopes.Export, "Exports", "export", "How far an export is and, when it is ready, its files.").Produces<Export>().ProducesProblem(404);
        Add(api.MapDelete("/exports/{id:long}", CancelAsync), Scopes.Export, "Exports", "cancelExport", "Cancels an export that waits or is being built; deletes the files of one that is ready.").Produces(204).ProducesProblem(404).ProducesProblem(409);
        Add(api.MapMethods("/exports/{exportId:long}/download", GetAndHead, DownloadExport.ZipAsync), Scopes.Download, "Exports", "downloadExport", "The zip of a finished export; resumable (Range, If-Range, ETag).")
            .Produces(200, null, "application/zip").ProducesProblem(404).ProducesProblem(410);
        Add(api.MapGet("/exports/{exportId:long}/download.sh", DownloadExport.ScriptAsync), Scopes.Download, "Exports", "downloadExportScript", "A script that downloads all of a finished export, goes on where it was interrupted, and checks it.")
            .Produces(200, null, "text/plain").ProducesProblem(404).ProducesProblem(410);
        Add(api.MapMethods("/exports/{exportId:long}/files/{number:int}", GetAndHead, DownloadExport.FileAsync), Scopes.Download, "Exports", "downloadExportFile", "One file of a finished export; resumable.")
            .Produces(200, null, "application/octet-stream").ProducesProblem(404).ProducesProblem(410);
        Add(api.MapGet("/releases", ReleasesAsync), Scopes.Read, "Releases", "releases", "Frozen versions of the data that the study may read, newest first.").Produces<IReadOnlyList<ReleaseInfo>>();
        Add(api.MapGet("/releases/{number:int}/difference", DifferenceAsync), Scopes.Read, "Releases", "releaseDifference", "How a release differs from the one before it of the same commons.").Produces<ReleaseDifference>().ProducesProblem(404);
        Add(api.MapMethods("/releases/{number:int}/files/{name}", GetAndHead, DownloadRelease.FileAsync), Scopes.Download, "Releases", "downloadReleaseFile",
            "A file of a release: manifest.json, SHA256SUMS, README.txt, CHANGES.txt, CITATION.txt, codebook.csv, download.sh, or one that the manifest names; resumable.")
            .Produces(200, null, "application/octet-stream").ProducesProblem(404).ProducesProblem(410);
    }

    static RouteHandlerBuilder Add(RouteHandlerBuilder endpoint, string scope, string tag, string name, string summary)
    {
        TokenAuthentication.Require(endpoint, scope);
        return endpoint.WithTags(tag).WithName(name).WithSummary(summary).WithDescription($"Needs a token that may {Scopes.Words(scope)} (scope “{scope}”).").ProducesProblem(401).ProducesProblem(403).ProducesProblem(429);
    }

    static RouteHandlerBuilder Add(IEndpointConventionBuilder endpoint, string scope, string tag, string name, string summary) => Add((RouteHandlerBuilder)endpoint, scope, tag, name, summary);

    /// <param name="Study">Its number.</param>
    /// <param name="Commons">Whose data it may read: openaps, nsf.</param>
    /// <param name="EndsAt">When the study's access ends.</param>
    /// <param name="Scopes">What the token allows: read, export, download.</param>
    public sealed record Me(long Study, IReadOnlyList<string> Commons, DateTime EndsAt, IReadOnlyList<string> Scopes);

    static async Task<IResult> MeAsync(HttpContext context, Grants grants, CancellationToken cancellationToken) =>
        await grants.InUseAsync(context.User, cancellationToken) is { } grant
            ? Results.Ok(new Me(grant.GrantId, [.. new[] { ("openaps", grant.OpenAps), ("nsf", grant.Nsf) }.Where(commons => commons.Item2).Select(commons => commons.Item1)], grant.ExpiresAt,
                [.. context.User.FindAll(TokenAuthentication.Scope).Select(claim => claim.Value)]))
            : Ended();

    /// <param name="Name">What an export may ask for, for instance entries.</param>
    /// <param name="Files">The files it gives.</param>
    public sealed record Entity(string Name, string Title, IReadOnlyList<EntityFile> Files);

    /// <param name="HasRaw">Its records can also be had as they were sent (ndjson, raw_csv).</param>
    public sealed record EntityFile(string Name, IReadOnlyList<string> Columns, bool HasRaw);

    static IReadOnlyList<Entity> Entities() =>
        [.. ExportEntity.Choices.Select(choice => new Entity(choice.Key, ExportEntity.Title(choice.Key), [.. choice.Value.Select(file => new EntityFile(file.Name, file.Columns, file.HasRaw))]))];

    /// <param name="Code">Stands for the participant in all of the study's exports.</param>
    /// <param name="Commons">Whom they share with: openaps, nsf.</param>
    /// <param name="GlucoseDays">Local days with glucose readings.</param>
    /// <param name="FirstMonth">First local month with readings.</param>
    public sealed record Participant(string Code, IReadOnlyList<string> Commons, int GlucoseDays, DateOnly? FirstMonth, DateOnly? LastMonth);

    static async Task<IResult> ParticipantsAsync(HttpContext context, Grants grants, NpgsqlDataSource db, CancellationToken cancellationToken)
    {
        if (await grants.InUseAsync(context.User, cancellationToken) is not { } grant)
            return Ended();
        using var codes = new ExportCodes(grants.CodeKey(grant));
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await grants.OpenAsync(grant, connection, cancellationToken);
        var rows = await Dapper.SqlMapper.QueryAsync<(long ParticipantId, int SourceEntity, int Days, DateOnly? First, DateOnly? Last)>(connection, new Dapper.CommandDefinition("""
            select p.participant_id, p.source_entity, coalesce(g.days, 0)::int, g.first_month, g.last_month
              from research.participant p left join research.glucose_participant g using (participant_id)
            """, cancellationToken: cancellationToken));
        return Results.Ok(rows.Select(row => new Participant(codes.Participant(row.ParticipantId), row.SourceEntity switch { 0 => ["openaps"], 1 => ["nsf"], _ => ["openaps", "nsf"] }, row.Days, row.First, row.Last))
            .OrderBy(participant => participant.Code, StringComparer.Ordinal));
    }

    static async Task<IResult> RecordsAsync(
        [Description("Code of the participant, as /participants gives it.")] string participant,
        [Description("One of the files that /entities names, for instance entries or aid_cycle.")] string entity,
        HttpContext context, Grants grants, ExportBuild build, Deliveries deliveries, Audit audit, TimeProvider clock, CancellationToken cancellationToken,
        [Description("First day, UTC, yyyy-mm-dd; without it all days.")] DateOnly? from = null,
        [Description("Last day, UTC, included.")] DateOnly? to = null,
        [Description("csv, json, parquet, ndjson or raw_csv; the last two are records as they were sent, de-identified.")] string format = ExportFormat.Csv,
        [Description("Only these columns; repeat it for several.")] string[]? columns = null)
    {
        if (await grants.InUseAsync(context.User, cancellationToken) is not { } grant)
            return Ended();
        if (!ExportEntity.Choices["all"].Any(file => file.Name == entity))
            return Problems.Of(404, "There is no such data", "What there is stands at /api/v1/entities.");
        var request = new ExportRequest("all", format, from, to ?? (from is null ? null : DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime))) { Columns = [.. (columns ?? []).Select(column => $"{entity}.{column}")], File = entity };
        if ((from is null) != (request.To is null))
            return Problems.Of(400, "The first day is missing", "Give both days, or the first, or none.");
        if (request.Problems(grant).ToList() is { Count: > 0 } problems)
            return Results.ValidationProblem(problems.GroupBy(problem => problem.Property.ToLowerInvariant()).ToDictionary(group => group.Key, group => group.Select(problem => problem.Problem).ToArray()));
        if (!request.Entities.Any())
            return Problems.Of(400, "There are no records of this kind", "These data are made of records: please choose csv, json or parquet.");
        using var codes = new ExportCodes(grants.CodeKey(grant));
        if ((await build.CoveredAsync(grant, request, cancellationToken)).FirstOrDefault(covered => codes.Participant(covered.ParticipantId) == participant) is not { } who)
            return NoParticipant();
        try
        {
            await deliveries.NoteAsync(grant, new HashSet<long> { who.ParticipantId }, cancellationToken); // before a byte leaves
        }
        catch (ConsentChangedException)
        {
            return NoParticipant(); // they have withdrawn just now
        }
        await audit.NoteAsync(grant.UserId, "records by the API", request.Summary, cancellationToken);
        return Results.Stream(async stream =>
        {
            try
            {
                await build.WritePlainAsync(grant, request, stream, cancellationToken, [who]);
            }
            catch (Exception problem) when (problem is ConsentChangedException or RecordsChangedException or NpgsqlException)
            {
                context.Features.Get<IHttpRequestLifetimeFeature>()?.Abort(); // a broken answer is no answer: never one that looks complete
            }
        }, ContentType(format));
    }

    static string ContentType(string format) => format switch
    {
        ExportFormat.JsonTable => "application/json",
        ExportFormat.Ndjson => "application/x-ndjson",
        ExportFormat.Parquet => "application/vnd.apache.parquet",
        _ => "text/csv",
    };

    /// <param name="Entity">all, entries, treatments, device_status, …: see /entities.</param>
    /// <param name="Format">csv, json, parquet, ndjson or raw_csv.</param>
    /// <param name="From">First day, UTC; null: all days.</param>
    /// <param name="To">Last day, UTC, included.</param>
    /// <param name="Commons">openaps or nsf: only participants who share with it.</param>
    /// <param name="MinDays">Only participants with glucose readings on at least so many days.</param>
    /// <param name="Columns">table.column; of a table that none is named of, all.</param>
    /// <param name="PerParticipant">A file per participant and type.</param>
    public sealed record ExportWish(string Entity, string Format, DateOnly? From, DateOnly? To, string? Commons, int? MinDays, IReadOnlyList<string>? Columns, bool? PerParticipant);

    /// <param name="State">queued, building, ready, failed, cancelled, withdrawn or expired.</param>
    /// <param name="SecondsLeft">About; null: nothing can be said yet.</param>
    /// <param name="Download">Address of the zip, when there is one.</param>
    /// <param name="Sha256">Of the zip.</param>
    public sealed record Export(
        long Id, string State, string Entity, string Format, DateOnly? From, DateOnly? To, long Rows, long? ExpectedRows, double? SecondsLeft, long? Bytes, string? Problem,
        string? Download, string? Sha256, IReadOnlyList<ExportFileInfo> Files);

    /// <param name="Sha256">Of the file as it is downloaded.</param>
    public sealed record ExportFileInfo(string Name, long Rows, long Bytes, string Sha256, string Download);

    static async Task<IResult> AskAsync(ExportWish wish, HttpContext context, Grants grants, ExportQueue queue, Audit audit, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await grants.InUseAsync(context.User, cancellationToken) is not { } grant)
            return Ended();
        var request = new ExportRequest(wish.Entity ?? "", wish.Format ?? "", wish.From, wish.To) { Commons = wish.Commons, MinDays = wish.MinDays ?? 0, Columns = wish.Columns ?? [], PerParticipant = wish.PerParticipant ?? false };
        var problems = request.Problems(grant).ToList();
        if ((wish.From is null) != (wish.To is null))
            problems.Add((nameof(wish.To), "Give both days or none."));
        if (problems.Count > 0)
            return Results.ValidationProblem(problems.GroupBy(problem => problem.Property.ToLowerInvariant()).ToDictionary(group => group.Key, group => group.Select(problem => problem.Problem).ToArray()));
        long id;
        try
        {
            id = await queue.AddAsync(grant, request, cancellationToken);
        }
        catch (TooManyExportsException problem)
        {
            return Problems.Of(429, "Too many exports wait already", problem.Message);
        }
        await audit.NoteAsync(grant.UserId, "export", $"{request.Summary} by the API", CancellationToken.None); // it is asked for: whoever goes away now must not go unwritten
        return Results.Accepted($"/api/v1/exports/{id}", await ReadAsync((await queue.FindAsync(id, cancellationToken))!, queue, clock, cancellationToken));
    }

    static async Task<IReadOnlyList<Export>> ExportsAsync(HttpContext context, ExportQueue queue, TimeProvider clock, CancellationToken cancellationToken)
    {
        var exports = new List<Export>();
        foreach (var export in await queue.OfUserAsync(Session.UserId(context.User), cancellationToken, TokenAuthentication.GrantId(context.User)))
            exports.Add(await ReadAsync(export, queue, clock, cancellationToken));
        return exports;
    }

    static async Task<IResult> ExportAsync(long id, HttpContext context, ExportQueue queue, TimeProvider clock, CancellationToken cancellationToken) =>
        await queue.FindAsync(id, cancellationToken) is { } export && export.IsOf(context.User) ? Results.Ok(await ReadAsync(export, queue, clock, cancellationToken)) : NoExport();

    static async Task<IResult> CancelAsync(long id, HttpContext context, ExportQueue queue, Audit audit, CancellationToken cancellationToken)
    {
        if (await queue.FindAsync(id, cancellationToken) is not { } export || !export.IsOf(context.User))
            return NoExport();
        if (await queue.CancelAsync(id, export.UserId, cancellationToken))
            await audit.NoteAsync(export.UserId, "export cancelled", $"export {id}", CancellationToken.None);
        else if (await queue.DeleteAsync(id, export.UserId, cancellationToken))
            await audit.NoteAsync(export.UserId, "export deleted", $"export {id}", CancellationToken.None);
        else
            return Problems.Of(409, "There is nothing to cancel or delete", $"The export is {export.State}.");
        return Results.NoContent();
    }

    static async Task<Export> ReadAsync(ExportRow export, ExportQueue queue, TimeProvider clock, CancellationToken cancellationToken)
    {
        var files = export.State == "ready" ? await queue.FilesAsync(export.ExportId, cancellationToken) : [];
        return new(export.ExportId, export.State, export.Entity, export.Format, export.FromDay, export.ToDay, export.Rows, export.ExpectedRows, export.Left(clock.GetUtcNow())?.TotalSeconds, export.Bytes, export.Problem,
            export.Sha256 is null ? null : $"/api/v1/exports/{export.ExportId}/download", export.Sha256 is { } hash ? Convert.ToHexStringLower(hash) : null,
            [.. files.Select(file => new ExportFileInfo(file.FileName, file.Rows, file.FileBytes, Convert.ToHexStringLower(file.FileSha256), string.Create(CultureInfo.InvariantCulture, $"/api/v1/exports/{export.ExportId}/files/{file.Number}")))]);
    }

    /// <param name="Version">Grows behind the point when files of people who withdrew go.</param>
    /// <param name="Commons">openaps, nsf; null: both.</param>
    /// <param name="Manifest">Address of the list of its files.</param>
    public sealed record ReleaseInfo(int Number, string Version, string Title, string? Commons, string Format, DateTime MadeAt, DateTime ChangedAt, int Participants, long Rows, long Bytes, string Citation, string Manifest);

    static async Task<IResult> ReleasesAsync(HttpContext context, Grants grants, Releases releases, CancellationToken cancellationToken)
    {
        if (await grants.InUseAsync(context.User, cancellationToken) is not { } grant)
            return Ended();
        return Results.Ok((await releases.AllAsync(cancellationToken)).Where(release => release.IsReady && release.MayBeReadWith(grant)).Select(release => new ReleaseInfo(
            release.Number, release.Version, release.Title, release.Commons, release.Format, release.MadeAt, release.ChangedAt, release.Participants, release.Rows, release.Bytes, release.Citation,
            $"/api/v1/releases/{release.Number}/files/{ExportBuild.Manifest}")));
    }

    static async Task<IResult> DifferenceAsync(int number, HttpContext context, Grants grants, Releases releases, CancellationToken cancellationToken)
    {
        if (await grants.InUseAsync(context.User, cancellationToken) is not { } grant)
            return Ended();
        return await releases.FindUncountedAsync(number, cancellationToken) is { IsReady: true } release && release.MayBeReadWith(grant) && await releases.DifferenceAsync(release, cancellationToken) is { } difference
            ? Results.Ok(difference) : Problems.Of(404, "There is nothing to compare", "There is no such release for this study, or none before it of the same commons.");
    }

    static IResult NoExport() => Problems.Of(404, "There is no such export", "The token may be for another study. What there is stands at /api/v1/exports.");

    static IResult NoParticipant() => Problems.Of(404, "There is no such participant", "They may have withdrawn. Who is there stands at /api/v1/participants.");

    static IResult Ended() => Problems.Of(401, "The study's access has ended", "Please renew it in the portal.");
}
