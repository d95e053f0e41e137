using Glucose;

namespace DataManagementApp.Charts;

/// <summary>The reader's unit of glucose: chosen in the address or by a cookie that remembers it.</summary>
public sealed record GlucoseUnit(bool IsMmol)
{
    public const string Name = "unit";

    const string Cookie = "glucose-unit", Mmol = "mmol";

    public string Words => IsMmol ? "mmol/L" : "mg/dL";

    public string Value => IsMmol ? Mmol : "mgdl";

    public int Decimals => IsMmol ? 1 : 0;

    /// <summary>Remembers what the address chooses.</summary>
    public static GlucoseUnit Of(HttpContext context, PortalOptions options)
    {
        if (context.Request.Query[Name].ToString() is not (Mmol or "mgdl") and var other)
            return new(other.Length == 0 && context.Request.Cookies[Cookie] == Mmol);
        var chosen = new GlucoseUnit(context.Request.Query[Name] == Mmol);
        context.Response.Cookies.Append(Cookie, chosen.Value, new() { HttpOnly = true, Secure = options.BaseUrl?.Scheme == "https", SameSite = SameSiteMode.Lax, MaxAge = TimeSpan.FromDays(365), IsEssential = true });
        return chosen;
    }

    /// <param name="mgDl">NaN: nothing is known.</param>
    public double? From(double mgDl) => double.IsNaN(mgDl) ? null : IsMmol ? GlucoseUnits.ToMmolL(mgDl) : mgDl;
}
