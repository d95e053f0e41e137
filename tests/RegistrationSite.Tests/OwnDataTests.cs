using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Sandbox;
using Testing;

namespace RegistrationSite.Tests;

/// <summary>A participant takes everything we hold of them: all of theirs, nothing of anybody else's, and no secret.</summary>
public sealed class OwnDataTests : SiteFixture
{
    /// <summary>Columns of bytes in tables of participants: none leaves by the download. A new one is looked at by a person and then entered here.</summary>
    static readonly string[] LeftOut =
    [
        "ingest.day_digest.ids", "ingest.file.md5", "ingest.file.sha256", "ingest.participant.site", "openaps.loaded_period.sha256", "openaps.raw_segment.data", "openaps.raw_segment.sha256",
        "portal.export_file.file_sha256", "portal.export_file.sha256",
        "register.erasure_receipt.member_hash", "register.nightscout_token.token", "register.open_humans_token.access_token", "register.open_humans_token.refresh_token", "register.participant.salt",
    ];

    [Test]
    public async Task The_zip_holds_every_row_of_the_participant_and_explains_each_file()
    {
        var (person, member) = await SignedInAsync();
        await FillAsync(member, "mine");
        var (other, somebody) = await SignedInAsync();
        await FillAsync(somebody, "theirs");
        var participant = await QueryAsync<long>(member, "select @participant");

        var files = await DownloadAsync(person);

        Assert.That(files.Keys, Is.SupersetOf(new[]
        {
            OwnData.Page, "README.txt", "account.json", "register/participant.ndjson", "register/consent.ndjson", "register/open_humans_token.ndjson", "register/nightscout_token.ndjson", "ingest/participant.ndjson", "ingest/run.ndjson",
            "ingest/file.ndjson", "openaps/entries.ndjson", "openaps/raw_segment.ndjson", "openaps/records_entries.ndjson", "portal/delivery.ndjson",
        }));
        Assert.That(Lines(files["openaps/entries.ndjson"]), Has.Count.EqualTo(2500), "more than one batch of the cursor");
        Assert.That(files["openaps/records_entries.ndjson"], Is.EqualTo("{\"mine\":1}\n{\"mine\":2}\n"));
        Assert.That(JsonNode.Parse(files["account.json"])!["member_number_on_open_humans"]!.GetValue<string>(), Is.EqualTo(member.Id));
        foreach (var (name, content) in files.Where(file => file.Key.EndsWith(".ndjson", StringComparison.Ordinal)))
        {
            Assert.That(content, Does.Not.Contain("theirs").And.Not.Contain(somebody.Id), name);
            if (!name.Contains("records_"))
                Assert.That(Lines(content).Select(line => line["participant_id"]!.GetValue<long>()), Is.All.EqualTo(participant), name);
            Assert.That(files["README.txt"], Does.Contain($"{name} ("), "what it is");
        }
        person.Dispose();
        other.Dispose();
    }

    [Test]
    public async Task One_page_says_in_plain_words_what_we_hold()
    {
        var (person, member) = await SignedInAsync();
        await FillAsync(member, "2026-01");
        await ChooseAsync(person, openAps: true, nightscout: false, "guardian");
        await QueryAsync<int?>(member, "insert into openaps.site_survey (participant_id, source, ts, gender, years_since_first_insulin_pump_bracket, cleaned_height_cm) values (@participant, 'site', now(), 'female', '03-5', 180)");

        var page = (await DownloadAsync(person))[OwnData.Page];

        var html = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(page);
        Assert.That(html.Title, Is.EqualTo("What we hold about you and your child"));
        Assert.That(html.QuerySelectorAll("dt").Select(fact => $"{fact.TextContent}: {fact.NextElementSibling!.TextContent}"), Is.SupersetOf(new[]
        {
            $"Your member number on Open Humans: {member.Id}", "Address of your Nightscout, from your Open Humans account: none", "Token of your Nightscout: kept here, encrypted",
            "Our permission to write to your Open Humans account: kept here, encrypted", "Gender: Female", "Years since the first insulin pump: 3 to 5", "Height: 180.0 cm", "Now with: the OpenAPS Data Commons",
        }));
        Assert.That(html.Body!.TextContent, Does.Contain("Glucose readings").And.Contain("1 record in 1 file").And.Contain("Sleep and loops").And.Contain($"folder “{OwnData.Folder}”"));
        Assert.That(page, Does.Not.Contain("<script").And.Not.Contain("src="), "it asks nobody for anything");
        person.Dispose();
    }

    [Test]
    public async Task No_token_key_or_hash_is_in_it()
    {
        var (person, member) = await SignedInAsync();
        await FillAsync(member, "mine");

        var files = await DownloadAsync(person);

        await using var connection = await Owner.OpenConnectionAsync();
        foreach (var column in LeftOut.Where(column => column != "openaps.raw_segment.data"))
        {
            var (table, name) = (column[..column.LastIndexOf('.')], column[(column.LastIndexOf('.') + 1)..]);
            foreach (var secret in await connection.QueryAsync<byte[]>($"select {name} from {table} where participant_id = (select participant_id from register.participant where project_member_id = @Id) and {name} is not null", new { member.Id }))
                foreach (var (file, content) in files)
                    Assert.That(content, Does.Not.Contain(Convert.ToHexStringLower(secret)).And.Not.Contain(Convert.ToBase64String(secret)), $"{column} in {file}");
        }
        Assert.That(string.Concat(files.Values), Does.Not.Contain("machine/1"));
        Assert.That(Lines(files["register/participant.ndjson"]).Single().AsObject().Select(field => field.Key), Does.Not.Contain("salt"));
        person.Dispose();
    }

    [Test]
    public async Task Every_column_of_bytes_was_looked_at_and_every_table_has_its_words()
    {
        await using var connection = await Owner.OpenConnectionAsync();
        var columns = (await connection.QueryAsync<(string Table, string Column, string Type)>("""
            select c.table_schema || '.' || c.table_name, c.column_name, c.data_type from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
             where c.table_schema in ('register', 'ingest', 'openaps', 'portal') and t.table_type = 'BASE TABLE' and exists (
                   select from information_schema.columns p where p.table_schema = c.table_schema and p.table_name = c.table_name and p.column_name = 'participant_id')
            """)).ToList();

        Assert.That(columns.Where(column => column.Type == "bytea").Select(column => $"{column.Table}.{column.Column}"), Is.EquivalentTo(LeftOut));
        Assert.That(columns.Select(column => column.Table).Distinct(), Is.EquivalentTo(OwnDataWords.Tables));
        Assert.That(columns.Where(column => column.Type != "bytea" && (column.Column.Contains("secret") || column.Column.Contains("token") || column.Column.Contains("password"))), Is.Empty, "a secret of another type");
    }

    [TestCase("select count(*) from openaps.entries")]
    [TestCase("select register.open_rows(1, 'portal.app_users')")]
    [TestCase("select register.open_rows(1, 'openaps.source_entities')")]
    [TestCase("select register.open_rows(1, 'pg_catalog.pg_authid')")]
    [TestCase("select email from portal.app_users")]
    [TestCase("select sealed_secret from portal.access_grant")]
    public async Task The_site_itself_reads_nothing_else(string sql)
    {
        await using var db = OpenAs("registration_site");
        await using var connection = await db.OpenConnectionAsync();

        Assert.That(() => connection.ExecuteScalarAsync<object>(sql), Throws.InstanceOf<PostgresException>());
    }

    [TestCase("nightscout_ingester")]
    [TestCase("data_management_app")]
    [TestCase("open_humans_etl")]
    public async Task Other_services_get_nobodys_rows_by_it(string role)
    {
        await using var db = OpenAs(role);
        await using var connection = await db.OpenConnectionAsync();

        Assert.That(() => connection.ExecuteScalarAsync<object>("select register.open_rows(1, 'openaps.entries')"), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
    }

    [Test]
    public async Task Only_who_is_signed_in_gets_it_and_not_too_often()
    {
        using var anybody = new WebSession(SiteUrl);
        using (var answer = await anybody.SendAsync(new(HttpMethod.Get, new Uri("/my-data.zip", UriKind.Relative))))
            Assert.That(answer.RequestMessage!.RequestUri!.AbsolutePath, Is.EqualTo("/"), "sent to sign in");
        var (person, _) = await SignedInAsync();
        for (var time = 0; time < 5; time++)
            await DownloadAsync(person);

        using var sixth = await person.SendAsync(new(HttpMethod.Get, new Uri("/my-data.zip", UriKind.Relative)));

        Assert.That(sixth.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        person.Dispose();
    }

    [Test]
    public async Task It_comes_also_when_Open_Humans_does_not_answer()
    {
        var (person, member) = await SignedInAsync();
        Sandbox.Faults.Add(new() { Kind = FaultKind.Status, Path = "/api/direct-sharing/project/*", Member = member.Id, Count = int.MaxValue });

        var files = await DownloadAsync(person);

        Assert.That(files["account.json"], Does.Contain("could not be read"));
        Assert.That(files.Keys, Does.Contain("register/participant.ndjson"));
        Sandbox.Faults.Clear();
        person.Dispose();
    }

    [Test]
    public async Task My_data_says_who_received_it_or_that_nobody_did()
    {
        var (person, member) = await SignedInAsync();
        await QueryAsync<int?>(member, "insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records) values (@participant, 'entries', '2026-01', 1, 'current', 1, 1, '', '', 1)");
        await person.OpenAsync("/MyData");
        Assert.That(person.Text, Does.Contain("Nobody has downloaded your data yet."));

        await FillAsync(member, "mine");
        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("Sleep and loops OpenAPS Data Commons").And.Contain("a moment ago").And.Not.Contain("@example.org"));
        Assert.That(person.Page.QuerySelector("a[href='/my-data.zip']"), Is.Not.Null);
        person.Dispose();
    }

    const string Folder = $"{OwnData.Folder}/";

    /// <summary>The page to read, and by their names in the folder the files that it sums up.</summary>
    static async Task<Dictionary<string, string>> DownloadAsync(WebSession person)
    {
        using var answer = await person.SendAsync(new(HttpMethod.Get, new Uri("/my-data.zip", UriKind.Relative)));
        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.OK, "application/zip")));
        await using var zip = new ZipArchive(new MemoryStream(await answer.Content.ReadAsByteArrayAsync()));
        var files = new Dictionary<string, string>();
        foreach (var entry in zip.Entries)
            files.Add(entry.FullName.StartsWith(Folder, StringComparison.Ordinal) ? entry.FullName[Folder.Length..] : entry.FullName, await new StreamReader(await entry.OpenAsync(), Encoding.UTF8).ReadToEndAsync());
        return files;
    }

    static List<JsonNode> Lines(string content) => [.. content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    /// <summary>Rows in tables of every schema, with this word in what can hold one.</summary>
    async Task FillAsync(Member member, string word)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($"{{\"{word}\":1}}\n"));
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($"{{\"{word}\":2}}\n"));
        await using var connection = await Owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            select register.record_consent(@Id, 'page', 'both', @word);
            insert into register.nightscout_token (participant_id, token) select participant_id, '\xc0ffee00c0ffee' from p;
            insert into ingest.participant (participant_id, lease_owner, site) select participant_id, 'machine/1', '\xbeadbeadbead' from p;
            insert into ingest.run (participant_id, started_at, ended_at, outcome, records_read, files_written, bytes_up, bytes_down) select participant_id, now(), now(), @word, 1, 1, 1, 1 from p;
            insert into ingest.file (participant_id, collection, period, revision, state, fence, bytes, sha256, md5, records) select participant_id, 'entries', @word, 1, 'current', 1, 1, '\xfeedfeedfeed', '\xfacefaceface', 1 from p;
            insert into openaps.entries (participant_id, id, sgv, device, date, type, period, content_hash)
            select participant_id, @word || i, 100, @word, now(), 'sgv', 'whole', i from p, generate_series(1, 2500) i;
            insert into openaps.raw_segment (participant_id, collection, period, part, lines, sha256, data, file_key, loader_version) select participant_id, 'entries', 'whole', 0, 2, '\xabadcafeabadcafe', @data, @word, 3 from p;
            with u as (insert into portal.app_users (email) values (@email) returning id),
                 g as (insert into portal.access_grant (user_id, openaps, nsf, secret_hash, sealed_secret, expires_at, study) select id, true, false, @email::bytea, 'x', now() + interval '1 day', 'Sleep and loops' from u returning grant_id)
            insert into portal.delivery (participant_id, grant_id, downloads) select participant_id, grant_id, 1 from p, g;
            """.Replace(" from p", " from (select participant_id from register.participant where project_member_id = @Id) p"),
            new { member.Id, word, data = packed.ToArray(), email = $"{Guid.NewGuid():N}@example.org" });
    }
}
