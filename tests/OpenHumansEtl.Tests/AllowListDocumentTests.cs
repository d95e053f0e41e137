using OpenHumansEtl.AllowList;
using Testing;

namespace OpenHumansEtl.Tests;

public sealed class AllowListDocumentTests
{
    [Test]
    public void The_document_says_what_the_code_does()
    {
        using var written = new StringWriter();
        AllowListDocument.Write(written);

        Assert.That(File.ReadAllText(Repository.PathOf("docs/deidentification.md")), Is.EqualTo(written.ToString()), "dotnet run --project open-humans-etl -- allow-list > docs/deidentification.md");
    }
}
