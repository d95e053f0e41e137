using System.Collections.Concurrent;

namespace Sandbox;

/// <summary>The keys in download URLs: every listing makes a fresh one per file, each good for a while, any number of times (contract §2).</summary>
sealed class DownloadKeys(TimeProvider time)
{
    readonly ConcurrentDictionary<string, (long FileId, DateTimeOffset Expires)> _keys = new();
    readonly ConcurrentQueue<string> _oldestFirst = new();

    public string Issue(long fileId, TimeSpan life)
    {
        DropExpired();
        var key = Guid.NewGuid().ToString();
        _keys[key] = (fileId, time.GetUtcNow() + life);
        _oldestFirst.Enqueue(key);
        return key;
    }

    public bool Opens(string key, long fileId) => _keys.TryGetValue(key, out var issued) && issued.FileId == fileId && issued.Expires > time.GetUtcNow();

    // An expired key is refused like an unknown one, so none is kept.
    void DropExpired()
    {
        while (_oldestFirst.TryPeek(out var key) && (!_keys.TryGetValue(key, out var issued) || issued.Expires <= time.GetUtcNow()))
            if (_oldestFirst.TryDequeue(out var dropped))
                _keys.TryRemove(dropped, out _);
    }
}
