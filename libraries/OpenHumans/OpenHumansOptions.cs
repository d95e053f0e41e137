using System.ComponentModel.DataAnnotations;

namespace OpenHumans;

/// <summary>Configuration section <c>OpenHumans</c>: our project as Open Humans knows it.</summary>
public sealed record OpenHumansOptions
{
    /// <summary>Default: <c>https://www.openhumans.org</c>.</summary>
    [Required]
    public Uri BaseUrl { get; init; } = new("https://www.openhumans.org");

    [Required(ErrorMessage = "Set OpenHumans__ClientId: the client id of the project on openhumans.org.")]
    public string ClientId { get; init; } = "";

    [Required(ErrorMessage = "Set OpenHumans__ClientSecret: the client secret of the project on openhumans.org.")]
    public string ClientSecret { get; init; } = "";
}
