using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Deletes files of our project, completed ones only (contract §4).</summary>
sealed class Deletions(OpenHumansState state)
{
    public void Map(ProjectApi api) => api.Post("files/delete/", Delete);

    IResult Delete(ApiCall call)
    {
        var member = call.Member(state);
        var idText = call.Body.Text("file_id");
        var basename = call.Body.Text("file_basename");
        var all = AllFiles(call.Body);
        if (idText != "" && !long.TryParse(idText, out _))
            throw Refusal.Field("file_id", "Enter a whole number.");

        var given = (idText != "" ? 1 : 0) + (basename != "" ? 1 : 0) + (all ? 1 : 0);
        if (given == 0)
            throw Refusal.BadRequest(new() { ["missing_field"] = "one of file_id, file_basename, or all_files is required" });
        if (given > 1)
            throw Refusal.BadRequest(new() { ["too_many"] = "one of file_id, file_basename, or all_files is required, but more than one was given" });

        var gone = state.Files.Delete(file => file.Completed && file.MemberId == member.Id && file.Source == state.Options.Label
            && (all || file.Name == basename || file.Id.ToString() == idText));
        return Answers.Json(new JsonObject { ["ids"] = new JsonArray([.. gone.Select(id => JsonValue.Create(id))]) });
    }

    /// <summary>The trap: in a form everything but false and nothing means true, also <c>0</c>, <c>off</c> and <c>no</c>.</summary>
    static bool AllFiles(ApiBody body) => body["all_files"] switch
    {
        null => false,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>().ToLowerInvariant() is not ("" or "false"),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => value.GetValue<double>() != 0,
        JsonValue value => value.GetValueKind() == JsonValueKind.True,
        _ => true,
    };
}
