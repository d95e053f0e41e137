using System.Text;
using Nightscout;

namespace NightscoutIngester;

/// <summary>What is dropped, replaced and kept of a record on its way to Open Humans, as a document: docs/scrubbing.md.</summary>
public static class ScrubbingDocument
{
    /// <summary>Of the examples only; participants' keys come from the deployment's.</summary>
    static readonly byte[] Key = Encoding.UTF8.GetBytes("the key of docs/scrubbing.md");

    static readonly string[] NameExamples =
    [
        "openaps://anns-edison", "loop://Ann's iPhone", "xDrip-DexcomG6 Ann's phone", "xDrip-DexcomG6 G5 Native", "xDrip-DexcomG6", "AndroidAPS-Libre2", "nightscout-librelink-up", "connect-ann",
        "libre/0M0001ABC", "share2", "Trio", "samsung SM-G991B", "Mum",
    ];

    static readonly (string What, string Record)[] RecordExamples =
    [
        ("numbers, texts and the order of fields stay", """{ "_id": "a1", "date": 1795226000000.1230, "sgv": 1.50e2, "notes": "caf\u00e9" }"""),
        ("push tokens", """{"loopSettings":{"deviceToken":"5a4dbc","bundleIdentifier":"org.example.loop","dosingEnabled":true}}"""),
        ("secrets, however they are written", """{"API_SECRET":"x","api-secret":"x","apiKey":"x","pushover_token":"x","tokenCount":3}"""),
        ("names of a device and of a person", """{"device":"loop://Ann's iPhone","enteredBy":"Mum","uploader":{"name":"Ann's iPhone","battery":80}}"""),
        ("JSON inside text", """{"eventType":"Profile Switch","profileJson":"{\"dia\":5, \"api_secret\":\"x\"}"}"""),
        ("JSON inside text with nothing to take out", """{"insulinInjections":"[ {\"insulin\":\"Novo\", \"units\":1.0} ]"}"""),
        ("`=` written as an escape", """{"notes":"https://ann.example.com/?token\u003dreader-0123456789abcdef"}"""),
    ];

    public static void Write(TextWriter output)
    {
        output.WriteLine("""
            # What the ingester changes in a record
            Generated: `dotnet run --project nightscout-ingester -- scrubbing > docs/scrubbing.md`. The examples are what the code makes of them, with a key of their own.

            The files are the participant's own: everything stays as Nightscout sent it, byte for byte, also free text. What goes is listed here: credentials are dropped, names of
            devices and people become stable pseudonyms, and white space between tokens is left out, so that a record is one line.

            ## Dropped: fields that hold a credential
            At any depth, with their value, also in JSON inside text. Case, `_`, `-`, `.` and blanks in the name do not count: `API_SECRET`, `api-secret` and `apiSecret` are one.
            """);
        output.WriteLine($"\n| the name | |\n|---|---|\n| ends in | {List(Scrubber.CredentialEndings)} |\n| is | {List(Scrubber.CredentialNames)} |");

        output.WriteLine("\n## Taken out of other text\nThe rest of the text stays.\n\n| what | example | becomes | pattern: what its group holds stays |\n|---|---|---|---|");
        foreach (var credential in Scrubber.InText)
            output.WriteLine($"| {credential.Says} | {Code(credential.Example)} | {Code(credential.Pattern.Replace(credential.Example, "$1"))} | {Code($"{credential.Pattern}")} |");

        output.WriteLine($"""

            ## Replaced: names of devices and people
            Text, also in lists, of the fields {List(Scrubber.Names)} at any depth, and of `name` in `{Scrubber.Uploader}`. The same text of the same participant has the same pseudonym, in all collections and
            for as long as the participant is a member; nobody can tell the text from it without the deployment's key. What tells the app or the sensor stays in front, and the name of a product
            alone stays whole.

            | text | becomes |
            |---|---|
            """);
        foreach (var name in NameExamples)
            output.WriteLine($"| {Code(name)} | {Code(DeviceName.Pseudonym(name, Key))} |");

        output.WriteLine("\n## Records\n\n| what | record | becomes |\n|---|---|---|");
        var scrubber = new Scrubber(Key);
        foreach (var (what, record) in RecordExamples)
            output.WriteLine($"| {what} | {Code(record)} | {Code(Encoding.UTF8.GetString(scrubber.Scrub(Encoding.UTF8.GetBytes(record)).Span))} |");
    }

    static string List(IEnumerable<string> words) => string.Join(", ", words.Order(StringComparer.Ordinal).Select(Code));

    static string Code(string text) => $"`{text.Replace("|", "\\|")}`";
}
