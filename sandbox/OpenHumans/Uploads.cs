using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox;

/// <summary>The two ways of uploading a file (contract §3).</summary>
sealed partial class Uploads(OpenHumansState state)
{
    static readonly TimeSpan PutUrlLife = TimeSpan.FromHours(6);

    public void Map(ProjectApi api)
    {
        api.Post("files/upload/", SmallAsync);
        api.Post("files/upload/direct/", Start);
        api.Post("files/upload/complete/", Complete);
    }

    /// <summary>The whole file in one request; it is renamed, and above 2.5 MiB the real server fails.</summary>
    async Task<IResult> SmallAsync(ApiCall call)
    {
        if (call.Context.Request.ContentLength > ApiBody.InMemoryLimit)
            throw Refusal.ServerError();
        var member = call.Member(state);
        var metadata = UploadMetadata.Parse(call.Body["metadata"]);
        CheckDataTypes(call.Body);
        if (call.Body.DataFile is not { } part)
            throw Refusal.Field("data_file", "This field is required.");
        if (part.Length == 0)
            throw Refusal.Field("data_file", "The submitted file is empty.");

        using var bytes = new MemoryStream();
        await part.CopyToAsync(bytes, call.CancellationToken);
        var file = state.Files.Add(member.Id, state.Options.Label, Sanitised(part.FileName), metadata);
        state.Storage.Put(file.StorageKey, bytes.ToArray(), part.ContentType ?? StoredObject.Binary,
            file.Name.EndsWith(".gz", StringComparison.Ordinal) ? "gzip" : null);
        state.Files.Complete(file);
        return Answers.Json(new JsonObject { ["id"] = file.Id }, 201);
    }

    /// <summary>First of three steps; the second is a PUT to storage.</summary>
    IResult Start(ApiCall call)
    {
        var member = call.Member(state);
        var path = call.Body.Text("filename");
        if (path == "")
            throw Refusal.Field("filename", "This field is required.");
        var metadata = UploadMetadata.Parse(call.Body["metadata"]);
        CheckDataTypes(call.Body);

        var file = state.Files.Add(member.Id, state.Options.Label, path[(path.LastIndexOf('/') + 1)..], metadata, path);
        var url = state.Storage.SignedUrl(call.Context.Request.Root(), HttpMethods.Put, file.StorageKey, PutUrlLife);
        return Answers.Json(new JsonObject { ["id"] = file.Id, ["url"] = url }, 201);
    }

    /// <summary>Third step. Not scoped: any valid token completes any file.</summary>
    IResult Complete(ApiCall call)
    {
        call.Member(state);
        var text = call.Body.Text("file_id");
        if (text == "")
            return Answers.Detail("file does not exist", 400);
        if (!long.TryParse(text, out var id))
            throw Refusal.Field("file_id", "Enter a whole number.");
        var file = state.Files.Find(id) ?? throw Refusal.ServerError();
        if (state.Storage.Find(file.StorageKey) is not { } stored)
            return Answers.Detail("file not present", 400);
        state.Files.Complete(file);
        return Answers.Json(new JsonObject { ["status"] = "ok", ["size"] = stored.Bytes.Length });
    }

    // This project has no registered data types, so none can be named.
    static void CheckDataTypes(ApiBody body)
    {
        if (body.Text("datatypes") is not ("" or "[]"))
            throw Refusal.Field("datatypes", "The datatypes don't match items in our database.");
    }

    static string Sanitised(string name)
    {
        var basename = name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Trim().Replace(' ', '_');
        var clean = NotKept.Replace(basename, "");
        return clean[..Math.Min(clean.Length, 255)];
    }

    [GeneratedRegex(@"[^\w.-]")]
    static partial Regex NotKept { get; }
}
