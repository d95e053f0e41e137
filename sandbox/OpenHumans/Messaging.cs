using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Messages to members, and their removal (contract §5).</summary>
sealed class Messaging(OpenHumansState state)
{
    static readonly char[] Separators = [',', ' ', '\n', '\r', '\t'];

    public void Map(ProjectApi api)
    {
        api.Post("message/", Message);
        api.Post("remove-members/", RemoveAsync);
    }

    IResult Message(ApiCall call)
    {
        var text = call.Body.Text("message");
        if (text == "")
            throw Wrapped("message", "This field is required.");
        var subject = $"[Open Humans Project Message] {(call.Body.Text("subject") is { Length: > 0 } given ? given : "From \"Sandbox Data Commons\"")}";
        foreach (var member in call.Caller.Member is { } self ? [self] : Recipients(call.Body))
            state.Send(new(member.Id, subject, text));
        return Answers.Json("success");
    }

    /// <summary>A member leaves by their own token; the project removes whom it names. Our webhook is called inside this request.</summary>
    async Task<IResult> RemoveAsync(ApiCall call)
    {
        foreach (var member in call.Caller.Member is { } self ? [self] : Named(call.Body["project_member_ids"]))
            await member.LeaveAsync(erase: false, cancellationToken: call.CancellationToken);
        return Answers.Json("success");
    }

    List<Member> Recipients(ApiBody body)
    {
        var all = body.Text("all_members").ToLowerInvariant() is not ("" or "false");
        var ids = body["project_member_ids"];
        if (all && ids is not null)
            throw Wrapped("__all__", "You must specify either all members or provide a list of IDs, but not both.");
        if (!all && ids is null)
            throw Wrapped("__all__", "You must specify either all members or provide a list of IDs.");
        return all ? [.. state.Members.Where(member => member.Joined)] : Named(ids);
    }

    List<Member> Named(JsonNode? field)
    {
        var ids = field is JsonArray list
            ? list.Select(id => id?.ToString() ?? "").ToList()
            : (field?.ToString() ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries).ToList();
        if (ids.Any(id => id.Length is not (8 or 16)))
            throw Wrapped("project_member_ids", "Project member IDs are always 8 digits long.");
        var unknown = ids.Where(id => state.FindMember(id) is not { Joined: true }).ToList();
        if (unknown.Count > 0 || ids.Distinct().Count() < ids.Count)
            throw Wrapped("project_member_ids", $"Invalid project member ID(s): {string.Join(", ", unknown)}");
        return [.. ids.Select(id => state.FindMember(id)!)];
    }

    /// <summary>Unlike the other endpoints this one wraps its errors.</summary>
    static Refusal Wrapped(string field, string message) =>
        Refusal.BadRequest(new() { ["errors"] = new JsonObject { [field] = new JsonArray(message) } });
}
