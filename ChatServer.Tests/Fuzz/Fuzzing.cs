using System.Globalization;
using CsCheck;

namespace ChatServer.Tests.Fuzz;

/// <summary>
/// Inputs of the fuzzing tests: an entry of a corpus with a few bytes changed, removed, inserted or repeated. <c>FUZZ_SECONDS</c> sets the
/// time of each test; the seed of a failure is in its message. An input that fails is added to the corpus, or becomes a test.
/// </summary>
internal static class Fuzzing
{
    private const int MaxChanges = 6, MaxInserted = 12;

    /// <summary>Time of each test, in seconds.</summary>
    public static int Seconds { get; } =
        int.Parse(Environment.GetEnvironmentVariable("FUZZ_SECONDS") ?? "2", CultureInfo.InvariantCulture);

    /// <summary>The entries of a corpus: a line each; <c>#</c> begins a comment.</summary>
    public static string[] Corpus(string name) =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fuzz", "Corpus", $"{name}.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith('#')),
    ];

    /// <summary>Entries and mutations of them.</summary>
    public static Gen<byte[]> Mutations(IEnumerable<byte[]> corpus)
    {
        var entries = corpus.ToArray();
        var entry = Gen.Int[0, entries.Length - 1].Select(i => entries[i]);
        var change = Gen.Select(Gen.Int[0, 4], Gen.Int[0, int.MaxValue - 1], Gen.Byte, Gen.Byte.Array[0, MaxInserted]);
        return Gen.Select(entry, change.Array[0, MaxChanges], (bytes, changes) => changes.Aggregate(bytes, (mutated, one) =>
        {
            var (kind, position, value, inserted) = one;
            var at = position % (mutated.Length + 1);
            var (before, after) = (mutated[..at], mutated[at..]);
            return kind switch
            {
                0 when after.Length > 0 => [.. before, value, .. after.AsSpan(1)],
                1 when after.Length > 0 => [.. before, (byte)(after[0] ^ 1 << value % 8), .. after.AsSpan(1)],
                2 => [.. before, .. after.AsSpan(Math.Min(after.Length, inserted.Length))],
                3 => [.. before, .. inserted, .. after],
                _ => [.. mutated, .. after],
            };
        }));
    }

    /// <summary>Checks the generated inputs for <see cref="Seconds"/>.</summary>
    public static void Check<T>(this Gen<T> inputs, Action<T> check, Func<T, string> print) =>
        inputs.Sample(check, time: Seconds, threads: 1, print: print);
}
