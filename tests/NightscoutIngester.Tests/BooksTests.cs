using Sandbox;

namespace NightscoutIngester.Tests;

/// <summary>Books that tell of files what is not so: restored from a backup, or gone by a listing of Open Humans that lacked some.</summary>
public sealed class BooksTests : NoonTests
{
    NightscoutSite _site = null!;
    Enrolled _participant = null!;

    [SetUp]
    public async Task CopyAsync()
    {
        _site = new("site");
        for (var number = 1; number <= 20; number++) // half a day apart, the newest now
            _site.Entries.Insert(Records.Of("entries", number, _world.Clock.GetUtcNow().AddHours(-12 * number)));
        _participant = await _world.EnrolAsync(_site);
        await _participant.RunAfterAsync(TimeSpan.Zero);
    }

    [TestCase(1, false)]
    [TestCase(1, true)]
    [TestCase(3, false)]
    [TestCase(3, true)]
    public async Task A_backup_of_the_books_that_is_some_revisions_old_costs_no_record(int revisions, bool isListed)
    {
        await _participant.SaveBooksAsync();
        for (var revision = 1; revision <= revisions; revision++)
        {
            _site.Entries.Insert(Records.Of("entries", 100 + revision, _world.Clock.GetUtcNow()));
            _site.Entries.Insert(Records.Of("entries", 200 + revision, _world.Clock.GetUtcNow().AddHours(-30)));
            await _participant.RunAfterAsync(TimeSpan.FromHours(25));
        }
        var before = _participant.Records("entries").Keys.ToList();
        _site.Entries.Delete(Records.Id(101)); // only the files have them any more
        _site.Entries.Delete(Records.Id(201));
        await _participant.RestoreBooksAsync(isListed);

        if (isListed)
            await _participant.RunAsync(); // goes by the books, until it misses a file
        await RunWithListingsAsync();

        Assert.That(_participant.Records("entries").Keys, Is.EquivalentTo(before));
        await AssertBooksTellOfTheFilesAsync();
        Assert.That(_participant.IsMarkedDeleted("entries", 101), Is.True, "what the backup did not know of is looked at like everything else");
    }

    [Test]
    public async Task A_backup_of_the_books_from_before_a_month_was_joined_costs_no_record()
    {
        await _participant.SaveBooksAsync();
        await _participant.RunAfterAsync(TimeSpan.FromDays(75));
        Assert.That(_participant.Files.Keys, Has.None.Matches<string>(name => name.StartsWith("entries_", StringComparison.Ordinal) && name.Length == "entries_2026-01-01".Length));
        var before = _participant.Records("entries").Keys.ToList();
        _site.Entries.Delete(Records.Id(5));
        await _participant.RestoreBooksAsync();

        await RunWithListingsAsync();

        Assert.That(_participant.Records("entries").Keys, Is.EquivalentTo(before));
        await AssertBooksTellOfTheFilesAsync();
    }

    [Test]
    public async Task A_file_that_the_books_learn_of_again_is_not_written_again()
    {
        await _participant.SaveBooksAsync();
        _site.Entries.Insert(Records.Of("entries", 100, _world.Clock.GetUtcNow()));
        await _participant.RunAfterAsync(TimeSpan.FromHours(1));
        await _participant.RestoreBooksAsync();

        var outcome = await _participant.RunAfterAsync(TimeSpan.FromHours(1));

        Assert.That((outcome.Totals.FilesWritten, outcome.Totals.BytesUp), Is.EqualTo((0, 0L)));
        await AssertBooksTellOfTheFilesAsync();
    }

    [Test]
    public async Task A_revision_after_restored_books_is_higher_than_any_before()
    {
        await _participant.SaveBooksAsync();
        for (var number = 101; number < 104; number++)
        {
            _site.Entries.Insert(Records.Of("entries", number, _world.Clock.GetUtcNow()));
            await _participant.RunAfterAsync(TimeSpan.FromMinutes(10));
        }
        var newest = _participant.Files.Where(file => file.Key.StartsWith("entries_", StringComparison.Ordinal)).MaxBy(file => file.Key).Key;
        var before = RevisionOf(newest);
        await _participant.RestoreBooksAsync(isListed: true);
        _site.Entries.Insert(Records.Of("entries", 104, _world.Clock.GetUtcNow()));
        await _participant.RunAsync(); // writes the file beside the one that the books do not know of
        await RunWithListingsAsync();

        Assert.That(RevisionOf(newest), Is.GreaterThan(before), "readers refuse a lower one");
        Assert.That(_participant.Records("entries").Keys, Has.Member(Records.Id(104)).And.Member(Records.Id(101)));
        await AssertBooksTellOfTheFilesAsync();
    }

    [Test]
    public async Task Found_files_stay_as_long_as_their_days_cannot_be_written()
    {
        await _participant.QueryAsync<int?>("update ingest.file set state = 'removed', open_humans_id = -open_humans_id where participant_id = @Participant and collection = 'entries'");
        var found = _participant.Files.Values.Where(file => file.Name.Contains("_entries_", StringComparison.Ordinal)).Select(file => file.Id).ToList();
        foreach (var file in _participant.Files.Values)
            ((System.Text.Json.Nodes.JsonObject)file.Metadata).Remove("sha256"); // they do not prove what they are

        await _participant.RunAsync();

        Assert.That(_participant.Member.Files.Select(file => file.Id), Is.SupersetOf(found));
    }

    [Test]
    public async Task An_upload_that_one_listing_lacks_is_not_given_up([Values] bool isListedAgainAtOnce)
    {
        await KillBeforeCurrentAsync();
        var id = await _participant.QueryAsync<long>("select open_humans_id from ingest.file where participant_id = @Participant and state = 'completed'");
        var hidden = Hide(id);
        await _participant.RunAsync();
        await _participant.RunAsync();
        hidden.Show();
        if (!isListedAgainAtOnce)
            await _participant.QueryAsync<int?>("update ingest.file set state = 'abandoned' where participant_id = @Participant and state = 'completed'"); // as two listings would
        await RunWithListingsAsync();

        Assert.That(_participant.Records("entries").Keys, Has.Member(Records.Id(100)));
        await AssertBooksTellOfTheFilesAsync();
    }

    [Test]
    public async Task Files_that_one_listing_of_a_participant_who_comes_back_lacks_keep_what_only_they_hold()
    {
        _site.Entries.Delete(Records.Id(20)); // pruned: only our file has it
        await _participant.Member.LeaveAsync(erase: false);
        await _world.ExecuteAsync("update ingest.participant set listed_at = null");
        await _participant.RunAsync();
        await _participant.RunAsync();
        await _world.SignInAsync(_participant.Member);
        var hidden = Hide([.. _participant.Files.Values.Select(file => file.Id)]);
        Assert.That((await _participant.RunAsync()).Cause, Is.EqualTo(Cause.Success));
        hidden.Show();

        await RunWithListingsAsync();

        Assert.That(_participant.Records("entries").Keys, Is.EquivalentTo(Enumerable.Range(1, 20).Select(Records.Id)));
        await AssertBooksTellOfTheFilesAsync();
    }

    /// <summary>A run that dies when its upload is complete and not yet current.</summary>
    async Task KillBeforeCurrentAsync()
    {
        _site.Entries.Insert(Records.Of("entries", 100, _world.Clock.GetUtcNow()));
        await _world.ExecuteAsync("""
            create function public.stop() returns trigger language plpgsql as $$ begin raise 'The process was killed here.'; end $$;
            create trigger stop before update on ingest.file for each row when (new.state = 'current') execute function public.stop()
            """);
        await _participant.RunAsync();
        await _world.ExecuteAsync("drop trigger stop on ingest.file");
        Assert.That(await _participant.QueryAsync<long>("select count(*) from ingest.file where participant_id = @Participant and state = 'completed'"), Is.EqualTo(1));
    }

    Hidden Hide(params long[] ids) => _world.Listings.Hide(ids);

    int RevisionOf(string file) => _participant.Files[file].Metadata["revision"]!.GetValue<int>();

    async Task RunWithListingsAsync()
    {
        for (var run = 0; run < 4; run++)
        {
            await _participant.ListAgainAsync();
            await _participant.RunAfterAsync(TimeSpan.FromHours(25));
        }
    }

    async Task AssertBooksTellOfTheFilesAsync() => Assert.That(
        await _participant.QueryAsync<long[]>("select array_agg(open_humans_id order by open_humans_id) from ingest.file where participant_id = @Participant and state = 'current' and missing_since is null"),
        Is.EqualTo(_participant.Files.Values.Select(file => file.Id).Order()));
}
