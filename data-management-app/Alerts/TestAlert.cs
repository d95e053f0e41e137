using DataManagementApp.Mails;

namespace DataManagementApp.Alerts;

/// <summary>The command <c>test-alert</c>: one message each way that is set, and why it is not taken.</summary>
public sealed class TestAlert(AlertBook book, Postman postman, Slack slack, AlertOptions options, TimeProvider clock)
{
    /// <returns>Exit code: 0 when every way took it.</returns>
    public async Task<int> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var (message, ways, failed) = (AlertMessage.Test(book.Page), 0, 0);
        foreach (var recipient in await book.RecipientsAsync(cancellationToken))
            await TryAsync("mail", async () =>
            {
                if (!postman.HasServer)
                    throw new UndeliveredException("set Smtp__Host and Smtp__From first", isFinal: true);
                var letter = Letters.Alert(message);
                await postman.SendAsync(clock.GetUtcNow().ToUnixTimeMilliseconds() + ways, recipient, letter.Subject, letter.Body, cancellationToken);
            });
        if (options.HasSlack)
            await TryAsync("Slack", () => slack.PostAsync(message.ForSlack(), cancellationToken));
        if (ways == 0)
            await output.WriteLineAsync("Nobody would hear of alerts: there is no administrator, or Alerts__Mail is none, and neither Alerts__SlackToken nor Alerts__SlackWebhook is set.");
        return ways == 0 || failed > 0 ? 2 : 0;

        async Task TryAsync(string way, Func<Task> send)
        {
            ways++;
            try
            {
                await send();
                await output.WriteLineAsync($"{way}: taken.");
            }
            catch (Exception problem) when (problem is UndeliveredException or SlackException)
            {
                failed++;
                await output.WriteLineAsync($"{way}: not taken, {problem.Message}.");
            }
        }
    }
}
