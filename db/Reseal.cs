using System.Xml.Linq;
using Dapper;
using Nightscout;
using Npgsql;
using Register;
using ServiceDefaults;

namespace Db;

/// <summary>
/// The operator command <c>reseal</c>: whatever an older deployment key sealed is sealed with the present one, so that the older one opens nothing any more.
/// As the owner of the database, because sealed values stand in tables of three writers. Services may run meanwhile; safe to repeat.
/// </summary>
public sealed class Reseal(NpgsqlDataSource db, SecretBox secrets, TextWriter output)
{
    /// <summary>A sealed value, the salt it was sealed with, and what tells for what it was sealed.</summary>
    sealed record Row
    {
        public long Id { get; init; }

        public byte[] Box { get; init; } = [];

        public byte[] Salt { get; init; } = [];

        /// <summary>Whom or what else the context names.</summary>
        public string? Of { get; init; }

        /// <summary>The sealed address of the participant's site; null: not known yet.</summary>
        public byte[]? Site { get; init; }
    }

    /// <param name="ContextOf">For what the value was sealed, as the service that writes the column says it; null: cannot be told.</param>
    sealed record Place(string Column, string Rows, string Update, Func<Row, SecretBox, string?> ContextOf);

    static readonly Place[] Places =
    [
        new("register.open_humans_token.access_token",
            "select access_token as box, salt, participant_id as id from register.open_humans_token join register.participant using (participant_id)",
            "update register.open_humans_token set access_token = @fresh where participant_id = @Id and access_token = @Box",
            (row, _) => OpenHumansTokens.AccessContext(row.Id)),
        new("register.open_humans_token.refresh_token",
            "select refresh_token as box, salt, participant_id as id from register.open_humans_token join register.participant using (participant_id)",
            "update register.open_humans_token set refresh_token = @fresh where participant_id = @Id and refresh_token = @Box",
            (row, _) => OpenHumansTokens.RefreshContext(row.Id)),
        new("register.nightscout_token.token", // before the addresses: its host is in one
            "select token as box, salt, participant_id as id, site from register.nightscout_token join register.participant using (participant_id) left join ingest.participant using (participant_id)",
            "update register.nightscout_token set token = @fresh where participant_id = @Id and token = @Box",
            (row, secrets) => row.Site is null ? null : SiteToken.Context(row.Id, Site.Parse(secrets.Open(row.Site, row.Salt, SiteContext(row.Id))).Host)),
        new("ingest.participant.site",
            "select site as box, salt, participant_id as id from ingest.participant join register.participant using (participant_id) where site is not null",
            "update ingest.participant set site = @fresh where participant_id = @Id and site = @Box",
            (row, _) => SiteContext(row.Id)),
        new("portal.access_grant.sealed_secret",
            "select sealed_secret as box, grant_id as id, user_id::text as of from portal.access_grant",
            "update portal.access_grant set sealed_secret = @fresh where grant_id = @Id and sealed_secret = @Box",
            (row, _) => $"access_grant.secret/{row.Of}"),
        new("portal.app_users.sealed_totp",
            "select sealed_totp as box, id from portal.app_users where sealed_totp is not null",
            "update portal.app_users set sealed_totp = @fresh where id = @Id and sealed_totp = @Box",
            (row, _) => $"app_users.totp/{row.Id}"),
        new("portal.mail.sealed_body",
            "select sealed_body as box, mail_id as id, recipient as of from portal.mail where sealed_body is not null",
            "update portal.mail set sealed_body = @fresh where mail_id = @Id and sealed_body = @Box",
            (row, _) => $"mail.body/{row.Of}"),
    ];

    static readonly string[] KeyRings = ["register.data_protection_key", "portal.data_protection_key"];

    /// <returns>0: nothing is sealed with an older key any more; 1: something is, and the output says what and why.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var left = 0L;
        foreach (var place in Places)
            left += await ResealAsync(place, connection, cancellationToken);
        foreach (var table in KeyRings)
            left += await ResealAsync(table, connection, cancellationToken);
        foreach (var (table, column) in await connection.QueryAsync<(string, string)>(new CommandDefinition("""
            select format('%I.%I', table_schema, table_name), format('%I', column_name)
              from information_schema.columns join information_schema.tables using (table_schema, table_name)
             where columns.data_type = 'bytea' and table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
             order by 1, 2
            """, cancellationToken: cancellationToken))) // every column, not only those above: a new one must not be forgotten
        {
            var found = await connection.ExecuteScalarAsync<long>(new CommandDefinition($"select count(*) from {table} where substring({column} from 1 for 5) = any(@headers)",
                new { headers = secrets.OldHeaders }, commandTimeout: 0, cancellationToken: cancellationToken));
            if (found > 0)
                await output.WriteLineAsync($"{table}.{column}: {found:N0} still need an older key");
            left += found;
        }
        await output.WriteLineAsync(left == 0
            ? "Nothing is sealed with an older key any more. Secrets__OldKeys__0 stays, because pseudonyms, codes and the list of erasures derive from the oldest; those after it may go."
            : "No key may be taken away yet. Tokens of sites whose address is not known yet: when those participants were copied once more, run this again.");
        return left == 0 ? 0 : 1;
    }

    /// <inheritdoc cref="ResealAsync(string, NpgsqlConnection, CancellationToken)"/>
    async Task<int> ResealAsync(Place place, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (done, broken) = (0, 0);
        foreach (var row in await connection.QueryAsync<Row>(new CommandDefinition(place.Rows, cancellationToken: cancellationToken)))
        {
            if (secrets.IsSealedWithPresentKey(row.Box))
                continue;
            try
            {
                if (place.ContextOf(row, secrets) is not { } context)
                    continue;
                var fresh = secrets.Seal(secrets.Open(row.Box, row.Salt, context), row.Salt, context);
                done += await connection.ExecuteAsync(new CommandDefinition(place.Update, new { fresh, row.Id, row.Box }, cancellationToken: cancellationToken)); // none: a service wrote another value meanwhile
            }
            catch (SealBrokenException)
            {
                broken++;
            }
        }
        await SayAsync(place.Column, done, broken);
        return broken;
    }

    /// <returns>How many open with no key that is configured.</returns>
    async Task<int> ResealAsync(string table, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (done, broken) = (0, 0);
        foreach (var (name, before) in await connection.QueryAsync<(string, string)>(new CommandDefinition($"select name, xml from {table}", cancellationToken: cancellationToken)))
        {
            var xml = XElement.Parse(before);
            var boxes = xml.Descendants("sealed").Where(box => !secrets.IsSealedWithPresentKey(Convert.FromBase64String(box.Value))).ToList();
            if (boxes.Count == 0)
                continue;
            try
            {
                foreach (var box in boxes)
                    box.Value = Convert.ToBase64String(secrets.Seal(secrets.Open(Convert.FromBase64String(box.Value), [], SealedXml.Context), [], SealedXml.Context));
            }
            catch (SealBrokenException)
            {
                broken++;
                continue;
            }
            done += await connection.ExecuteAsync(new CommandDefinition($"update {table} set xml = @after where name = @name and xml = @before",
                new { name, before, after = xml.ToString(SaveOptions.DisableFormatting) }, cancellationToken: cancellationToken));
        }
        await SayAsync($"{table}.xml", done, broken);
        return broken;
    }

    async Task SayAsync(string column, int done, int broken)
    {
        if (done > 0)
            await output.WriteLineAsync($"{column}: {done:N0} sealed anew");
        if (broken > 0)
            await output.WriteLineAsync($"{column}: {broken:N0} open with no key that is configured");
    }

    static string SiteContext(long participantId) => $"ingest.participant.site/{participantId}";
}
