using System.ComponentModel.DataAnnotations;

namespace RegistrationSite;

/// <summary>Configuration section <c>Registration</c>.</summary>
public sealed record RegistrationOptions
{
    /// <summary>Address of this site as browsers see it; its <c>/openhumans/complete</c> is the redirect URL registered with Open Humans.</summary>
    [Required(ErrorMessage = "Set Registration__BaseUrl: the address of the registration site as browsers see it, for instance https://upload.example.org")]
    public Uri? BaseUrl { get; init; }

    /// <summary>Secret of the deauthorisation webhook as set on Open Humans. Without it no webhook can be told from a forged one; they then only make us look. Default: none.</summary>
    public string WebhookSecret { get; init; } = "";

    /// <summary>A file, outside what backups restore, to which each erasure adds a line with a keyed hash: <c>replay-erasures</c> reads it after a restore. All replicas need the same file. Default: none; then keep what <c>list-erasures</c> prints.</summary>
    public string ErasureList { get; init; } = "";

    /// <summary>Who runs this site, as participants read it on the first page. Default: none; the page then says where to ask.</summary>
    public string Operator { get; init; } = "";

    /// <summary>An e-mail address or web page where participants reach the operator. Default: none.</summary>
    public string Contact { get; init; } = "";

    /// <summary>Page of the project (activity) on Open Humans. Default: none; then it is not linked.</summary>
    public Uri? ActivityUrl { get; init; }

    /// <summary>Where the source code of this software is. Default: none; then it is not linked.</summary>
    public Uri? SourceUrl { get; init; }

    /// <summary>The project's master token, without an end (Open Humans lets it die after 24 hours unless asked). With it we can tell people that our permission ended, which their own token cannot any more. Default: none; then they see it on this site only.</summary>
    public string MasterToken { get; init; } = "";

    public Uri RedirectUri => new(BaseUrl!, "/openhumans/complete");
}
