using System.Security.Cryptography;

namespace Sandbox;

static class RandomText
{
    const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Letters and digits only, as the tokens and codes of Open Humans are.</summary>
    public static string New(int length) => RandomNumberGenerator.GetString(Alphanumeric, length);
}
