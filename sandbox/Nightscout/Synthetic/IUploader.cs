using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Programs that write to Nightscout, each with its own habits (contract §8).</summary>
public enum Uploader
{
    OpenAps,
    Aaps,
    Loop,
    Trio,
    XDrip,
    Share2,
}

/// <summary>The records that one uploader writes about a person, as they lie in the database, without ids.</summary>
interface IUploader
{
    SiteOptions Options(Person person);

    JsonObject Entry(Person person, Reading reading);

    /// <summary>What it writes on a UTC day, in any order.</summary>
    IEnumerable<JsonObject> Treatments(Person person, DateOnly day);

    /// <returns>Null when it writes none at this moment.</returns>
    JsonObject? DeviceStatus(Person person, DateTimeOffset at);

    /// <summary>Profile documents between two times, oldest first.</summary>
    IEnumerable<JsonObject> Profiles(Person person, DateTimeOffset from, DateTimeOffset before);

    /// <summary>A handful of records that break an assumption, among the ordinary ones of a stored site.</summary>
    IEnumerable<Oddity> Oddities(Person person, DateTimeOffset before);
}

/// <param name="Json">As it lies in the database, but for an id where it has none.</param>
sealed record Oddity(RecordKind Kind, string Json);
