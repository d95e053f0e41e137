using System.ComponentModel.DataAnnotations;
using ServiceDefaults;

namespace DataManagementApp.Charts;

/// <summary>Configuration section <c>Metabase</c>: its dashboards instead of the built-in charts. Nothing set: built-in charts.</summary>
public sealed record MetabaseOptions : IValidatableObject
{
    /// <summary>Address of Metabase as browsers see it. Default: none.</summary>
    public Uri? SiteUrl { get; init; }

    /// <summary>Its address from the portal, for its health check. Default: <see cref="SiteUrl"/>.</summary>
    public Uri? InternalUrl { get; init; }

    /// <summary>Secret: MB_EMBEDDING_SECRET_KEY of Metabase, 64 hexadecimal digits.</summary>
    [Secret]
    public string? EmbeddingSecretKey { get; init; }

    /// <summary>The numbers of the dashboards, as whoever made them wrote them: <c>{"dashboards":{"entries":12,"treatments":7,"demographics":31,"cohort":9}}</c>.</summary>
    public string? DashboardsFile { get; init; }

    public bool IsConfigured => SiteUrl is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SiteUrl is { } site && (!site.IsAbsoluteUri || site.Scheme is not ("http" or "https")))
            yield return new("Metabase__SiteUrl is no http or https address.");
        if (IsConfigured && (EmbeddingSecretKey?.Trim() is not { Length: 64 } key || !key.All(char.IsAsciiHexDigit)))
            yield return new("Metabase__EmbeddingSecretKey has to be 64 hexadecimal digits, the same as MB_EMBEDDING_SECRET_KEY of Metabase.");
        if (IsConfigured && string.IsNullOrEmpty(DashboardsFile))
            yield return new("Set Metabase__DashboardsFile: the file with the numbers of the dashboards.");
    }
}
