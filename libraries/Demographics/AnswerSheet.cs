namespace Demographics;

/// <summary>A participant's answers to one survey: of several the newest, as a whole.</summary>
public sealed record MemberAnswer(Member Member, Answer Answer);

/// <summary>Sorts a survey's rows by participant.</summary>
public static class AnswerSheet
{
    /// <param name="rows">When each row was answered (null: not readable) and what it says.</param>
    public static IReadOnlyList<MemberAnswer> Newest(IEnumerable<(DateTime? AnsweredAt, Func<Question, string?> Text)> rows, Members members, Drops drops)
    {
        var newest = new Dictionary<long, (Member Member, DateTime AnsweredAt, Func<Question, string?> Text)>();
        foreach (var (answeredAt, text) in rows)
        {
            if (members.Find(text(Question.Member), drops) is not { } member)
                continue;
            if (!member.Shares)
                drops.Add(member.ConsentKnown ? "row: shares nothing" : "row: consent not known yet");
            else if (answeredAt is not { } at)
                drops.Add("row: time not understood");
            else
            {
                if (newest.TryGetValue(member.ParticipantId, out var other))
                    drops.Add("row: answered again later");
                if (at >= other.AnsweredAt) // equal times: the lower row was sent later
                    newest[member.ParticipantId] = (member, at, text);
            }
        }
        return [.. newest.Values.Select(row => new MemberAnswer(row.Member, Answer.Clean(row.AnsweredAt, row.Text, drops)))];
    }
}
