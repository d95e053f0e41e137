using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>What the project sees of its members and their files (contract §2, §6).</summary>
sealed class Listings(OpenHumansState state)
{
    const int FilesOfMember = 10;

    public void Map(ProjectApi api)
    {
        api.Get("exchange-member/", ExchangeMember);
        api.Get("members/", Members);
        api.Get("", Project);
    }

    IResult ExchangeMember(ApiCall call)
    {
        var member = call.Caller.Member ?? MemberInQuery(call.Context.Request);
        var request = call.Context.Request;
        var page = Page.Of(request, state.Options.MaxLimit);
        var files = state.Files.Listed(member.Id);

        var answer = page.Head(request, files.Count);
        answer["created"] = Time(member.Created);
        answer["project_member_id"] = member.Id;
        answer["sources_shared"] = Array(member.SourcesShared);
        if (state.Options.SharesUsernames)
            answer["username"] = member.Username;
        answer["data"] = new JsonArray([.. page.Of(files).Select(file => File(request, file))]);
        call.Context.Response.Headers.CacheControl = "max-age=0, no-cache, no-store, must-revalidate, private";
        return Answers.Json(answer);
    }

    // With a master token those who left can still be read; a missing id trips the real server (contract §2).
    Member MemberInQuery(HttpRequest request)
    {
        if (request.Query["project_member_id"] is not [{ } id, ..])
            throw Refusal.ServerError();
        return state.FindMember(id) ?? throw Refusal.InvalidMember();
    }

    IResult Members(ApiCall call)
    {
        if (call.Caller.Member is not null)
            throw Refusal.Unauthorized("Invalid token.");
        var request = call.Context.Request;
        var page = Page.Of(request, state.Options.MaxLimit);
        var joined = state.Members.Where(member => member.Joined).ToList();
        if (joined.Count > 0 && request.Query["access_token"].Count == 0)
            throw Refusal.ServerError(); // it builds exchange_member from the token in the query (contract §6)

        var answer = page.Head(request, joined.Count);
        if (state.Options.MembersInAnyOrder)
            Random.Shared.Shuffle(CollectionsMarshal.AsSpan(joined));
        answer["results"] = new JsonArray([.. page.Of(joined).Select(member => Summary(request, member))]);
        return Answers.Json(answer);
    }

    JsonObject Summary(HttpRequest request, Member member)
    {
        var files = state.Files.Listed(member.Id);
        var exchange = $"{request.Root()}/api/direct-sharing/project/exchange-member/";
        var summary = new JsonObject
        {
            ["created"] = Time(member.Created),
            ["project_member_id"] = member.Id,
            ["file_count"] = files.Count,
            ["exchange_member"] = $"{exchange}?access_token={request.Query["access_token"]}&project_member_id={member.Id}",
            ["sources_shared"] = Array(member.SourcesShared),
            ["data"] = new JsonArray([.. files.Take(FilesOfMember).Select(file => File(request, file))]),
        };
        if (state.Options.SharesUsernames)
            summary["username"] = member.Username;
        return summary;
    }

    JsonObject File(HttpRequest request, DataFile file) => new()
    {
        ["id"] = file.Id,
        ["basename"] = file.Name,
        ["created"] = Time(file.Created),
        ["datatypes"] = new JsonArray(),
        ["download_url"] = $"{request.Root()}/data-management/datafile-download/{file.Id}/?key={state.DownloadKeys.Issue(file.Id, state.Options.DownloadLife)}",
        ["metadata"] = file.Metadata.DeepClone(),
        ["source"] = file.Source,
        ["source_project"] = $"{request.Root()}/api/public/project/{file.Source[(file.Source.LastIndexOf('-') + 1)..]}/",
    };

    IResult Project(ApiCall call) => Answers.Json(new JsonObject
    {
        ["active"] = true,
        ["approved"] = true,
        ["authorized_members"] = state.Members.Count(member => member.Joined),
        ["badge_image"] = null,
        ["contact_email"] = "project@sandbox.invalid",
        ["id"] = state.Options.ProjectId,
        ["id_label"] = state.Options.Label,
        ["info_url"] = "",
        ["is_academic_or_nonprofit"] = true,
        ["is_study"] = true,
        ["leader"] = "Sandbox",
        ["long_description"] = "A project that exists in the sandbox only.",
        ["name"] = "Sandbox Data Commons",
        ["organization"] = "Sandbox",
        ["registered_datatypes"] = new JsonArray(),
        ["requested_sources"] = new JsonArray(),
        ["request_sources_access"] = new JsonArray(),
        ["request_username_access"] = state.Options.SharesUsernames,
        ["returned_data_description"] = "",
        ["short_description"] = "A project that exists in the sandbox only.",
        ["slug"] = "sandbox-data-commons",
        ["type"] = "oauth2",
    });

    static JsonArray Array(IEnumerable<string> items) => new([.. items.Select(item => JsonValue.Create(item))]);

    /// <summary>ISO 8601 UTC, microseconds left out when they are 0 (contract §2).</summary>
    static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString(time.Microsecond == 0 && time.Millisecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
}
