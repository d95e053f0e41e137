using Dapper;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace Db.ImportOriginal;

/// <summary>Makes the original's members participants, with their tokens. Their consent is not in its database: the ETL reads it from their accounts.</summary>
static class MemberImport
{
    public static async Task<Tally> RunAsync(IReadOnlyList<OriginalMember> members, SecretBox secrets, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tally = new Tally("participants", OriginalDatabase.MembersTable) { Read = members.Count };
        foreach (var member in members)
        {
            if (member.OhId is not { Length: > 0 and <= 16 } id || !id.All(char.IsAsciiDigit))
                tally.LeftOut("their name is not a number of Open Humans");
            else if (string.IsNullOrEmpty(member.AccessToken) || string.IsNullOrEmpty(member.RefreshToken))
                tally.LeftOut("without tokens: they sign in anew");
            else if (await Erasures.IsErasedAsync(id, secrets, connection, cancellationToken))
                tally.LeftOut("erased here: they come back by signing in");
            else
                Count(await StoreAsync(id, new(member.AccessToken, member.RefreshToken, member.TokenExpires ?? DateTime.UnixEpoch), secrets, connection, cancellationToken), tally);
        }
        return tally;
    }

    static async Task<ImportedPair> StoreAsync(string id, TokenPair pair, SecretBox secrets, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // by itself: it locks the participant's row, which a refresh that ends in a refusal needs while we wait for its lock
        var participant = await connection.ExecuteScalarAsync<long>(new CommandDefinition("select register.record_consent(@id, 'file', null, '')", new { id }, cancellationToken: cancellationToken));
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var result = await TokenImport.StoreAsync(participant, pair, secrets, connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    static int Count(ImportedPair result, Tally tally) => result switch
    {
        ImportedPair.New => tally.Done("new: they need not sign in again"),
        ImportedPair.Updated => tally.Done("updated: the original has refreshed their tokens since the last import"),
        ImportedPair.Unchanged => tally.Done("unchanged"),
        ImportedPair.Refused => tally.LeftOut("Open Humans has refused their tokens: they sign in anew"),
        ImportedPair.Left => tally.LeftOut("left the project since: they come back by signing in"),
        _ => tally.LeftOut("signed in here, or refreshed here since: the tokens here are the newer ones"),
    };
}
