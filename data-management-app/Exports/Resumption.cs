using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace DataManagementApp.Exports;

/// <summary>Whether a request goes on with a download that was begun, as RFC 9110 has it (14.2, 13.1.5).</summary>
public static class Resumption
{
    /// <param name="tag">Of what is there.</param>
    /// <param name="changedAt">When that was made.</param>
    /// <returns>False for a range from the first byte on, the last so many bytes, several or none at all, and when another file is meant: what is answered then may be all of it.</returns>
    public static bool IsAsked(HttpRequest request, EntityTagHeaderValue tag, DateTimeOffset? changedAt)
    {
        var headers = new RequestHeaders(request.Headers);
        if (headers.Range is not { Ranges: { Count: 1 } ranges } range || !range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase) || ranges.Single().From is null or 0)
            return false;
        if (!request.Headers.ContainsKey(HeaderNames.IfRange))
            return true;
        return headers.IfRange is { EntityTag: { } meant } ? meant.Compare(tag, useStrongComparison: true) : headers.IfRange?.LastModified is { } since && changedAt - since < TimeSpan.FromSeconds(1);
    }
}
