namespace DataManagementApp.Access;

/// <summary>The two commons, as people read their names and as <c>openaps.source_entities</c> numbers them: 0 OpenAPS, 1 Nightscout, 2 both.</summary>
public static class Commons
{
    public static string Name(bool openAps, bool nsf) => (openAps, nsf) switch
    {
        (true, true) => "the OpenAPS Data Commons and the Nightscout Data Commons",
        (true, false) => "the OpenAPS Data Commons",
        (false, true) => "the Nightscout Data Commons",
        _ => "no commons",
    };

    /// <summary>In a table.</summary>
    public static string Short(bool openAps, bool nsf) => (openAps, nsf) switch
    {
        (true, true) => "both commons",
        (true, false) => "OpenAPS",
        (false, true) => "Nightscout",
        _ => "no commons",
    };

    public static int Number(bool openAps, bool nsf) => openAps && nsf ? 2 : openAps ? 0 : 1;
}
