using ServiceDefaults;

namespace DataManagementApp.Exports;

/// <summary>The files of an export of the queue: known to the database one by one, so that a restart goes on behind them.</summary>
public sealed class LeasedFolder(ExportQueue queue, ExportFiles files, Lease lease, IEnumerable<ExportedFile> complete) : IExportFolder
{
    readonly Dictionary<int, ExportedFile> _files = complete.ToDictionary(file => file.Number);

    public IReadOnlyDictionary<int, ExportedFile> Files => _files;

    public FileStream Create(int number) => files.Create(lease, number);

    public async Task KeepAsync(ExportedFile file, IReadOnlySet<long> participants, CancellationToken cancellationToken)
    {
        file = file with { Fence = lease.Fence };
        await queue.KeepAsync(lease, file, participants, cancellationToken);
        _files.Add(file.Number, file);
    }

    public void Drop(int number)
    {
        if (!_files.ContainsKey(number))
            File.Delete(files.PathOf(lease.Key, number, lease.Fence));
    }

    public Task<IReadOnlySet<long>> ParticipantsAsync(CancellationToken cancellationToken) => queue.WrittenAsync(lease.Key, cancellationToken);

    public string PathOf(ExportedFile file) => files.PathOf(lease.Key, file);
}
