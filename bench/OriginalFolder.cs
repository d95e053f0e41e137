using Sandbox;

namespace Bench;

/// <summary>Writes sites as the original kept them: <c>MEMBER/TIME_MEMBER_COLLECTION.json</c>, one record per line.</summary>
static class OriginalFolder
{
    public static void Write(string folder, IEnumerable<NightscoutSite> sites)
    {
        var part = folder + ".part";
        if (Directory.Exists(part))
            Directory.Delete(part, recursive: true);
        foreach (var (index, site) in sites.Index())
        {
            var member = $"{10_000_001 + index}";
            var own = Directory.CreateDirectory(Path.Combine(part, member)).FullName;
            File.WriteAllText(Path.Combine(own, $"{member}_open_aps_data_sharing_consent.txt"), "both");
            foreach (var (collection, records) in new[] { ("entries", site.Entries), ("treatments", site.Treatments), ("devicestatus", site.DeviceStatus), ("profile", site.Profiles) })
            {
                using var file = File.Create(Path.Combine(own, $"1600000000000_{member}_{collection}.json"), 1 << 20);
                foreach (var record in records.All)
                {
                    file.Write(record.Span);
                    file.WriteByte((byte)'\n');
                }
            }
        }
        Directory.Move(part, folder);
    }
}
