using Testing;

namespace NightscoutIngester.Tests;

public sealed class ScrubbingDocumentTests
{
    [Test]
    public void The_document_says_what_the_code_does()
    {
        using var written = new StringWriter();
        ScrubbingDocument.Write(written);

        Assert.That(File.ReadAllText(Repository.PathOf("docs/scrubbing.md")), Is.EqualTo(written.ToString()), "dotnet run --project nightscout-ingester -- scrubbing > docs/scrubbing.md");
    }
}
