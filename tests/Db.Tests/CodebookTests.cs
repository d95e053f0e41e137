using Codebook;
using Dapper;
using Npgsql;
using Testing;

namespace Db.Tests;

/// <summary>The data dictionary, of a database as the migrations make it.</summary>
public sealed class CodebookTests
{
    TestDatabase _database = null!;
    NpgsqlDataSource _db = null!;

    [OneTimeSetUp]
    public async Task Migrate()
    {
        _database = await TestDatabase.CreateAsync();
        _db = _database.OpenAsOwner();
    }

    [OneTimeTearDown]
    public async Task Drop()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [TestCase("codebook.html")]
    [TestCase("codebook.csv")]
    [TestCase("codebook.json")]
    public async Task The_files_in_the_repository_are_what_the_command_makes(string name)
    {
        var folder = Directory.CreateTempSubdirectory("codebook-");
        try
        {
            await CodebookFiles.WriteAsync(_db, folder, default);

            Assert.That(await File.ReadAllTextAsync(Repository.PathOf($"docs/codebook/{name}")), Is.EqualTo(await File.ReadAllTextAsync(Path.Combine(folder.FullName, name))),
                "make them anew: dotnet run --project db -- codebook docs/codebook");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Every_table_and_column_that_researchers_can_select_has_a_description()
    {
        await using var connection = await _db.OpenConnectionAsync();
        var selectable = (await connection.QueryAsync<string>("""
            select table_name || '.' || column_name from information_schema.columns
             where table_schema = 'research' and table_name <> 'outdated_export' and has_column_privilege('data_management_app', format('research.%I', table_name), column_name, 'select')
            """)).ToList();

        var dictionary = await DictionaryAsync();

        Assert.That(selectable, Has.Count.GreaterThan(300));
        Assert.That(dictionary.Tables.SelectMany(table => table.Columns.Select(column => $"{table.Name}.{column.Name}")), Is.EquivalentTo(selectable));
        Assert.That(dictionary.Tables.Where(table => table.Description.Length == 0).Select(table => table.Name), Is.Empty, "comment on view research.… or on the table openaps.… of that name");
        Assert.That(dictionary.Tables.SelectMany(table => table.Columns.Where(column => column.Description.Length == 0).Select(column => $"{table.Name}.{column.Name}")), Is.Empty,
            "comment on column research.… or openaps.… is '<description>; unit: <unit>'");
    }

    [Test]
    public async Task A_new_column_without_a_comment_is_noticed()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var connection = await database.OpenAsOwner().OpenConnectionAsync();
        await connection.ExecuteAsync("create view research.later as select 1 as thing");

        var dictionary = await DataDictionary.ReadAsync(connection, FieldSources.Built, [], default);

        Assert.That(dictionary.Tables.Single(table => table.Name == "later").Columns.Single().Description, Is.Empty);
    }

    [Test]
    public async Task A_column_whose_name_says_its_unit_has_it_in_the_comment_too()
    {
        var units = new Dictionary<string, string[]>
        {
            ["mgdl"] = ["mg/dL"],
            ["percent"] = ["%"],
            ["minutes"] = ["minutes"],
            ["hours"] = ["hours"],
            ["units"] = ["U"],
            ["bg"] = ["mg/dL"],
            ["iob"] = ["U"],
            ["cob"] = ["g"],
            ["carbs"] = ["g"],
        };

        var wrong = (await DictionaryAsync()).Tables.SelectMany(table => table.Columns.Select(column => (Table: table.Name, Column: column)))
            .Where(named => named.Column.Type is not ("text" or "boolean") && units.TryGetValue(named.Column.Name.Split('_')[^1], out var unit) && !unit.Contains(named.Column.Unit));

        Assert.That(wrong.Select(named => $"{named.Table}.{named.Column.Name}: {named.Column.Unit}"), Is.Empty);
    }

    [Test]
    public async Task Columns_say_where_they_come_from_and_fields_what_becomes_of_them()
    {
        var dictionary = await DictionaryAsync();

        var time = dictionary.Tables.Single(table => table.Name == "entries").Columns.Single(column => column.Name == "date");
        Assert.That(time.From, Is.EqualTo(new[] { "date", "mills", "dateString", "sysTime" }));
        var isf = dictionary.Tables.Single(table => table.Name == "aid_cycle").Columns.Single(column => column.Name == "isf");
        Assert.That((isf.Unit, isf.How), Is.EqualTo(("mg/dL per U", "ISF of a reason in mg/dL, else the first in mg/dL")));
        var glucose = dictionary.Fields.Single(field => field is { Collection: "entries", Path: "sgv" });
        Assert.That((glucose.Unit, glucose.Keeps, glucose.Columns.Single()), Is.EqualTo(("mg/dL", "number", "entries.sgv")));
        Assert.That(glucose.Description, Does.StartWith("sensor glucose"));
        Assert.That(dictionary.Tables.Single(table => table.Name == "entries").Columns.Single(column => column.Name == "participant_id").Nullable, Is.False);
    }

    [Test]
    public async Task A_table_is_described_without_who_writes_and_reads_it() =>
        Assert.That((await DictionaryAsync()).Tables.Select(table => table.Description), Has.None.Contains("Writer").And.None.Contains("open-humans-etl"));

    [Test]
    public async Task The_portals_role_reads_the_same_comments_and_no_number_without_a_grant()
    {
        await using var connection = await _database.OpenAs("data_management_app").OpenConnectionAsync();

        var dictionary = await DataDictionary.ReadAsync(connection, FieldSources.Built, await ObservedField.ReadAsync(connection, default), default);

        Assert.That(DictionaryFiles.Json(dictionary), Is.EqualTo(DictionaryFiles.Json(await DictionaryAsync())));
        Assert.That(() => connection.Execute("select from openaps.observed_field"), Throws.TypeOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        Assert.That(() => connection.Execute("select from openaps.observed_part"), Throws.TypeOf<PostgresException>());
    }

    async Task<DataDictionary> DictionaryAsync()
    {
        await using var connection = await _db.OpenConnectionAsync();
        return await DataDictionary.ReadAsync(connection, FieldSources.Built, [], default);
    }
}
