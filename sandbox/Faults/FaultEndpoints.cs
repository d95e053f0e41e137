using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sandbox;

/// <summary><c>/_sandbox/faults</c> on every stand-in: POST adds one or a list, GET lists, DELETE clears.</summary>
static class FaultEndpoints
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static void Map(this Faults faults, IEndpointRouteBuilder app)
    {
        app.MapGet("/_sandbox/faults", () => Results.Json(faults.Waiting, Json));
        app.MapDelete("/_sandbox/faults", () => faults.Clear());
        app.MapPost("/_sandbox/faults", async (HttpRequest request) =>
        {
            try
            {
                using var body = await JsonDocument.ParseAsync(request.Body);
                var added = body.RootElement.ValueKind == JsonValueKind.Array ? body.Deserialize<Fault[]>(Json)! : [body.Deserialize<Fault>(Json)!];
                foreach (var fault in added)
                    faults.Add(fault);
                return Results.Json(faults.Waiting, Json, statusCode: 201);
            }
            catch (JsonException problem)
            {
                return Results.Text(problem.Message, statusCode: 400);
            }
        });
    }
}
