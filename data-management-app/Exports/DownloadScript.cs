using System.Globalization;

namespace DataManagementApp.Exports;

/// <summary>Scripts that download a release or an export: what is missing or not whole, going on where they were interrupted, and check everything.</summary>
public static class DownloadScript
{
    public const string Name = "download.sh";

    /// <summary>Files that are whole stay; a part that cannot be gone on with, or is not whole in the end, is fetched anew.</summary>
    const string Functions = """
        get() { curl --fail --silent --show-error --location --retry 5 --header "Authorization: Bearer $TOKEN" "$@"; }
        is_whole() { [ -f "$2" ] && echo "$1  $2" | sha256sum --check --status; }
        fetch() { # SHA-256, name, address
          if is_whole "$1" "$2"; then return; fi
          echo "$2"
          get --output "$2.part" --continue-at - "$3" && is_whole "$1" "$2.part" || { rm -f "$2.part"; get --output "$2.part" "$3"; }
          mv "$2.part" "$2"
        }
        """;

    /// <param name="baseUrl">Of the portal.</param>
    public static string Of(Release release, Uri baseUrl) => $$"""
        {{Head($"Release {release.Version}", $"release-{release.Number}")}}
        {{Functions}}
        base={{new Uri(baseUrl, $"/api/v1/releases/{release.Number}/files")}}
        get --output SHA256SUMS "$base/SHA256SUMS"
        while read -r sum name; do
          fetch "$sum" "$name" "$base/$name"
        done < SHA256SUMS
        {{End}}

        """;

    /// <summary>The zip or, when it is too large for one, its files.</summary>
    /// <inheritdoc cref="Of(Release, Uri)"/>
    public static string Of(ExportRow export, IReadOnlyList<ExportedFile> all, Uri baseUrl)
    {
        var address = new Uri(baseUrl, string.Create(CultureInfo.InvariantCulture, $"/api/v1/exports/{export.ExportId}"));
        (byte[] Sha256, string Name, string Address)[] files = export.Sha256 is { } whole
            ? [(whole, export.Request.FileName, $"{address}/download")]
            : [.. all.Select(file => (file.FileSha256, file.FileName, string.Create(CultureInfo.InvariantCulture, $"{address}/files/{file.Number}")))];
        return $$"""
            {{Head($"Export {export.ExportId}", $"export-{export.ExportId}")}}
            {{Functions}}
            cat > SHA256SUMS.export <<'END'
            {{string.Join('\n', files.Select(file => $"{Convert.ToHexStringLower(file.Sha256)}  {file.Name}"))}}
            END
            {{string.Join('\n', files.Select(file => $"fetch {Convert.ToHexStringLower(file.Sha256)} '{file.Name}' '{file.Address}'"))}}
            {{End.Replace("SHA256SUMS", "SHA256SUMS.export", StringComparison.Ordinal)}}

            """;
    }

    static string Head(string what, string folder) => $$"""
        #!/bin/sh
        # {{what}}: downloads all of it into a folder, or what is still missing there, and checks it.
        # Usage: TOKEN=oadc_… sh download.sh [FOLDER]      (a token of the page "Access tokens" that may download files)
        set -eu
        : "${TOKEN:?Set TOKEN to a personal access token that may download files.}"
        mkdir -p "${1:-{{folder}}}"
        cd "${1:-{{folder}}}"
        """;

    const string End = """sha256sum --check --quiet SHA256SUMS && echo "Everything is here and whole." """;
}
