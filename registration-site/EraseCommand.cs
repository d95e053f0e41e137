using System.Text.Json;
using System.Text.RegularExpressions;

namespace RegistrationSite;

/// <summary>The operator command <c>erase</c>.</summary>
public sealed partial class EraseCommand(Erasure erasure, TimeProvider clock)
{
    static readonly JsonSerializerOptions ReceiptJson = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5), HintAfter = TimeSpan.FromSeconds(30);

    /// <returns>0: erased, or with <paramref name="wait"/> false begun; 1: stopped while a service had its part still to do; 2: there is no such participant.</returns>
    public async Task<int> RunAsync(string member, bool wait, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        var begun = MemberId().IsMatch(member) ? await erasure.BeginAsync(member, "operator", null, cancellationToken) : null;
        if (await erasure.FindAsync(member, cancellationToken) is not { } receipt)
        {
            await errors.WriteLineAsync("There is no participant of that project_member_id, and none was erased. It is the number of digits, leading zeros included, that names the participant in our project on Open Humans.");
            return 2;
        }
        await errors.WriteLineAsync(begun is null ? $"This member was erased before; receipt of {receipt.AskedAt:yyyy-MM-dd HH:mm} UTC:"
            : "Consent, tokens, keys and the member's number are removed: nothing is visible or copied any more. The files in their account on Open Humans are their own and stay there.");
        try
        {
            receipt = await FollowAsync(member, receipt, wait, errors, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("The services go on without this command; run it again to see how far they are.");
            return 1;
        }
        await output.WriteLineAsync(JsonSerializer.Serialize(receipt, ReceiptJson));
        return 0;
    }

    async Task<ErasureReceipt> FollowAsync(string member, ErasureReceipt receipt, bool wait, TextWriter errors, CancellationToken cancellationToken)
    {
        var (started, said, hinted) = (clock.GetTimestamp(), new HashSet<string>(), false);
        while (true)
        {
            (string Service, string What, DateTime? At)[] parts =
            [
                ("nightscout-ingester", "state of the copying", receipt.CopyingAt),
                ("open-humans-etl", "warehouse", receipt.WarehouseAt),
                ("data-management-app", "researchers' files", receipt.PortalAt),
            ];
            foreach (var part in parts.Where(part => part.At is not null && said.Add(part.Service)))
                await errors.WriteLineAsync($"  {part.What}: removed by {part.Service}");
            if (receipt.CompletedAt is not null || !wait)
                return receipt;
            if (!hinted && clock.GetElapsedTime(started) > HintAfter)
            {
                hinted = true;
                await errors.WriteLineAsync($"Still waiting for {string.Join(", ", parts.Where(part => part.At is null).Select(part => part.Service))}. Is it running? Each looks every 10 seconds. Ctrl-C stops waiting, nothing else.");
            }
            await Task.Delay(Look, clock, cancellationToken);
            receipt = (await erasure.FindAsync(member, cancellationToken))!;
        }
    }

    [GeneratedRegex(@"^\d{1,16}$")]
    private static partial Regex MemberId();
}
