using System.Text.Json.Nodes;
using Sandbox;
using Sandbox.Check;

namespace EndToEnd;

/// <summary>A participant's site on which records arrive, now or late, are edited and deleted.</summary>
sealed class ChangingSite(NightscoutSite site, Uri url, Member member, Random dice)
{
    /// <summary>How late records arrive; the tests let every run read further back.</summary>
    public static readonly TimeSpan Latest = TimeSpan.FromHours(20);

    readonly List<(SiteRecords Records, string Id, JsonObject Record)> _live = [];
    readonly HashSet<string> _deleted = [];
    int _made;

    public Member Member => member;

    /// <summary>Ids of records that were there once.</summary>
    public IReadOnlySet<string> Deleted => _deleted;

    /// <summary>What the whole-way check needs to know; nothing is shared.</summary>
    public CheckedParticipant Checked => new(member.Id, url, null, member.Authorize().AccessToken, Shares: false);

    /// <summary>How often it was changed.</summary>
    public int Changes { get; private set; }

    public void Change()
    {
        Changes++;
        var what = dice.Next(10);
        if (what < 3 || _live.Count == 0)
            Insert(TimeSpan.FromSeconds(dice.Next(60)));
        else if (what < 5)
            Insert(Latest * dice.NextDouble());
        else if (what < 8)
            Edit(dice.Next(_live.Count));
        else
            Delete(dice.Next(_live.Count));
    }

    void Insert(TimeSpan age)
    {
        var at = DateTimeOffset.UtcNow - age;
        var iso = at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        var number = ++_made;
        var (records, record) = dice.Next(10) switch
        {
            < 5 => (site.Entries, new JsonObject { ["type"] = "sgv", ["sgv"] = 40 + number % 300, ["date"] = at.ToUnixTimeMilliseconds(), ["dateString"] = iso, ["device"] = "share2" }),
            < 8 => (site.Treatments, new JsonObject { ["eventType"] = "Meal Bolus", ["carbs"] = number, ["insulin"] = 0.5, ["created_at"] = iso, ["enteredBy"] = "test" }),
            8 => (site.DeviceStatus, new JsonObject { ["created_at"] = iso, ["device"] = "openaps://rig", ["uploader"] = new JsonObject { ["battery"] = number % 100 } }),
            _ => (site.Profiles, new JsonObject { ["startDate"] = iso, ["defaultProfile"] = "Default", ["store"] = new JsonObject { ["Default"] = new JsonObject { ["timezone"] = "UTC", ["dia"] = number } } }),
        };
        _live.Add((records, records.Insert(record), record));
    }

    void Edit(int index)
    {
        var (records, id, record) = _live[index];
        record["note"] = $"edit {++_made}";
        records.Replace(id, record.DeepClone().AsObject());
    }

    /// <summary>Only what is marked as deleted in the files: device status is pruned everywhere, and a profile is edited.</summary>
    void Delete(int index)
    {
        var (records, id, _) = _live[index];
        if (records != site.Entries && records != site.Treatments)
            return;
        records.Delete(id);
        _live.RemoveAt(index);
        _deleted.Add(id);
    }
}
