using System.ComponentModel.DataAnnotations;

namespace GoogleSheets;

/// <summary>Configuration section <c>Google</c>: a service account that may read spreadsheets. Each spreadsheet is shared with its e-mail, as a viewer.</summary>
public sealed record GoogleOptions
{
    /// <summary>The service account's key file (JSON) as Google gives it. Default: none; needed when a survey is a spreadsheet.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Default: <c>https://oauth2.googleapis.com/token</c>. Signed into every request for a token: one for another address is of no use here.</summary>
    [Required]
    public Uri TokenUrl { get; init; } = new("https://oauth2.googleapis.com/token");

    /// <summary>Default: <c>https://sheets.googleapis.com</c>.</summary>
    [Required]
    public Uri SheetsUrl { get; init; } = new("https://sheets.googleapis.com");
}
