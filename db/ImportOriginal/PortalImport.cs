using System.Net.Mail;
using Dapper;
using Npgsql;

namespace Db.ImportOriginal;

/// <summary>Takes over the researchers and their applications. A row that is here already stays as it is.</summary>
static class PortalImport
{
    const string NoAddress = "without a usable e-mail address", HereAlready = "here already: left as it is here";

    /// <param name="knownNumbers">Whether the original's numbers of the commons are ours.</param>
    public static async Task<Tally> UsersAsync(IReadOnlyList<OriginalUser>? users, bool knownNumbers, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tally = new Tally("researchers and administrators", OriginalDatabase.UsersTable) { Read = users?.Count };
        foreach (var user in users ?? [])
        {
            if (Address(user.Email) is not { } email)
            {
                tally.LeftOut(NoAddress);
                continue;
            }
            var allowed = knownNumbers && user.AllowedProjects is >= 0 and <= 2 ? user.AllowedProjects : null;
            var written = await connection.ExecuteAsync(new CommandDefinition("""
                insert into portal.app_users (email, admin, allowed_projects, last_signin, login_count, num_downloads, total_download_size_mb, deactivated, deactivated_date, created_ts)
                values (@email, @admin, @allowed, @LastSignin, @logins, @downloads, @megabytes, @deactivated, @DeactivatedDate, coalesce(@CreatedTs, now()))
                    on conflict (email) do nothing
                """, new
            {
                email,
                admin = user.Admin ?? false,
                allowed,
                user.LastSignin,
                logins = user.LoginCount ?? 0,
                downloads = user.NumDownloads ?? 0,
                megabytes = user.TotalDownloadSizeMb ?? 0,
                deactivated = user.Deactivated ?? false,
                user.DeactivatedDate,
                user.CreatedTs,
            }, cancellationToken: cancellationToken));
            if (written == 0)
                tally.Done(HereAlready);
            else
                tally.Done(user.Deactivated == true ? "new, deactivated as there" : allowed is null ? "new, without access: the original names none of the commons known here" : "new, without a password: they get a link");
        }
        return tally;
    }

    /// <inheritdoc cref="UsersAsync"/>
    public static async Task<Tally> ApplicationsAsync(IReadOnlyList<OriginalApplication>? applications, bool knownNumbers, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tally = new Tally("researchers' applications", OriginalDatabase.ApplicationsTable) { Read = applications?.Count };
        foreach (var application in applications ?? [])
        {
            if (Address(application.Email) is not { } email)
                tally.LeftOut(NoAddress);
            else if (!knownNumbers || application.ProjectRequests is not (>= 0 and <= 2))
                tally.LeftOut("for none of the commons known here");
            else
                tally.Done(await StoreAsync(application, email, connection, cancellationToken) ? "new" : HereAlready);
        }
        return tally;
    }

    static async Task<bool> StoreAsync(OriginalApplication application, string email, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into portal.researcher_applications (researcher_name, email, phone_number, project_requests, irb_approval, sponsor_organisation, request_description,
                   application_processed, application_granted, processed_date, inserted_ts, confirmed_at)
            select @name, @email, @PhoneNumber, @ProjectRequests, @irb, @SponsorOrganisation, @description, @processed, @granted, @ProcessedDate, coalesce(@InsertedTs, now()), coalesce(@InsertedTs, now())
             where not exists (select from portal.researcher_applications where email = @email and confirmed_at is not null)
            """, new
        {
            name = application.ResearcherName ?? "",
            email,
            application.PhoneNumber,
            application.ProjectRequests,
            irb = application.IrbApproval?.Trim().ToLowerInvariant() is { } said and ("yes" or "no") ? said : "unsure",
            application.SponsorOrganisation,
            description = application.RequestDescription ?? "",
            processed = application.ApplicationProcessed ?? false,
            granted = application.ApplicationGranted ?? false,
            application.ProcessedDate,
            application.InsertedTs,
        }, cancellationToken: cancellationToken)) == 1;

    /// <summary>As the portal stores it; the original told upper and lower case apart.</summary>
    static string? Address(string? email) => MailAddress.TryCreate(email?.Trim(), out var address) && address.Address == email.Trim() ? address.Address.ToLowerInvariant() : null;
}
