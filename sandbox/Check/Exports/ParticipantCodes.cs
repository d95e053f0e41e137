namespace Sandbox.Check;

/// <summary>Finds out which participant each code of an export stands for: the one with most rows of the same content.</summary>
static class ParticipantCodes
{
    /// <param name="participants">Of every record found its code and the participants who have a record of that content.</param>
    /// <returns>One participant per code and one code per participant; a code that is nobody's is not in it.</returns>
    public static Dictionary<string, string> Assign(IEnumerable<(string Code, IEnumerable<string> Participants)> participants)
    {
        var votes = new Dictionary<(string Code, string Participant), int>();
        foreach (var (code, candidates) in participants)
            foreach (var participant in candidates)
                votes[(code, participant)] = votes.GetValueOrDefault((code, participant)) + 1;

        var assigned = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var ((code, participant), _) in votes.OrderByDescending(vote => vote.Value))
            if (!assigned.ContainsValue(participant))
                assigned.TryAdd(code, participant);
        return assigned;
    }
}
