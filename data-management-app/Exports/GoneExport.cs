using System.Text.Json.Serialization;

namespace DataManagementApp.Exports;

/// <summary>Why a file that was there is not given out any more, and what comes next; body of the 410, as RFC 9457 has it.</summary>
/// <param name="Because">withdrawn, expired or access ended.</param>
/// <param name="Replacement">Address of the file that takes its place, null: there is none (yet).</param>
/// <param name="ReplacementState">queued, building, ready, …</param>
public sealed record GoneExport(string Because, string Title, string Detail, string? Replacement = null, string? ReplacementState = null)
{
    public string Type => "about:blank";

    public int Status => StatusCodes.Status410Gone;

    /// <summary>What the page's button says.</summary>
    [JsonIgnore]
    public string? Button => ReplacementState == "ready" ? "Download the new file" : Replacement is null ? null : "See how far it is";

    [JsonIgnore]
    public string? Link => ReplacementState == "ready" ? Replacement : "/exports";

    public static GoneExport Withdrawn(ExportRow? replacement) => new("withdrawn", "This file was withdrawn",
        "Somebody whose records it held does not share them any more, or with fewer. We deleted the file; please delete every copy you have, and leave that person out of what you make from now on. "
        + (replacement switch
        {
            null => "As long as your access lasts, a new file without them is asked for within a minute, and appears among your files.",
            { State: "ready" } => "A new file without them is ready.",
            { State: "failed" } => "A new file could not be built; please ask for one.",
            { State: "withdrawn" or "expired" } => "The file that took its place is gone as well; please see your files.",
            _ => "A new file without them is being built.",
        }),
        replacement is null ? null : $"/exports/{replacement.ExportId}/download", replacement?.State);

    public static GoneExport FromRelease(Release release) => new("withdrawn", "This file was withdrawn from the release",
        $"Its participant does not share it any more, or with fewer. We deleted it; please delete every copy you have, and leave that person out of what you make from now on. The manifest of version {release.Version} names what is left.",
        $"/releases/{release.Number}/files/{ExportBuild.Manifest}");

    public static readonly GoneExport Expired = new("expired", "This file is gone", "It was kept as long as we keep files. Please ask for it again.");

    public static readonly GoneExport AccessEnded = new("access ended", "Your access has ended", "The file is not given out any more. Please renew your access and ask for the file again.");
}
