namespace Sandbox;

/// <summary>Numbers that look random and are a function of what they are asked for: any moment of any year without the ones before it.</summary>
readonly record struct Dice(ulong State)
{
    public static Dice Of(int seed, string purpose, long of)
    {
        var state = Mix((ulong)seed + 0x9e3779b97f4a7c15);
        foreach (var letter in purpose)
            state = Mix(state ^ letter);
        return new(Mix(state ^ (ulong)of));
    }

    /// <summary>Another throw of the same dice.</summary>
    public Dice Next => new(Mix(State + 0x9e3779b97f4a7c15));

    /// <summary>In [0, 1).</summary>
    public double Unit => (State >> 11) * (1.0 / (1UL << 53));

    public double Between(double low, double high) => low + Unit * (high - low);

    public bool Chance(double probability) => Unit < probability;

    public T Pick<T>(IReadOnlyList<T> from) => from[(int)(Unit * from.Count)];

    /// <summary>An invented UUID.</summary>
    public string Uuid()
    {
        var bytes = new byte[16];
        BitConverter.TryWriteBytes(bytes, State);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), Next.State);
        return new Guid(bytes).ToString();
    }

    // SplitMix64's finalizer: the same on every machine and runtime.
    static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
