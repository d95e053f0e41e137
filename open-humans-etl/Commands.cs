using System.CommandLine;
using OpenHumansEtl.AllowList;
using OpenHumansEtl.Demographics;
using OpenHumansEtl.Derived;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>The service, and what an operator can do by hand.</summary>
public static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version"))
            return await ServiceHost.RunAsync(() => Etl.Build(args));

        var directory = new Argument<DirectoryInfo>("DIR") { Description = "Holds <member>/<unix_ms>_<member>_<collection>.json (also .json.gz) and <member>/<member>_open_aps_data_sharing_consent.txt" };
        var checksum = new Option<bool>("--checksum") { Description = "Compares the content also of files whose size and time of change are those of what was loaded" };
        var load = new Command("load-directory", "Loads a folder laid out as the original system kept it. Safe to repeat; prints one JSON line last.") { directory, checksum };
        load.SetAction((parsed, cancellationToken) => LoadDirectory.RunAsync(parsed.GetRequiredValue(directory), parsed.GetValue(checksum), cancellationToken));

        var project = new Command("load-project", "Loads what all members of the Open Humans project share, with its master token from OpenHumans__MasterToken or the file that OpenHumans__MasterTokenFile names. "
            + "Safe to stop and to repeat: it goes on with what is missing. Prints one JSON line last.");
        project.SetAction((_, cancellationToken) => LoadProject.RunAsync(cancellationToken));

        var demographics = new Command("load-demographics", "Reads the surveys that the settings name (section Demographics) now; says how many rows were matched, stored and dropped, and why.");
        demographics.SetAction((_, cancellationToken) => LoadDemographics.RunAsync([], Console.Out, Console.Error, cancellationToken));

        var anew = new Option<bool>("--anew") { Description = "Everything, and not only what changed since it was made" };
        var summarise = new Command("summarise", "Makes local time, duplicates and glucose summaries of what changed. The service does so by itself. Prints one JSON line last.") { anew };
        summarise.SetAction((parsed, cancellationToken) => SummariseCommand.RunAsync(parsed.GetValue(anew), cancellationToken));

        var list = new Command("allow-list", "Prints the fields that enter the warehouse, as docs/deidentification.md has them.");
        list.SetAction(_ => AllowListDocument.Write(Console.Out));

        var sources = new Command("fields", "Prints those fields and what becomes of them for the data dictionary, as libraries/Codebook/fields.json has them.");
        sources.SetAction(_ => AllowListSources.Read().Write(Console.Out));

        return await new RootCommand("Loads what participants share from Open Humans into the warehouse. Without a command it runs as a service.") { load, project, demographics, summarise, list, sources, ConfigCommand.New(() => Etl.Build([])) }
            .Parse(args).InvokeAsync();
    }
}
