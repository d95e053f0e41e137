namespace OpenHumans;

/// <summary>A member of the project.</summary>
/// <param name="Files">In the account as far as we may see them, those of other projects included.</param>
public sealed record ProjectMember(string ProjectMemberId, int Files);

/// <summary>The direct-sharing API of Open Humans with the project's master token, which sees every member (contract §6).</summary>
/// <remarks>
/// Every call can throw <see cref="OpenHumansRefusedException"/> (the token is wrong, or older than 24 hours), <see cref="OpenHumansTemporaryException"/> (try later) and
/// <see cref="OpenHumansDeclinedException"/>. What a listing names is downloaded by <see cref="OpenHumansClient.DownloadAsync"/>, which needs no token.
/// </remarks>
public sealed class OpenHumansProject(HttpClient http, OpenHumansClient accounts, OpenHumansOptions options)
{
    const int ListingAttempts = 20;

    readonly IOpenHumansApi _api = OpenHumansCalls.Api(http, options);

    /// <summary>Members a page asks for. With each come up to ten files, so that more would take Open Humans long.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>The project's name. Any token of the project is good for this, a member's too.</summary>
    public async Task<string> NameAsync(string masterToken, CancellationToken cancellationToken) =>
        (await OpenHumansCalls.AnswerAsync(budget => _api.ProjectAsync(masterToken, budget), "project", cancellationToken)).Name;

    /// <summary>All present members, by id.</summary>
    /// <remarks>Nothing orders the pages, so that one may repeat members of another and leave some out: what is missing is asked for again, in one page if Open Humans grants it.</remarks>
    public async Task<IReadOnlyList<ProjectMember>> MembersAsync(string masterToken, CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<string, ProjectMember>(StringComparer.Ordinal);
        var limit = PageSize;
        for (var attempt = 0; attempt < ListingAttempts; attempt++)
        {
            MembersPage page;
            var offset = 0;
            do
            {
                page = await OpenHumansCalls.AnswerAsync(budget => _api.MembersAsync(masterToken, limit, offset, budget), "members", cancellationToken);
                foreach (var member in page.Results)
                    found[member.ProjectMemberId] = new(member.ProjectMemberId, member.FileCount);
                offset += page.Results.Count;
            }
            while (page.Next is not null && page.Results.Count > 0);
            if (found.Count >= page.Count)
                return [.. found.Values];
            limit = page.Count + PageSize;
        }
        throw new OpenHumansTemporaryException("members", "the pages of the members' list do not add up");
    }

    /// <summary>Lists a member's files of this project, completely. Who has left the project is listed as well.</summary>
    public Task<Membership> ListAsync(string masterToken, string projectMemberId, CancellationToken cancellationToken) =>
        accounts.ListAsync(masterToken, projectMemberId, cancellationToken);

    /// <summary>Writes to a member, also one whose own token is dead; who has left the project is declined.</summary>
    /// <inheritdoc cref="OpenHumansClient.MessageAsync"/>
    public Task MessageAsync(string masterToken, string projectMemberId, string subject, string text, CancellationToken cancellationToken) => OpenHumansCalls.AnswerAsync(budget =>
        _api.MessageAsync(masterToken, new() { ["subject"] = subject, ["message"] = text, ["project_member_ids"] = projectMemberId }, budget), "message", cancellationToken); // of several ids Open Humans would take the last
}
