using Nightscout;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>Makes what records pass through on their way into files, with the participant's own keys.</summary>
public sealed class Spools(SecretBox secrets, IngestOptions options)
{
    public RecordSpool Of(Run run, Collection collection) => new(collection, secrets.DeriveKey(run.Participant.Salt, "record digests"), run.LocalDays, options.WorkFolder);

    public Scrubber ScrubberOf(Run run) => new(secrets.DeriveKey(run.Participant.Salt, "pseudonyms of devices and people"));
}
