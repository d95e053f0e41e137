using System.Buffers;
using System.Text;
using DataManagementApp.Exports;

namespace DataManagementApp.Tests;

/// <summary>Records as lines of a table with dotted columns.</summary>
public sealed class DottedRecordTests
{
    [Test]
    public void A_record_as_deep_as_the_loader_takes_has_a_column()
    {
        const int Deep = 127; // and the record itself
        var record = Encoding.UTF8.GetBytes($$"""{"participant":"P","record":"r",{{string.Concat(Enumerable.Repeat("\"a\":{", Deep - 1))}}"a":1{{new string('}', Deep)}}""");
        var (table, output) = (new DottedRecord(), new ArrayBufferWriter<byte>());

        table.Look(record);
        table.Start(output);

        Assert.That(table.Row(record, output), Is.True);
        Assert.That(Encoding.UTF8.GetString(output.WrittenSpan), Is.EqualTo($"participant,record,{string.Join('.', Enumerable.Repeat("a", Deep))}\r\nP,r,1\r\n"));
    }
}
