using Testing;

namespace Sandbox.Check.Tests;

sealed class WayCheckTests
{
    TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task SetUp() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task TearDown() => await _database.DisposeAsync();

    [Test]
    public async Task A_way_without_a_fault_has_no_mismatch()
    {
        var result = await new ExampleWay().CheckAsync(_database.Owner);

        Assert.That(result.Mismatches, Is.Empty);
        Assert.That((result.Nightscout, result.OpenHumans, result.Warehouse, result.Exported, result.NotShared, result.Deleted, result.Undated), Is.EqualTo((13, 13, 13, 13, 2, 1, 1)));
    }

    [TestCaseSource(typeof(Faults), nameof(Faults.InFiles)), TestCaseSource(typeof(Faults), nameof(Faults.InWarehouse)), TestCaseSource(typeof(Faults), nameof(Faults.InSegments)), TestCaseSource(typeof(Faults), nameof(Faults.InExports))]
    public async Task One_fault_is_one_mismatched_record(Fault fault)
    {
        var way = new ExampleWay();
        fault.Make(way);

        var result = await way.CheckAsync(_database.Owner);

        Assert.That(result.MismatchedRecords, Is.EqualTo(1), string.Join('\n', result.Mismatches));
        Assert.That(result.Mismatches.Select(mismatch => (mismatch.RecordId, mismatch.Stage)), Has.Some.EqualTo((fault.Record, fault.Stage)), string.Join('\n', result.Mismatches));
        Assert.That(result.Mismatches.Select(mismatch => mismatch.What.Length), Has.All.LessThan(200));
    }

    [Test]
    public async Task Fields_of_the_cache_that_come_and_go_are_no_mismatch()
    {
        var way = new ExampleWay();
        way["t1"].Site = way["t1"].Site!.Replace("\"carbs\"", "\"mills\":1,\"endmills\":2,\"carbs\"", StringComparison.Ordinal);
        way["d2"].File = way["d2"].File!.Replace("\"loop\"", "\"mills\":1793527560000,\"loop\"", StringComparison.Ordinal);
        way["d2"].Raw = way["d2"].Raw!.Replace("\"loop\"", "\"mills\":1793527560000,\"loop\"", StringComparison.Ordinal);

        var result = await way.CheckAsync(_database.Owner);

        Assert.That(result.Mismatches, Is.Empty);
    }

    [Test]
    public async Task Records_dated_after_the_limit_are_left_out_everywhere()
    {
        var way = new ExampleWay { IgnoreAfter = new(2026, 11, 1, 23, 59, 59, TimeSpan.Zero) };
        (way["b1"].File, way["b1"].Row, way["b1"].Raw) = (null, null, null); // copied after the check came by
        way["b2"].Site = null; // arrived after it

        var result = await way.CheckAsync(_database.Owner);

        Assert.That(result.Mismatches, Is.Empty);
        Assert.That((result.Nightscout, result.OpenHumans, result.Warehouse, result.Exported), Is.EqualTo((10, 10, 10, 10)));
    }

    [Test]
    public async Task Two_faults_are_two_mismatched_records()
    {
        var way = new ExampleWay();
        way["e2"].Row = way["e2"].Row!.Replace("109", "108", StringComparison.Ordinal);
        way["b1"].Raw = way["b1"].Raw!.Replace("140", "141", StringComparison.Ordinal);

        var result = await way.CheckAsync(_database.Owner);

        Assert.That(result.Mismatches.Select(mismatch => mismatch.RecordId).Distinct(), Is.EquivalentTo(new[] { "e2", "b1" }));
        Assert.That(result.MismatchedRecords, Is.EqualTo(2));
    }

    [Test]
    public async Task Swapped_pseudonyms_are_found_in_both_records()
    {
        var way = new ExampleWay();
        way.Records[ExampleWay.Bob] = [.. Enumerable.Range(1, 6).Select(number => ExampleRecords.Reading($"b{number}", 1793613600000 + number, 100 + number))];
        foreach (var number in Enumerable.Range(1, 6))
            way[$"b{number}"].Rename("share2", number % 2 == 0 ? "Ann" : "Bob", number % 2 == 0 ? "aaaaaaaaaa" : "bbbbbbbbbb", number % 2 == 0 ? "~cccccaaaaa" : "~dddddaaaaa");
        way["b1"].File = way["b1"].File!.Replace("bbbbbbbbbb", "aaaaaaaaaa", StringComparison.Ordinal);
        way["b2"].File = way["b2"].File!.Replace("aaaaaaaaaa", "bbbbbbbbbb", StringComparison.Ordinal);

        var result = await way.CheckAsync(_database.Owner);

        Assert.That(result.Mismatches.Select(mismatch => mismatch.RecordId), Is.EquivalentTo(new[] { "b1", "b2" }));
    }

    [Test]
    public async Task A_participant_the_register_does_not_know_has_every_record_missing()
    {
        var way = new ExampleWay { AlterWarehouse = db => Faults.ExecuteAsync(db, "update register.participant set project_member_id = '9' where project_member_id = '00000202'") };

        var result = await way.CheckAsync(_database.Owner);

        Assert.That(result.Mismatches.Where(mismatch => mismatch.Stage == "warehouse").Select(mismatch => mismatch.RecordId), Is.EquivalentTo(new[] { "b1", "b2", "b3" }));
    }
}
