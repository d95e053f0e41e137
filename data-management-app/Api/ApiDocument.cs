using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DataManagementApp.Api;

/// <summary>The OpenAPI document of the API, generated from its endpoints, and the page that shows it and tries it out.</summary>
public static class ApiDocument
{
    /// <summary>Swagger UI draws its icons from <c>data:</c> addresses; everything else is its own files.</summary>
    const string Policy = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = endpoint => endpoint.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "Diabetes data commons",
                Version = "1",
                Description = "What the researchers' pages offer, for programs: the same access, the same codes, the same rules. Times are ISO 8601 in UTC, days yyyy-mm-dd. "
                    + "Participants and records are named by codes of your study; errors are problem details (RFC 9457) that say what to do next.",
            };
            document.Servers = [];
            foreach (var path in document.Paths.Values)
                path.Operations?.Remove(HttpMethod.Head); // as GET, without a body: an operation of the same name would be one too many
            document.Components ??= new();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [TokenAuthentication.SchemeName] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "A personal access token, made on the page “Access tokens”.",
                },
            };
            document.Security = [new() { [new OpenApiSecuritySchemeReference(TokenAuthentication.SchemeName, document)] = [] }];
            return Task.CompletedTask;
        });
    });

    /// <summary>The document, as it is served.</summary>
    public static async Task<JsonNode> ReadAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync(cancellationToken);
        return JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken))!;
    }

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>openapi.json</c> and <c>postman.json</c>, as they are kept in <c>docs/api</c>.</summary>
    public static async Task WriteAsync(IServiceProvider services, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var document = await ReadAsync(services, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "openapi.json"), document.ToJsonString(Indented) + "\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "postman.json"), PostmanCollection.Of(document, new("https://data.example.org")).ToJsonString(Indented) + "\n", cancellationToken);
    }

    public static void MapApiDocument(this WebApplication app)
    {
        app.MapOpenApi("/api/{documentName}/openapi.json").AllowAnonymous();
        app.MapGet("/api/postman.json", async (IServiceProvider services, PortalOptions options, CancellationToken cancellationToken) =>
            Results.Json(PostmanCollection.Of(await ReadAsync(services, cancellationToken), options.BaseUrl!))).AllowAnonymous();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api =>
        {
            api.Use((context, next) =>
            {
                if (!context.Request.Path.StartsWithSegments("/api/v1"))
                    context.Response.Headers.ContentSecurityPolicy = Policy;
                return next();
            });
            api.UseSwaggerUI(page =>
            {
                page.RoutePrefix = "api";
                page.DocumentTitle = "API · Diabetes data commons";
                page.SwaggerEndpoint("/api/v1/openapi.json", "Version 1");
                page.EnableTryItOutByDefault();
                page.ConfigObject.PersistAuthorization = false; // a token does not outlive the page
            });
        });
    }
}
