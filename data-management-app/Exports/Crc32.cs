using System.Buffers.Binary;

namespace DataManagementApp.Exports;

/// <summary>The checksum of zip and gzip (polynomial 0xEDB88320), eight bytes at a time.</summary>
public static class Crc32
{
    static readonly uint[] Tables = Make();

    /// <param name="before">Of what goes before; 0: nothing does.</param>
    public static uint Append(uint before, ReadOnlySpan<byte> bytes)
    {
        var (crc, tables) = (~before, Tables);
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = tables[0x700 | (byte)low] ^ tables[0x600 | (byte)(low >> 8)] ^ tables[0x500 | (byte)(low >> 16)] ^ tables[0x400 | (low >> 24)]
                ^ tables[0x300 | (byte)high] ^ tables[0x200 | (byte)(high >> 8)] ^ tables[0x100 | (byte)(high >> 16)] ^ tables[high >> 24];
        }
        foreach (var octet in bytes)
            crc = tables[(byte)(crc ^ octet)] ^ crc >> 8;
        return ~crc;
    }

    static uint[] Make()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB88320;
            tables[i] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[i - 256] >> 8 ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
