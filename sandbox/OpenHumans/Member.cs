using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>A person with an account on Open Humans.</summary>
public sealed class Member
{
    readonly OpenHumansState _state;
    readonly Lock _gate = new();
    string[] _sourcesShared = [];

    internal Member(OpenHumansState state, string id, int order) =>
        (_state, Id, Order, Created) = (state, id, order, state.Time.GetUtcNow());

    /// <summary>The <c>project_member_id</c>: a string of digits with leading zeros.</summary>
    public string Id { get; }

    public string Username => $"member{Order}";

    public DateTimeOffset Created { get; }

    /// <summary>Whether the project has this member's authorization.</summary>
    public bool Joined { get; private set; }

    /// <summary>Labels of other projects whose files this member shows to ours, never our own (contract §2).</summary>
    public IReadOnlyList<string> SourcesShared { get { lock (_gate) return _sourcesShared; } }

    /// <summary>This member's files in the order of their ids: every source, incomplete uploads too.</summary>
    public IReadOnlyList<DataFile> Files => _state.Files.Of(Id);

    internal int Order { get; }

    /// <summary>Joins the project, again if need be, and gives what its callback would have got for the code. Earlier pairs stay valid.</summary>
    public TokenPair Authorize() => AuthorizeFor(AuthorizationCodes.AllScopes);

    internal TokenPair AuthorizeFor(string scope)
    {
        Join();
        return _state.Tokens.Issue(Id, scope);
    }

    internal void Join() => Joined = true;

    /// <summary>Puts a completed file into the account, as an earlier run of the project or another project would have.</summary>
    /// <param name="metadata">Null: an empty description and no tags.</param>
    /// <param name="source">Label of another project, which this member then shares with ours; null: our own.</param>
    public DataFile AddFile(string name, ReadOnlyMemory<byte> bytes, JsonObject? metadata = null, string? source = null)
    {
        if (source is not null && source != _state.Options.Label)
            ShareSource(source);
        metadata ??= new() { ["description"] = "", ["tags"] = new JsonArray() };
        var file = _state.Files.Add(Id, source ?? _state.Options.Label, name, metadata);
        _state.Storage.Put(file.StorageKey, bytes, StoredObject.Binary);
        file.Complete();
        return file;
    }

    /// <summary>Grants the project sight of another project's files.</summary>
    public void ShareSource(string source)
    {
        lock (_gate)
            _sourcesShared = [.. _sourcesShared.Append(source).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Deletes a file as the participant does on the web site: the project is not told (contract §4).</summary>
    public bool DeleteFile(long id) => _state.Files.Delete(file => file.Id == id && file.MemberId == Id).Count == 1;

    /// <summary>Makes this member's access tokens expire; refresh tokens stay.</summary>
    public void ExpireAccessTokens() => _state.Tokens.Expire(memberId => memberId == Id);

    /// <summary>Leaves the project: the tokens die at once, then the project is told by its webhook (contract §7).</summary>
    /// <param name="erase">Whether the member asks the project to erase what it has.</param>
    /// <param name="removeFiles">Whether the project's files in this account go, too; the last step, skipped when the webhook cannot be reached.</param>
    /// <exception cref="HttpRequestException">Nobody answers at the webhook. The member has left all the same.</exception>
    /// <exception cref="InvalidOperationException"><see cref="OpenHumansOptions.PlainLeaveBreaks"/>. The member has left all the same.</exception>
    public async Task LeaveAsync(bool erase, bool removeFiles = false, CancellationToken cancellationToken = default)
    {
        Joined = false;
        _state.Tokens.RevokeAll(Id);
        await _state.NotifyOfLeaveAsync(Id, erase, cancellationToken);
        if (removeFiles)
            _state.Files.Delete(file => file.MemberId == Id && file.Source == _state.Options.Label);
    }
}
