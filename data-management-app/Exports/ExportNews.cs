namespace DataManagementApp.Exports;

/// <summary>What owners of exports are to hear of besides the page: the one place where mails begin.</summary>
public sealed class ExportNews(ILogger<ExportNews> log)
{
    /// <summary>An export is ready. Called once for each, after it can be downloaded.</summary>
    public Task ReadyAsync(long exportId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        log.LogInformation("Export {Export}: its owner can have it.", exportId);
        return Task.CompletedTask;
    }

    /// <summary>A release of which they had files was reissued, because somebody in it left or shares less: they are to delete that person's files. Called once for each reader and reissue.</summary>
    public Task ReissuedAsync(int release, long userId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        log.LogInformation("Release {Release} was reissued: user {User} is to delete files.", release, userId);
        return Task.CompletedTask;
    }

    /// <summary>Finished exports were withdrawn and their files deleted, because somebody in them left or shares less. Called once for each.</summary>
    public Task WithdrawnAsync(IReadOnlyCollection<long> exportIds, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var exportId in exportIds)
            log.LogInformation("Export {Export}: its owner is to delete their copies.", exportId);
        return Task.CompletedTask;
    }
}
