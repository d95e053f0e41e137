using System.CommandLine;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>The service, and what an operator can do by hand.</summary>
public static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version"))
            return await ServiceHost.RunAsync(() => Ingester.Build(args));

        var member = new Argument<string>("MEMBER") { Description = "The participant's project_member_id on Open Humans" };
        var reconcile = new Command("reconcile", "Reads a participant's site and files completely, prints how they differ, and repairs it. Safe to repeat, and beside the running service.") { member };
        reconcile.SetAction((parsed, cancellationToken) => Reconcile.RunAsync(parsed.GetRequiredValue(member), Console.Out, Console.Error, cancellationToken));

        var scrubbing = new Command("scrubbing", "Prints what is dropped, replaced and kept of a record, as docs/scrubbing.md has it.");
        scrubbing.SetAction(_ => ScrubbingDocument.Write(Console.Out));

        return await new RootCommand("Copies participants' Nightscout sites to their Open Humans accounts. Without a command it runs as a service.") { reconcile, scrubbing, ConfigCommand.New(() => Ingester.Build([])) }
            .Parse(args).InvokeAsync();
    }
}
