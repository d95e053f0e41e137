namespace OpenHumansEtl;

/// <summary>Configuration section <c>OpenHumans</c>, for <c>load-project</c> alone: a command line would show the token to everybody on the machine.</summary>
public sealed record MasterTokenOptions
{
    /// <summary>The project's master token. Default: none.</summary>
    public string MasterToken { get; init; } = "";

    /// <summary>A file that holds it, a container's secret for instance; counts where no token is given. Default: none.</summary>
    public string MasterTokenFile { get; init; } = "";

    /// <exception cref="CannotStartException">There is none, or it is no token.</exception>
    public string Read()
    {
        var token = (MasterToken.Length > 0 ? MasterToken : ReadFile()).Trim();
        return token.Length == 0 ? throw new CannotStartException("There is no master token. Make one on openhumans.org, on the page of your project (it lives 24 hours), "
                + "and put it into the setting OpenHumans__MasterToken, or into a file that OpenHumans__MasterTokenFile names.")
            : token.All(char.IsAsciiLetterOrDigit) ? token
            : throw new CannotStartException("What OpenHumans__MasterToken or its file holds is no master token: those are of letters and digits only.");
    }

    string ReadFile()
    {
        try
        {
            return MasterTokenFile.Length == 0 ? "" : File.ReadAllText(MasterTokenFile);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException("The file that OpenHumans__MasterTokenFile names cannot be read.");
        }
    }
}
