using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using Db;
using Db.ImportOriginal;
using Microsoft.Extensions.Configuration;
using Npgsql;
using ServiceDefaults;

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddKeyPerFile(ServiceHost.SecretFiles, optional: true).Build();

var migrate = new Command("migrate", "Brings the database to this build's schema and sets the roles' passwords; safe to repeat, waits for another that runs.");
migrate.SetAction((_, cancellationToken) => Run(async db =>
{
    await new Migrator(db, Console.Out).MigrateAsync(cancellationToken);
    await new RolePasswords(db, Console.Out).SetAsync(configuration.GetSection("RolePasswords"), cancellationToken);
    return 0;
}));

var check = new Command("check", "Prints what migrate would apply; exit code 3 when there is something.");
check.SetAction((_, cancellationToken) => Run(async db =>
{
    var pending = await new Migrator(db, Console.Out).PendingAsync(cancellationToken);
    foreach (var name in pending)
        Console.WriteLine($"pending  {name}");
    return pending.Count == 0 ? 0 : 3;
}));

var schema = new Command("schema", "Prints the schema of the database as one SQL text (needs pg_dump); db/schema.sql is its output.");
schema.SetAction((_, cancellationToken) => Run(async db =>
{
    Console.Write(await SchemaDump.ReadAsync(db.ConnectionString, cancellationToken));
    return 0;
}));

var settings = new Command("check", "Names every setting that is missing, malformed or unsafe, never a value, and asks no database. Exit code 1 when something has to be mended.");
settings.SetAction(_ => MigratorSettings.Check(configuration).Print(Console.Out, "migrate"));
var config = new Command("config", "What is to be said of the settings.") { settings };

var folder = new Argument<DirectoryInfo>("FOLDER") { Description = "Gets codebook.html, codebook.csv and codebook.json" };
var codebook = new Command("codebook", "Writes the data dictionary, made of the comments in the database; docs/codebook is its output.") { folder };
codebook.SetAction((parsed, cancellationToken) => Run(async db =>
{
    await CodebookFiles.WriteAsync(db, parsed.GetRequiredValue(folder), cancellationToken);
    return 0;
}));

var original = new Argument<string?>("CONNECTION") { Description = "Of the original's database: Host=…;Database=open_aps_db;Username=…;Password=…; or the setting Original__Connection", Arity = ArgumentArity.ZeroOrOne };
var import = new Command("import-original", "Takes over participants with their tokens, researchers, applications and survey answers from a database of the system before this one. Safe to repeat; changes nothing there.") { original };
import.SetAction((parsed, cancellationToken) => Import.RunAsync(parsed.GetValue(original), configuration, Console.Out, Console.Error, cancellationToken));

var reseal = new Command("reseal", "After a new Secrets__Key: seals with it what Secrets__OldKeys sealed. Safe to repeat, services may run; exit code 1 when something still needs an older key.");
reseal.SetAction((_, cancellationToken) => Run(async db =>
{
    var options = configuration.GetSection("Secrets").Get<SecretsOptions>() ?? new();
    var problems = new List<ValidationResult>();
    if (!Validator.TryValidateObject(options, new(options), problems, validateAllProperties: true))
    {
        Console.Error.WriteLine($"Not done: {problems[0].ErrorMessage}");
        return 2;
    }
    return await new Reseal(db, new(options), Console.Out).RunAsync(cancellationToken);
}));

return await new RootCommand("The database of the data commons. Connection: environment variable Postgres__Connection, as the owner of the database.")
{
    migrate, check, config, schema, codebook, import, reseal,
}.Parse(args).InvokeAsync();

async Task<int> Run(Func<NpgsqlDataSource, Task<int>> command)
{
    if (Postgres.Parse(configuration["Postgres:Connection"]) is not { Host.Length: > 0 } connection)
    {
        Console.Error.WriteLine("Set Postgres__Connection, for instance: Host=localhost;Database=openaps;Username=openaps;Password=…");
        return 2;
    }
    try
    {
        (connection.Pooling, connection.PersistSecurityInfo, connection.GssEncryptionMode) = (false, true, GssEncryptionMode.Disable);
        await using var db = NpgsqlDataSource.Create(connection);
        return await command(db);
    }
    catch (Exception failure) when (failure is MigrationException or NpgsqlException or IOException or SealBrokenException)
    {
        Console.Error.WriteLine($"Not done: {failure.Message}");
        return 1;
    }
}
