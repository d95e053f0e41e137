using ServiceDefaults;

namespace Register;

/// <summary>The seal of <c>register.nightscout_token</c>: the host is part of it, so that a token opens for no other site.</summary>
public static class SiteToken
{
    public static byte[] Seal(string token, Participant participant, string host, SecretBox secrets) =>
        secrets.Seal(token, participant.Salt, Context(participant.ParticipantId, host));

    /// <returns>Null when the token was given for another host: the address was changed since.</returns>
    public static string? Open(byte[] box, Participant participant, string host, SecretBox secrets)
    {
        try
        {
            return secrets.Open(box, participant.Salt, Context(participant.ParticipantId, host));
        }
        catch (SealBrokenException)
        {
            return null;
        }
    }

    public static string Context(long participantId, string host) => $"nightscout_token.token/{participantId}/{host}";
}
