using Demographics;
using GoogleSheets;

namespace OpenHumansEtl.Demographics;

/// <summary>A survey's answers could not be read completely: nothing was changed. The message says what to do.</summary>
public sealed class SurveyUnreadableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A survey as it was read: every row, or an exception.</summary>
/// <param name="Rows">Row by row the answer to a question; null where there is none.</param>
/// <param name="Missing">Headings that the survey has not (any more): those answers stay empty.</param>
public sealed record SurveyContent(IReadOnlyList<Func<Question, string?>> Rows, IReadOnlyList<string> Missing);

/// <summary>Reads the surveys from where the settings say they are.</summary>
public sealed class SurveyRows(DemographicsOptions options, GoogleSheetsClient google)
{
    /// <summary>The surveys that the settings name.</summary>
    public IReadOnlyList<Survey> Configured => [.. new[] { Survey.OpenAps, Survey.Nightscout }.Where(survey => Csv(survey).Length + Sheet(survey).Length > 0)];

    /// <exception cref="SurveyUnreadableException">It cannot be read, or is not this survey.</exception>
    public async Task<SurveyContent> ReadAsync(Survey survey, CancellationToken cancellationToken)
    {
        var table = Csv(survey) is { Length: > 0 } path ? await ReadCsvAsync(path, cancellationToken) : await ReadSheetAsync(Sheet(survey), cancellationToken);
        if (table.Count == 0)
            throw new SurveyUnreadableException("It is empty: it has no headings.");

        var headings = table[0].Select((heading, column) => (Heading: Plain(heading), column)).ToLookup(heading => heading.Heading, heading => heading.column, StringComparer.OrdinalIgnoreCase);
        var columns = survey.Headings.ToDictionary(question => question.Key, question => headings[Plain(question.Value)].ToArray());
        foreach (var needed in new[] { Question.Time, Question.Member }.Where(question => columns[question].Length == 0))
            throw new SurveyUnreadableException($"It has no column {survey.Headings[needed]}: is this the {survey.Name} survey?");
        var rows = table.Skip(1).Where(row => row.Any(cell => !string.IsNullOrWhiteSpace(cell))).ToList();
        if (rows.Count == 0)
            throw new SurveyUnreadableException("It holds no answers. What was loaded before stays: an emptied sheet is more often a mistake than a wish.");
        return new([.. rows.Select(row => (Func<Question, string?>)(question => Cell(row, columns[question])))],
            [.. columns.Where(column => column.Value.Length == 0).Select(column => survey.Headings[column.Key])]);
    }

    /// <summary>Of columns with the same heading (a question that was made anew) the first that is filled in.</summary>
    static string? Cell(IReadOnlyList<string> row, int[] columns) =>
        columns.Where(column => column < row.Count && !string.IsNullOrWhiteSpace(row[column])).Select(column => row[column]).FirstOrDefault();

    static string Plain(string heading) => string.Join(' ', heading.Replace('“', '"').Replace('”', '"').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    static async Task<IReadOnlyList<IReadOnlyList<string>>> ReadCsvAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var text = new StringReader(await File.ReadAllTextAsync(path, cancellationToken)); // drops a byte order mark
            return CsvRows.Read(text);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new SurveyUnreadableException($"The file {path} cannot be read.");
        }
        catch (InvalidDataException broken)
        {
            throw new SurveyUnreadableException($"The file {path} is not a whole CSV file. {broken.Message}");
        }
    }

    async Task<IReadOnlyList<IReadOnlyList<string>>> ReadSheetAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await google.ReadAsync(id, options.Worksheet, cancellationToken);
        }
        catch (GoogleException problem)
        {
            throw new SurveyUnreadableException(problem.Message, problem);
        }
    }

    string Csv(Survey survey) => survey == Survey.OpenAps ? options.OpenApsCsv : options.NightscoutCsv;

    string Sheet(Survey survey) => survey == Survey.OpenAps ? options.OpenApsSheet : options.NightscoutSheet;
}
