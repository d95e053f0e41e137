namespace Register;

/// <summary>Names of the two text files in a participant's Open Humans account; the system this one replaces used the same.</summary>
public static class ParticipantFiles
{
    /// <summary>Holds the address of the participant's Nightscout, without a token. Deleting it stops the copying within a day.</summary>
    public static string Address(string projectMemberId) => $"{projectMemberId}_open_aps_nightscout_url.txt";

    /// <summary>Holds one word of <see cref="SharedProjects"/>.</summary>
    public static string Consent(string projectMemberId) => $"{projectMemberId}_open_aps_data_sharing_consent.txt";
}
