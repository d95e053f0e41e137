using System.Text.Json;
using System.Text.Json.Serialization;

namespace GoogleSheets;

sealed record KeyFile(string ClientEmail, string PrivateKeyId, string PrivateKey);

sealed record JwtHeader(string Alg, string Typ, string Kid);

sealed record JwtClaims(string Iss, string Scope, string Aud, long Iat, long Exp);

sealed record TokenAnswer(string AccessToken);

/// <param name="Values">Rows of cells; empty rows at the end and empty cells at the end of a row are left out. Null: the worksheet is empty.</param>
sealed record ValueRange(IReadOnlyList<IReadOnlyList<JsonElement>>? Values = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(KeyFile))]
[JsonSerializable(typeof(JwtHeader))]
[JsonSerializable(typeof(JwtClaims))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(ValueRange))]
sealed partial class Wire : JsonSerializerContext;
