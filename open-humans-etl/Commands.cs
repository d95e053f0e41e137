using System.CommandLine;
using OpenHumansEtl.AllowList;
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
        var load = new Command("load-directory", "Loads a folder laid out as the original system kept it. Safe to repeat; prints one JSON line last.") { directory };
        load.SetAction((parsed, cancellationToken) => LoadDirectory.RunAsync(parsed.GetRequiredValue(directory), cancellationToken));

        var list = new Command("allow-list", "Prints the fields that enter the warehouse, as docs/deidentification.md has them.");
        list.SetAction(_ => AllowListDocument.Write(Console.Out));

        return await new RootCommand("Loads what participants share from Open Humans into the warehouse. Without a command it runs as a service.") { load, list }
            .Parse(args).InvokeAsync();
    }
}
