using OpenHumansEtl.Demographics;

namespace OpenHumansEtl.Tests;

public sealed class CsvRowsTests
{
    [TestCase("a,b\nc,d\n", "a|b;c|d")]
    [TestCase("a,b\r\nc,d", "a|b;c|d")]
    [TestCase("a,b\rc,d\r", "a|b;c|d")]
    [TestCase("a,,\n,,", "a||;||")]
    [TestCase("\"a,b\",\"5'10\"\"\"\n\"c\nd\",e", "a,b|5'10\";c\nd|e")]
    [TestCase("5'10\",b", "5'10\"|b")] // a quote inside a field that is not quoted
    [TestCase("\"\",b", "|b")]
    [TestCase("", "")]
    public void Rows_are_read(string text, string rows) =>
        Assert.That(string.Join(';', CsvRows.Read(new StringReader(text)).Select(row => string.Join('|', row))), Is.EqualTo(rows));

    [TestCase("a,\"b")]
    [TestCase("\"a\"b,c")]
    public void What_cannot_be_told_apart_is_refused(string text) => Assert.That(() => CsvRows.Read(new StringReader(text)), Throws.TypeOf<InvalidDataException>());
}
