using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;
using Register;
using RegistrationSite.Pages;

namespace RegistrationSite;

/// <summary>The main facts of what we hold of a participant as one page to read: it opens in any browser, without us.</summary>
public sealed class OwnDataPage(CopyStatus status, ConsentLedger ledger, Deliveries deliveries, Messages messages, SiteSurvey survey, TimeProvider clock)
{
    static readonly Texts Words = Texts.Of("OwnDataPage");

    /// <param name="account">Null: Open Humans does not tell.</param>
    public async Task<string> WriteAsync(Participant participant, AccountContent? account, bool isGuardian, CancellationToken cancellationToken)
    {
        var T = Words.For(isGuardian);
        var (id, now) = (participant.ParticipantId, clock.GetUtcNow().UtcDateTime);
        var state = await status.StateAsync(id, cancellationToken);
        var sent = await messages.OfAsync(id, cancellationToken);
        var answers = await survey.FindAsync(id, cancellationToken);
        var page = new HtmlContentBuilder();
        page.AppendHtml(T.Html("Head", T["Title"], Time(now)));

        Section("You", [
            (T["Member"], participant.ProjectMemberId),
            (T["Address"], account is null ? T["Address.Unread"] : account.Address ?? T["None"]),
            (T["Permission"], T["Stored"]),
            (T["Token"], account?.HasToken switch { true => T["Stored"], false => T["None"], null => T["NotRead"] }),
        ]);
        Section("Survey", answers is null ? [] : SurveyModel.Words(answers, isGuardian), T["None.Answers"]);
        var current = await ledger.CurrentAsync(id, cancellationToken);
        Section("Sharing", (await ledger.HistoryAsync(id, cancellationToken)).Select(given => (Time(given.GivenAt), $"{ConsentText.Names(given.Projects)}; {ConsentModel.Known(given)}"))
            .Prepend((T["Sharing.Now"], ConsentText.Names(SharedProjects.From(current.OpenAps, current.Nsf)))));
        Section("Copying", (await status.CollectionsAsync(id, cancellationToken)).Where(row => row.Files > 0)
            .Select(row => (MyDataModel.Kind(row.Collection), row is { FirstAt: { } first, LastAt: { } last } ? T["Copying.Kind", MyDataModel.Records(row.Records), MyDataModel.Files(row.Files), Day(first), Day(last)]
                : T["Copying.NoDays", MyDataModel.Records(row.Records), MyDataModel.Files(row.Files)]))
            .Prepend((T["Copying.Last"], state.SucceededAt is { } at ? Time(at) : T["None"])));
        Section("Received", (await deliveries.OfAsync(id, cancellationToken)).Select(delivery => (delivery.Study ?? $"{delivery.GrantId}", T["Received.Last", MyDataModel.Commons(delivery), Time(delivery.LastAt)])), T["Nobody"]);
        Section("Messages", sent.Sent.Select(message => (Time(message.ClaimedAt), MessagesModel.About(message.Cause))));
        page.AppendHtml(T.Html("Foot", OwnData.Folder));

        using var writer = new StringWriter();
        page.WriteTo(writer, HtmlEncoder.Default);
        return writer.ToString();

        void Section(string name, IEnumerable<(string What, string Value)> facts, string? nothing = null)
        {
            page.AppendHtml(T.Html("Section", T[name]));
            var any = false;
            foreach (var (what, value) in facts)
            {
                page.AppendHtml(T.Html("Fact", what, value));
                any = true;
            }
            page.AppendHtml(T.Html("SectionEnd", any ? "" : nothing ?? T["Nothing"]));
        }

        string Time(DateTime time) => T["Time", $"{Local(time):d MMMM yyyy, HH:mm}", state.TimeZone?.Id.Replace('_', ' ') ?? "UTC"];

        string Day(DateTime time) => $"{Local(time):d MMMM yyyy}";

        DateTime Local(DateTime time) => state.TimeZone is { } zone ? TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(time, DateTimeKind.Utc), zone) : time;
    }
}
