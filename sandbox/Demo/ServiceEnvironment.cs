namespace Sandbox.Demo;

/// <summary>Environment variables of services that work with the stand-ins.</summary>
public static class ServiceEnvironment
{
    /// <param name="key">Of <c>Secrets__Key</c>: 32 bytes in base64.</param>
    public static Dictionary<string, string> Of(RunningSandbox sandbox, string key) => new()
    {
        ["DOTNET_ENVIRONMENT"] = "Demo", // the one besides Development that may open loopback
        ["ASPNETCORE_ENVIRONMENT"] = "Demo",
        ["Secrets__Key"] = key,
        ["OpenHumans__BaseUrl"] = sandbox.OpenHumansUrl.AbsoluteUri,
        ["OpenHumans__ClientId"] = sandbox.OpenHumans.Options.ClientId,
        ["OpenHumans__ClientSecret"] = sandbox.OpenHumans.Options.ClientSecret,
        ["Nightscout__AllowLoopback"] = "true",
    };
}
