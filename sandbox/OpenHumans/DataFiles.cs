using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>A file in a member's account. Names need not be unique: the id decides (contract §3).</summary>
public sealed class DataFile
{
    readonly ObjectStorage _storage;
    volatile bool _completed;

    internal DataFile(
        ObjectStorage storage, long id, string memberId, string source, string name, JsonNode metadata, string storageKey, DateTimeOffset created)
    {
        _storage = storage;
        (Id, MemberId, Source, Name, Metadata, StorageKey, Created) = (id, memberId, source, name, metadata, storageKey, created);
    }

    public long Id { get; }
    public string MemberId { get; }
    public string Source { get; }
    public string Name { get; }

    /// <summary>As uploaded, unknown keys included.</summary>
    public JsonNode Metadata { get; }

    /// <summary>When the row was made: for a direct upload the time of the first of its three calls (contract §2).</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Until then the file is in no listing and cannot be deleted through the API.</summary>
    public bool Completed => _completed;

    /// <summary>What is in storage now; empty when nothing was PUT.</summary>
    public ReadOnlyMemory<byte> Bytes => _storage.Find(StorageKey)?.Bytes ?? default;

    /// <summary>Puts other bytes in the place of those there, and their hashes where the metadata names some: as if they had been uploaded so.</summary>
    public void Replace(ReadOnlyMemory<byte> bytes)
    {
        _storage.Put(StorageKey, bytes, StoredObject.Binary);
        if (Metadata is JsonObject metadata && metadata.ContainsKey("sha256"))
            metadata["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
        if (Metadata is JsonObject named && named.ContainsKey("md5"))
            named["md5"] = Convert.ToHexStringLower(MD5.HashData(bytes.Span));
    }

    internal string StorageKey { get; }

    internal void Complete() => _completed = true;
}

/// <summary>The rows of all files; the bytes are in <see cref="ObjectStorage"/>.</summary>
sealed class DataFiles(OpenHumansState state)
{
    readonly Lock _gate = new();
    readonly SortedDictionary<long, DataFile> _files = [];
    readonly List<DataFile> _uploaded = [];
    long _lastId = 1000;

    public IReadOnlyList<DataFile> Uploaded { get { lock (_gate) return [.. _uploaded]; } }

    /// <summary>Ends an upload; may be repeated.</summary>
    public void Complete(DataFile file)
    {
        lock (_gate)
        {
            if (!file.Completed)
                _uploaded.Add(file);
            file.Complete();
        }
    }

    public DataFile Add(string memberId, string source, string basename, JsonNode metadata, string? path = null)
    {
        lock (_gate)
        {
            var key = $"member-files/{source}/{Guid.NewGuid()}/{path ?? basename}";
            var file = new DataFile(state.Storage, ++_lastId, memberId, source, basename, metadata, key, state.Time.GetUtcNow());
            return _files[file.Id] = file;
        }
    }

    public DataFile? Find(long id)
    {
        lock (_gate)
            return _files.GetValueOrDefault(id);
    }

    public IReadOnlyList<DataFile> Of(string memberId)
    {
        lock (_gate)
            return [.. _files.Values.Where(file => file.MemberId == memberId)];
    }

    /// <summary>What a listing shows: completed files, by source, then by id, so the newest is last within its source (contract §2).</summary>
    public IReadOnlyList<DataFile> Listed(string memberId) =>
        [.. Of(memberId).Where(file => file.Completed).OrderBy(file => file.Source, StringComparer.Ordinal).ThenBy(file => file.Id)];

    /// <returns>The ids of what is gone, rows and bytes.</returns>
    public IReadOnlyList<long> Delete(Func<DataFile, bool> which)
    {
        lock (_gate)
        {
            var gone = _files.Values.Where(which).ToList();
            foreach (var file in gone)
            {
                _files.Remove(file.Id);
                state.Storage.Delete(file.StorageKey);
            }
            return [.. gone.Select(file => file.Id)];
        }
    }
}
