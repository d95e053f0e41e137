using System.ComponentModel.DataAnnotations;

namespace OpenHumansEtl.Demographics;

/// <summary>Configuration section <c>Demographics</c>: where the answers to the two surveys are. Each is a CSV file or a Google spreadsheet, or neither.</summary>
public sealed record DemographicsOptions : IValidatableObject
{
    /// <summary>Path of the OpenAPS survey's answers as a CSV file. Default: none.</summary>
    public string OpenApsCsv { get; init; } = "";

    /// <summary>Path of the Nightscout survey's answers as a CSV file. Default: none.</summary>
    public string NightscoutCsv { get; init; } = "";

    /// <summary>Id of the OpenAPS survey's Google spreadsheet: in its address the part between /d/ and the next slash. Default: none.</summary>
    public string OpenApsSheet { get; init; } = "";

    /// <summary>Id of the Nightscout survey's Google spreadsheet. Default: none.</summary>
    public string NightscoutSheet { get; init; } = "";

    /// <summary>Worksheet of the answers in both spreadsheets. Default: <c>Form Responses 1</c>.</summary>
    [Required]
    public string Worksheet { get; init; } = "Form Responses 1";

    /// <summary>How often the surveys are read. Default: one day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "31.00:00:00")]
    public TimeSpan Every { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often the service looks whether a survey is due, and tries one again that could not be read. Default: one hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Beat { get; init; } = TimeSpan.FromHours(1);

    public bool IsConfigured => OpenApsCsv.Length + NightscoutCsv.Length + OpenApsSheet.Length + NightscoutSheet.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OpenApsCsv.Length > 0 && OpenApsSheet.Length > 0)
            yield return new("Set Demographics__OpenApsCsv or Demographics__OpenApsSheet, not both", [nameof(OpenApsCsv)]);
        if (NightscoutCsv.Length > 0 && NightscoutSheet.Length > 0)
            yield return new("Set Demographics__NightscoutCsv or Demographics__NightscoutSheet, not both", [nameof(NightscoutCsv)]);
    }
}
