using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Sandbox.Check.Tests;

sealed class StubFile(string name, byte[] stored)
{
    public string Name { get; } = name;
    public byte[] Stored { get; set; } = stored;
    public JsonObject Metadata { get; } = [];
    public string Source { get; set; } = "direct-sharing-1";

    public static StubFile Of(string member, string collection, string period, IReadOnlyList<string> lines)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Optimal))
            zip.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => $"{line}\n"))));
        var file = new StubFile($"{member}_{collection}_{period}.ndjson.gz", zipped.ToArray());
        file.Metadata["collection"] = collection;
        file.Metadata["period"] = period;
        file.Metadata["records"] = lines.Sum(line => line.Split('\n').Length);
        file.Describe();
        return file;
    }

    /// <summary>Makes the metadata fit the bytes again.</summary>
    public void Describe()
    {
        Metadata["sha256"] = Sabotage.Sha256(Stored);
        Metadata["md5"] = Sabotage.Md5(Stored);
    }
}

/// <summary>Lists two files a page, with a next link without the token; download links redirect, as on Open Humans.</summary>
static class OpenHumansStub
{
    const int PageSize = 2;

    public static void Map(WebApplication app, Func<string, IReadOnlyList<StubFile>> filesOf)
    {
        app.MapGet("/api/direct-sharing/project/exchange-member/", (HttpRequest request) =>
        {
            var token = $"{request.Headers.Authorization}".Split(' ')[^1];
            if (token.Length == 0)
                return Results.StatusCode(StatusCodes.Status401Unauthorized);
            var files = filesOf(token);
            var offset = int.TryParse(request.Query["offset"], CultureInfo.InvariantCulture, out var given) ? given : 0;
            var root = $"{request.Scheme}://{request.Host}";
            return Results.Json(new JsonObject
            {
                ["next"] = offset + PageSize < files.Count ? $"{root}{request.Path}?offset={offset + PageSize}" : null,
                ["project_member_id"] = token,
                ["sources_shared"] = new JsonArray("direct-sharing-99"),
                ["data"] = new JsonArray([.. files.Index().Skip(offset).Take(PageSize).Select(file => new JsonObject
                {
                    ["id"] = file.Index + 1,
                    ["basename"] = file.Item.Name,
                    ["source"] = file.Item.Source,
                    ["metadata"] = file.Item.Metadata.DeepClone(),
                    ["download_url"] = $"{root}/data-management/datafile-download/{token}/{file.Index}/?key=1",
                })]),
            });
        });
        app.MapGet("/data-management/datafile-download/{token}/{index}/", (string token, int index) => Results.Redirect($"/bucket/{token}/{index}?Signature=1"));
        app.MapGet("/bucket/{token}/{index}", (string token, int index) => Results.Bytes(filesOf(token)[index].Stored));
    }
}
