using System.IO.Compression;

namespace Nightscout;

/// <param name="Number">Counted from 1.</param>
/// <param name="Json">Valid until the next record is asked for; empty when the record was longer than is read.</param>
public readonly record struct RecordLine(long Number, ReadOnlyMemory<byte> Json);

/// <summary>Records of a file as bytes: one a line, or the elements of one JSON array; plain or gzipped. Memory is that of one record.</summary>
public static class RecordLines
{
    /// <summary>Nightscout's own limit for a document is 16 MB.</summary>
    const int Longest = 32 * 1024 * 1024;

    /// <exception cref="InvalidDataException">The gzip stream is damaged or cut.</exception>
    public static IEnumerable<RecordLine> Read(Stream file)
    {
        var source = new ByteSource(Unzipped(file));
        source.SkipBlanks();
        return source.Peek() == '[' ? Elements(source) : Lines(source);
    }

    static Stream Unzipped(Stream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position -= read;
        return read == 2 && magic is [0x1f, 0x8b] ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    static IEnumerable<RecordLine> Lines(ByteSource source)
    {
        for (long number = 1; source.Peek() >= 0; number++)
        {
            var tooLong = source.TakeUntil((byte)'\n', Longest);
            var line = source.Taken;
            while (line.Length > 0 && line.Span[^1] is (byte)' ' or (byte)'\t' or (byte)'\r')
                line = line[..^1];
            if (tooLong || line.Length > 0)
                yield return new(number, tooLong ? default : line);
        }
    }

    static IEnumerable<RecordLine> Elements(ByteSource source)
    {
        source.Skip();
        for (long number = 1; ; number++)
        {
            source.SkipBlanks();
            while (source.Peek() == ',')
            {
                source.Skip();
                source.SkipBlanks();
            }
            if (source.Peek() is < 0 or ']')
                yield break;
            var tooLong = source.TakeElement(Longest);
            yield return new(number, tooLong ? default : source.Taken);
        }
    }

    /// <summary>A buffered stream that hands out slices of its buffer.</summary>
    sealed class ByteSource(Stream stream)
    {
        byte[] _buffer = new byte[64 * 1024];
        int _start, _end;

        public ReadOnlyMemory<byte> Taken { get; private set; }

        public int Peek() => _start < _end || Fill() ? _buffer[_start] : -1;

        public void Skip() => _start++;

        public void SkipBlanks()
        {
            while (Peek() is ' ' or '\t' or '\r' or '\n' or 0xEF or 0xBB or 0xBF) // the last three: a byte order mark
                _start++;
        }

        /// <summary>Takes up to the byte, which is skipped, or the end. True when it was longer than allowed and was thrown away.</summary>
        public bool TakeUntil(byte end, int longest)
        {
            var tooLong = false;
            for (var searched = 0; ;)
            {
                var at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf(end);
                if (at >= 0)
                {
                    Taken = _buffer.AsMemory(_start, searched + at);
                    _start += searched + at + 1;
                    return tooLong;
                }
                searched = _end - _start;
                if (searched > longest)
                {
                    (tooLong, searched) = (true, 0);
                    _start = _end;
                }
                if (!Fill())
                {
                    Taken = _buffer.AsMemory(_start, searched);
                    _start = _end;
                    return tooLong;
                }
            }
        }

        /// <summary>Takes one value of an array: up to the comma or bracket that ends it.</summary>
        public bool TakeElement(int longest)
        {
            var (depth, inString, escaped, tooLong) = (0, false, false, false);
            for (var at = 0; ; at++)
            {
                if (_start + at == _end)
                {
                    if (at > longest)
                    {
                        (tooLong, at) = (true, 0);
                        _start = _end;
                    }
                    if (!Fill())
                    {
                        Take(at);
                        return tooLong;
                    }
                }
                var c = _buffer[_start + at];
                if (inString)
                {
                    (inString, escaped) = (escaped || c != '"', !escaped && c == '\\');
                    continue;
                }
                if (depth == 0 && c is (byte)',' or (byte)']')
                {
                    Take(at);
                    return tooLong;
                }
                inString = c == '"';
                depth += c is (byte)'{' or (byte)'[' ? 1 : c is (byte)'}' or (byte)']' ? -1 : 0;
            }
        }

        void Take(int length)
        {
            Taken = _buffer.AsMemory(_start, length);
            _start += length;
        }

        /// <summary>Reads more behind what is there, which moves to the front; the buffer grows when it is full.</summary>
        bool Fill()
        {
            var held = _end - _start;
            if (_start > 0 || _end == _buffer.Length)
            {
                var target = held == _buffer.Length ? new byte[_buffer.Length * 2] : _buffer;
                _buffer.AsSpan(_start, held).CopyTo(target);
                (_buffer, _start, _end) = (target, 0, held);
            }
            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            return read > 0;
        }
    }
}
