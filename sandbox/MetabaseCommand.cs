using System.CommandLine;
using System.Net;

namespace Sandbox;

/// <summary><c>metabase</c>: the stand-in of Metabase alone, reachable from other machines, so for a container's private network only. It forgets everything when it ends.</summary>
static class MetabaseCommand
{
    public static Command New()
    {
        var port = new Option<int>("--port") { DefaultValueFactory = _ => 3000 };
        var command = new Command("metabase", "Answers as Metabase does, as far as its provisioner and embeds need it; MB_EMBEDDING_SECRET_KEY as there.") { port };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var key = Environment.GetEnvironmentVariable("MB_EMBEDDING_SECRET_KEY");
            await using var metabase = await new MetabaseServer(string.IsNullOrEmpty(key) ? null : key, TimeProvider.System).StartAsync(arguments.GetValue(port), IPAddress.Any, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        return command;
    }
}
