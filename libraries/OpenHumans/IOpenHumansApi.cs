using System.Text.Json;
using Refit;

namespace OpenHumans;

/// <summary>The calls of Open Humans that we make (contract §1 to §6). Bytes of files go to and come from its storage, without a token: <see cref="OpenHumansClient"/>.</summary>
[Headers("Accept: application/json")]
interface IOpenHumansApi
{
    const string Project = "/api/direct-sharing/project";

    [Post("/oauth2/token/")]
    Task<IApiResponse<TokenAnswer>> TokensAsync([Authorize("Basic")] string credentials, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);

    [Get($"{Project}/")]
    Task<IApiResponse<ProjectPage>> ProjectAsync([Authorize] string token, CancellationToken cancellationToken);

    /// <param name="project_member_id">Names the member where the token does not; null: it does.</param>
    [Get($"{Project}/exchange-member/")]
    Task<IApiResponse<ExchangeMemberPage>> FilesAsync([Authorize] string token, int limit, int offset, string? project_member_id, CancellationToken cancellationToken);

    /// <param name="access_token">The one call that takes the token in its address: with the header alone Open Humans fails (contract §6).</param>
    [Get($"{Project}/members/")]
    Task<IApiResponse<MembersPage>> MembersAsync(string access_token, int limit, int offset, CancellationToken cancellationToken);

    [Post($"{Project}/files/upload/direct/")]
    Task<IApiResponse<UploadStarted>> StartUploadAsync([Authorize] string token, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);

    [Post($"{Project}/files/upload/complete/")]
    Task<IApiResponse<UploadCompleted>> CompleteUploadAsync([Authorize] string token, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);

    [Post($"{Project}/files/delete/")]
    Task<IApiResponse<FilesDeleted>> DeleteAsync([Authorize] string token, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);

    [Post($"{Project}/message/")]
    Task<IApiResponse<JsonElement>> MessageAsync([Authorize] string token, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);
}
