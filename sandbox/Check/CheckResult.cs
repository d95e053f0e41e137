namespace Sandbox.Check;

/// <param name="RecordId">Nightscout's <c>_id</c>, or what names the thing found where there is no such record.</param>
/// <param name="Stage">Where it was found: open humans, warehouse, raw segment, quarantine or export.</param>
/// <param name="What">The field and what is wrong with it, in short.</param>
public sealed record Mismatch(string Participant, string Collection, string RecordId, string Stage, string What);

/// <param name="Nightscout">Distinct records of the sharing participants' sites that go the whole way: all but the deleted and the undated.</param>
/// <param name="OpenHumans">Those of them that are in their files.</param>
/// <param name="Warehouse">Records of sharing participants in the typed tables.</param>
/// <param name="Exported">Records in the exported files; a device_status and its metrics are one.</param>
/// <param name="NotShared">Distinct records of the sites of the participants who do not share: only in their own accounts.</param>
/// <param name="Deleted">Distinct records marked as deleted at the source: only in the participants' own accounts.</param>
/// <param name="Undated">Distinct records that nothing dates: in the warehouse, and in no export of days.</param>
public sealed record CheckResult(
    long Nightscout, long OpenHumans, long Warehouse, long Exported, long NotShared, long Deleted, long Undated, IReadOnlyList<Mismatch> Mismatches)
{
    public long MismatchedRecords => Mismatches.Select(mismatch => (mismatch.Participant, mismatch.Collection, mismatch.RecordId)).Distinct().LongCount();
}
