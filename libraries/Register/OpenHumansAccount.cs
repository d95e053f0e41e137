using System.Security.Cryptography;
using OpenHumans;

namespace Register;

/// <summary>What arrived on Open Humans is not what was sent.</summary>
public sealed class UploadDamagedException(string what) : Exception($"An upload to Open Humans did not arrive as it was sent: {what}.");

/// <summary>A participant's files on Open Humans, with their tokens looked after: a refused token is replaced once, then believed.</summary>
/// <remarks>Every call can also throw <see cref="SignInAgainException"/>.</remarks>
public sealed class OpenHumansAccount(long participantId, OpenHumansClient client, OpenHumansTokens tokens)
{
    const int ReadAttempts = 5;

    /// <summary>Lists the files and works on them; when one of them was replaced between the listing and its download, lists again.</summary>
    /// <param name="work">May run several times.</param>
    /// <exception cref="OpenHumansTemporaryException">Also when files go faster than they can be read.</exception>
    public async Task<T> ReadAsync<T>(Func<Membership, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                return await work(await ListAsync(cancellationToken));
            }
            catch (OpenHumansFileGoneException gone)
            {
                if (attempt == ReadAttempts)
                    throw new OpenHumansTemporaryException("download", "files of the listing are not there", gone);
            }
    }

    public Task<Membership> ListAsync(CancellationToken cancellationToken) =>
        CallAsync(token => client.ListAsync(token, cancellationToken), cancellationToken);

    public Task<(long Id, Uri Url)> StartUploadAsync(string name, FileMetadata metadata, CancellationToken cancellationToken) =>
        CallAsync(token => client.StartUploadAsync(token, name, metadata, cancellationToken), cancellationToken);

    /// <summary>Sends the bytes and checks the storage's MD5 where it gives one.</summary>
    /// <exception cref="UploadDamagedException">The storage holds other bytes.</exception>
    public async Task PutAsync(Uri url, Stream bytes, long length, ReadOnlyMemory<byte> md5, CancellationToken cancellationToken)
    {
        if (await client.PutAsync(url, bytes, length, cancellationToken) is { } stored && stored != Convert.ToHexStringLower(md5.Span))
            throw new UploadDamagedException("its MD5 differs");
    }

    /// <summary>Makes an upload visible after checking its size.</summary>
    /// <exception cref="UploadDamagedException">The storage holds another number of bytes.</exception>
    public async Task CompleteUploadAsync(long id, long length, CancellationToken cancellationToken)
    {
        var size = await CallAsync(token => client.CompleteUploadAsync(token, id, cancellationToken), cancellationToken);
        if (size != length)
            throw new UploadDamagedException($"{size} bytes instead of {length}");
    }

    public Task<bool> DeleteAsync(long id, CancellationToken cancellationToken) =>
        CallAsync(token => client.DeleteAsync(token, id, cancellationToken), cancellationToken);

    /// <inheritdoc cref="OpenHumansClient.MessageAsync"/>
    public Task MessageAsync(string subject, string text, CancellationToken cancellationToken) => CallAsync(async token =>
    {
        await client.MessageAsync(token, subject, text, cancellationToken);
        return true;
    }, cancellationToken);

    public Task DownloadAsync(OpenHumansFile file, Stream destination, CancellationToken cancellationToken) =>
        client.DownloadAsync(file, destination, cancellationToken);

    /// <summary>Writes a small text file, and only then deletes the older ones of its name.</summary>
    public async Task ReplaceTextAsync(string name, string text, FileMetadata metadata, IEnumerable<OpenHumansFile> files, CancellationToken cancellationToken)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var (id, url) = await StartUploadAsync(name, metadata, cancellationToken);
        await PutAsync(url, new MemoryStream(bytes), bytes.Length, MD5.HashData(bytes), cancellationToken);
        await CompleteUploadAsync(id, bytes.Length, cancellationToken);
        foreach (var old in files.Where(file => file.Name == name && file.Id != id))
            await DeleteAsync(old.Id, cancellationToken);
    }

    public Task<string> ReadTextAsync(OpenHumansFile file, CancellationToken cancellationToken) => client.ReadTextAsync(file, cancellationToken);

    async Task<T> CallAsync<T>(Func<string, Task<T>> call, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(participantId, cancellationToken);
        try
        {
            return await call(token.Value);
        }
        catch (OpenHumansRefusedException)
        {
            token = await tokens.RenewAsync(participantId, token.Generation, cancellationToken);
            return await call(token.Value);
        }
    }
}
