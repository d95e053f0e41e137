using System.CommandLine;
using MetabaseProvisioner;
using Microsoft.Extensions.Configuration;
using ServiceDefaults;

var files = new Option<DirectoryInfo>("--files") { Description = "Folder of collection.json, questions and dashboards; default: those beside this program", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "content")) };
var check = new Option<bool>("--check") { Description = "Writes nothing; exit code 3 and the first difference when Metabase is not as the files say" };
var command = new RootCommand("""
    Brings Metabase to what the files say: administrator, settings, database, collection, questions and dashboards, published for signed embedding; then opens each dashboard as a reader would, and writes their numbers for the portal.
    Safe to repeat: a second run writes nothing, what was changed by hand is set right, and a run that was cut off is completed. Settings come from the environment or from files below /run/secrets; .env.example names them.
    Exit codes: 0 all is as the files say; 1 something is not, and the last line says what to do; 2 a setting or a file is wrong; 3 with --check: there is a difference.
    """) { files, check };
var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddKeyPerFile(ServiceHost.SecretFiles, optional: true).Build();
command.SetAction((parsed, cancellationToken) => Run.Async(configuration, parsed.GetRequiredValue(files).FullName, parsed.GetValue(check), Console.Out, Console.Error, cancellationToken));
var settings = new Command("check", "Names every setting that is missing or malformed, never a value, and asks Metabase nothing. Exit code 1 when a run would not start.");
settings.SetAction(_ => Run.CheckSettings(configuration, Console.Out));
command.Subcommands.Add(new Command("config", "What is to be said of the settings.") { settings });
return await command.Parse(args).InvokeAsync();

namespace MetabaseProvisioner
{
    /// <summary>One run of the program.</summary>
    public static class Run
    {
        /// <returns>Exit code; see <c>--help</c>.</returns>
        public static async Task<int> Async(IConfiguration configuration, string files, bool check, TextWriter output, TextWriter errors, CancellationToken cancellationToken, TimeProvider? clock = null)
        {
            var settings = new SettingsCheck();
            var options = settings.Read<ProvisionerOptions>(configuration, "Metabase");
            if (settings.Problems.Count > 0)
                return Fail(2, $"Not started: {string.Join(" ", settings.Problems)}");
            try
            {
                var content = Content.Read(files);
                using var metabase = new MetabaseClient(options.InternalUrl!);
                var provisioner = new Provisioner(options, content, metabase, clock ?? TimeProvider.System, line => output.WriteLine(Hidden(line)), mayWrite: !check);
                await provisioner.RunAsync(cancellationToken);
                await output.WriteLineAsync($"Done: {content.Dashboards.Count} dashboards with {content.Questions.Count} questions, {(provisioner.Changes == 0 ? "nothing changed" : $"{provisioner.Changes} changes")}.");
                return 0;
            }
            catch (ContentException problem)
            {
                return Fail(2, $"Not started: {problem.Message}");
            }
            catch (DifferenceException difference)
            {
                return Fail(3, $"Metabase is not as the files say. First of what a run would have done: {difference.Message}.");
            }
            catch (MetabaseException problem)
            {
                return Fail(1, $"Not done: {problem.Message}");
            }

            int Fail(int code, string line)
            {
                errors.WriteLine(Hidden(line));
                return code;
            }

            string Hidden(string line) => options.Secrets.Aggregate(line, (text, secret) => text.Replace(secret, "…", StringComparison.Ordinal));
        }

        /// <returns>Exit code: 1 when a run would not start.</returns>
        public static int CheckSettings(IConfiguration configuration, TextWriter output)
        {
            var settings = new SettingsCheck();
            settings.Read<ProvisionerOptions>(configuration, "Metabase");
            return settings.Print(output, "metabase-provisioner");
        }
    }
}
