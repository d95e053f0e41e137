using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpenHumans;

sealed record TokenAnswer(string AccessToken, string RefreshToken, int ExpiresIn);

sealed record TokenError(string? Error);

sealed record ExchangeMemberPage(string ProjectMemberId, string? Next, IReadOnlyList<string> SourcesShared, IReadOnlyList<FileEntry> Data);

sealed record FileEntry(long Id, string Basename, DateTimeOffset Created, Uri DownloadUrl, JsonElement Metadata, string Source);

sealed record ProjectPage(string Name);

sealed record MembersPage(int Count, string? Next, IReadOnlyList<MemberEntry> Results);

sealed record MemberEntry(string ProjectMemberId, int FileCount);

sealed record UploadStarted(long Id, Uri Url);

sealed record UploadCompleted(long Size);

sealed record FilesDeleted(IReadOnlyList<long> Ids);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(TokenError))]
[JsonSerializable(typeof(ExchangeMemberPage))]
[JsonSerializable(typeof(ProjectPage))]
[JsonSerializable(typeof(MembersPage))]
[JsonSerializable(typeof(UploadStarted))]
[JsonSerializable(typeof(UploadCompleted))]
[JsonSerializable(typeof(FilesDeleted))]
[JsonSerializable(typeof(FileMetadata))]
[JsonSerializable(typeof(JsonElement))]
sealed partial class Wire : JsonSerializerContext;
